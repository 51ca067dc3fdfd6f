"""Jobs that release one value a class, from files to verified files."""

import statistics
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from anonspark.domain.aggregation import as_text
from anonspark.errors import HierarchyError, TooManyClassesError, VerificationError
from anonspark.frames import microaggregate
from anonspark.frames.persisted import persisted
from anonspark.pipelines import release as release_module
from anonspark.pipelines.run import run
from tests.pipelines.on_cluster import as_near, comparable, n_persisted, refuse_where
from tests.pipelines.patients import COLUMNS, classes, job_dict, job_in, kept, multiset, patients, released, write_csv

INTERVALS = {"kind": "intervals", "min": 0, "max": 100, "widths": [5, 20]}
STATISTICS = {
    "mean": statistics.fmean,
    "median": statistics.median,
    "mode": lambda ages: min(statistics.multimode(ages)),
}


def numbered_patients() -> list[list[str | None]]:
    """The patients, each with a cost of their own."""
    return [[*row[:-1], str(place)] for place, row in enumerate(patients())]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_csv(tmp_path / "patients.csv", numbered_patients(), COLUMNS)
    return tmp_path


def with_age(function: str, hierarchy: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The patients' job with the age released as one value a class."""
    attributes = [each for each in job_dict()["attributes"] if each["name"] != "age"]
    age = {"name": "age", "type": "quasi_identifier", "microaggregation": function}
    return {"attributes": [*attributes, age | ({"hierarchy": hierarchy} if hierarchy else {})], **changes}


def raw_ages(rows: pd.DataFrame) -> list[int]:
    """The ages of released rows."""
    age_of = {str(row[5]): int(str(row[1])) for row in numbered_patients()}
    return [age_of[str(cost)] for cost in rows["cost"]]


@pytest.mark.parametrize(
    ("function", "hierarchy", "changes"),
    [
        ("mean", None, {}),
        ("median", INTERVALS, {}),
        ("mode", INTERVALS, {"suppression": "drop"}),
        ("mean", INTERVALS, {"search": {"strategy": "mondrian"}}),
        ("median", INTERVALS, {"search": {"recoding": "relaxed"}}),
    ],
    ids=str,
)
def test_every_class_is_released_with_its_own_value(
    spark: SparkSession, folder: Path, function: str, hierarchy: dict[str, Any] | None, changes: dict[str, Any]
) -> None:
    summary = run(job_in(folder, **with_age(function, hierarchy, **changes)), spark)
    table = released(folder)
    own = 0.0
    known = raw_ages(kept(table))
    for (age, *_), members in classes(table):
        ages = raw_ages(members)
        assert len(ages) >= 4
        # Classes whose values are equal are one class, whose own value may lie beside that.
        # Groups of one class of the others that come to one value are one class, which may have another of its own.
        if hierarchy is None:
            assert age == as_text(float(STATISTICS[function](ages)))
        assert min(ages) <= float(age) <= max(ages)
        own += sum((each - float(age)) ** 2 for each in ages)
    before = sum((each - statistics.fmean(known)) ** 2 for each in known)
    told = summary["microaggregation"]["age"]
    assert told["function"] == function
    assert told["sse_share"] == pytest.approx(own / before)
    assert 0 < told["sse_share"] < 1
    assert summary["classes"]["kept"] == classes(table).ngroups
    assert summary["suppressed"] == 120 - len(kept(table))
    assert ("recoding" in summary) == ("search" in changes)


def test_what_it_lost_is_recorded_by_column(spark: SparkSession, folder: Path) -> None:
    summary = run(job_in(folder, **with_age("mean")), spark)
    utility = DeltaTable(folder / "out/_anonspark/utility").to_pandas()
    rows = utility[(utility["run_id"] == summary["run_id"]) & (utility["column"] == "age")].set_index("metric")["value"]
    assert rows["sse_share"] == summary["microaggregation"]["age"]["sse_share"]
    assert rows["changed"] == summary["microaggregation"]["age"]["changed"]


def test_the_order_of_rows_changes_nothing(spark: SparkSession, folder: Path) -> None:
    job = job_in(folder, **with_age("mean", INTERVALS))
    run(job, spark)
    once = multiset(released(folder))
    write_csv(folder / "patients.csv", reversed(numbered_patients()), COLUMNS)
    run(job, spark)
    assert multiset(released(folder)) == once


def test_what_no_value_can_stand_for_is_refused_before_the_search(spark: SparkSession, folder: Path) -> None:
    attributes = job_dict()["attributes"]
    sex = {"name": "sex", "type": "quasi_identifier", "microaggregation": "mean"}
    with pytest.raises(HierarchyError, match=r"'sex'.*mean") as raised:
        run(job_in(folder, attributes=[*[each for each in attributes if each["name"] != "sex"], sex]), spark)
    assert raised.value.field == "sex"


def test_a_value_that_is_not_that_of_its_class_is_not_published(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = release_module.apply
    job = job_in(folder, **with_age("mean"))

    def wrong(*arguments: Any) -> Any:
        return right(*arguments).withColumn("age", F.when(F.col("cost") == 7, "1").otherwise(F.col("age")))

    monkeypatch.setattr(release_module, "apply", wrong)
    with pytest.raises(VerificationError, match="were not written as often"):
        run(job, spark)
    assert not DeltaTable.is_deltatable(str(folder / "out/released"))


@pytest.mark.parametrize(
    ("function", "hierarchy", "changes"),
    [
        ("mean", None, {}),
        ("median", INTERVALS, {"max_suppression": 0.2}),
        ("mode", INTERVALS, {"suppression": "drop"}),
        ("mean", INTERVALS, {"search": {"strategy": "mondrian"}}),
        ("median", INTERVALS, {"search": {"recoding": "relaxed"}}),
    ],
    ids=str,
)
@pytest.mark.parametrize("rows_a_bucket", [10, 1 << 18])
def test_more_classes_than_the_driver_holds_get_the_same_values(
    spark: SparkSession,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    hierarchy: dict[str, Any] | None,
    changes: dict[str, Any],
    rows_a_bucket: int,
) -> None:
    monkeypatch.setattr(microaggregate, "ROWS_A_BUCKET", rows_a_bucket)
    # A sex that nobody told, and a patient whose age nobody did.
    rows = [
        *numbered_patients(),
        *[["N", age, "69410", "F", "I21", str(cost)] for cost, age in enumerate(["", "7"], 900)],
    ]
    write_csv(folder / "patients.csv", rows, COLUMNS)
    job = job_in(folder, **with_age(function, hierarchy, **changes))
    expected = run(job, spark)
    in_memory = multiset(released(folder))
    before = n_persisted(spark)
    refuse_where(monkeypatch, "both")
    found = run(job, spark)
    assert found["lattice"]["checker"] == "cluster"
    assert multiset(released(folder)) == in_memory
    assert comparable(found) == as_near(comparable(expected))
    assert n_persisted(spark) == before


def test_one_value_that_stays_on_the_cluster_and_is_not_that_of_its_class_is_not_published(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = release_module.apply
    job = job_in(folder, **with_age("mean"))

    def wrong(*arguments: Any) -> Any:
        return right(*arguments).withColumn("age", F.when(F.col("cost") == 7, "1").otherwise(F.col("age")))

    refuse_where(monkeypatch, "both")
    monkeypatch.setattr(release_module, "apply", wrong)
    with pytest.raises(VerificationError, match="were not written as often"):
        run(job, spark)


def test_more_values_than_the_driver_holds_are_refused(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with persisted(spark.range(100).selectExpr("true AS released", "CAST(id AS string) AS t0")) as rows:
        assert sorted(map(int, microaggregate._distinct_texts(rows, "t0", 1 << 20))) == list(range(100))
        with pytest.raises(TooManyClassesError, match="more distinct values than fit"):
            microaggregate._distinct_texts(rows, "t0", 1 << 10)
