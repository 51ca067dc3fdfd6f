"""`anonspark detect-pii` from the command line: what it prints, and with which code it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from anonspark.cli.main import main

Ended = Callable[..., int]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = "".join(f"{row};zoe.canary{row}@example.org;row {row}\n" for row in range(40))
    (tmp_path / "a.csv").write_text(f"id;e_mail;text\n{rows}", encoding="utf-8")
    (tmp_path / "b.txt").write_text("id,colour\n" + "".join(f"{row},blue\n" for row in range(40)), encoding="utf-8")
    return tmp_path


@pytest.fixture
def ended(spark: SparkSession) -> Ended:
    def run(*arguments: str) -> int:
        with pytest.raises(SystemExit) as raised:
            main(["detect-pii", *arguments])
        assert isinstance(raised.value.code, int)
        return raised.value.code

    return run


def test_files_are_looked_at_without_a_job_file(ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = folder / "s.json"
    options = ["--summary", str(summary), "--profile", "gdpr", "--types", "email, phone", "--threshold", "0.9"]
    assert ended(str(folder / "a.csv"), str(folder / "b.txt"), *options) == 0
    shown = capsys.readouterr()
    assert "a***" not in shown.out
    assert "e_mail" in shown.out
    assert "canary" not in shown.out + shown.err
    told = json.loads(summary.read_text(encoding="utf-8"))
    assert [(table["uri"], table["rows_scanned"]) for table in told["tables"]] == [
        (str(folder / "a.csv"), 40),
        (str(folder / "b.txt"), 40),
    ]
    assert [each["column"] for table in told["tables"] for each in table["detections"]] == ["e_mail"]
    assert "canary" not in json.dumps(told)


def test_a_sample_and_a_deep_scan_of_one_file(ended: Ended, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(str(folder / "a.csv"), "--sample-size", "10", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["tables"][0]["detections"][0]["instances_estimated"] == 10
    assert ended(str(folder / "a.csv"), "--deep-scan", "--json") == 0
    assert "deep_scan" in json.loads(capsys.readouterr().out)["timings_s"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "name a TABLE, or a job file with --config"),
        (["a.csv", "--config", "job.yaml"], "name a TABLE, or a job file with --config"),
        (["--config", "job.yaml", "--types", "email"], "change its values with --set"),
        (["a.csv", "--types", "emial"], "did you mean 'email'?"),
        (["a.csv", "--profile", "hippa"], "did you mean 'hipaa'?"),
        (["a.csv", "--sample-size", "0"], "it must be at least 1"),
        (["nowhere.csv"], "There is no file"),
    ],
)
def test_arguments_that_are_wrong_end_with_2_before_spark_starts(
    folder: Path,
    arguments: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as raised:
        main(["detect-pii", *arguments])
    assert raised.value.code == 2
    assert sentence in " ".join(capsys.readouterr().err.split())


@pytest.mark.nightly
def test_no_value_reaches_the_event_log_or_what_a_run_of_its_own_prints(folder: Path) -> None:
    events = folder / "events"
    events.mkdir()
    conf = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": events.as_uri(),
        "spark.eventLog.compress": "false",
        "spark.ui.enabled": "false",
    }
    settings = [part for key, value in conf.items() for part in ("--spark-conf", f"{key}={value}")]
    arguments = ["detect-pii", str(folder / "a.csv"), "--deep-scan", "--master", "local[2]", *settings]
    answer = subprocess.run(
        [sys.executable, "-c", f"from anonspark.cli.main import main; main({arguments!r})"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    logs = [path.read_text(encoding="utf-8", errors="replace") for path in events.rglob("*") if path.is_file()]
    assert any("SparkListenerSQLExecutionStart" in log for log in logs)
    assert "canary" not in "".join(logs) + answer.stdout + answer.stderr
