"""Native actions on a table of twelve columns: one column at a time and all twelve, beside reading and writing it."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.keys import KeyScope, root_key
from anonspark.domain.treatments import (
    Action,
    AddNoise,
    Generalize,
    Hash,
    Mask,
    Redact,
    Treatment,
    Truncate,
)
from anonspark.io.session import open_session
from anonspark.pii.apply import Means, treat
from benchmarks.job import HEAP, on_the_clock
from benchmarks.machine import in_a_new_process
from benchmarks.markdown import as_table, count, figure

ROWS: Final = (1_000_000, 10_000_000)

HEADS: Final = ["treated", "rows", "read + write s", "treated s", "ratio", "ratio of CPU"]

COLUMNS: Final[Mapping[str, tuple[str | None, Action]]] = {
    "name": ("name", Redact()),
    "first_name": ("first_name", Truncate(1)),
    "email": ("email", Generalize()),
    "phone": ("us_phone", Mask()),
    "card": ("credit_card", Mask()),
    "ssn": ("ssn", Hash()),
    "zip": ("us_zip", Generalize()),
    "ip": ("ipv4", Generalize()),
    "born": ("date_of_birth", Generalize()),
    "age": ("age", Generalize()),
    "income": ("income", AddNoise(scale=100.0)),
    "city": ("city", Truncate()),
}
"""By column: what it holds, and what is done with it."""


def report(rows: Sequence[int], rounds: int, *, smoke: bool) -> str:
    """The whole section."""
    lines = []
    for size in [2_000] if smoke else rows:
        for what, measured in in_a_new_process(_measure, size, 1 if smoke else rounds).items():
            lines.append(row_of(what, size, measured))
            print(*lines[-1], file=sys.stderr)
    return as_table(HEADS, lines, texts=1)


def row_of(what: str, rows: int, rounds: Sequence[tuple[float, float, float, float]]) -> list[str]:
    """A line of the table; seconds and ratios are medians of the rounds."""
    floor_s, treated_s = median(each[0] for each in rounds), median(each[2] for each in rounds)
    cpu = median(each[3] / each[1] for each in rounds) if all(each[1] for each in rounds) else None
    ratio = median(each[2] / each[0] for each in rounds)
    return [what, count(rows), figure(floor_s), figure(treated_s), figure(ratio), figure(cpu)]


def cases() -> dict[str, list[Treatment]]:
    """What is treated: each column alone, then all twelve."""
    treatments = [Treatment(name, pii_type, action, "") for name, (pii_type, action) in COLUMNS.items()]
    one = {f"one column: {each.action.name} of {each.column}": [each] for each in treatments}
    return {**one, "all twelve columns": treatments}


def _measure(rows: int, rounds: int) -> dict[str, list[tuple[float, float, float, float]]]:
    """Rounds of each case in one session, each after the same table was read and written as it is."""
    spark = open_session(conf={"spark.driver.memory": HEAP})
    with TemporaryDirectory() as name:
        folder = Path(name)
        customers(spark, rows).write.parquet(str(folder / "customers"))
        one_round(spark, folder, [])  # the first has to compile everything
        found = {what: [one_round(spark, folder, each) for _ in range(rounds)] for what, each in cases().items()}
        spark.stop()
    return found


def one_round(spark: SparkSession, folder: Path, treatments: Sequence[Treatment]) -> tuple[float, float, float, float]:
    """Wall-clock and CPU seconds of the floor, then of the treated table."""
    table = spark.read.parquet(str(folder / "customers"))
    floor_s, floor_cpu_s, _ = on_the_clock(lambda: write(table, folder))
    means = Means(KeyScope("benchmark", root_key(bytes(32))), scales={"income": 100.0}, seed=1)
    treated_s, treated_cpu_s, _ = on_the_clock(lambda: write(treat(table, treatments, means), folder))
    return floor_s, floor_cpu_s or 0.0, treated_s, treated_cpu_s or 0.0


def write(table: DataFrame, folder: Path) -> None:
    """Into files that are thrown away."""
    table.write.parquet(str(folder / "written"))
    shutil.rmtree(folder / "written")


def customers(spark: SparkSession, rows: int) -> DataFrame:
    """Made-up people; numbers follow from the row's own."""

    def draw(salt: int, below: int) -> Column:
        return F.pmod(F.xxhash64("id", F.lit(salt)), F.lit(below))

    def digits(salt: int, length: int) -> Column:
        return F.lpad(draw(salt, 10**length).cast("string"), length, "0")

    def word(salt: int, length: int) -> Column:
        letters = [F.chr(draw(salt * 100 + place, 26) + 97) for place in range(length)]
        return F.concat(*letters)

    first, last = F.initcap(word(1, 5)), F.initcap(word(2, 8))
    return spark.range(rows).select(
        F.concat_ws(" ", first, last).alias("name"),
        first.alias("first_name"),
        F.concat(F.lower(first), F.lit("."), F.lower(last), F.lit("@example.com")).alias("email"),
        F.concat_ws("-", digits(3, 3), F.lit("555"), digits(4, 4)).alias("phone"),
        F.concat_ws(" ", *[digits(salt, 4) for salt in (5, 6, 7, 8)]).alias("card"),
        F.concat_ws("-", digits(9, 3), digits(10, 2), digits(11, 4)).alias("ssn"),
        digits(12, 5).alias("zip"),
        F.concat_ws(".", *[draw(salt, 256).cast("string") for salt in (13, 14, 15, 16)]).alias("ip"),
        F.date_add(F.lit("1940-01-01").cast("date"), draw(17, 25_000).cast("int")).alias("born"),
        draw(18, 100).cast("int").alias("age"),
        draw(19, 200_000).cast("int").alias("income"),
        F.initcap(word(20, 9)).alias("city"),
    )
