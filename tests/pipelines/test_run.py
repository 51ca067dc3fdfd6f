import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.errors import NoReleaseError
from anonspark.pipelines.follow import Step
from anonspark.pipelines.run import run
from tests.pipelines.patients import (
    COLUMNS,
    N_ROWS,
    classes,
    job_dict,
    job_in,
    kept,
    multiset,
    patients,
    released,
    states,
    without_times,
    write_csv,
)
from tests.pipelines.scans import executions_so_far, rows_scanned


def test_a_run_reads_the_input_twice_publishes_and_tells_what_it_did(spark: SparkSession, folder: Path) -> None:
    since = executions_so_far(spark)
    summary = run(job_in(folder), spark, run_id="r1")
    header = 1
    scanned = rows_scanned(spark, since)
    assert scanned.pop("Scan csv") == 2 * N_ROWS + header
    table = released(folder)
    assert summary["rows"] == len(table) == N_ROWS
    assert summary["suppressed"] == len(table) - len(kept(table))
    assert summary["suppressed"] <= 0.05 * N_ROWS
    assert summary["classes"]["smallest"] == classes(table).size().min()
    assert summary["classes"]["kept"] == classes(table).ngroups
    assert summary["status"] == "completed"
    assert summary["optimal"] is True
    assert summary["output"] == {"uri": f"file://{folder}/out/released", "version": 0}
    assert summary["warnings"] == []
    assert json.loads(json.dumps(summary)) == summary


def test_the_release_satisfies_the_models_as_another_reader_measures_them(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark)
    table = released(folder)
    assert classes(table).size().min() >= 4
    assert classes(table)["diagnosis"].nunique(dropna=False).min() >= 2
    assert set(table["name"]) == {"*"}
    assert list(table.columns) == COLUMNS
    # What is not named, and what is sensitive, is released as it is.
    raw = pd.DataFrame(patients(), columns=COLUMNS).astype({"cost": "int64"})
    assert sorted(zip(table["diagnosis"], table["cost"], strict=True)) == sorted(
        zip(raw["diagnosis"], raw["cost"], strict=True)
    )


def test_every_kept_value_is_the_label_of_some_raw_value_at_the_chosen_level(spark: SparkSession, folder: Path) -> None:
    levels = run(job_in(folder), spark)["levels"]
    shown = kept(released(folder))
    width = {0: 1, 1: 5, 2: 20}.get(levels["age"])
    if width and width > 1:
        assert set(shown["age"]) <= {f"[{low}, {low + width})" for low in range(0, 100, width)}
    keep = {0: 5, 1: 4, 2: 3, 3: 1}.get(levels["zip"], 0)
    assert set(shown["zip"]) <= {row[2][:keep] + "*" * (5 - keep) if keep else "*" for row in patients() if row[2]}


def test_what_a_run_leaves_in_the_metadata_tables_agrees_with_its_summary(spark: SparkSession, folder: Path) -> None:
    summary = run(job_in(folder), spark, run_id="r1")

    def rows(name: str) -> pd.DataFrame:
        return DeltaTable(folder / "out/_anonspark" / name).to_pandas()

    assert states(folder, "r1") == ["running", "completed"]
    last = rows("runs").query("state == 'completed'").iloc[0]
    assert (last["input_rows"], last["output_version"]) == (N_ROWS, 0)
    assert json.loads(last["summary"]) == summary
    assert dict(rows("solutions").iloc[0]["levels"]) == summary["levels"]
    sizes = rows("class_histogram").query("subject == 'release'")
    assert (sizes["class_size"] * sizes["classes"]).sum() == N_ROWS - summary["suppressed"]
    nodes = rows("lattice_nodes")
    assert len(nodes) == nodes["levels"].map(str).nunique() <= summary["lattice"]["checked"]
    chosen = nodes[nodes["levels"].map(dict) == summary["levels"]]
    assert (chosen["suppressed"].item(), chosen["score"].item()) == (summary["suppressed"], summary["score"])
    risk = rows("risk").query("subject == 'release' and attacker == 'prosecutor' and measure == 'highest'")
    assert risk["value"].item() == summary["risk"]["release"]["prosecutor"]["highest"]
    loss = rows("utility").query("metric == 'loss' and `column`.isnull()")
    assert loss["value"].item() == pytest.approx(summary["score"])


