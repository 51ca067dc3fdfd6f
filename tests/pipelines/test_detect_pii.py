"""The job `detect-pii`, from files to its summary and its rows in the metadata tables."""

import csv
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.config.detect_pii import DetectPiiJob
from anonspark.errors import (
    ConfigurationError,
    EnvironmentProblem,
    InputError,
    LocationError,
    MalformedCellsError,
    RunCancelledError,
)
from anonspark.pii.deep_scan import FindSpans
from anonspark.pii.free_text import SPANS
from anonspark.pipelines import detect_pii
from anonspark.pipelines.follow import Step
from anonspark.pipelines.run import run

N_ROWS = 60
COLUMNS = ["customer_id", "email", "note", "payload", "balance"]
TYPE_OF_ONES_OWN = """
category: contact
types:
  loyalty_card: {description: The number of a loyalty card., weight: 2}
names:
  loyalty_card: {strong: [loyalty card]}
shapes:
  loyalty_card: [{pattern: "LC-[0-9]{6}", specificity: 0.95, alone: true}]
"""


def customers() -> list[list[str | None]]:
    """60 rows: an address in all but 4, a card number in every tenth note, and another address within JSON."""
    return [
        [
            f"K{100 + row}",
            None if row < 4 else f"zoe.canary{row}@example.org",
            f"paid with 4111 1111 1111 1111, row {row}" if row % 10 == 0 else "asked to be called back",
            json.dumps({"user": {"contact_email": f"max.canary{row}@example.net", "visits": row}}),
            str(row * 10),
        ]
        for row in range(N_ROWS)
    ]


def write(path: Path, rows: Sequence[Sequence[str | None]], columns: Sequence[str] = COLUMNS) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "customers.csv", customers())
    return tmp_path


def job_in(folder: Path, **changes: Any) -> DetectPiiJob:
    job = {
        "version": 1,
        "job": "detect-pii",
        "input": {"uri": "customers.csv", "schema": {"balance": "int"}},
        **changes,
    }
    return DetectPiiJob.from_dict({key: value for key, value in job.items() if value is not None}, base=str(folder))


def detections(summary: dict[str, Any], table: int = 0) -> dict[tuple[str, str], dict[str, Any]]:
    return {(each["column"], each["pii_type"]): each for each in summary["tables"][table]["detections"]}


def recorded(folder: Path) -> pd.DataFrame:
    return DeltaTable(folder / "_anonspark/pii_detections").to_pandas()


def test_columns_and_paths_with_personal_data_are_found_and_counted_over_all_rows(
    spark: SparkSession, folder: Path
) -> None:
    summary = run(job_in(folder), spark, run_id="r1")
    (table,) = summary["tables"]
    assert (table["uri"], table["rows_scanned"], table["columns_analyzed"]) == (str(folder / "customers.csv"), 60, 6)
    found = detections(summary)
    email = found["email", "email"]
    assert (email["instances"], email["instances_estimated"], email["method"]) == (56, None, "name_and_values")
    assert email["confidence"] >= 0.95
    assert email["sample"].endswith("@e***.org")
    assert found["payload.$.user.contact_email", "email"]["instances"] == 60
    assert "balance" not in {column for column, _ in found}
    assert "compliance" not in summary
    rows = recorded(folder).set_index("column")
    assert rows.loc["email"].to_dict() == {
        "run_id": "r1",
        "table_uri": str(folder / "customers.csv"),
        "pii_type": "email",
        "confidence": email["confidence"],
        "method": "name_and_values",
        "instances": 56,
        "rows_scanned": 60,
    }


def test_a_sample_gives_estimates_among_its_rows(spark: SparkSession, folder: Path) -> None:
    summary = run(job_in(folder, sample_size=30), spark)
    assert summary["tables"][0]["rows_scanned"] == 30
    email = detections(summary)["email", "email"]
    assert email["instances"] is None
    assert 26 <= email["instances_estimated"] <= 30
    assert set(recorded(folder)["rows_scanned"]) == {30}


