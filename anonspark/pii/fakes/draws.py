"""Choices that follow from a key and a value: equal in every process, and nothing tells the value from them."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

T = TypeVar("T")

DIGITS: Final = "0123456789"
HEXADECIMAL: Final = "0123456789abcdef"
LETTERS_AND_DIGITS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"

SPARE_BITS: Final = 64
"""Of the number that remainders are taken of: so many more than the choice needs, that its bias is below 2^-64."""


class Draw:
    """The choices for one value, one after the other."""

    def __init__(self, key: bytes, purpose: str, identity: str, attempt: int = 0) -> None:
        """Begin.

        Args:
            key: Of pseudonyms in one scope.
            purpose: What is made; values of other purposes have nothing in common.
            identity: The value, normalized.
            attempt: Raised where the result was the value itself.
        """
        self._key, self._seed = key, f"{purpose}\0{attempt}\0{identity}".encode("utf-8", "surrogatepass")
        self._block, self._number, self._bits = 0, 0, 0

    def below(self, size: int) -> int:
        """One of 0 to size - 1."""
        while self._bits < size.bit_length() + SPARE_BITS:
            block = hmac.digest(self._key, self._block.to_bytes(4) + self._seed, "sha512")
            self._number = (self._number << 512) | int.from_bytes(block)
            self._bits += 512
            self._block += 1
        self._number, found = divmod(self._number, size)
        self._bits -= size.bit_length()
        return found

    def choice(self, of: Sequence[T]) -> T:
        """One of these."""
        return of[self.below(len(of))]

    def text(self, length: int, alphabet: str = DIGITS) -> str:
        """So many characters of an alphabet; digits where none is given."""
        number = self.below(len(alphabet) ** length)
        if alphabet == DIGITS:
            return f"{number:0{length}d}" if length else ""
        if alphabet == HEXADECIMAL:
            return f"{number:0{length}x}" if length else ""
        symbols = []
        for _ in range(length):
            number, place = divmod(number, len(alphabet))
            symbols.append(alphabet[place])
        return "".join(symbols)


@dataclass(frozen=True, slots=True, repr=False)
class Maker:
    """What all values of a column share; it has no repr, as it holds a key.

    Attributes:
        key: Of pseudonyms in one scope.
        locale: Of the job's settings; None lets the value's script decide.
        pii_type: What the column holds.
    """

    key: bytes
    locale: str | None
    pii_type: str | None

    def draw(self, purpose: str, identity: str, attempt: int = 0) -> Draw:
        """Choices for a value."""
        return Draw(self.key, purpose, identity, attempt)
