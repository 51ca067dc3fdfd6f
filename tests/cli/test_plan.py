import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from anonspark.cli import plan as plan_module
from anonspark.cli.main import main
from anonspark.pipelines import plan as pipeline
from tests.pipelines.patients import job_dict, patients, write_csv

Ended = Callable[..., int]

CANARY = "CANARY-7431"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients and their job file."""
    rows = patients()
    rows[3][0] = CANARY
    write_csv(tmp_path / "patients.csv", rows)
    (tmp_path / "job.yaml").write_text(json.dumps(job_dict()), encoding="utf-8")
    return tmp_path


@pytest.fixture
def ended(spark: SparkSession, folder: Path) -> Ended:
    """Plan the job file with more arguments; the exit code. Nothing is written."""

    def plan(*arguments: str) -> int:
        before = sorted(folder.rglob("*"))
        with pytest.raises(SystemExit) as raised:
            main(["plan", "--config", str(folder / "job.yaml"), *arguments])
        assert sorted(folder.rglob("*")) == before
        assert isinstance(raised.value.code, int)
        return raised.value.code

    return plan


def test_the_plan_is_on_stdout_and_a_line_a_step_on_stderr(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended() == 0
    shown = capsys.readouterr()
    steps = [line.split(":")[0] for line in shown.err.splitlines()]
    assert steps == ["start", "read", "classes", "search", "publish"]
    assert "120 records in 120 classes, 40 ways to generalize them. No problems." in shown.out
    words = ("intervals", "0 to 3", "in the driver's memory", "possible: the top of the lattice suppresses 0 records")
    assert [word for word in words if word not in shown.out] == []
    assert f"output    file://{folder}/out/released (delta, mode overwrite): creates it" in shown.out
    assert f"metadata  file://{folder}/out/_anonspark: creates the tables" in shown.out
    assert "warning   Column 'cost' is released as it is" in shown.out
    assert CANARY not in shown.out + shown.err


def test_json_is_all_of_stdout(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["base_classes"], told["search"]["nodes"], told["problems"]) == (120, 40, [])
    assert set(told["search"]["cost"]) == {"checks", "search_s", "job_s", "basis"}


def test_every_problem_is_a_line(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--set", "attributes[1].name=agee", "--set", "attributes[2].max_level=9") == 2
    shown = capsys.readouterr().out
    problems = [line for line in shown.splitlines() if line.startswith("problem   ")]
    assert len(problems) == 2
    assert "2 problems; nothing would be released" in " ".join(shown.split())
    assert "did you mean 'age'?" in problems[0]


def test_a_goal_that_cannot_be_met_ends_with_3(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--set", "privacy[0].k=500") == 3
    shown = capsys.readouterr().out
    assert "problem   k = 500 needs 500 records" in shown
    assert "release   impossible" in shown


def test_a_job_file_with_faults_tells_all_of_them(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--set", "metrc=loss", "--set", "max_suppression=7")
    assert ended(*arguments) == 2
    assert "2 problems" in capsys.readouterr().err
    assert ended(*arguments, "--json") == 2
    told = json.loads(capsys.readouterr().out)
    assert {problem["field"] for problem in told["problems"]} == {"metrc", "max_suppression"}
    assert told["exit_code"] == 2


def test_a_sample_says_that_it_guesses(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--sample", "50") == 0
    assert "what the first 50 rows show, and a guess for the others" in " ".join(capsys.readouterr().out.split())
    assert ended("--sample", "0") == 2


def test_an_error_that_nobody_foresaw_ends_with_1_and_tells_no_cell(
    ended: Ended, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr(pipeline, "make_plan", fail)
    assert ended() == 1
    shown = capsys.readouterr()
    assert "An unexpected ValueError" in shown.err
    assert CANARY not in shown.out + shown.err


def test_ctrl_c_ends_with_130(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(plan_module, "plan_job", interrupt)
    assert ended() == 130