def test_a_deep_scan_looks_inside_texts_and_counts_all_rows_whatever_the_sample(
    spark: SparkSession, folder: Path
) -> None:
    summary = run(job_in(folder, deep_scan=True, sample_size=20), spark)
    found = detections(summary)
    card = found["note", "credit_card"]
    assert (card["method"], card["instances"], card["cells"], card["sample"]) == ("free_text", 6, 6, None)
    assert card["evidence"][0] == "6 found in 6 texts"
    assert found["email", "email"]["instances"] == 56
    assert summary["tables"][0]["rows_scanned"] == 60
    assert "note" not in {column for column, _ in detections(run(job_in(folder), spark))}


def test_no_value_is_told_recorded_or_logged(
    spark: SparkSession, folder: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[Step] = []
    with caplog.at_level(logging.DEBUG, logger="anonspark"):
        summary = run(job_in(folder, deep_scan=True, profile="gdpr"), spark, tell=said.append)
    tables = [log.parent for log in (folder / "_anonspark").glob("*/_delta_log")]
    stored = "".join(DeltaTable(table).to_pandas().to_csv() for table in tables)
    assert {table.name for table in tables} == {"runs", "pii_detections"}
    shown = capfd.readouterr()
    everything = json.dumps(summary) + stored + caplog.text + repr(said) + shown.out + shown.err
    for value in ("canary", "4111 1111", "called back"):
        assert value.casefold() not in everything.casefold()
    assert {step.name for step in said} >= {"read", "sample", "count", "deep_scan", "publish"}
    assert summary["timings_s"]["sample"] > 0


def test_several_tables_are_looked_at_in_one_run(spark: SparkSession, folder: Path) -> None:
    write(folder / "empty.csv", [], ["email", "phone"])
    write(folder / "things.csv", [[f"{row}", "blue"] for row in range(30)], ["product_id", "colour"])
    tables = [{"uri": name} for name in ("customers.csv", "empty.csv", "things.csv")]
    summary = run(job_in(folder, input=None, tables=tables, profile="hipaa"), spark)
    assert [each["rows_scanned"] for each in summary["tables"]] == [60, 0, 30]
    assert ("email", "email") in detections(summary, 1)
    assert detections(summary, 1)["email", "email"]["instances"] == 0
    assert detections(summary, 2) == {}
    (warning,) = summary["warnings"]
    assert "empty.csv has no rows" in warning
    assert (summary["profile"], summary["compliance"]["compliant"]) == ("hipaa", False)
    assert {each["table"] for each in summary["compliance"]["violations"]} == {
        str(folder / name) for name in ("customers.csv", "empty.csv")
    }


def test_only_the_types_that_are_asked_for_are_reported(spark: SparkSession, folder: Path) -> None:
    summary = run(job_in(folder, types=["credit_card"], deep_scan=True), spark)
    assert set(detections(summary)) == {("note", "credit_card")}


def test_nothing_below_the_threshold_is_reported(spark: SparkSession, folder: Path) -> None:
    summary = run(job_in(folder, confidence_threshold=1.0), spark)
    assert detections(summary) == {}
    assert not (folder / "_anonspark/pii_detections").exists()


def test_a_type_of_ones_own_is_found(spark: SparkSession, folder: Path) -> None:
    (folder / "own.yaml").write_text(TYPE_OF_ONES_OWN, encoding="utf-8")
    write(folder / "customers.csv", [[f"LC-{row:06d}"] for row in range(40)], ["c1"])
    job = job_in(folder, input={"uri": "customers.csv"}, knowledge=["own.yaml"], types=["loyalty_card"])
    assert detections(run(job, spark))["c1", "loyalty_card"]["instances"] == 40


def test_a_run_that_is_complete_is_told_again(spark: SparkSession, folder: Path) -> None:
    first = run(job_in(folder), spark, run_id="r1")
    (folder / "customers.csv").unlink()
    assert run(job_in(folder), spark, run_id="r1") == first
    assert len(recorded(folder)) == len(first["tables"][0]["detections"])


def test_a_delta_table_is_read_at_one_version(spark: SparkSession, folder: Path) -> None:
    schema = "person struct<mail: string>, phones array<string>"
    rows: list[Any] = [((f"a{row}@example.org",), [f"+1 415 555 0{100 + row}"]) for row in range(40)]
    spark.createDataFrame(rows, schema).write.format("delta").save(str(folder / "t"))
    summary = run(job_in(folder, input={"uri": "t"}), spark)
    assert {column for column, _ in detections(summary)} == {"person.mail", "phones[]"}
    runs = DeltaTable(folder / "_anonspark/runs").to_pandas()
    assert set(runs[runs["state"] == "completed"]["input_version"]) == {0}
    assert set(runs[runs["state"] == "completed"]["input_rows"]) == {40}


def test_malformed_cells_fail_the_run_or_are_left_out(spark: SparkSession, folder: Path) -> None:
    rows = customers()
    rows[7][4] = "canary"
    write(folder / "customers.csv", rows)
    for changes in ({}, {"sample_size": 60}):
        with pytest.raises(MalformedCellsError, match="column 'balance'") as error:
            run(job_in(folder, **changes), spark)
        assert "canary" not in str(error.value)
    table = {"uri": "customers.csv", "schema": {"balance": "int"}, "malformed": "quarantine"}
    summary = run(job_in(folder, input=table), spark)
    assert summary["tables"][0]["rows_scanned"] == 59
    assert summary["warnings"] == ["1 rows left out: cell balance"]


def test_a_run_that_is_stopped_records_nothing(spark: SparkSession, folder: Path) -> None:
    with pytest.raises(RunCancelledError):
        run(job_in(folder), spark, stop=lambda: True)
    assert not (folder / "_anonspark/pii_detections").exists()


def test_files_of_ones_own_that_are_none(spark: SparkSession, folder: Path) -> None:
    with pytest.raises(LocationError, match="no file of types"):
        run(job_in(folder, knowledge=["nowhere.yaml"]), spark)
    (folder / "own.yaml").write_text(TYPE_OF_ONES_OWN, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="did you mean 'loyalty_card'"):
        run(job_in(folder, knowledge=["own.yaml"], types=["loyalty_cart"]), spark)
    with pytest.raises(ConfigurationError, match="did you mean 'gdpr'"):
        run(job_in(folder, knowledge=["own.yaml"], profile="gdrp"), spark)


def test_a_table_that_is_not_there_is_named_by_its_place_in_the_job_file(spark: SparkSession, folder: Path) -> None:
    tables = [{"uri": "customers.csv"}, {"uri": "nowhere", "format": "delta"}]
    with pytest.raises(InputError, match="nowhere") as error:
        run(job_in(folder, input=None, tables=tables), spark)
    assert error.value.field == "tables[1]"


def test_a_language_model_finds_names_where_one_is_installed(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EnvironmentProblem) as error:
        run(job_in(folder, deep_scan=True, ner="xx"), spark)
    assert error.value.field == "ner"

    def finder(language: str, threshold: float) -> FindSpans:
        spans = [{"start": 0, "end": 3, "pii_type": "name", "score": 0.85}]
        return lambda texts: pa.array([spans if text.startswith("asked") else [] for text in texts.to_pylist()], SPANS)

    monkeypatch.setattr(detect_pii, "load_analyzer", str)
    monkeypatch.setattr(detect_pii, "spans_with_names", finder)
    name = detections(run(job_in(folder, deep_scan=True, ner="en"), spark))["note", "name"]
    assert (name["method"], name["instances"], name["cells"]) == ("entities", 54, 54)
