"""Where a token vault lies: a SQLite file, a PostgreSQL database or a Delta table. Text only, nothing is opened."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from anonspark.errors import InputError

WAYS: Final = "sqlite:///vault.db, postgresql://host/database, or the URI of a Delta table"

SETTINGS: Final = ("sslmode", "sslrootcert", "connect_timeout", "target_session_attrs", "application_name")
"""What a PostgreSQL URL may set; who connects and with which password is the environment's."""

_DATABASE_FILE = re.compile(r"\.(?:db|sqlite3?)$", re.IGNORECASE)


class VaultKind(StrEnum):
    """What keeps the tokens."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    DELTA = "delta"


@dataclass(frozen=True, slots=True)
class VaultPlace:
    """Where a vault lies.

    Attributes:
        kind: What keeps it.
        address: The path of the SQLite file, the URL of the database without any password, or the table's URI.
    """

    kind: VaultKind
    address: str

    def __str__(self) -> str:
        """What messages and the run record call it."""
        return f"sqlite:///{self.address}" if self.kind is VaultKind.SQLITE else self.address


def parse_vault(text: str) -> VaultPlace:
    """The place that a job file names.

    Raises:
        InputError: It is none, or holds a password; the text is not repeated then.

    >>> parse_vault("sqlite:////srv/vault.db")
    VaultPlace(kind=<VaultKind.SQLITE: 'sqlite'>, address='/srv/vault.db')
    >>> parse_vault("postgresql+psycopg://db/vault?sslmode=require").address
    'postgresql://db/vault?sslmode=require'
    """
    scheme = text.partition(":")[0].lower()
    if scheme == "sqlite":
        path = re.sub(r"^sqlite:(?://)?/?", "", text, flags=re.IGNORECASE)
        if not path or "?" in path:
            raise InputError(f"A vault in a file is named sqlite:///vault.db or sqlite:////srv/vault.db, not '{text}'.")
        return VaultPlace(VaultKind.SQLITE, path)
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return VaultPlace(VaultKind.POSTGRESQL, _postgresql(text))
    if "+" in scheme or scheme in ("mysql", "oracle", "mssql"):
        raise InputError(f"A vault is {WAYS}; this is none of them.")
    if _DATABASE_FILE.search(text):
        raise InputError(f"A vault in a file is named sqlite:///{text.removeprefix('file://')}.")
    return VaultPlace(VaultKind.DELTA, text)


def _postgresql(text: str) -> str:
    """The URL in the one spelling that is opened and told.

    Raises:
        InputError: It holds a password, no database, or a setting that is not allowed.
    """
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        raise InputError("The URL of the vault is none; write postgresql://host:5432/database.") from None
    given = parse_qsl(url.query, keep_blank_values=True)
    if url.password is not None or any("pass" in name.lower() or name.lower() == "user" for name, _ in given):
        raise InputError(
            "The URL of the vault holds a credential, which would be kept in the run record; PostgreSQL takes it from "
            "the environment: PGUSER and PGPASSWORD, or PGPASSFILE."
        )
    unknown = [name for name, _ in given if name not in SETTINGS]
    if unknown:
        raise InputError(f"The URL of the vault sets '{unknown[0]}'; it may set {', '.join(SETTINGS)}.")
    database = unquote(url.path).strip("/")
    if not database or "/" in database:
        raise InputError("The URL of the vault names no database; write postgresql://host:5432/database.")
    user = f"{url.username}@" if url.username else ""
    address = f"[{host}]" if ":" in host else host
    settings = f"?{url.query}" if url.query else ""
    return f"postgresql://{user}{address}{f':{port}' if port else ''}{url.path}{settings}"
