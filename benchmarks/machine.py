"""What a figure was measured on, and what processes cost."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

PROC = Path("/proc")
"""Only Linux has it; elsewhere the figures read from it are left out."""

CHILDREN_CPU = 11
"""Where user time stands after the name in /proc/<pid>/stat; system time follows, in clock ticks."""


def machine() -> str:
    """Cores, memory and versions, in a sentence."""
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "([^"]+)"', java)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, Java {version[1] if version else 'unknown'}"
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """When, and how busy the machine was."""

    date: str
    load: float


def now() -> Moment:
    """This moment; the load is the mean number of runnable processes in the last minute."""
    return Moment(datetime.now(UTC).date().isoformat(), os.getloadavg()[0])


def circumstances(began: Moment, command: str) -> str:
    """The line that stands above every table."""
    return (
        f"Measured on {began.date} with `python -m benchmarks {command}`: {machine()}; "
        f"load average {began.load:.1f} when it began, {now().load:.1f} when it ended."
    )


def in_a_new_process(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What comes of work in a process that has done nothing else, and that ends afterwards."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()


def family() -> list[int]:
    """This process and everything it has started that still runs: for a Spark driver, Python and the JVM."""
    parents: dict[int, int] = {}
    for entry in PROC.glob("[0-9]*/stat") if sys.platform == "linux" else ():
        try:
            parents[int(entry.parent.name)] = int(_fields(entry)[1])
        except (OSError, IndexError):  # it ended meanwhile
            continue
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_seconds(pids: Sequence[int]) -> float | None:
    """CPU time of these processes so far, all threads; None where it cannot be read."""
    if not PROC.is_dir():
        return None
    ticks = 0
    for pid in pids:
        try:
            user, system = _fields(PROC / str(pid) / "stat")[CHILDREN_CPU : CHILDREN_CPU + 2]
        except OSError:  # a worker of Spark that ended meanwhile; what it took is lost
            continue
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def family_cpu_seconds() -> float | None:
    """CPU time so far of this process and all it has started, ended or not; None where it cannot be read.

    Spark's Python workers come and go; what an ended one took is counted by the process that waited for it.
    """
    if not PROC.is_dir():
        return None
    ticks = 0
    for pid in family():
        try:
            fields = _fields(PROC / str(pid) / "stat")
        except OSError:  # it ended meanwhile, and its time is its parent's now
            continue
        ticks += sum(map(int, fields[CHILDREN_CPU : CHILDREN_CPU + 4]))
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_mib(pid: int) -> float | None:
    """Most memory that a process has had since `forget_peaks`; None where it cannot be read."""
    try:
        status = (PROC / str(pid) / "status").read_text()
    except OSError:
        return None
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(peak[1]) / 1024 if peak else None


def forget_peaks(pids: Sequence[int]) -> None:
    """Measure peaks of memory from here on, where the kernel lets us."""
    for pid in pids:
        try:
            (PROC / str(pid) / "clear_refs").write_text("5")
        except OSError:
            continue


def _fields(stat: Path) -> list[str]:
    """What follows a process's name, which may hold blanks and brackets."""
    return stat.read_text().rpartition(")")[2].split()