def test_suppressed_rows_are_dropped_where_the_job_says_so(spark: SparkSession, folder: Path) -> None:
    masked = run(job_in(folder), spark)
    rows = multiset(kept(released(folder)))
    dropped = run(job_in(folder, suppression="drop"), spark)
    assert masked["suppressed"] == dropped["suppressed"] > 0
    assert len(released(folder)) == N_ROWS - dropped["suppressed"]
    assert multiset(released(folder)) == rows


def test_identifiers_are_dropped_where_the_job_says_so(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder, identifiers="drop"), spark)
    assert list(released(folder).columns) == [name for name in COLUMNS if name != "name"]


def test_extreme_numbers_are_released_as_bounds_and_the_others_as_they_are(spark: SparkSession, folder: Path) -> None:
    attributes = job_dict()["attributes"]
    attributes[1] = {
        "name": "age",
        "type": "quasi_identifier",
        "max_level": 1,
        "hierarchy": {"kind": "top_bottom", "bottom": [24, 30], "top": [50, 36]},
    }
    run(job_in(folder, attributes=attributes, privacy=[{"model": "k-anonymity", "k": 2}]), spark)
    found = released(folder)
    ages = set(kept(found)["age"])
    assert ages <= {"<=24", ">=50", *map(str, range(25, 50))}
    assert {"<=24", ">=50"} < ages
    assert classes(found).size().min() >= 2


def test_the_types_of_a_release_follow_from_the_job_and_not_from_the_data(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark)
    fields = {field.name: field.type.type for field in DeltaTable(folder / "out/released").schema().fields}
    assert fields == {**dict.fromkeys(COLUMNS, "string"), "cost": "integer"}


def test_a_table_may_be_suppressed_as_a_whole(spark: SparkSession, folder: Path) -> None:
    write_csv(folder / "patients.csv", patients()[:3])
    for suppression, rows in (("mask", 3), ("drop", 0)):
        summary = run(job_in(folder, max_suppression=1.0, suppression=suppression), spark)
        assert summary["suppressed"] == 3
        assert len(released(folder)) == rows
        assert len(kept(released(folder))) == 0


def test_a_delta_input_is_read_at_its_version_in_both_passes(spark: SparkSession, folder: Path) -> None:
    place = str(folder / "raw")
    table = spark.createDataFrame(pd.DataFrame(patients(), columns=COLUMNS).astype({"age": int, "cost": int}))
    table.write.format("delta").save(place)

    def another_writer(step: Step) -> None:
        if step.name == "apply":
            table.limit(10).write.format("delta").mode("append").save(place)

    newest = run(job_in(folder, input={"uri": "raw", "format": "delta"}), spark, tell=another_writer)
    assert newest["rows"] == len(released(folder)) == N_ROWS
    grown = run(job_in(folder, input={"uri": "raw", "format": "delta"}), spark)
    assert grown["rows"] == N_ROWS + 10
    pinned = run(job_in(folder, input={"uri": "raw", "format": "delta", "version": 0}), spark, run_id="pinned")
    assert without_times(pinned) == without_times(newest)
    runs = DeltaTable(folder / "out/_anonspark/runs").to_pandas().query("run_id == 'pinned' and state == 'completed'")
    assert runs["input_version"].item() == 0


@pytest.fixture
def settings(spark: SparkSession) -> Iterator[Callable[[str, str], None]]:
    """Set Spark's settings for one test."""
    before: dict[str, str] = {}

    def put(key: str, value: str) -> None:
        before.setdefault(key, spark.conf.get(key))
        spark.conf.set(key, value)

    yield put
    for key, value in before.items():
        spark.conf.set(key, value)


