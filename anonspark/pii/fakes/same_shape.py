"""Codes to other codes of the same shape, one to one: letters stay letters, digits digits, and all else as it is.

A shape with n codes has a permutation P of them, a Feistel network on two halves of the code. The fake of x is
P^-1(P(x) + 1): again a permutation, so that no two codes have one fake, and one without a fixed point, so that no code
is its own. What has more than 2^100 codes is drawn instead, which is as good as one to one.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from math import prod
from typing import Final

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from anonspark.pii.fakes.draws import Maker
from anonspark.pii.ff1 import NATIVE_BITS, Numbers, blocks_of, feistel, remainder

BLOCK_OF_UNICODE: Final = 128
"""Characters that are alike: of one general category within as many code points, which hardly ever mixes scripts."""

_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?", re.ASCII)

Codes = npt.NDArray[np.uint32]


@lru_cache(maxsize=65_536)
def alike(symbol: str) -> tuple[int, ...]:
    """The code points that may stand for a character; the character's own alone where it is no letter or digit.

    >>> "".join(map(chr, alike("7"))), len(alike("q")), len(alike("-"))
    ('0123456789', 26, 1)
    """
    category = unicodedata.category(symbol)
    if category not in {"Lu", "Ll", "Lt", "Lo", "Nd"} or not _is_composed(symbol):
        return (ord(symbol),)
    if category == "Nd":
        zero = ord(symbol) - unicodedata.decimal(symbol)
        return tuple(range(zero, zero + 10))
    start = ord(symbol) // BLOCK_OF_UNICODE * BLOCK_OF_UNICODE
    block = range(start, start + BLOCK_OF_UNICODE)
    return tuple(code for code in block if unicodedata.category(chr(code)) == category and _is_composed(chr(code)))


def _is_composed(symbol: str) -> bool:
    """Whether normal form C keeps it; letters that it takes apart would come back as others."""
    return unicodedata.is_normalized("NFC", symbol)


@dataclass(frozen=True, slots=True)
class Shape:
    """What codes of one shape have in common.

    Attributes:
        length: Characters.
        places: Where a character can differ.
        members: The code points that can stand at each of them, ascending.
        split: How many of the places are the left half.
    """

    length: int
    places: tuple[int, ...]
    members: tuple[tuple[int, ...], ...]
    split: int

    @property
    def sizes(self) -> tuple[int, int]:
        """How many values the halves can have."""
        sizes = [len(each) for each in self.members]
        return prod(sizes[: self.split]), prod(sizes[self.split :])


def shape_of(text: str) -> Shape:
    """The shape of a code; of a number the first digit stays 0, or is none."""
    classes = [alike(symbol) for symbol in text]
    if _NUMBER.fullmatch(text):
        first = 0 if text[0] not in "+-" else 1
        classes[first] = (ord("0"),) if text[first] == "0" else tuple(range(ord("1"), ord("9") + 1))
    places = tuple(place for place, members in enumerate(classes) if len(members) > 1)
    members = tuple(classes[place] for place in places)
    return Shape(len(text), places, members, len(places) // 2)


def same_shape(texts: Sequence[str], maker: Maker) -> list[str]:
    """A fake for each code, in the same order; a code without letter and digit, and a lone 0, is its own.

    Codes that are the same in Unicode's normal form C have one fake.
    """
    texts = [unicodedata.normalize("NFC", text) for text in texts]
    by_shape: dict[Shape, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        by_shape[shape_of(text)].append(row)
    found = list(texts)
    for shape, rows in by_shape.items():
        own = [texts[row] for row in rows]
        for row, fake in zip(rows, _fakes(own, shape, maker), strict=True):
            found[row] = fake
    return found


def _fakes(texts: list[str], shape: Shape, maker: Maker) -> list[str]:
    if not shape.places:
        return texts
    if max(shape.sizes).bit_length() > NATIVE_BITS:
        return [_drawn(text, shape, maker) for text in texts]
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).reshape(len(texts), shape.length).copy()
    left, right = _number(codes, shape, 0, shape.split), _number(codes, shape, shape.split, len(shape.places))
    rounds = _Rounds(maker.key, shape)
    left, right = feistel(left, right, shape.sizes, rounds.drawn)
    right = (right + np.uint64(1)) % np.uint64(shape.sizes[1])
    left, right = feistel(left, right, shape.sizes, rounds.drawn, backwards=True)
    _write(codes, left, shape, 0, shape.split)
    _write(codes, right, shape, shape.split, len(shape.places))
    whole = codes.tobytes().decode("utf-32-le")
    return [whole[start : start + shape.length] for start in range(0, len(whole), shape.length)]


class _Rounds:
    """The round function: AES of the round, a digest of the shape and the other half."""

    def __init__(self, key: bytes, shape: Shape) -> None:
        derived = sha256(b"anonspark/1 same shape" + key).digest()
        self._aes = Cipher(AES(derived), ECB()).encryptor()  # noqa: S305  single blocks, as a random function
        form = sha256(repr((shape.places, [(each[0], len(each)) for each in shape.members])).encode())
        self._tag = np.frombuffer(form.digest()[:7], np.uint8)

    def drawn(self, number: int, other: Numbers, size: int) -> Numbers:
        """Of a round, from the other half, below a size."""
        block = np.empty((len(other), 16), np.uint8)
        block[:, :8] = np.ascontiguousarray(other).astype(">u8").view(np.uint8).reshape(-1, 8)
        block[:, 8] = number
        block[:, 9:] = self._tag
        return remainder(blocks_of(self._aes, block), size)


def _number(codes: Codes, shape: Shape, start: int, end: int) -> Numbers:
    found = np.zeros(len(codes), np.uint64)
    for place, members in zip(shape.places[start:end], shape.members[start:end], strict=True):
        index = np.searchsorted(np.array(members, np.uint32), codes[:, place])
        found = found * np.uint64(len(members)) + index.astype(np.uint64)
    return found


def _write(codes: Codes, numbers: Numbers, shape: Shape, start: int, end: int) -> None:
    places = list(zip(shape.places[start:end], shape.members[start:end], strict=True))
    for place, members in reversed(places):
        size = np.uint64(len(members))
        codes[:, place] = np.array(members, np.uint32)[(numbers % size).astype(np.int64)]
        numbers = numbers // size


def _drawn(text: str, shape: Shape, maker: Maker) -> str:
    draw = maker.draw("same shape", text)
    symbols = list(text)
    for place, members in zip(shape.places, shape.members, strict=True):
        symbols[place] = chr(draw.choice(members))
    return "".join(symbols)
