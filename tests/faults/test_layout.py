"""F11 and F18: how the rows lie, and how many are alike, changes neither a release nor what is told of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from anonspark.config.job import AnonymizeJob
from anonspark.pipelines.run import run
from tests.pipelines.on_cluster import as_near, refuse_where
from tests.pipelines.patients import COLUMNS, classes, job_in, kept, multiset, patients, released, without_times

pytestmark = pytest.mark.nightly  # a minute of every change; what it tests changes little

PARTITIONS = "spark.sql.shuffle.partitions"
ADAPTIVE = "spark.sql.adaptive.enabled"


@pytest.fixture
def settings(spark: SparkSession) -> Iterator[Callable[[str, str], None]]:
    """Set Spark's settings for one test."""
    before = {key: spark.conf.get(key) for key in (PARTITIONS, ADAPTIVE)}
    yield spark.conf.set
    for key, value in before.items():
        spark.conf.set(key, value)


EVERY_LAYOUT = [(partitions, adaptive) for partitions in (1, 8, 200) for adaptive in ("false", "true")]


# On the cluster every node that is checked is a query: without adaptive execution, of 200 tasks each.
@pytest.mark.nightly
@pytest.mark.parametrize(
    ("where", "layouts"),
    [("driver", EVERY_LAYOUT), ("both", [(1, "false"), (8, "false"), (8, "true"), (200, "true")])],
    ids=["in memory", "on the cluster"],
)
def test_one_eight_and_two_hundred_partitions_give_one_release(
    spark: SparkSession,
    folder: Path,
    settings: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    layouts: list[tuple[int, str]],
) -> None:
    if where == "both":
        refuse_where(monkeypatch, where)
    table = spark.createDataFrame(pd.DataFrame(patients() * 4, columns=COLUMNS).astype({"age": int, "cost": int}))
    found: list[tuple[dict[str, Any], list[tuple[str, ...]]]] = []
    for partitions, adaptive in layouts:
        table.repartition(partitions).write.mode("overwrite").parquet(str(folder / "raw"))
        settings(PARTITIONS, str(partitions))
        settings(ADAPTIVE, adaptive)
        summary = run(job_in(folder, input={"uri": "raw", "format": "parquet"}), spark)
        found.append((without_times(summary), multiset(released(folder))))
    assert all(each == found[0] for each in found[1:])


def skewed_job(folder: Path, **changes: Any) -> AnonymizeJob:
    """k = 5 over a number and a text, nothing but intervals of the number to generalize."""
    age = {"kind": "intervals", "min": 0, "max": 1_000_000, "widths": [1_000, 100_000]}
    return AnonymizeJob.from_dict(
        {
            "input": {"uri": "raw", "format": "parquet"},
            "output": {"uri": "out/released", "format": "delta"},
            "attributes": [
                {"name": "income", "type": "quasi_identifier", "hierarchy": age},
                {"name": "town", "type": "quasi_identifier"},
            ],
            "privacy": [{"model": "k-anonymity", "k": 5}],
            "quality": "off",
            **changes,
        },
        base=str(folder),
    )


@pytest.mark.parametrize("adaptive", ["false", "true"])
def test_a_class_of_nine_rows_in_ten_is_counted_and_released_whole(
    spark: SparkSession, folder: Path, settings: Callable[[str, str], None], adaptive: str
) -> None:
    settings(PARTITIONS, "8")
    settings(ADAPTIVE, adaptive)
    n_rows, n_alike = 200_000, 180_000
    number = F.col("id")
    table = spark.range(0, n_rows, 1, 8).select(
        F.when(number < n_alike, F.lit(500)).otherwise(number % 1_000 * 1_000).cast("int").alias("income"),
        F.when(number < n_alike, F.lit("Paris")).otherwise(F.lit("Lyon")).alias("town"),
        number,
    )
    table.write.parquet(str(folder / "raw"))
    summary = run(skewed_job(folder), spark)
    # Every one of the 1,000 other incomes has 20 rows: nothing needs to be generalized.
    assert summary["levels"] == {"income": 0, "town": 0}
    assert (summary["suppressed"], summary["classes"]["kept"], summary["classes"]["largest"]) == (0, 1_001, n_alike)
    assert summary["risk"]["release"]["prosecutor"]["highest"] == 1 / 20
    sizes = classes(released(folder), ["income", "town"]).size()
    assert (len(sizes), sizes.max(), sizes.min()) == (1_001, n_alike, 20)


@pytest.mark.nightly
def test_a_million_rows_none_of_which_is_like_another_are_released_alike_in_memory_and_on_the_cluster(
    spark: SparkSession, folder: Path, settings: Callable[[str, str], None]
) -> None:
    settings(PARTITIONS, "8")
    n_rows = 1_000_000
    table = spark.range(0, n_rows, 1, 8).select(
        F.col("id").cast("int").alias("income"), (F.col("id") % 2).cast("string").alias("town")
    )
    table.write.parquet(str(folder / "raw"))
    in_memory = run(skewed_job(folder), spark)
    memory = classes(released(folder), ["income", "town"]).size()
    on_cluster = run(skewed_job(folder, search={"memory_mb": 32}), spark)
    assert (in_memory["lattice"]["checker"], on_cluster["lattice"]["checker"]) == ("in_memory", "cluster")
    assert in_memory["lattice"]["base_classes"] == n_rows
    # Each interval of a thousand incomes has 500 rows of each town.
    assert (in_memory["levels"], in_memory["suppressed"]) == ({"income": 1, "town": 0}, 0)
    assert (len(memory), memory.min(), memory.max()) == (2_000, 500, 500)
    assert classes(released(folder), ["income", "town"]).size().to_dict() == memory.to_dict()
    assert on_cluster["risk"] == as_near(in_memory["risk"])


ODD = [None, "", "NULL", "null", "Ab", "Ab ", "\u00e9", "e\u0301"]
"""Eight texts that are eight values: null, the empty text, words for null, a blank at the end, one letter twice."""

ODD_NUMBERS = [0.0, -0.0, float("nan"), 1.5]


@pytest.mark.parametrize("where", ["driver", "both"])
def test_odd_values_are_the_same_classes_in_memory_and_on_the_cluster(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """F12: zero and minus zero are one number, not a number is one value; everything else stays apart."""
    if where == "both":
        refuse_where(monkeypatch, where)
    rows = [(text, number) for text in ODD for number in ODD_NUMBERS for _ in range(3)]
    spark.createDataFrame(rows, "town string, income double").repartition(3).write.parquet(str(folder / "raw"))
    names = ["town", "income"]
    job = skewed_job(
        folder,
        attributes=[{"name": name, "type": "quasi_identifier"} for name in names],
        privacy=[{"model": "k-anonymity", "k": 3}],
    )
    summary = run(job, spark)
    assert summary["lattice"]["checker"] == ("cluster" if where == "both" else "in_memory")
    assert summary["levels"] == {"town": 0, "income": 0}
    sizes = classes(kept(released(folder), names), names).size()
    assert sorted(sizes) == [3] * 16 + [6] * 8
    assert summary["classes"]["kept"] == len(sizes) == 24