def test_partitions_and_adaptive_execution_change_nothing_in_a_release(
    spark: SparkSession, folder: Path, settings: Callable[[str, str], None]
) -> None:
    table = spark.createDataFrame(pd.DataFrame(patients(), columns=COLUMNS).astype({"age": int, "cost": int}))
    found: list[tuple[dict[str, Any], list[tuple[str, ...]]]] = []
    for partitions, adaptive in ((1, "false"), (7, "true"), (50, "false")):
        table.repartition(partitions).write.mode("overwrite").parquet(str(folder / "raw"))
        settings("spark.sql.adaptive.enabled", adaptive)
        settings("spark.sql.shuffle.partitions", str(partitions))
        summary = run(job_in(folder, input={"uri": "raw", "format": "parquet"}), spark)
        found.append((without_times(summary), multiset(released(folder))))
    assert found[0] == found[1] == found[2]


def test_a_release_is_partitioned_by_a_generalized_column(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark)
    rows = multiset(released(folder))
    partitioned = {"uri": "out/released", "format": "delta", "partition_by": ["zip"]}
    run(job_in(folder, output=partitioned), spark)
    table = DeltaTable(folder / "out/released")
    assert table.metadata().partition_columns == ["zip"]
    assert multiset(table.to_pandas()[COLUMNS]) == rows


def test_the_nearest_miss_says_how_much_suppression_would_do(spark: SparkSession, folder: Path) -> None:
    job = job_in(folder, privacy=[{"model": "k-anonymity", "k": 100}], attributes=fixed_ages())
    with pytest.raises(NoReleaseError) as raised:
        run(job, spark, run_id="r1")
    assert raised.value.exit_code == 3
    miss = raised.value.nearest_miss
    assert miss is not None
    assert miss["limit"] == 6
    run(
        job_in(
            folder,
            privacy=[{"model": "k-anonymity", "k": 100}],
            attributes=fixed_ages(),
            max_suppression=miss["max_suppression"],
        ),
        spark,
    )
    assert len(released(folder)) - len(kept(released(folder))) == miss["suppressed"]


def fixed_ages() -> list[dict[str, Any]]:
    """Age may not be generalized beyond intervals of 20 years."""
    hierarchy = {"kind": "intervals", "min": 0, "max": 100, "widths": [5, 20]}
    return [
        {"name": "age", "type": "quasi_identifier", "max_level": 2, "hierarchy": hierarchy},
        {"name": "zip", "type": "quasi_identifier"},
        {"name": "sex", "type": "quasi_identifier"},
    ]


def test_the_golden_job(spark: SparkSession, adult: dict[str, Any], tmp_path: Path) -> None:
    names = [attribute["name"] for attribute in adult["attributes"]]
    summary = run(AnonymizeJob.from_dict(adult, base=str(tmp_path)), spark)
    assert (summary["rows"], summary["suppressed"], summary["optimal"]) == (30162, 1346, True)
    assert summary["score"] == pytest.approx(0.26963466, abs=5e-9)
    assert summary["lattice"]["nodes"] == 12960
    assert summary["lattice"]["base_classes"] == 19502
    assert summary["classes"] == {
        "kept": 397,
        "smallest": 5,
        "largest": 1685,
        "average": pytest.approx(72.58, abs=5e-3),
    }
    assert summary["metrics"] == {
        "loss": pytest.approx(0.26963, abs=5e-6),
        "precision": pytest.approx(0.40731, abs=5e-6),
        "discernibility": 59199546,
        "average_class_size": pytest.approx(75.784, abs=5e-4),
        "non_uniform_entropy": pytest.approx(337481.4, abs=0.05),
    }
    risk = summary["risk"]["release"]
    assert risk["prosecutor"]["highest"] == 0.2
    assert risk["prosecutor"]["average"] == pytest.approx(0.0138, abs=5e-5)
    assert risk["level"] == "medium"
    table = released(tmp_path)
    assert classes(table, names).size().min() == 5
    assert len(table) - len(kept(table, names)) == 1346
