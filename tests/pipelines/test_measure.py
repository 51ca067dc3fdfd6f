"""A release measured from its written rows: what the run that made it reported, and what it could not know."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.cli.main import main
from anonspark.config.job import AnonymizeJob
from anonspark.config.measure import MeasureJob
from anonspark.pipelines.run import run
from tests.pipelines.patients import job_dict, job_in, patients, write_csv
from tests.pipelines.scans import executions_so_far, rows_scanned

METRICS = ("loss", "precision", "non_uniform_entropy")


def measure_dict(**changes: Any) -> dict[str, Any]:
    """The release of the patients beside them; attributes are those that made it."""
    made = job_dict()
    return {
        "version": 1,
        "job": "measure",
        "original": made["input"],
        "released": made["output"],
        "attributes": made["attributes"],
        **changes,
    }


def measured(spark: SparkSession, folder: Path, run_id: str = "m1", **changes: Any) -> dict[str, Any]:
    return run(MeasureJob.from_dict(measure_dict(**changes), base=str(folder)), spark, run_id=run_id)


def utility(folder: Path, run_id: str) -> dict[tuple[str | None, str], float | None]:
    rows = DeltaTable(folder / "out/_anonspark/utility").to_pyarrow_table().to_pylist()
    return {(row["column"], row["metric"]): row["value"] for row in rows if row["run_id"] == run_id}


def assert_as_reported(found: dict[str, Any], reported: dict[str, Any], folder: Path) -> None:
    """Every metric is the one of the run that made the release, of each column too."""
    assert found["metrics"] == pytest.approx(reported["metrics"], rel=1e-9, abs=1e-9)
    assert (found["rows"], found["suppressed"]) == (reported["rows"], reported["suppressed"])
    of_making, of_measuring = utility(folder, reported["run_id"]), utility(folder, found["run_id"])
    assert of_making.keys() <= of_measuring.keys()
    for key, value in of_making.items():
        assert of_measuring[key] == pytest.approx(value, rel=1e-9, abs=1e-9), key


@pytest.mark.parametrize("suppression", ["mask", "drop"])
def test_a_release_has_the_metrics_that_the_run_reported(spark: SparkSession, folder: Path, suppression: str) -> None:
    reported = run(job_in(folder, suppression=suppression), spark, run_id="r1")
    found = measured(spark, folder)
    assert_as_reported(found, reported, folder)
    assert found["released_rows"] == 120 - (reported["suppressed"] if suppression == "drop" else 0)
    assert [warning for warning in found["warnings"] if "are not in the release" in warning] == (
        ["2 rows of the original are not in the release; they count as suppressed."] if suppression == "drop" else []
    )
    assert {name: column["mean_level"] for name, column in found["columns"].items()} == reported["levels"]


@pytest.mark.parametrize("search", [{"strategy": "mondrian"}, {"recoding": "strict"}, {"recoding": "relaxed"}], ids=str)
def test_a_release_with_levels_of_its_own_has_the_metrics_that_the_run_reported(
    spark: SparkSession, folder: Path, search: dict[str, str]
) -> None:
    reported = run(job_in(folder, search=search), spark, run_id="r1")
    found = measured(spark, folder)
    assert_as_reported(found, reported, folder)
    of_columns = {name: column["mean_level"] for name, column in found["columns"].items()}
    assert of_columns == pytest.approx(reported["recoding"]["mean_levels"])


@pytest.mark.parametrize("search", [{}, {"recoding": "strict"}], ids=str)
def test_a_release_of_adult_has_the_metrics_that_the_run_reported(
    spark: SparkSession, tmp_path: Path, adult: dict[str, Any], search: dict[str, str]
) -> None:
    job = AnonymizeJob.from_dict({"version": 1, "job": "anonymize", **adult, "search": search}, base=str(tmp_path))
    reported = run(job, spark, run_id="r1")
    found = measured(spark, tmp_path, original=adult["input"], released=adult["output"], attributes=adult["attributes"])
    assert_as_reported(found, reported, tmp_path)
    assert len(found["associations"]) == 9 * 8 // 2
    changes = [abs(each["change"]) for each in found["associations"]]
    assert changes == sorted(changes, reverse=True)


def test_each_table_is_read_in_one_pass(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="r1")
    table = spark.read.csv(str(folder / "patients.csv"), header=True, inferSchema=True)
    table.write.parquet(str(folder / "raw"))
    since = executions_so_far(spark)
    measured(spark, folder, original={"uri": "raw", "format": "parquet"}, target="diagnosis")
    assert rows_scanned(spark, since)["Scan parquet"] == 120 + 120


def test_a_target_is_predicted_on_both_and_told_beside_the_majority(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="r1")
    found = measured(spark, folder, target="diagnosis")
    diagnoses = [row[4] for row in patients()]
    majority = max(map(diagnoses.count, set(diagnoses))) / len(diagnoses)
    assert found["target"]["column"] == "diagnosis"
    for table in ("original", "released"):
        assert found["target"][table]["baseline"] == pytest.approx(majority)
        assert 0 < found["target"][table]["accuracy"] < 1
    assert {tuple(each["columns"]) for each in found["associations"]} >= {("age", "diagnosis"), ("sex", "diagnosis")}
    told = utility(folder, "m1")
    assert told["diagnosis", "accuracy_released"] == found["target"]["released"]["accuracy"]
    assert told["age, zip", "cramers_v_original"] is not None


def test_a_run_that_is_complete_is_told_again(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="r1")
    assert measured(spark, folder) == measured(spark, folder)
    runs = DeltaTable(folder / "out/_anonspark/runs").to_pyarrow_table().to_pylist()
    (last,) = [row for row in runs if row["run_id"] == "m1" and row["state"] == "completed"]
    assert (last["job"], last["input_rows"], last["input_version"], last["output_uri"]) == ("measure", 120, 0, None)


def test_columns_that_were_not_changed_need_no_hierarchy(spark: SparkSession, folder: Path) -> None:
    found = measured(
        spark, folder, released={"uri": "patients.csv", "where": "cost >= 0", "schema": {"cost": "int"}},
        attributes=[], quasi_identifiers=["age", "zip", "sex"], metadata={"uri": "out/_anonspark"},
    )  # fmt: skip
    assert [found["metrics"][metric] for metric in METRICS] == [0, 0, 0]
    assert all(column["total_variation"] == 0 for column in found["columns"].values())
    assert found["warnings"] == []


def test_changed_columns_without_a_hierarchy_are_measured_as_far_as_that_goes(
    spark: SparkSession, folder: Path
) -> None:
    run(job_in(folder), spark, run_id="r1")
    found = measured(spark, folder, attributes=[], quasi_identifiers=["age", "zip", "sex"])
    assert found["metrics"]["loss"] is None
    assert found["metrics"]["discernibility"] > 0
    assert found["columns"]["age"]["loss"] is None
    assert 0 < found["columns"]["age"]["total_variation"] <= 1
    assert "Column 'age' was changed and has no hierarchy" in found["warnings"][0]


def test_a_microaggregated_column_is_measured_by_its_distances(spark: SparkSession, folder: Path) -> None:
    attributes = [
        {"name": "age", "type": "quasi_identifier", "microaggregation": "mean"},
        *job_dict()["attributes"][2:],
    ]
    run(job_in(folder, attributes=[job_dict()["attributes"][0], *attributes]), spark, run_id="r1")
    found = measured(spark, folder, attributes=attributes)
    assert found["columns"]["age"]["loss"] is None
    # Means lie among the ages, so that records move a few places only.
    assert 0 < found["columns"]["age"]["earth_mover"] < found["columns"]["age"]["total_variation"]


# --- at the command line ----------------------------------------------------------------------------------------------


Ended = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ended(spark: SparkSession, folder: Path, capsys: pytest.CaptureFixture[str]) -> Ended:
    """Measure with changes of the job file; the exit code, stdout and stderr."""

    def measure(*arguments: str, **changes: Any) -> tuple[int, str, str]:
        (folder / "measure.yaml").write_text(json.dumps(measure_dict(**changes)), encoding="utf-8")
        capsys.readouterr()
        with pytest.raises(SystemExit) as raised:
            main(["measure", "--config", str(folder / "measure.yaml"), *arguments])
        shown = capsys.readouterr()
        assert isinstance(raised.value.code, int)
        return raised.value.code, shown.out, shown.err

    return measure


def test_the_tables_on_stdout_tell_every_part(spark: SparkSession, ended: Ended, folder: Path) -> None:
    run(job_in(folder), spark, run_id="r1")
    code, out, err = ended(target="diagnosis")
    assert code == 0, err
    for words in (
        "120 records, 2 of them suppressed (1.67%)", "loss", "discernibility", "total variation", "earth mover",
        "association (Cramer's V)", "age / zip", "diagnosis, by the model", "by the most frequent value", "metadata",
    ):  # fmt: skip
        assert words in out


CANARY = "CANARY-7431"


def test_a_label_that_the_hierarchy_lacks_is_exit_2_and_is_not_told(
    spark: SparkSession, ended: Ended, folder: Path
) -> None:
    rows = patients()
    rows[5][2] = CANARY
    write_csv(folder / "released.csv", rows)
    attributes = [
        {"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [4, 3, 1]}},
    ]
    code, out, err = ended(
        "--json", released={"uri": "released.csv"}, attributes=attributes, metadata={"uri": "out/_anonspark"}
    )
    assert code == 2
    assert "The hierarchy of 'zip' has no label for what is released as 1 of 10 values of the column (1 record)" in err
    assert CANARY not in out + err
    assert all(
        CANARY not in str(row) for row in DeltaTable(folder / "out/_anonspark/runs").to_pyarrow_table().to_pylist()
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"original": None}, "original: is missing; name the table to read"),
        ({"quasi_identifiers": ["age", "agee"], "attributes": []}, "Column 'agee' is not in the table"),
        ({"target": "diagnosi"}, "Column 'diagnosi' is not in the table; did you mean 'diagnosis'?"),
        ({"original": {"uri": "nobody.csv"}}, "does not exist"),
        ({"original": {"uri": "patients.csv", "options": {"sep": ";"}}}, "set original.options.sep"),
        ({"released": {"uri": "released.csv", "schema": {"sex": "int"}}}, "that released.schema cannot"),
        ({"target": "cost"}, "Column 'cost' has 118 values"),
    ],
    ids=str,
)
def test_bad_input_is_exit_2_and_a_sentence(ended: Ended, folder: Path, changes: dict[str, Any], sentence: str) -> None:
    write_csv(folder / "released.csv", patients())
    released = {"uri": "released.csv", "format": "csv"}
    code, out, err = ended(**{"released": released, "metadata": {"uri": "out/_anonspark"}, **changes})
    assert code == 2, err
    assert sentence in err
    assert (out, "Traceback" in err) == ("", False)


def test_more_combinations_than_memory_mb_are_exit_2_and_name_it(
    spark: SparkSession, ended: Ended, folder: Path
) -> None:
    spark.range(20_000).selectExpr("cast(id as string) a", "cast(id * 7 as string) b").write.parquet(
        str(folder / "many")
    )
    table = {"uri": "many", "format": "parquet"}
    code, _, err = ended(
        original={**table, "where": "a >= '0'"}, released=table, attributes=[], quasi_identifiers=["a", "b"],
        memory_mb=1, metadata={"uri": "out/_anonspark"},
    )  # fmt: skip
    assert code == 2
    assert " memory_mb = 1" in err


def test_a_release_of_more_rows_than_its_original_is_exit_2(spark: SparkSession, ended: Ended, folder: Path) -> None:
    run(job_in(folder, suppression="drop"), spark, run_id="r1")
    made = job_dict()
    code, _, err = ended(
        original={"uri": "out/released", "format": "delta"}, released=made["input"], attributes=[],
        quasi_identifiers=["age"], metadata={"uri": "out/_anonspark"},
    )  # fmt: skip
    assert code == 2
    assert "has 120 rows and the original 118" in err
