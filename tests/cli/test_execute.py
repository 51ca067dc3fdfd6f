import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from anonspark.cli import execute as execute_module
from anonspark.cli.main import main
from anonspark.config.job import AnonymizeJob
from anonspark.io import outputs as outputs_module
from anonspark.io.stage import read_staged
from anonspark.pipelines import anonymize_attempt
from tests.pipelines.patients import job_dict, patients, released, states, version, write_csv

Ended = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients and their job file."""
    write_csv(tmp_path / "patients.csv", patients())
    (tmp_path / "job.yaml").write_text(json.dumps(job_dict()), encoding="utf-8")
    return tmp_path


@pytest.fixture
def ended(spark: SparkSession, folder: Path) -> Ended:
    """Run the job file with more arguments; the exit code."""

    def run(*arguments: str, config: str | None = None) -> int:
        with pytest.raises(SystemExit) as raised:
            main(["anonymize", "--config", config or str(folder / "job.yaml"), *arguments])
        assert isinstance(raised.value.code, int)
        return raised.value.code

    return run


def test_the_result_is_on_stdout_and_a_line_a_step_on_stderr(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("--run-id", "r1") == 0
    shown = capsys.readouterr()
    steps = [line.split(":")[0] for line in shown.err.splitlines()]
    assert steps == ["start", "read", "classes", "search", "apply", "verify", "gate", "publish"]
    assert "120 records, 2 of them suppressed (1.67%)" in shown.out
    assert "no generalization is better" in shown.out
    assert [word for word in ("age", "zip", "sex", "loss", "precision") if word not in shown.out] == []
    assert f"release   file://{folder}/out/released, version 0" in shown.out
    assert f"metadata  file://{folder}/out/_anonspark" in shown.out
    docs = f"file://{folder}/out/_anonspark/data_docs/r1/index.html"
    assert f"quality   all 10 expectations hold: {docs}" in shown.out


def test_json_is_all_of_stdout_and_what_the_summary_file_holds(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("--json", "--run-id", "r1", "--summary", str(folder / "s.json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((folder / "s.json").read_text(encoding="utf-8"))
    assert (told["run_id"], told["status"], told["rows"]) == ("r1", "completed", 120)


def test_settings_of_the_command_line_replace_those_of_the_file(ended: Ended, folder: Path) -> None:
    assert ended("--set", "privacy[0].k=9", "--set", "identifiers=drop") == 0
    table = released(folder)
    assert "name" not in table.columns
    assert table.groupby(["age", "zip", "sex"], dropna=False).size().drop(("*", "*", "*"), errors="ignore").min() >= 9


def test_a_job_file_may_be_a_uri(ended: Ended, folder: Path) -> None:
    assert ended(config=f"file://{folder}/job.yaml") == 0
    assert version(folder) == 0


def test_a_job_file_that_only_spark_reaches_is_read_by_spark(
    ended: Ended, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute_module, "is_local", lambda _: False)
    assert ended() == 0
    assert version(folder) == 0
    assert ended(config=str(folder / "nothing.yaml")) == 2


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("nothing.yaml", None, "There is no job file"),
        (".", None, "is a folder"),
        ("latin.yaml", b"# M\xfcller", "is not UTF-8 text"),
        ("empty.yaml", b"", "The file is empty"),
        ("job[/red].yaml", b"version: 3", "version"),
    ],
)
def test_a_job_file_that_cannot_be_read_is_told_in_words(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    assert ended(config=str(folder / name)) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("Error: ")
    assert sentence in shown
    assert "Traceback" not in shown


def test_a_failure_before_the_run_is_in_the_summary_too(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("--json", "--run-id", "r1", "--set", "metric=los") == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["run_id"], told["status"], told["error"]["type"], told["error"]["field"]) == (
        "r1", "failed", "ConfigurationError", "metric",
    )  # fmt: skip


def test_a_summary_that_could_not_be_written_is_refused_before_the_work(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("--summary", str(folder)) == 2
    assert ended("--summary", str(folder / "nowhere/s.json")) == 2
    assert "create it" in capsys.readouterr().err
    assert version(folder) is None


def test_ctrl_c_ends_with_130_and_a_cancelled_run(
    ended: Ended, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(outputs_module, "stage", interrupted)
    assert ended("--run-id", "r1", "--summary", str(folder / "s.json")) == 130
    assert "Error: The run was cancelled; nothing was published.\n" in capsys.readouterr().err
    assert json.loads((folder / "s.json").read_text(encoding="utf-8"))["status"] == "cancelled"
    assert states(folder, "r1") == ["running", "cancelled"]
    assert version(folder) is None


def test_a_traceback_is_shown_with_debug_only(
    ended: Ended, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("CANARY-7431")

    monkeypatch.setattr(anonymize_attempt, "solve", broken)
    assert ended() == 1
    shown = capsys.readouterr().err
    assert "Error: An unexpected ZeroDivisionError; run again with --debug for its traceback.\n" in shown
    assert "CANARY" not in shown
    assert ended("--debug") == 1
    shown = capsys.readouterr().err
    assert "Traceback (most recent call last)" in shown
    assert "CANARY" in shown


def test_the_session_is_told_of_every_place_that_a_job_names() -> None:
    csv = {"kind": "csv", "uri": "hierarchies/zip.csv"}
    attributes: Sequence[dict[str, Any]] = [{"name": "zip", "type": "quasi_identifier", "hierarchy": csv}]
    job = AnonymizeJob.from_dict(
        job_dict(
            input={"uri": "gs://in/patients.csv"},
            output={"uri": "abfss://out@lake.dfs.core.windows.net/released"},
            attributes=attributes,
            privacy=[{"model": "k-anonymity", "k": 4}],
            population={"uri": "people.parquet"},
        ),
        base="s3a://jobs",
    )
    assert list(job.uris()) == [
        "gs://in/patients.csv",
        "abfss://out@lake.dfs.core.windows.net/released",
        "abfss://out@lake.dfs.core.windows.net/_anonspark",
        "s3a://jobs/people.parquet",
        "s3a://jobs/hierarchies/zip.csv",
    ]


def test_a_failed_quality_gate_ends_with_3_and_the_summary_says_what_failed(
    ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs_module, "read_staged", lambda *given: read_staged(*given).limit(119))
    assert ended("--run-id", "r1", "--set", "verify=false", "--summary", str(folder / "s.json")) == 3
    assert "Error: The quality gate failed, nothing was published: 1 of 10 expectations" in capsys.readouterr().err
    told = json.loads((folder / "s.json").read_text(encoding="utf-8"))
    assert (told["status"], told["quality"]["failed"], version(folder)) == ("failed", ["rows"], None)
