"""A vault in SQLite and one in a real PostgreSQL, which is started in a folder of its own where its programs are."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from anonspark.domain.tokens import KeyName, WrappedKey
from anonspark.domain.vaults import VaultPlace, parse_vault
from anonspark.store.vault import TokenVault, open_vault

UNPRIVILEGED = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; the first of these that the machine has runs it then."""


def programs() -> Path | None:
    """The folder of the newest PostgreSQL."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *Path("/usr/pgsql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if found:
        return max(found, key=lambda path: float(path.parts[-3])).parent
    return Path(on_path).parent if on_path else None


def unprivileged() -> str | None:
    """Who runs it: nobody else than we where we are no root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in UNPRIVILEGED if name in names), "")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a server with an empty database `postgres`, or the test is skipped."""
    bin_folder, user = programs(), unprivileged()
    if bin_folder is None:
        pytest.skip("no initdb of PostgreSQL below /usr/lib/postgresql or on PATH; apt-get install postgresql")
    if user == "":
        pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
    folder = Path(tempfile.mkdtemp(prefix="anonspark-postgresql-"))
    port = free_port()
    environment = {**os.environ, "LC_ALL": "C"}

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, user=user, cwd=folder, env=environment, timeout=120)

    data, log = str(folder / "data"), str(folder / "log")
    try:
        if user is not None:
            shutil.chown(folder, user)
        run(str(bin_folder / "initdb"), "-D", data, "-U", "vault", "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run(str(bin_folder / "pg_ctl"), "-D", data, "-l", log, "-w", "-o", settings, "start")
        try:
            yield f"postgresql://vault@127.0.0.1:{port}"
        finally:
            run(str(bin_folder / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
