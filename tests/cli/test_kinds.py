"""`anonspark risk` and `anonspark validate` from the command line: what they print, and with which code they end."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.cli.main import main
from tests.pipelines.patients import patients, write_csv

CANARY = "CANARY-7431"
RISK = {
    "version": 1,
    "job": "risk",
    "input": {"uri": "patients.csv", "schema": {"age": "int"}},
    "quasi_identifiers": ["age", "zip", "sex"],
}
VALIDATE = {
    "version": 1,
    "job": "validate",
    "input": {"uri": "patients.csv"},
    "quasi_identifiers": ["sex"],
    "sensitive": ["diagnosis"],
    "privacy": [{"model": "k-anonymity", "k": 2}],
}

Ended = Callable[..., int]
Refused = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients; one of them has the canary's name and lives in the canary's zip."""
    rows = patients()
    rows[3][0] = rows[3][2] = CANARY
    write_csv(tmp_path / "patients.csv", rows)
    return tmp_path


@pytest.fixture
def ended(spark: SparkSession, folder: Path) -> Ended:
    """Run a job file, or without one; the exit code."""

    def run(kind: str, *arguments: str, job: dict[str, Any] | None = None) -> int:
        if job is not None:
            (folder / "job.yaml").write_text(json.dumps(job), encoding="utf-8")
            arguments = ("--config", str(folder / "job.yaml"), *arguments)
        with pytest.raises(SystemExit) as raised:
            main([kind, *arguments])
        assert isinstance(raised.value.code, int)
        return raised.value.code

    return run


