"""`detect-pii` on tables of twelve columns: from a sample, over all rows and inside texts, beside reading the table."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.config.detect_pii import DetectPiiJob
from anonspark.io.session import open_session
from anonspark.pipelines.run import run
from benchmarks.job import HEAP, on_the_clock
from benchmarks.machine import in_a_new_process
from benchmarks.markdown import as_table, count, figure
from benchmarks.tables import draw, zipf

ROWS: Final = (1_000_000, 10_000_000)

SAMPLE: Final = 10_000

N_COLUMNS: Final = 12

WAYS: Final[Mapping[str, Mapping[str, Any]]] = {
    f"sample of {SAMPLE:,} rows": {"sample_size": SAMPLE},
    "all rows": {},
    "all rows and inside texts": {"deep_scan": True},
}
"""What is asked for, and the keys of the job that ask for it."""

HEADS: Final = [
    "detection",
    "rows",
    "columns found",
    "read s",
    "job s",
    "cells a second",
    "sample s",
    "count s",
    "deep scan s",
    "ratio",
    "ratio of CPU",
]

GIVEN = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hugo", "Ines", "Jan", "Kim", "Lea", "Max", "Nora")
FAMILY = ("Abel", "Brook", "Carter", "Dorn", "Ebner", "Frost", "Gray", "Hill", "Irwin", "Jung", "Keller", "Lang")
CITIES = ("Salem", "Dover", "Austin", "Boston", "Denver", "Portland", "Madison", "Olympia")
PLAIN_NOTES = ("delivered late", "asked for an invoice", "second reminder", "no answer", "paid in cash")


def report(rows: Sequence[int], rounds: int, *, smoke: bool) -> str:
    """The whole section."""
    lines = []
    for size in [2_000] if smoke else rows:
        for way, measured in in_a_new_process(_measure, size, 1 if smoke else rounds).items():
            lines.append(row_of(way, size, measured))
            print(*lines[-1], file=sys.stderr)
    return as_table(HEADS, lines, texts=1)


def row_of(way: str, rows: int, rounds: Sequence[Mapping[str, float]]) -> list[str]:
    """A line of the table; seconds and ratios are medians of the rounds."""

    def middle(key: str) -> float:
        return median(each[key] for each in rounds)

    return [
        way,
        count(rows),
        count(int(middle("found"))),
        figure(middle("read")),
        figure(middle("job")),
        count(int(rows * N_COLUMNS / middle("job"))),
        *[figure(middle(step) or None) for step in ("sample", "count", "deep_scan")],
        figure(median(each["job"] / each["read"] for each in rounds)),
        figure(median(each["job_cpu"] / each["read_cpu"] for each in rounds) if middle("read_cpu") else None),
    ]


def _measure(rows: int, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Rounds of each way in one session, each after a reading of the same table."""
    spark = open_session(conf={"spark.driver.memory": HEAP})
    with TemporaryDirectory() as name:
        folder = Path(name)
        customers(spark, rows).write.parquet(str(folder / "customers"))
        found = {way: [one_round(spark, folder, keys) for _ in range(rounds)] for way, keys in WAYS.items()}
        spark.stop()
    return found


def one_round(spark: SparkSession, folder: Path, keys: Mapping[str, Any]) -> dict[str, float]:
    """The table read once, then the job: seconds, and how many columns were found."""
    shutil.rmtree(folder / "_records", ignore_errors=True)
    table = spark.read.parquet(str(folder / "customers"))
    read_s, read_cpu_s, _ = on_the_clock(lambda: table.write.format("noop").mode("overwrite").save())
    job = DetectPiiJob.from_dict(
        {
            "version": 1,
            "job": "detect-pii",
            "input": {"uri": str(folder / "customers"), "format": "parquet"},
            "metadata": {"uri": str(folder / "_records")},
            **keys,
        }
    )
    job_s, job_cpu_s, summary = on_the_clock(lambda: run(job, spark))
    timings = summary["timings_s"]
    return {
        "read": read_s,
        "read_cpu": read_cpu_s or 0.0,
        "job": job_s,
        "job_cpu": job_cpu_s or 0.0,
        "found": len({each["column"] for each in summary["tables"][0]["detections"]}),
        **{step: timings.get(step, 0.0) for step in ("sample", "count", "deep_scan")},
    }


def customers(spark: SparkSession, rows: int) -> DataFrame:
    """Twelve columns, seven of them personal data; every eighth note holds an address, another eighth a number."""
    number, given, family = F.col("id").cast("string"), _one_of(GIVEN, 1), _one_of(FAMILY, 2)
    email = F.concat(F.lower(given), F.lit("."), F.lower(family), number, F.lit("@example.org"))
    phone = F.concat(F.lit("+1 415 555 01"), _number(2, 3))
    note = F.concat(F.lit("order "), number, F.lit(": "), _one_of(PLAIN_NOTES, 9))
    with_address = F.concat(note, F.lit(", write to "), email)
    with_number = F.concat(note, F.lit(", call "), phone)
    return spark.range(rows).select(
        F.col("id").alias("order_id"),
        F.concat(given, F.lit(" "), family).alias("customer_name"),
        email.alias("email"),
        phone.alias("phone"),
        F.date_add(F.lit("1940-01-01").cast("date"), F.floor(draw(4) * 25_000).cast("int")).alias("birth_date"),
        _number(5, 5).alias("zip"),
        _one_of(CITIES, 6).alias("city"),
        F.concat_ws(".", F.lit("192.0.2"), zipf(7, 255, 1.0).cast("string")).alias("ip_address"),
        F.concat(F.lit("P-"), zipf(8, 5_000).cast("string")).alias("product"),
        F.round(draw(10) * 1_000, 2).alias("amount"),
        F.timestamp_seconds(F.lit(1_700_000_000) + F.col("id")).alias("created_at"),
        F.when(F.col("id") % 8 == 0, with_address)
        .when(F.col("id") % 8 == 4, with_number)
        .otherwise(note)
        .alias("note"),
    )


def _one_of(words: Sequence[str], seed: int) -> Column:
    return F.element_at(F.array(*map(F.lit, words)), zipf(seed, len(words), 1.0) + 1)


def _number(digits: int, seed: int) -> Column:
    return F.lpad(F.floor(draw(seed) * 10**digits).cast("string"), digits, "0")
