import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from anonspark.cli import explain as explain_module
from anonspark.cli.main import main
from anonspark.pipelines.run import run
from tests.pipelines.patients import job_in, patients, write_csv

CANARY = "CANARY-7431"

Ended = Callable[..., int]


@pytest.fixture
def folder(spark: SparkSession, tmp_path: Path) -> Path:
    """A folder with the patients and a run of their job, r1."""
    rows = patients()
    rows[3][0] = CANARY
    write_csv(tmp_path / "patients.csv", rows)
    run(job_in(tmp_path), spark, run_id="r1")
    return tmp_path


@pytest.fixture
def ended(folder: Path) -> Ended:
    """Explain a run with more arguments; the exit code."""

    def explain(*arguments: str, run_id: str = "r1") -> int:
        with pytest.raises(SystemExit) as raised:
            main(["explain", "--run", run_id, "--metadata", str(folder / "out/_anonspark"), *arguments])
        assert isinstance(raised.value.code, int)
        return raised.value.code

    return explain


def test_the_explanation_is_on_stdout_and_the_same_as_json(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended() == 0
    shown = capsys.readouterr()
    assert ended("--json") == 0
    told = json.loads(capsys.readouterr().out)
    words = " ".join(shown.out.split())
    assert f"loss = {told['score']:.6g}: no node is better." in words
    assert f"{told['suppressed']['records']} of 120 records are suppressed, 6 might be." in words
    assert "k-anonymity: " in shown.out
    assert "l-diversity of diagnosis: " in shown.out
    assert [each["attribute"] for each in told["lower"] if each["attribute"] not in shown.out] == []
    assert f"next best of {told['looked_at']} nodes" in words
    assert "warning   The input has no versions" in shown.out
    assert CANARY not in shown.out + shown.err + json.dumps(told)


def test_a_run_that_nobody_knows_ends_with_2_and_names_those_that_are_there(
    ended: Ended, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(run_id="nobody") == 2
    shown = capsys.readouterr()
    assert "There is no run 'nobody'" in shown.err
    assert "r1" in shown.err
    assert shown.out == ""


def test_a_place_without_metadata_ends_with_2(ended: Ended, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--metadata", str(tmp_path / "nowhere")) == 2
    assert "There are no metadata tables" in capsys.readouterr().err


def test_an_input_that_is_gone_ends_with_2(ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "patients.csv").unlink()
    assert ended() == 2
    assert "does not exist" in capsys.readouterr().err


def test_an_error_that_nobody_foresaw_ends_with_1_and_tells_no_cell(
    ended: Ended, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr(explain_module, "explain_run", fail)
    assert ended() == 1
    assert CANARY not in capsys.readouterr().err
