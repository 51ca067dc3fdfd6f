"""Ciphertexts as text: `anon1:siv:KEY:VERSION:FAMILY:TYPE:PAYLOAD`, with AES-256-GCM or AES-SIV.

The header tells which key opens the payload and what the value was, is authenticated with it, and has no secret.
Parts of it are percent-encoded, so that no `:` is in them. The payload is base64 of the URL alphabet, unpadded:

- `siv`: AES-SIV (RFC 5297) with a 64-byte key; equal values of one header have equal ciphertexts.
- `gcm`: 16 bytes of salt, 4 bytes of a counter, then AES-256-GCM's ciphertext and tag. Each batch of values draws a new
  salt, from which its key is derived, and counts its values as nonces; so no nonce repeats, however much one key
  encrypts, where random nonces end at 2^32 values (NIST SP 800-38D).
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Final
from urllib.parse import quote, unquote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from anonspark.domain.keys import KeyRing, RootKey
from anonspark.pii.workers import Refused, WorkerRefusalError

FORMAT: Final = "anon1"
GCM: Final = "gcm"
SIV: Final = "siv"

SALT_BYTES: Final = 16
COUNTER_BYTES: Final = 4
GCM_OVERHEAD: Final = SALT_BYTES + COUNTER_BYTES + 16


@dataclass(frozen=True, slots=True)
class Header:
    """What a ciphertext tells openly.

    Attributes:
        algorithm: `gcm` or `siv`.
        key_id: Of the root key.
        key_version: Of the root key.
        family: Columns of one family have one key, so that their deterministic ciphertexts can be joined.
        kind: The type that the value had, as Spark writes it: `string`, `decimal(10,2)`.
    """

    algorithm: str
    key_id: str
    key_version: int
    family: str
    kind: str = "string"

    def __str__(self) -> str:
        """The text before the last colon."""
        parts = (quote(self.key_id, safe=""), str(self.key_version), quote(self.family, safe=""))
        return ":".join((FORMAT, self.algorithm, *parts, quote(self.kind, safe="(),")))


@lru_cache(maxsize=1024)
def parse_header(text: str) -> Header | None:
    """The header that a text writes, or None.

    >>> parse_header(str(Header("siv", "k", 2, "a:b", "decimal(10,2)")))
    Header(algorithm='siv', key_id='k', key_version=2, family='a:b', kind='decimal(10,2)')
    """
    parts = text.split(":")
    if len(parts) != 6 or parts[0] != FORMAT or parts[1] not in {GCM, SIV}:
        return None
    _, algorithm, key_id, version, family, kind = parts
    if not (version.isascii() and version.isdigit()):
        return None
    return Header(algorithm, unquote(key_id), int(version), unquote(family), unquote(kind))


def sealing_key(key: RootKey, scope: str, header: Header) -> bytes:
    """The key of a column family within a scope: 64 bytes for SIV, 32 for GCM."""
    length = 64 if header.algorithm == SIV else 32
    return key.derive(f"encrypt/{header.algorithm}/{quote(header.family, safe='')}", scope, length)


def siv_sealer(key: bytes, data: Sequence[bytes]) -> Callable[[bytes], bytes]:
    """AES-SIV: from values to 16 bytes that are code and nonce in one, and the ciphertext behind them.

    Args:
        key: 64 bytes.
        data: What is authenticated with each value; each is an item of its own, an empty one too.

    Source: RFC 5297.
    """
    siv, items = AESSIV(key), list(data)
    return lambda value: siv.encrypt(value, items)


def siv_opener(key: bytes, data: Sequence[bytes]) -> Callable[[bytes], bytes]:
    """The way back from `siv_sealer`; it raises InvalidTag for another key, other data and changed ciphertexts."""
    siv, items = AESSIV(key), list(data)
    return lambda sealed: siv.decrypt(sealed, items)


def sealer(key: bytes, header: Header) -> Callable[[bytes], str]:
    """A function from values to payloads, for one batch of values; `key` is their `sealing_key`."""
    data = str(header).encode()
    if header.algorithm == SIV:
        seal_siv = siv_sealer(key, [data])
        return lambda value: _text(seal_siv(value))
    salt = secrets.token_bytes(SALT_BYTES)
    gcm = AESGCM(_batch_key(key, salt))
    numbers = count()

    def seal(value: bytes) -> str:
        number = next(numbers).to_bytes(COUNTER_BYTES)  # a batch of 2^32 values would overflow here, and stop
        return _text(salt + number + gcm.encrypt(bytes(8) + number, value, data))

    return seal


class Opener:
    """Opens ciphertexts of one scope; keys that it derived are kept while it lives."""

    def __init__(self, ring: KeyRing, scope: str) -> None:
        self._ring, self._scope = ring, scope
        self._open: dict[str, Callable[[bytes], bytes]] = {}

    def open(self, text: str) -> bytes:
        """The value of a ciphertext.

        Raises:
            WorkerRefusalError: It is no ciphertext, the ring lacks its key, or it is of another scope or was changed.
        """
        head, _, payload = text.rpartition(":")
        opened = self._open.get(head)
        if opened is None:
            opened = self._open[head] = self._opener_of(head)
        try:
            return opened(_bytes(payload))
        except InvalidTag:
            raise WorkerRefusalError(Refused.WRONG_KEY) from None

    def _opener_of(self, head: str) -> Callable[[bytes], bytes]:
        header = parse_header(head)
        if header is None:
            raise WorkerRefusalError(Refused.NO_CIPHERTEXT)
        root = self._ring.find(header.key_id, header.key_version)
        if root is None:
            raise WorkerRefusalError(Refused.UNKNOWN_KEY)
        key, data = sealing_key(root, self._scope, header), head.encode()
        if header.algorithm == SIV:
            return siv_opener(key, [data])
        batch_cipher = lru_cache(maxsize=4096)(lambda salt: AESGCM(_batch_key(key, salt)))

        def open_gcm(sealed: bytes) -> bytes:
            if len(sealed) < GCM_OVERHEAD:
                raise WorkerRefusalError(Refused.NO_CIPHERTEXT)
            salt, rest = sealed[:SALT_BYTES], sealed[SALT_BYTES:]
            number, ciphertext = rest[:COUNTER_BYTES], rest[COUNTER_BYTES:]
            return batch_cipher(salt).decrypt(bytes(8) + number, ciphertext, data)

        return open_gcm


def _batch_key(key: bytes, salt: bytes) -> bytes:
    return HKDFExpand(SHA256(), 32, b"anonspark/1 batch" + salt).derive(key)


def _text(payload: bytes) -> str:
    return urlsafe_b64encode(payload).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Error, ValueError):
        raise WorkerRefusalError(Refused.NO_CIPHERTEXT) from None
