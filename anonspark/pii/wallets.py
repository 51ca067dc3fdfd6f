"""Addresses of crypto currencies that prove themselves by a checksum."""

import re
from collections.abc import Iterable
from typing import Final

_ETHEREUM: Final = re.compile(r"0[xX]([0-9a-fA-F]{40})")
_BASE58: Final = re.compile(r"[13][1-9A-HJ-NP-Za-km-z]{25,34}")
_SEGWIT: Final = re.compile(r"bc1[02-9ac-hj-np-z]{11,87}")
_BECH32: Final = {sign: value for value, sign in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CHECK: Final = 1
_BECH32M_CHECK: Final = 0x2BC830A3


def is_ethereum_address(text: str) -> bool:
    """0x and 40 hexadecimal digits; where their case is mixed, it is the checksum.

    Source: EIP-55: a letter is upper case where the Keccak-256 hash of the lower-case digits has 8 or more there.
    """
    address = _ETHEREUM.fullmatch(text)
    if address is None:
        return False
    digits = address[1]
    if digits in (digits.lower(), digits.upper()):
        return digits.strip("0") != ""
    from Crypto.Hash import keccak

    nibbles = keccak.new(digest_bits=256, data=digits.lower().encode()).hexdigest()
    return all(
        digit == (digit.upper() if int(nibble, 16) >= 8 else digit.lower())
        for digit, nibble in zip(digits, nibbles[:40], strict=True)
    )


def is_bitcoin_address(text: str) -> bool:
    """An address of Bitcoin's main network: base58check of version 0 or 5, or a segregated witness.

    Source: the Bitcoin wiki, Base58Check encoding; BIP 173 and BIP 350.
    """
    if _BASE58.fullmatch(text):
        from stdnum import bitcoin

        return bool(bitcoin.is_valid(text))
    lowered = text.lower()
    return text in (lowered, text.upper()) and _SEGWIT.fullmatch(lowered) is not None and _is_witness(lowered)


def _is_witness(address: str) -> bool:
    """Whether the checksum holds and the version and length are ones that exist; in lower case, of the main network."""
    values = [_BECH32[sign] for sign in address[3:]]
    version, program = values[0], values[1:-6]
    check = _polymod([3, 3, 0, 2, 3, *values])  # the high and low bits of "bc" around a zero
    size, spare = divmod(5 * len(program), 8)
    if check != (_BECH32_CHECK if version == 0 else _BECH32M_CHECK) or version > 16 or spare > 4:
        return False
    return size in (20, 32) if version == 0 else 2 <= size <= 40


def _polymod(values: Iterable[int]) -> int:
    """The remainder of the values as a polynomial over GF(32); BIP 173."""
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            if top >> bit & 1:
                remainder ^= generator
    return remainder
