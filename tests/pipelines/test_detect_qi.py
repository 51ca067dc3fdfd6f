import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.config.detect_qi import DetectQiJob
from anonspark.errors import ColumnNotFoundError, ConfigurationError, EmptyTableError, InputError
from anonspark.pipelines.run import run
from anonspark.sample.hospital import generate
from tests.jvm import is_connect
from tests.pipelines.scans import executions_so_far, rows_scanned

ROWS = 3000
CANARY = "Zyxwvut Canaryname"


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patients")
    pq.write_table(generate(ROWS), folder / "hospital.parquet")
    return folder


def job_in(folder: Path, **changes: Any) -> DetectQiJob:
    job = {"version": 1, "job": "detect-qi", "input": {"uri": "hospital.parquet"}, **changes}
    return DetectQiJob.from_dict(job, base=str(folder))


def test_every_column_is_something_with_a_reason(spark: SparkSession, patients: Path) -> None:
    summary = run(job_in(patients), spark)
    assert summary["direct_identifiers"] == ["patient_id", "name", "email", "phone"]
    assert set(summary["quasi_identifiers"]) >= {"birth_date", "sex", "zip", "occupation"}
    assert "diagnosis" in summary["sensitive_attributes"]
    assert [each["name"] for each in summary["attributes"]] == generate(1).column_names
    assert all(each["reasoning"] for each in summary["attributes"])
    assert sum(each["importance_score"] for each in summary["attributes"]) == pytest.approx(1)
    assert set(summary["model_metrics"]) == {"accuracy", "hamming_loss", "is_reliable", "training_samples"}
    assert summary["identifying_set"]


def test_the_record_of_a_run_has_a_row_a_column(spark: SparkSession, patients: Path) -> None:
    summary = run(job_in(patients, metadata={"uri": "recorded"}), spark, run_id="qi")
    rows = DeltaTable(patients / "recorded" / "qi_detections").to_pyarrow_table().to_pylist()
    told = {row["column"]: row["classification"] for row in rows}
    assert told == {each["name"]: each["classification"] for each in summary["attributes"]}
    assert {row["run_id"] for row in rows} == {"qi"}


def test_what_is_known_of_columns_decides(spark: SparkSession, patients: Path) -> None:
    job = job_in(patients, known_identifiers=["zip"], known_sensitive=["sex"], ignore_columns=["name", "cost"])
    summary = run(job, spark)
    assert "zip" in summary["direct_identifiers"]
    assert "sex" in summary["sensitive_attributes"]
    assert {"name", "cost"}.isdisjoint(each["name"] for each in summary["attributes"])


def test_patterns_of_ones_own_win_over_what_is_built_in(spark: SparkSession, patients: Path) -> None:
    text = "patterns: [{name: place, classification: SI, column_patterns: ['z*'], value_patterns: ['[0-9]{5}']}]"
    (patients / "patterns.yaml").write_text(text)
    summary = run(job_in(patients, patterns="patterns.yaml"), spark)
    assert "zip" in summary["sensitive_attributes"]


def test_only_so_many_quasi_identifiers_are_returned_as_are_asked_for(spark: SparkSession, patients: Path) -> None:
    summary = run(job_in(patients, max_quasi_identifiers=2), spark)
    assert len(summary["quasi_identifiers"]) == 2
    assert any("max_quasi_identifiers leaves out" in warning for warning in summary["warnings"])
    assert sum(each["classification"] == "QI" for each in summary["attributes"]) > 2


def test_full_sampling_counts_every_row_in_at_most_two_passes(spark: SparkSession, patients: Path) -> None:
    if is_connect(spark):
        pytest.skip("a Connect client does not see the plans of its queries")
    before = executions_so_far(spark)
    summary = run(job_in(patients, sampling_method="full"), spark)
    assert summary["total_records"] == ROWS
    scanned = sum(rows for name, rows in rows_scanned(spark, before).items() if "parquet" in name)
    sampled = 2 * ROWS  # the two tries of a bounded sample each see the whole of so small a table
    assert scanned - sampled <= 2 * ROWS


def test_an_adaptive_sample_ends_where_the_ranking_stays(spark: SparkSession, patients: Path) -> None:
    sampling = run(job_in(patients, sampling_method="adaptive"), spark)["sampling"]
    assert sampling["method"] == "adaptive"
    assert sampling["stable"] is True
    assert sampling["rounds"] >= 2


def test_no_value_is_told_or_recorded(spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = spark.createDataFrame([(f"{CANARY} {number}", number % 7) for number in range(60)], "c1 string, c2 int")
    table.coalesce(1).write.parquet(str(tmp_path / "t.parquet"))
    summary = run(job_in(tmp_path, input={"uri": "t.parquet"}), spark)
    tables = [log.parent for log in (tmp_path / "_anonspark").glob("*/_delta_log")]
    recorded = [str(DeltaTable(table).to_pyarrow_table().to_pylist()) for table in tables]
    assert len(recorded) == 2
    assert CANARY not in json.dumps(summary) + "".join(recorded) + caplog.text


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"known_identifiers": ["zpi"]}, ColumnNotFoundError, "did you mean 'zip'"),
        ({"ignore_columns": list(generate(1).column_names)}, InputError, "leaves out every column"),
    ],
)
def test_columns_that_are_not_there_are_refused(
    spark: SparkSession, patients: Path, changes: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        run(job_in(patients, **changes), spark)


def test_a_table_without_rows_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    spark.createDataFrame([], "a string").write.parquet(str(tmp_path / "t.parquet"))
    with pytest.raises(EmptyTableError):
        run(job_in(tmp_path, input={"uri": "t.parquet"}), spark)


def test_every_fault_of_a_job_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as told:
        job_in(
            Path(),
            mode="mll",
            sampling_method="quick",
            max_quasi_identifiers=0,
            uniqueness_threshold=2,
            known_identifiers=["a"],
            known_sensitive=["a"],
        )
    fields = {field for field, _ in told.value.problems}
    assert fields == {
        "mode",
        "sampling_method",
        "max_quasi_identifiers",
        "uniqueness_threshold",
        "known_sensitive[0]",
    }
