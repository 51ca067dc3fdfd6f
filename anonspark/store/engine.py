"""How the databases of the store are opened."""

import os
import sqlite3
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from anonspark.domain.vaults import VaultKind, VaultPlace
from anonspark.errors import EnvironmentProblem, LocationError

BUSY_S: Final = 120
"""How long a writer waits for others: each holds the database for one batch, a fraction of a second."""

PRAGMAS: Final = {
    "busy_timeout": str(BUSY_S * 1000),
    "journal_mode": "WAL",  # readers do not wait for the writer
    "synchronous": "FULL",  # a mapping that was released outlives a power cut
    "foreign_keys": "ON",
    "secure_delete": "ON",  # what is erased is overwritten with zeros
}


def open_engine(place: VaultPlace) -> Engine:
    """The engine of a vault in a database; a SQLite file is created where it is not there, for its owner alone.

    Raises:
        LocationError: The file cannot be created.
        EnvironmentProblem: psycopg is missing.
    """
    return _sqlite(place.address) if place.kind is VaultKind.SQLITE else _postgresql(place.address)


def _sqlite(path: str) -> Engine:
    keep_private(path)
    engine = create_engine(URL.create("sqlite", database=path), connect_args={"timeout": BUSY_S})
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin where `_begin` says so
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {value}")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes then fails where another one wrote meanwhile; one that takes the lock
    # at once waits for it.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def keep_private(path: str) -> None:
    """Create the file for its owner alone, and take others' rights from one that is there.

    SQLite gives its journal the rights of the file.

    Raises:
        LocationError: It cannot be created or is somebody else's.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        if Path(path).stat().st_mode & 0o077:
            Path(path).chmod(0o600)
    except OSError as error:
        raise LocationError(
            f"The vault sqlite:///{path} cannot be opened: {error.strerror}. Its folder must exist, and the file "
            "belong to who runs the job.",
            field="settings.vault",
        ) from error


def _postgresql(address: str) -> Engine:
    if find_spec("psycopg") is None:
        raise EnvironmentProblem(
            "A vault in PostgreSQL needs psycopg: pip install 'anonspark[postgresql]'.", field="settings.vault"
        )
    # User, password and certificates come from libpq's own environment.
    url = make_url(address).set(drivername="postgresql+psycopg")
    return create_engine(url, pool_pre_ping=True, connect_args={"options": f"-c lock_timeout={BUSY_S}s"})
