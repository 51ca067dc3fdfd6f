"""A PostgreSQL of one's own, in a temporary folder: benchmarks and tests of the vault run on a real one."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNPRIVILEGED = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; the first of these that the machine has runs it then."""


class MissingError(Exception):
    """The machine cannot start one; the sentence says why and the way out."""


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a server with an empty database `postgres`, which ends with the block.

    Nothing of it is forced to the disk: what is measured is its work, not the disk's.

    Raises:
        MissingError: Its programs are not there, or nobody may run them.
    """
    programs, user = _programs(), _runner()
    folder = Path(tempfile.mkdtemp(prefix="anonspark-postgresql-"))
    data, log, port = str(folder / "data"), str(folder / "log"), _free_port()

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), "-D", data, *arguments],
            check=True,
            capture_output=True,
            user=user,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            timeout=120,
        )

    try:
        if user is not None:
            shutil.chown(folder, user)
        run("initdb", "-U", "vault", "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-l", log, "-w", "-o", settings, "start")
        try:
            yield f"postgresql://vault@127.0.0.1:{port}"
        finally:
            run("pg_ctl", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder of the newest one's programs."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *Path("/usr").glob("pgsql-*/bin/initdb")]
    on_path = shutil.which("initdb")
    if found:
        return max(found, key=lambda path: float(path.parts[-3].removeprefix("pgsql-"))).parent
    if on_path is None:
        raise MissingError("no initdb of PostgreSQL is here: apt-get install postgresql")
    return Path(on_path).parent


def _runner() -> str | None:
    """Who runs it; None for who we are."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    found = next((name for name in UNPRIVILEGED if name in names), None)
    if found is None:
        raise MissingError("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
