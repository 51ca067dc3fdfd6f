"""Secrets: never shown, never in a plan, and never used as they are but derived for one purpose each."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@dataclass(frozen=True, slots=True)
class RootKey:
    """A secret that a key provider gave, from which the keys of all purposes are derived.

    Attributes:
        id: Names it in ciphertexts, tokens and records; tells nothing of the secret.
        version: Of the key of this id; raised when keys are rotated.
        secret: 32 bytes or more.
    """

    id: str
    version: int
    secret: bytes = field(repr=False)

    def derive(self, purpose: str, scope: str, length: int = 32) -> bytes:
        """The key of one purpose within one scope, of `length` bytes.

        Equal purpose and scope give the equal key in every process, and no key tells anything of another one.

        Source: HKDF with SHA-256, RFC 5869.

        >>> RootKey("a", 1, bytes(32)).derive("hash", "project") == RootKey("b", 2, bytes(32)).derive("hash", "project")
        True
        """
        info = b"anonspark/1\0" + purpose.encode() + b"\0" + scope.encode()
        return HKDF(SHA256(), length, salt=None, info=info).derive(self.secret)


def root_key(secret: bytes, version: int = 1) -> RootKey:
    """The root key of a secret; its id is derived from the secret, so that equal secrets have equal ids anywhere.

    The id is 64 bits of HKDF's output, which tell nothing of a random secret. A ciphertext that names it is thereby
    known to be another key's before anything is decrypted.

    >>> root_key(bytes(32)).id == root_key(bytes(32), version=2).id
    True
    """
    return RootKey(RootKey("", version, secret).derive("key id", "", 8).hex(), version, secret)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The versions of a key: the current one, which encrypts, and older ones, which only decrypt.

    Attributes:
        current: For what is new.
        older: For what was encrypted before keys were rotated, newest first.
    """

    current: RootKey
    older: tuple[RootKey, ...] = ()

    @property
    def keys(self) -> tuple[RootKey, ...]:
        """All of them, the current one first."""
        return (self.current, *self.older)

    def find(self, key_id: str, version: int) -> RootKey | None:
        """The key that a ciphertext names; one of the same id where the version is another, as ids tell secrets."""
        named = [key for key in self.keys if key.id == key_id]
        return next((key for key in named if key.version == version), named[0] if named else None)


@dataclass(frozen=True, slots=True)
class KeyScope:
    """The keys that treat the tables of one scope; what shares a scope and its keys can be joined.

    Attributes:
        scope: Its name, `settings.key_scope`.
        linking: Of pseudonyms, date shifts and digests of tokens.
        hashing: Of hashes; None for plain ones.
        encryption: None where the job names none.
        lasting: Whether linking outlives the run; a random key of one run does not.
    """

    scope: str
    linking: RootKey
    hashing: RootKey | None = None
    encryption: RootKey | None = None
    lasting: bool = True
