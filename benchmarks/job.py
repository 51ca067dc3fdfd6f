"""The whole anonymize job beside its floor: plain Spark that reads the table, groups it once and writes it once."""

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.io.session import open_session
from anonspark.pipelines.run import run
from benchmarks.machine import cpu_seconds, family, forget_peaks, in_a_new_process, peak_mib
from benchmarks.markdown import as_table, count, figure
from benchmarks.tables import QUASI_IDENTIFIERS, people

ROWS = (1_000_000, 10_000_000)
ROUNDS = 3
HEAP = "2g"

FEW_CLASSES, MANY_CLASSES = 4, 80
"""ZIP codes of the made-up people: about 0.14 and 1.1 million classes in ten million rows."""

SEVERAL_CLASSES_FROM = 10_000_000
"""Rows from which the table with many classes is measured too: a smaller one has no million of them."""

HIERARCHIES: Mapping[str, Mapping[str, Any] | None] = {
    "age": {"kind": "intervals", "min": 0, "max": 100, "widths": [5, 10, 20, 40]},
    "sex": None,
    "zip": {"kind": "mask", "keep": [4, 3, 2, 1]},
    "education": None,
    "occupation": None,
    "marital_status": None,
}

HEADS = [
    *("rows", "classes", "privacy", "checked of lattice nodes", "search s"),
    *("floor s", "job without search s", "ratio", "ratio of CPU", "ratio, first round"),
    *("classes s", "apply s", "verify s", "read + publish s", "Python MiB", "JVM MiB"),
]


@dataclass(frozen=True, slots=True)
class JobCase:
    """One job.

    Attributes:
        rows: Of the table.
        zips: Distinct ZIP codes, on which the number of classes depends.
        diversity: Whether 3 distinct diagnoses a class are asked for, on top of k.
        k: Of k-anonymity.
        persons: Whose rows come over and over again; None where each row is drawn for itself.
    """

    rows: int
    zips: int
    diversity: bool = False
    k: int = 5
    persons: int | None = None

    @property
    def privacy(self) -> str:
        """What must hold, in words."""
        return f"k={self.k} l-distinct:3" if self.diversity else f"k={self.k}"


@dataclass(frozen=True, slots=True)
class Round:
    """The floor and, right after it, the job.

    Attributes:
        floor_s: Wall-clock seconds of the floor.
        floor_cpu_s: CPU seconds of Python and the JVM meanwhile; None where they cannot be read.
        job_s: Wall-clock seconds of the job.
        job_cpu_s: As for the floor.
        summary: What the job tells of itself.
    """

    floor_s: float
    floor_cpu_s: float | None
    job_s: float
    job_cpu_s: float | None
    summary: Mapping[str, Any]

    def seconds(self, *steps: str) -> float:
        """Wall-clock seconds of steps of the job."""
        return float(sum(self.summary["timings_s"][step] for step in steps))

    @property
    def rest_s(self) -> float:
        """Wall-clock seconds of the job without its search."""
        return self.job_s - self.seconds("search")

    @property
    def ratio(self) -> float:
        """Of the rest to the floor."""
        return self.rest_s / self.floor_s

    @property
    def rest_cpu_s(self) -> float | None:
        """CPU seconds of the job without its search."""
        return None if self.job_cpu_s is None else self.job_cpu_s - self.seconds("search_cpu")

    @property
    def cpu_ratio(self) -> float | None:
        """Of the rest to the floor in CPU seconds, which other work on the machine disturbs less."""
        if self.rest_cpu_s is None or not self.floor_cpu_s:
            return None
        return self.rest_cpu_s / self.floor_cpu_s


@dataclass(frozen=True, slots=True)
class Peaks:
    """Most resident memory of the driver's processes, MiB; None where it cannot be read."""

    python: float | None
    jvm: float | None


def report(rows: Sequence[int], rounds: int, *, smoke: bool) -> str:
    """The whole section."""
    cases = [JobCase(5_000, 3, diversity=True)] if smoke else cases_of(rows)
    lines = []
    for case in cases:
        lines.append(row_of(case, *measure(case, 1 if smoke else rounds)))
        print(*lines[-1][:9], file=sys.stderr)
    return as_table(HEADS, lines, texts=0)


def cases_of(rows: Sequence[int]) -> list[JobCase]:
    """The jobs for tables of these sizes: few and many classes, and diversity on the smallest table."""
    cases = []
    for size in rows:
        cases.append(JobCase(size, FEW_CLASSES))
        if size == min(rows):
            cases.append(JobCase(size, FEW_CLASSES, diversity=True))
        if size >= SEVERAL_CLASSES_FROM:
            cases.append(JobCase(size, MANY_CLASSES))
    return cases


