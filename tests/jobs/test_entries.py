"""Every kind of job has an entry for spark-submit, a command and tables on stdout of its own."""

import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from anonspark.cli import main as main_module
from anonspark.cli.show import SHOW
from anonspark.config.load import JOBS

FOLDER = Path(__file__).parents[2] / "jobs"


@pytest.mark.parametrize("job", JOBS)
def test_an_entry_hands_its_arguments_to_the_command_of_its_name(job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Sequence[str]] = []
    monkeypatch.setattr(main_module, "main", asked.append)
    monkeypatch.setattr(sys, "argv", ["entry", "--config", "job.yaml"])
    runpy.run_path(str(FOLDER / f"{job.replace('-', '_')}.py"), run_name="__main__")
    assert asked == [[job, "--config", "job.yaml"]]


@pytest.mark.parametrize("job", JOBS)
def test_a_command_of_each_kind_is_there_and_shows_what_came_of_it(
    job: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main_module.main([job, "--help"])
    assert ended.value.code == 0
    assert "--config" in capsys.readouterr().out
    assert job in SHOW
