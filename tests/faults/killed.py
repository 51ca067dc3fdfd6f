"""A run in a driver of its own that is killed, JVM and all, at a chosen moment."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from deltalake import DeltaTable

CLI = [sys.executable, "-c", "from anonspark.cli.main import main; main()"]
LONGEST_S = 300
LOOK_AGAIN_S = 0.001


@dataclass(frozen=True)
class Moment:
    """When to kill.

    Attributes:
        sign: A file that appears in the run's folder, as a pattern; a new one, where some are there before.
        later: Then so much later, as a share of the whole run.
    """

    name: str
    sign: str
    later: float = 0.0


def command(kind: str, folder: Path, run_id: str, *more: str) -> list[str]:
    """The command line of the job file `job.json` in a folder."""
    return [*CLI, kind, "--config", str(folder / "job.json"), "--run-id", run_id, *more]


@contextmanager
def driver(arguments: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A driver in a process group of its own, which is gone after the block."""
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(Path(__file__).parents[2])}
    with (folder / "driver.log").open("wb") as said:
        process = subprocess.Popen(arguments, stdout=said, stderr=said, start_new_session=True, env=environment)
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> int:
    """Kill python and the JVM at once, without a chance to clean up; the driver's exit code."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait(60)


def kill_at(moment: Moment, arguments: list[str], folder: Path, whole_s: float) -> bool:
    """Start a driver and kill it at the moment; whether it was still at work then."""
    before = set(folder.glob(moment.sign))
    with driver(arguments, folder) as process:
        wait_until(lambda: process.poll() is not None or bool(set(folder.glob(moment.sign)) - before))
        time.sleep(moment.later * whole_s)
        return kill(process) == -signal.SIGKILL


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait for what a process in another group does."""
    end = time.monotonic() + LONGEST_S
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(LOOK_AGAIN_S)


def undisturbed_s(arguments: list[str], folder: Path) -> float:
    """Let a driver do the job; the seconds of the run itself, without the start of Spark."""
    summary = folder / "summary.json"
    with driver([*arguments, "--summary", str(summary)], folder) as process:
        assert process.wait(LONGEST_S) == 0, (folder / "driver.log").read_text(encoding="utf-8")
    return float(json.loads(summary.read_text(encoding="utf-8"))["timings_s"]["total"])


def files_that_no_version_names(table: Path) -> list[str]:
    """Data files below a Delta table that a reader never sees, whichever version he asks for."""
    named: set[str] = set()
    for version in range(DeltaTable(table).version() + 1):
        named |= {uri.removeprefix("file://") for uri in DeltaTable(table, version=version).file_uris()}
    return [str(path) for path in table.rglob("*.parquet") if str(path) not in named]
