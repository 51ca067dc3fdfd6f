"""FF1, format-preserving encryption of NIST SP 800-38G, of many values at a time.

FF1 is ten rounds of AES on a number of about 16 digits. One value at a time that is all calls; here the values of one
length go through each round together: one call of AES, and numpy for the digits. Halves of up to 56 bits (16 decimal
digits) fit numpy's integers; longer ones take Python's, one by one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

ROUNDS: Final = 10

MIN_DOMAIN: Final = 1_000_000
"""How many values of one length there have to be, SP 800-38G revision 1; the first edition demanded 100."""

MAX_RADIX: Final = 1 << 16
BLOCK: Final = 16

NATIVE_BITS: Final = 56
"""Halves below 2^56 can be reduced byte by byte within 64 bits."""

Digits = npt.NDArray[np.int64]
Numbers = npt.NDArray[Any]
"""Of uint64, or of Python's integers."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What all values of one length share.

    Attributes:
        radix: Of the digits.
        split: Digits of the left half, u.
        sizes: How many values the left and the right half can have.
        number_bytes: That write the larger half, b.
        drawn_bytes: That a round draws, d.
    """

    radix: int
    split: int
    sizes: tuple[int, int]
    number_bytes: int
    drawn_bytes: int


def ff1_encrypt(
    key: bytes, tweak: bytes, digits: Digits, radix: int, *, min_domain: int = MIN_DOMAIN, decrypt: bool = False
) -> Digits:
    """Digits of values of one length to other such digits, one to one.

    Args:
        key: 16, 24 or 32 bytes.
        tweak: Public; other tweaks give other results.
        digits: Each in [0, radix), the first one highest; shape (n_values, n_digits).
        radix: 2 to 65536.
        min_domain: `radix ** n_digits` has to reach it; only test vectors go below the default.
        decrypt: The way back.

    Raises:
        ValueError: The key, the radix, a digit or the number of digits is none that FF1 takes.

    Source: NIST SP 800-38G (2016), algorithms 7 and 8; bound of the domain from revision 1.
    """
    n_values, n_digits = digits.shape
    if not 2 <= radix <= MAX_RADIX:
        raise ValueError("The radix of FF1 is 2 to 65536.")
    if n_digits < 2 or radix**n_digits < min_domain:
        raise ValueError(f"FF1 takes values of at least two digits, of which {min_domain:,} or more are possible.")
    if n_values and not (int(digits.min()) >= 0 and int(digits.max()) < radix):
        raise ValueError("A digit is not below the radix.")
    aes = Cipher(AES(key), ECB()).encryptor()  # noqa: S305  single blocks, of which FF1 makes its own chain
    plan = _plan_of(radix, n_digits)
    halves = _number(digits[:, : plan.split], plan), _number(digits[:, plan.split :], plan)
    left, right = feistel(*halves, plan.sizes, _round_of(aes, tweak, n_digits, plan), backwards=decrypt)
    return np.concatenate([_digits(left, plan.split, plan), _digits(right, n_digits - plan.split, plan)], axis=1)


def feistel(
    left: Numbers,
    right: Numbers,
    sizes: tuple[int, int],
    drawn: Callable[[int, Numbers, int], Numbers],
    *,
    backwards: bool = False,
) -> tuple[Numbers, Numbers]:
    """A Feistel network on pairs of numbers: each round adds to one half what is drawn from the other.

    Args:
        left: Below `sizes[0]`.
        right: Below `sizes[1]`.
        sizes: Of the halves.
        drawn: From round, the other half and a size to numbers below that size.
        backwards: The way back.
    """
    halves = [left, right]
    for number in reversed(range(ROUNDS)) if backwards else range(ROUNDS):
        into = number % 2
        add = drawn(number, halves[1 - into], sizes[into])
        # Both are below the size, so neither the sum nor the difference leaves 64 bits.
        moved = halves[into] + (sizes[into] - add) if backwards else halves[into] + add
        halves[into] = moved % sizes[into]
    return halves[0], halves[1]


def _plan_of(radix: int, n_digits: int) -> _Plan:
    split = n_digits // 2
    sizes = radix**split, radix ** (n_digits - split)
    number_bytes = ((sizes[1] - 1).bit_length() + 7) // 8
    return _Plan(radix, split, sizes, number_bytes, 4 * ((number_bytes + 3) // 4) + 4)


def _round_of(aes: CipherContext, tweak: bytes, n_digits: int, plan: _Plan) -> Callable[[int, Numbers, int], Numbers]:
    """The round function of FF1: AES-CBC-MAC over the tweak, the round and the other half, lengthened and reduced."""
    head = bytes([1, 2, 1]) + plan.radix.to_bytes(3) + bytes([ROUNDS, plan.split % 256])
    first = np.frombuffer(aes.update(head + n_digits.to_bytes(4) + len(tweak).to_bytes(4)), np.uint8)
    fixed = tweak + bytes((-len(tweak) - plan.number_bytes - 1) % BLOCK)

    def drawn(number: int, other: Numbers, size: int) -> Numbers:
        message = np.empty((len(other), len(fixed) + 1 + plan.number_bytes), np.uint8)
        message[:, : len(fixed)] = np.frombuffer(fixed, np.uint8)
        message[:, len(fixed)] = number
        message[:, len(fixed) + 1 :] = _as_bytes(other, plan.number_bytes)
        return remainder(_lengthened(aes, _chained(aes, first, message), plan.drawn_bytes), size)

    return drawn


def _chained(aes: CipherContext, first: npt.NDArray[np.uint8], message: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    state = np.broadcast_to(first, (len(message), BLOCK))
    for at in range(0, message.shape[1], BLOCK):
        state = blocks_of(aes, state ^ message[:, at : at + BLOCK])
    return state


def _lengthened(aes: CipherContext, state: npt.NDArray[np.uint8], n_bytes: int) -> npt.NDArray[np.uint8]:
    more = [np.frombuffer(number.to_bytes(BLOCK), np.uint8) for number in range(1, (n_bytes + BLOCK - 1) // BLOCK)]
    return np.concatenate([state, *(blocks_of(aes, state ^ number) for number in more)], axis=1)[:, :n_bytes]


def blocks_of(aes: CipherContext, blocks: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Each block encrypted by itself; shape (n, 16)."""
    return np.frombuffer(aes.update(blocks.tobytes()), np.uint8).reshape(-1, BLOCK)


