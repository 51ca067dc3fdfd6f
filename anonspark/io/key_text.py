"""The text of a key: base64 or hexadecimal, alone or with its versions."""

import re
from base64 import b64decode
from binascii import Error
from typing import Final

from anonspark.domain.keys import KeyRing, root_key
from anonspark.errors import SecretKeyError

MIN_BYTES: Final = 32

MIN_DISTINCT: Final = 12
"""Distinct bytes of a key; 32 random ones have fewer less than once in 10^24 times, a word that is repeated always."""

MAKE_ONE: Final = "make one with `openssl rand -base64 32`"

_HEXADECIMAL: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")
_VERSIONED: Final = re.compile(r"(\d{1,9}):(.+)")


def ring_of(text: str, place: str) -> KeyRing:
    """The keys that a text holds: `KEY`, or `2:KEY 1:KEY` separated by blanks, lines or commas; the highest is current.

    Args:
        text: Of the variable, the file or the secret.
        place: What messages call it.

    Raises:
        SecretKeyError: It is empty, no key, too short, or names a version twice.
    """
    secrets: dict[int, bytes] = {}
    entries = [entry for entry in re.split(r"[\s,]+", text) if entry]
    for entry in entries:
        versioned = _VERSIONED.fullmatch(entry)
        if versioned is None and len(entries) > 1:
            raise SecretKeyError(f"{place} holds several keys; write each as VERSION:KEY, as in 2:KEY 1:KEY.")
        version, key = (int(versioned[1]), versioned[2]) if versioned else (1, entry)
        if version in secrets:
            raise SecretKeyError(f"{place} holds version {version} twice.")
        secrets[version] = decode_secret(key, place)
    if not secrets:
        raise SecretKeyError(f"{place} is empty; {MAKE_ONE}.")
    newest_first = [root_key(secrets[version], version) for version in sorted(secrets, reverse=True)]
    return KeyRing(newest_first[0], tuple(newest_first[1:]))


def decode_secret(text: str, place: str) -> bytes:
    """The bytes of a key; what reads as hexadecimal is taken for it.

    Raises:
        SecretKeyError: It is neither base64 nor hexadecimal, too short, or clearly not random.
    """
    secret = bytes.fromhex(text) if _HEXADECIMAL.fullmatch(text) else _from_base64(text)
    if secret is None:
        raise SecretKeyError(f"{place} is neither base64 nor hexadecimal; {MAKE_ONE}.")
    return checked_secret(secret, place)


def checked_secret(secret: bytes, place: str) -> bytes:
    """The key itself.

    Raises:
        SecretKeyError: It is too short, or clearly not random.
    """
    if len(secret) < MIN_BYTES:
        raise SecretKeyError(f"{place} has {len(secret)} bytes; a key has {MIN_BYTES} or more: {MAKE_ONE}.")
    if len(set(secret)) < MIN_DISTINCT:
        raise SecretKeyError(f"{place} is not random: hardly any of its bytes differ; {MAKE_ONE}.")
    return secret


def _from_base64(text: str) -> bytes | None:
    """Of either alphabet, padded or not."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (Error, ValueError):
        return None