def measure(case: JobCase, rounds: int) -> tuple[list[Round], Peaks]:
    """Rounds of floor and job in a process and a session of their own, on a table that is made for them."""
    return in_a_new_process(_measure_here, case, rounds)


def _measure_here(case: JobCase, rounds: int) -> tuple[list[Round], Peaks]:
    with written_table(case) as (spark, folder):
        processes = family()
        forget_peaks(processes)
        measured = [one_round(spark, case, folder) for _ in range(rounds)]
        jvms = [peak for pid in processes[1:] if (peak := peak_mib(pid)) is not None]
        return measured, Peaks(peak_mib(processes[0]), max(jvms, default=None))


@contextmanager
def written_table(case: JobCase) -> Iterator[tuple[SparkSession, Path]]:
    """A session that ends with the block, and a folder with the case's table."""
    spark = open_session(conf={"spark.driver.memory": HEAP})
    with TemporaryDirectory() as name:
        people(spark, case.rows, case.zips, case.persons).write.parquet(str(Path(name) / "people"))
        yield spark, Path(name)
        spark.stop()


def read_people(spark: SparkSession, folder: Path) -> DataFrame:
    """The table in a folder."""
    return spark.read.parquet(str(folder / "people"))


def one_round(spark: SparkSession, case: JobCase, folder: Path) -> Round:
    """The floor, then the job, of the table in a folder."""
    for written in ("floor", "released", "_anonspark"):
        shutil.rmtree(folder / written, ignore_errors=True)
    floor_s, floor_cpu_s, _ = on_the_clock(lambda: write_floor(spark, folder))
    job_s, job_cpu_s, summary = on_the_clock(lambda: run(job_of(case, folder), spark))
    return Round(floor_s, floor_cpu_s, job_s, job_cpu_s, summary)


def write_floor(spark: SparkSession, folder: Path) -> None:
    """What no release can do without: a group-by over the quasi-identifiers, and the rows read and written."""
    table = read_people(spark, folder)
    table.groupBy(*QUASI_IDENTIFIERS).count().write.format("noop").mode("overwrite").save()
    table.write.parquet(str(folder / "floor"))


def on_the_clock(work: Callable[[], Any]) -> tuple[float, float | None, Any]:
    """Wall-clock and CPU seconds of Python and the JVM, and what came of the work."""
    processes = family()
    cpu_since, since = cpu_seconds(processes), perf_counter()
    done = work()
    wall_s, cpu_s = perf_counter() - since, cpu_seconds(processes)
    return wall_s, None if cpu_s is None or cpu_since is None else cpu_s - cpu_since, done


def job_of(case: JobCase, folder: Path) -> AnonymizeJob:
    """The job file: names masked, six quasi-identifiers, at most 2 % suppressed, verified."""
    attributes: list[dict[str, Any]] = [{"name": "name", "type": "identifier"}]
    for name, hierarchy in HIERARCHIES.items():
        given = {"hierarchy": dict(hierarchy)} if hierarchy else {}
        attributes.append({"name": name, "type": "quasi_identifier", **given})
    privacy: list[dict[str, Any]] = [{"model": "k-anonymity", "k": case.k}]
    if case.diversity:
        attributes.append({"name": "diagnosis", "type": "sensitive"})
        privacy.append({"model": "l-diversity", "l": 3, "attribute": "diagnosis"})
    return AnonymizeJob.from_dict(
        {
            "version": 1,
            "job": "anonymize",
            "input": {"uri": str(folder / "people"), "format": "parquet"},
            "output": {"uri": str(folder / "released"), "format": "delta"},
            "attributes": attributes,
            "privacy": privacy,
            "max_suppression": 0.02,
            "verify": True,
        }
    )


def row_of(case: JobCase, rounds: Sequence[Round], peaks: Peaks) -> list[str]:
    """A line of the table; seconds and ratios are medians of the rounds."""
    lattice = rounds[0].summary["lattice"]

    def middle(of_round: Callable[[Round], float]) -> str:
        return figure(median(map(of_round, rounds)))

    cpu_ratios = [ratio for each in rounds if (ratio := each.cpu_ratio) is not None]
    return [
        count(case.rows),
        count(lattice["base_classes"]),
        case.privacy,
        f"{count(lattice['checked'])} of {count(lattice['nodes'])}",
        middle(lambda each: each.seconds("search")),
        middle(lambda each: each.floor_s),
        middle(lambda each: each.rest_s),
        middle(lambda each: each.ratio),
        figure(median(cpu_ratios) if cpu_ratios else None),
        figure(rounds[0].ratio),
        middle(lambda each: each.seconds("classes")),
        middle(lambda each: each.seconds("apply")),
        middle(lambda each: each.seconds("verify")),
        middle(lambda each: each.seconds("read", "publish")),
        *[figure(peak) for peak in (peaks.python, peaks.jvm)],
    ]