def remainder(drawn: npt.NDArray[np.uint8], size: int) -> Numbers:
    """Big-endian numbers of any length modulo a size."""
    if size.bit_length() > NATIVE_BITS:
        return np.array([int.from_bytes(row.tobytes()) % size for row in drawn], object)
    # As many bytes at a time as keep remainder and bytes within 64 bits.
    step = next(n for n in (4, 2, 1) if size.bit_length() + 8 * n <= 64)
    padded = np.concatenate([np.zeros((len(drawn), -drawn.shape[1] % step), np.uint8), drawn], axis=1)
    found = np.zeros(len(drawn), np.uint64)
    for part in np.ascontiguousarray(padded).view(f">u{step}").astype(np.uint64).T:
        found = ((found << np.uint64(8 * step)) | part) % np.uint64(size)
    return found


def _is_native(plan: _Plan) -> bool:
    return plan.sizes[1].bit_length() <= NATIVE_BITS


def _number(digits: Digits, plan: _Plan) -> Numbers:
    if not _is_native(plan):
        found = np.zeros(len(digits), object)
        for column in digits.T:
            found = found * plan.radix + column.astype(object)
        return found
    native = np.zeros(len(digits), np.uint64)
    for column in digits.T:
        native = native * np.uint64(plan.radix) + column.astype(np.uint64)
    return native


def _digits(numbers: Numbers, n_digits: int, plan: _Plan) -> Digits:
    found = np.empty((len(numbers), n_digits), np.int64)
    radix = np.uint64(plan.radix) if _is_native(plan) else plan.radix
    for place in reversed(range(n_digits)):
        found[:, place] = numbers % radix
        numbers = numbers // radix
    return found


def _as_bytes(numbers: Numbers, n_bytes: int) -> npt.NDArray[np.uint8]:
    """Big-endian; shape (n, n_bytes)."""
    if numbers.dtype == object:
        whole = b"".join(int(number).to_bytes(n_bytes) for number in numbers)
        return np.frombuffer(whole, np.uint8).reshape(-1, n_bytes)
    eight = np.ascontiguousarray(numbers).astype(">u8").view(np.uint8).reshape(-1, 8)
    return eight[:, 8 - n_bytes :]