@pytest.fixture
def refused(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Refused:
    """Run what must fail with code 2: its one sentence, after a look for the canary everywhere."""

    def run_and_fail(kind: str, *arguments: str, **changes: Any) -> str:
        job = {**(RISK if kind == "risk" else VALIDATE), **changes}
        summary = folder / "s.json"
        assert ended(kind, "--summary", str(summary), *arguments, job=None if arguments else job) == 2
        shown, told = capsys.readouterr(), json.loads(summary.read_text(encoding="utf-8"))
        (sentence,) = [line for line in shown.err.splitlines() if line.startswith("Error: ")]
        assert shown.out == ""
        assert (told["job"], told["status"]) == (kind, "failed")
        assert told["error"]["message"].splitlines()[0] == sentence.removeprefix("Error: ")
        assert "Traceback" not in shown.err
        runs = folder / "_anonspark/runs"
        recorded = DeltaTable(runs).to_pandas().to_csv() if runs.is_dir() else ""
        assert CANARY not in shown.err + caplog.text + summary.read_text(encoding="utf-8") + recorded
        return str(told["error"]["message"])

    return run_and_fail


def test_a_file_is_measured_without_a_job_file(ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(";".join(cell or "" for cell in row) + "\n" for row in patients())
    table = folder / "patients.txt"
    table.write_text("name;age;zip;sex;diagnosis;cost\n" + rows, encoding="utf-8")
    options = ["--qi", "age,zip", "--qi", "sex", "--population-size", "5000", "--threshold", "0.1"]
    assert ended("risk", str(table), *options, "--suppress-value", "x", "--run-id", "r1") == 0
    shown = capsys.readouterr()
    assert [line.split(":")[0] for line in shown.err.splitlines()] == ["start", "read", "classes", "publish"]
    for words in ("120 records; ", "by age, zip, sex", "records that stand alone", "average risk without it",
                  "records alone among all people, estimated", "very high", "run       r1"):  # fmt: skip
        assert words in shown.out
    assert "warning" not in shown.out
    # The same again, by the summary alone.
    assert ended("risk", str(table), *options, "--suppress-value", "x", "--run-id", "r1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["run_id"], told["risk_threshold"], told["rows"]) == ("r1", 0.1, 120)
    assert told["quasi_identifiers"] == ["age", "zip", "sex"]
    assert "population_uniques" in told["risk"]["input"]


def test_what_is_doubtful_about_a_file_is_a_warning_and_can_be_said(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = folder / "t.csv"
    table.write_bytes("a,x;b\n1,2;M\xfcller\n3,4;M\xfcller\n".encode("latin-1"))
    assert ended("risk", str(table), "--qi", "b", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["risk"]["input"]["k_anonymity"] == 2
    assert len(told["warnings"]) == 2
    assert "would do" in told["warnings"][0]
    assert "ISO-8859-1" in told["warnings"][1]
    settings = ["--set", 'input.options.sep=","', "--set", f"metadata.uri={folder}/meta"]
    assert ended("risk", str(table), "--qi", "x;b", "--json", *settings) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["risk"]["input"]["k_anonymity"] == 1
    assert told["metadata"]["uri"] == f"file://{folder}/meta"


def test_the_release_stands_beside_the_table_on_the_screen(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_csv(folder / "released.csv", [["*", "*", "*"]] * 2 + [["2", "3", "F"]] * 4, ["age", "zip", "sex"])
    assert ended("risk", job={**RISK, "released": {"uri": "released.csv"}}) == 0
    shown = capsys.readouterr().out
    assert "attribute of the table" in shown
    assert "attribute of the release" in shown
    assert "25.00%" in shown


def test_a_valid_table_ends_with_0_and_one_that_is_not_with_3_and_a_whole_summary(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("validate", job=VALIDATE) == 0
    assert "The table satisfies every model: 120 records" in capsys.readouterr().out
    strict = {**VALIDATE, "privacy": [{"model": "k-anonymity", "k": 50}, {"model": "average-risk", "threshold": 0.01}]}
    summary = folder / "s.json"
    for _ in ("it is judged", "it is told again"):
        assert ended("validate", "--run-id", "r1", "--summary", str(summary), job=strict) == 3
        shown = capsys.readouterr().out
        for words in ("The table is not valid", "k-anonymity: class size", "average-risk: average risk", "all"):
            assert words in shown
        told = json.loads(summary.read_text(encoding="utf-8"))
        assert (told["status"], told["is_valid"], len(told["violations"])) == ("completed", False, 2)
        assert told["statistics"]["classes"] == 3


def test_a_table_or_a_job_file_is_named_and_not_both(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = str(folder / "patients.csv")
    assert ended("risk") == 2
    assert ended("risk", table, job=RISK) == 2
    assert ended("risk", "--threshold", "0.1", job=RISK) == 2
    assert "change its values with --set" in capsys.readouterr().err


def test_a_file_without_quasi_identifiers(refused: Refused, folder: Path) -> None:
    assert "--qi age,zip" in refused("risk", str(folder / "patients.csv"))


def test_a_file_that_is_not_there(refused: Refused, folder: Path) -> None:
    assert "There is no file" in refused("risk", str(folder / "nobody.csv"), "--qi", "age")


def test_a_threshold_that_is_none(refused: Refused, folder: Path) -> None:
    message = refused("risk", str(folder / "patients.csv"), "--qi", "age", "--threshold", "3")
    assert message == "risk_threshold: found 3.0; it must be at most 1."


def test_a_job_file_of_another_kind(refused: Refused) -> None:
    assert "run it as anonspark validate" in refused("risk", **VALIDATE)


@pytest.mark.parametrize("kind", ["risk", "validate"])
def test_a_quasi_identifier_that_is_not_there(refused: Refused, kind: str) -> None:
    message = refused(kind, quasi_identifiers=["zipp"])
    assert message == "Column 'zipp' is not in the table; did you mean 'zip'?"


def test_a_sensitive_column_a_person_and_a_release_that_lack(refused: Refused, folder: Path) -> None:
    assert "'diagnoses'" in refused("validate", sensitive=["diagnoses"])
    assert "'nobody'" in refused("risk", person_id="nobody")
    write_csv(folder / "released.csv", [["1"]], ["age"])
    assert "'zip'" in refused("risk", released={"uri": "released.csv"})
    write_csv(folder / "census.csv", [["1"]], ["age"])
    assert "'zip'" in refused("risk", population={"uri": "census.csv"})


def test_tables_without_rows(refused: Refused, folder: Path) -> None:
    write_csv(folder / "census.csv", [], ["age", "zip", "sex"])
    assert "census.csv has no rows" in refused("risk", population={"uri": "census.csv"})
    write_csv(folder / "patients.csv", [])
    assert "has no rows" in refused("validate")


def test_a_value_that_a_hierarchy_of_a_sensitive_attribute_misses(refused: Refused) -> None:
    tree = {"kind": "tree", "tree": {"Solid": ["C18"]}}
    attributes = [{"name": "zip", "type": "sensitive", "hierarchy": tree}]
    privacy = [{"model": "t-closeness", "t": 0.5, "attribute": "zip", "distance": "hierarchical"}]
    assert "hierarchy of 'zip'" in refused("validate", sensitive=[], attributes=attributes, privacy=privacy)


def test_a_cell_that_cannot_be_cast(refused: Refused) -> None:
    assert "column 'zip'" in refused("risk", input={"uri": "patients.csv", "schema": {"zip": "int"}})
