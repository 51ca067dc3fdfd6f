"""What tokens are made and taken back with: one protocol for vaults in a database and in a Delta table.

Whoever holds the vault alone learns nothing: values are encrypted, and are found again by digests with a key that lies
in the vault encrypted as well.
"""

import hmac
import secrets
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Final, Protocol

from pyspark.sql import DataFrame

from anonspark.domain.keys import KeyRing, KeyScope, RootKey
from anonspark.domain.tokens import DIGEST_BYTES, Erased, KeyName, WrappedKey
from anonspark.errors import CiphertextError, ConfigurationError
from anonspark.pii.ciphertext import GCM, Header, Opener, sealer, sealing_key
from anonspark.pii.normalize import normalized
from anonspark.pii.workers import WorkerRefusalError

VALUE_FAMILY: Final = "token value"
SCOPE_FAMILY: Final = "token scope"
"""Values and the keys of scopes are encrypted with keys of their own, whatever columns are called."""

DIGEST, CIPHERTEXT, PII_TYPE, TOKEN, SUBJECT = "digest", "ciphertext", "pii_type", "token", "subject"
KEY_ID, KEY_VERSION = "key_id", "key_version"


class Vault(Protocol):
    """One token a value and scope, whoever asks; what `mint` and `link` return from is committed."""

    name: str
    """What messages and records call it."""

    def claim(self, scope: str, wrapped: WrappedKey) -> WrappedKey:
        """Begin a scope with a key of its digests, unless it was begun before; returns the key that it has."""
        ...

    def wrapped_key(self, scope: str) -> WrappedKey | None:
        """The key of a scope's digests; None where the scope was never begun."""
        ...

    def rewrap(self, scope: str, old: WrappedKey, new: WrappedKey) -> None:
        """Keep the key of a scope's digests encrypted with another key."""
        ...

    def scopes(self) -> list[str]:
        """The scopes that have been begun."""
        ...

    def pii_types(self, scope: str) -> list[str | None]:
        """What the values of a scope are."""
        ...

    def count_by_key(self, scope: str) -> dict[KeyName, int]:
        """How many values are encrypted with which key."""
        ...

    def mint(self, entries: DataFrame, scope: str, key: KeyName, held: ExitStack) -> DataFrame:
        """The token of each value, new ones for those that have none; starts jobs.

        Args:
            entries: `digest`, `ciphertext`, `pii_type`; persisted. Of equal digests any one counts.
            scope: Claimed before.
            key: That all are encrypted with.
            held: What the result needs lives as long as it.

        Returns:
            `digest`, `token` without prefix; one row a digest of the entries.
        """
        ...

    def link(self, links: DataFrame, scope: str) -> None:
        """Note whose values tokens stand for: `subject`, `digest`; persisted. Starts jobs."""
        ...

    def reveal(self, tokens: DataFrame, scope: str) -> DataFrame:
        """What is held for tokens, `token`; persisted. Starts jobs.

        Returns:
            `token`, `ciphertext`, `key_id`, `key_version`; no row for a token that it does not know.
        """
        ...

    def erase_values(self, scope: str, digests: Sequence[bytes]) -> Erased:
        """Forget what the tokens of values stand for."""
        ...

    def erase_subjects(self, scope: str, subjects: Sequence[bytes]) -> Erased:
        """Forget what the tokens of persons stand for, except for values that others have too."""
        ...

    def reencrypt(self, scope: str, ring: KeyRing) -> int:
        """Encrypt all values with the ring's current key; returns how many were not."""
        ...


def key_name(key: RootKey) -> KeyName:
    """The name under which the vault notes a key."""
    return KeyName(key.id, key.version)


def value_header(key: RootKey) -> Header:
    """Of the ciphertexts of values."""
    return Header(GCM, key.id, key.version, VALUE_FAMILY)


def vault_key(keys: KeyScope) -> RootKey:
    """The key that a job encrypts values with in the vault: its encryption key, else the one for hashes.

    Raises:
        ConfigurationError: It has neither, and the tokens of a random key could never be taken back.
    """
    if keys.encryption is not None:
        return keys.encryption
    if keys.lasting:
        return keys.linking
    sentence = "is missing; the vault encrypts what tokens stand for, so name a key, for example env:ANONSPARK_KEY."
    raise ConfigurationError([("settings.encryption_key", sentence)])


def claim_scope(vault: Vault, scope: str, ring: KeyRing) -> bytes:
    """The key of a scope's digests, made at random where the scope begins with this call.

    Raises:
        CiphertextError: The scope was begun with a key that is not in the ring.
    """
    found = vault.wrapped_key(scope)
    if found is None:
        found = vault.claim(scope, wrap(secrets.token_bytes(DIGEST_BYTES), scope, ring.current))
    return unwrap(found, vault.name, scope, ring)


def wrap(digest_key: bytes, scope: str, key: RootKey) -> WrappedKey:
    """The key of a scope's digests, encrypted."""
    header = Header(GCM, key.id, key.version, SCOPE_FAMILY)
    text = f"{header}:{sealer(sealing_key(key, scope, header), header)(digest_key)}"
    return WrappedKey(text.encode(), key_name(key))


def unwrap(wrapped: WrappedKey, name: str, scope: str, ring: KeyRing) -> bytes:
    """The key of a scope's digests.

    Args:
        wrapped: As the vault has it.
        name: Of the vault.
        scope: The key scope.
        ring: Where the key around it must be.

    Raises:
        CiphertextError: It is not, or the scope's key was changed.
    """
    try:
        return Opener(ring, scope).open(wrapped.ciphertext.decode())
    except (WorkerRefusalError, UnicodeDecodeError):
        raise wrong_key(name, scope, wrapped.key, ring) from None


def wrong_key(name: str, scope: str, key: KeyName, ring: KeyRing) -> CiphertextError:
    """The error about a vault whose key is not among those that a job names."""
    given = ", ".join(str(key_name(each)) for each in ring.keys)
    return CiphertextError(
        f"The scope '{scope}' of the vault {name} is encrypted with key {key}, and the job names {given}; name that "
        "key's reference too, or the scope that belongs to yours.",
        field="settings.encryption_key",
    )


def require_keys(needed: Iterable[KeyName], name: str, scope: str, ring: KeyRing) -> None:
    """Make sure that a ring has the keys.

    Raises:
        CiphertextError: It lacks one.
    """
    for key in needed:
        if ring.find(key.id, key.version) is None:
            raise wrong_key(name, scope, key, ring)


def digest_of(value: bytes, pii_type: str | None, digest_key: bytes) -> bytes:
    """The keyed digest by which a value, in UTF-8, is found again, whatever its spelling."""
    return hmac.digest(digest_key, b"value\0" + _normalized(value, pii_type), "sha256")


def subject_digest(person: bytes, digest_key: bytes) -> bytes:
    """The keyed digest by which a person, in UTF-8, is found again."""
    return hmac.digest(digest_key, b"subject\0" + _normalized(person, None), "sha256")


def _normalized(value: bytes, pii_type: str | None) -> bytes:
    # Bytes that are no UTF-8, which a binary column cast to text can hold, stay apart.
    return normalized(value.decode("utf-8", "surrogateescape"), pii_type).encode("utf-8", "surrogateescape")
