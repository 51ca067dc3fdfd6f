"""The `settings` that name keys and the token vault; never a key or a password itself."""

import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator

from anonspark.config.fields import Name, Section, as_tuple, fault
from anonspark.config.locations import resolve
from anonspark.domain.vaults import VaultKind, VaultPlace, parse_vault
from anonspark.errors import ConfigurationError, InputError

_REFERENCE: Final = re.compile(r"[a-z][a-z-]*:\S.*", re.DOTALL)
_REMOTE: Final = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+://")

FORMS: Final = "env:NAME, file:/path, aws-kms:KEY, azure-keyvault:VAULT/SECRET or vault:MOUNT/PATH#FIELD"


def _check_reference(text: str) -> str:
    if not _REFERENCE.fullmatch(text):
        # The text is not repeated: somebody may have put a key in its place.
        raise fault(f"is no reference to a key, and a key itself has no place in a job file; write {FORMS}.")
    return text


def _check_vault(text: str) -> str:
    try:
        parse_vault(text)
    except InputError as error:
        raise fault(error.message) from None
    return text


KeyReference = Annotated[Name, AfterValidator(_check_reference)]
VaultName = Annotated[Name, AfterValidator(_check_vault)]


def vault_at(text: str, base: str) -> VaultPlace:
    """The place of a vault as seen from the job file.

    Raises:
        ConfigurationError: A file of SQLite beside a job file that lies on no disk.

    >>> vault_at("sqlite:///vault.db", "/srv/jobs").address, vault_at("vault", "s3a://lake/jobs").address
    ('/srv/jobs/vault.db', 's3a://lake/jobs/vault')
    """
    place = parse_vault(text)
    if place.kind is VaultKind.POSTGRESQL:
        return place
    if place.kind is VaultKind.SQLITE and _REMOTE.match(base) and not Path(place.address).is_absolute():
        sentence = "is a file beside a job file that lies on no disk; write its whole path: sqlite:////srv/vault.db."
        raise ConfigurationError([("settings.vault", sentence)])
    return VaultPlace(place.kind, resolve(place.address, base.removeprefix("file://")))


class KeySettings(Section):
    """The keys of a job."""

    key_scope: Name = "project"
    """Tables that share a scope and its keys can be joined; the scope that the values were treated in."""
    encryption_key: KeyReference
    """The key, as a reference: env:NAME, file:/path, aws-kms:KEY, azure-keyvault:VAULT/SECRET, vault:PATH#FIELD."""
    older_keys: Annotated[tuple[KeyReference, ...], BeforeValidator(as_tuple)] = ()
    """Keys that were current before, as references; they open what they encrypted and encrypt nothing new."""


class VaultSettings(KeySettings):
    """The token vault and the keys that open it."""

    vault: VaultName
    """Where the tokens are kept: sqlite:///vault.db, postgresql://host/database, or the URI of a Delta table."""

    def place(self, base: str) -> VaultPlace:
        """The vault as seen from the job file."""
        return vault_at(self.vault, base)
