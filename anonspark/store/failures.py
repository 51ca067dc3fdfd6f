"""What a database says when it fails, in sentences of ours: its own can quote keys of rows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from anonspark.errors import AnonsparkError, LocationError, RunConflictError

BUSY: Final = re.compile(r"database is locked|database table is locked|lock timeout|canceling statement due to lock")

SENTENCES: Final = (
    (r"unable to open database file", "cannot be opened; its folder must exist and be writable"),
    (r"readonly database|read-only", "cannot be written; check the permissions of the file and its folder"),
    (r"file is not a database|malformed", "is no database of SQLite, or it is damaged"),
    (r"disk is full|No space left|disk full", "has no space left"),
    (
        r"password authentication failed|no password supplied|no pg_hba\.conf entry|role .* does not exist",
        "refuses access; PostgreSQL takes the credentials from PGUSER and PGPASSWORD, or PGPASSFILE",
    ),
    (r"permission denied", "refuses access; the user must be allowed to create and to write tables there"),
    (r"database .* does not exist", "has no such database; create it first"),
    (
        r"connection|could not translate host|getaddrinfo|Name or service not known|timeout expired|server closed"
        r"|terminating",
        "cannot be reached; check the address, the network and that the database runs",
    ),
)
"""Patterns of what SQLite, PostgreSQL and psycopg say, first match first, and what follows the name of the vault."""


@contextmanager
def database_errors(name: str) -> Iterator[None]:
    """Turn failures of the database within the block into errors about this vault.

    Raises:
        RunConflictError: Another writer held it for too long.
        LocationError: It cannot be reached, read or written.
    """
    try:
        yield
    except AnonsparkError:
        raise
    except SQLAlchemyError as error:
        said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        if isinstance(error, PoolTimeoutError) or BUSY.search(said):
            raise RunConflictError(
                f"The vault {name} was held by other writers for too long; run again when they have ended.",
                field="settings.vault",
            ) from error
        sentence = next((words for pattern, words in SENTENCES if re.search(pattern, said, re.IGNORECASE)), None)
        if sentence is None:
            raise
        raise LocationError(f"The vault {name} {sentence}.", field="settings.vault") from error
