"""A vault in SQLite and one in a real PostgreSQL, which is started in a folder of its own where its programs are."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from anonspark.domain.tokens import KeyName, WrappedKey
from anonspark.domain.vaults import VaultPlace, parse_vault
from anonspark.store.vault import TokenVault, open_vault
from benchmarks.postgresql import MissingError
from benchmarks.postgresql import postgresql as server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a server with an empty database `postgres`, or the test is skipped."""
    try:
        with server() as url:
            yield url
    except MissingError as why:
        pytest.skip(str(why))


@pytest.fixture
def postgresql(postgresql_server: str) -> VaultPlace:
    """A database of one test."""
    psycopg = pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    name = f"vault_{uuid4().hex}"
    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return parse_vault(f"{postgresql_server}/{name}")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> VaultPlace:
    """Where the vault of one test lies."""
    if request.param == "sqlite":
        return parse_vault(f"sqlite:///{tmp_path}/vault.db")
    found: VaultPlace = request.getfixturevalue("postgresql")
    return found


@pytest.fixture
def vault(place: VaultPlace) -> Iterator[TokenVault]:
    """An empty vault with the scope `people`."""
    with open_vault(place) as opened:
        opened.claim("people", WrappedKey(b"wrapped", KeyName("k", 1)))
        yield opened
