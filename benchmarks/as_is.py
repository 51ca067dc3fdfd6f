"""Jobs that look at tables as they are, each beside its floor: plain Spark's group-by over what the job has to tell."""

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from pyspark.sql import SparkSession

from anonspark.config.job_file import JobFile
from anonspark.config.measure import MeasureJob
from anonspark.config.risk import RiskJob
from anonspark.config.validate import ValidateJob
from anonspark.pipelines.run import run
from benchmarks.job import HIERARCHIES, JobCase, job_of, on_the_clock, written_table
from benchmarks.machine import in_a_new_process
from benchmarks.markdown import as_table, count, figure
from benchmarks.tables import QUASI_IDENTIFIERS

ZIPS = 4
"""Of the made-up people: about 0.14 million classes in ten million rows."""

HEADS = ["job", "rows", "passes over each table", "floor s", "job s", "ratio", "ratio of CPU"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job.

    Attributes:
        name: As in a job file.
        make: The job on the tables in a folder.
        tables: The folders that it reads, each once.
        columns: What its group-by tells apart.
    """

    name: str
    make: Callable[[Path], JobFile]
    tables: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """The floor and, right after it, the job; CPU seconds of Python and the JVM, None where they cannot be read."""

    floor_s: float
    floor_cpu_s: float | None
    job_s: float
    job_cpu_s: float | None

    @property
    def cpu_ratio(self) -> float | None:
        """Of the job to the floor in CPU seconds, which other work on the machine disturbs less."""
        return None if not self.floor_cpu_s or self.job_cpu_s is None else self.job_cpu_s / self.floor_cpu_s


def report(rows: Sequence[int], rounds: int, *, smoke: bool) -> str:
    """The whole section."""
    lines = []
    for size in [5_000] if smoke else rows:
        for kind, measured in in_a_new_process(_measure, size, 1 if smoke else rounds).items():
            lines.append(row_of(kind, size, measured))
            print(*lines[-1], file=sys.stderr)
    return as_table(HEADS, lines, texts=1)


def _measure(rows: int, rounds: int) -> dict[str, list[Round]]:
    """Rounds of each kind in one session, on one table and its release."""
    case = JobCase(rows, ZIPS)
    with written_table(case) as (spark, folder):
        run(job_of(case, folder), spark)
        spark.read.format("delta").load(str(folder / "released")).write.parquet(str(folder / "out"))
        return {kind.name: [one_round(spark, kind, folder) for _ in range(rounds)] for kind in KINDS}


def one_round(spark: SparkSession, kind: Kind, folder: Path) -> Round:
    """The floor, then the job."""
    shutil.rmtree(folder / "_records", ignore_errors=True)
    floor_s, floor_cpu_s, _ = on_the_clock(partial(count_groups, spark, kind, folder))
    job_s, job_cpu_s, _ = on_the_clock(lambda: run(kind.make(folder), spark))
    return Round(floor_s, floor_cpu_s, job_s, job_cpu_s)


def count_groups(spark: SparkSession, kind: Kind, folder: Path) -> None:
    """The same group-by over each table, without bringing anything anywhere."""
    for name in kind.tables:
        table = spark.read.parquet(str(folder / name))
        table.groupBy(*kind.columns).count().write.format("noop").mode("overwrite").save()


def row_of(kind: str, rows: int, rounds: Sequence[Round]) -> list[str]:
    """A line of the table; seconds and ratios are medians of the rounds."""
    cpu_ratios = [ratio for each in rounds if (ratio := each.cpu_ratio) is not None]
    return [
        kind,
        count(rows),
        "1",
        figure(median(each.floor_s for each in rounds)),
        figure(median(each.job_s for each in rounds)),
        figure(median(each.job_s / each.floor_s for each in rounds)),
        figure(median(cpu_ratios) if cpu_ratios else None),
    ]


def _table(folder: Path, name: str) -> dict[str, str]:
    return {"uri": str(folder / name), "format": "parquet"}


def _common(folder: Path, job: str) -> dict[str, Any]:
    return {"version": 1, "job": job, "metadata": {"uri": str(folder / "_records")}}


def risk_job(folder: Path) -> RiskJob:
    """Risk of the raw table, with the estimators of a population ten times as large."""
    return RiskJob.from_dict(
        {
            **_common(folder, "risk"),
            "input": _table(folder, "people"),
            "quasi_identifiers": list(QUASI_IDENTIFIERS),
            "population_size": 100_000_000,
        }
    )


def validate_job(folder: Path) -> ValidateJob:
    """Two models tried on the release."""
    return ValidateJob.from_dict(
        {
            **_common(folder, "validate"),
            "input": _table(folder, "out"),
            "quasi_identifiers": list(QUASI_IDENTIFIERS),
            "sensitive": ["diagnosis"],
            "privacy": [{"model": "k-anonymity", "k": 5}, {"model": "l-diversity", "l": 2, "attribute": "diagnosis"}],
        }
    )


def measure_job(folder: Path) -> MeasureJob:
    """The release beside its original."""
    attributes = [
        {"name": name, "type": "quasi_identifier", **({"hierarchy": dict(hierarchy)} if hierarchy else {})}
        for name, hierarchy in HIERARCHIES.items()
    ]
    return MeasureJob.from_dict(
        {
            **_common(folder, "measure"),
            "original": _table(folder, "people"),
            "released": _table(folder, "out"),
            "attributes": attributes,
        }
    )


KINDS = (
    Kind("risk", risk_job, ("people",), QUASI_IDENTIFIERS),
    Kind("validate", validate_job, ("out",), (*QUASI_IDENTIFIERS, "diagnosis")),
    Kind("measure", measure_job, ("people", "out"), QUASI_IDENTIFIERS),
)
