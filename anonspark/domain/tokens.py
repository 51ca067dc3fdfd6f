"""What a token vault holds: random tokens, and what they stand for, encrypted."""

import base64
import secrets
from dataclasses import dataclass
from typing import Final

TOKEN_BYTES: Final = 16
"""Random bytes of a token: two of a billion tokens are equal with a chance of 1 in 10^20."""

TOKEN_LENGTH: Final = 26
"""Characters of a token without its prefix."""

DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class KeyName:
    """Which key a value is encrypted with.

    Attributes:
        id: Of the key.
        version: Of the key of that id.
    """

    id: str
    version: int

    def __str__(self) -> str:
        """As messages and records name it."""
        return f"{self.id} version {self.version}"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """The key of a scope's digests, encrypted.

    Attributes:
        ciphertext: Of its bytes.
        key: That it was encrypted with.
    """

    ciphertext: bytes
    key: KeyName


@dataclass(frozen=True, slots=True)
class VaultEntry:
    """A value that needs a token; neither field tells anything of it to who lacks the keys.

    Attributes:
        digest: Keyed, of the normalized value; `DIGEST_BYTES` long.
        ciphertext: Of the value as it stands in the table.
        pii_type: What it is, where that is known.
    """

    digest: bytes
    ciphertext: bytes
    pii_type: str | None = None


@dataclass(frozen=True, slots=True)
class HeldValue:
    """What a vault holds for one token.

    Attributes:
        token: Without prefix.
        digest: See `VaultEntry`.
        ciphertext: See `VaultEntry`.
        key: That it was encrypted with.
        pii_type: What it is, where that is known.
    """

    token: str
    digest: bytes
    ciphertext: bytes
    key: KeyName
    pii_type: str | None


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took away.

    Attributes:
        asked: Values or persons that were named, each once.
        found: Those of them that the vault knew.
        tokens: That stand for nothing any more.
        shared: Tokens that stay, as other persons have the same value.
    """

    asked: int
    found: int
    tokens: int
    shared: int = 0


def new_tokens(how_many: int) -> list[str]:
    """Random tokens, lower-case letters and digits.

    Source: base 32 of RFC 4648 without padding.

    >>> [len(token) for token in new_tokens(2)]
    [26, 26]
    """
    drawn = secrets.token_bytes(TOKEN_BYTES * how_many)
    parts = (drawn[at : at + TOKEN_BYTES] for at in range(0, len(drawn), TOKEN_BYTES))
    return [base64.b32encode(part).decode().rstrip("=").lower() for part in parts]
