"""The entries of spark-submit: each hands its arguments to the command of its name."""

import runpy
import sys
from pathlib import Path

import pytest

from anonspark.cli import main as main_module
from anonspark.config.load import JOBS

ENTRIES = Path(__file__).parents[2] / "jobs"


def test_every_kind_of_job_has_an_entry_and_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert {path.stem for path in ENTRIES.glob("*.py")} >= {kind.replace("-", "_") for kind in JOBS}
    with pytest.raises(SystemExit):
        main_module.main(["--help"])
    shown = capsys.readouterr().out
    assert [kind for kind in JOBS if f"\n  {kind} " not in shown] == []


@pytest.mark.parametrize("kind", JOBS)
def test_an_entry_runs_its_kind(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr(main_module, "main", given.append)
    monkeypatch.setattr(sys, "argv", [f"{kind}.py", "--config", "job.yaml"])
    runpy.run_path(str(ENTRIES / f"{kind.replace('-', '_')}.py"), run_name="__main__")
    assert given == [[kind, "--config", "job.yaml"]]
