import sys
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from anonspark.cli import report as report_module
from anonspark.cli.demo import patients_table, report_of, same_patients
from anonspark.cli.main import main


def demo(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(["demo", *arguments])
    return ended.value.code


def test_the_demo_shows_patients_before_and_after_the_levels_the_loss_and_the_risk(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "de mo"
    assert demo(str(folder)) == 0
    shown = capsys.readouterr().out
    assert "20,000 records" in shown
    words = ("birth_date", "loss", "risk of finding a person", "100.00%", "patient 1", "released", "1950s", "69***")
    assert [word for word in words if word not in shown] == []
    assert f"release   file://{folder}/released, version 0" in shown
    assert f"anonspark anonymize --config '{folder}/job.yaml' --set 'privacy[0].k=10'" in shown
    assert f"open {folder}/report.html in a browser" in shown
    assert "19,502 of 20,000 records" in (folder / "report.html").read_text(encoding="utf-8")
    assert demo(str(folder)) == 0
    assert "version 1" in capsys.readouterr().out


def test_the_demo_does_without_a_report_where_its_libraries_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "anonspark.report.content", None)
    monkeypatch.setattr(report_module, "LIBRARIES", ("anonspark",))
    told = report_of(tmp_path, {"run_id": "r1", "metadata": {"uri": str(tmp_path)}})
    assert "pip install 'anonspark[report]'" in told
    assert not (tmp_path / "report.html").exists()


def test_patients_fit_a_terminal_of_eighty_columns() -> None:
    before = {"country_of_birth": "United States", "email": "james.wright.the.third@example.com"}
    after = {"country_of_birth": "Born in the US", "email": "*"}
    screen = StringIO()
    Console(file=screen, width=80).print(patients_table([(before, after), (before, after)]))
    assert screen.getvalue().count("released") == 2
    assert "United States" in screen.getvalue()
    assert max(map(len, screen.getvalue().splitlines())) <= 80


def test_a_folder_of_somebody_else_is_not_written_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "job.yaml").write_text("mine", encoding="utf-8")
    assert demo(str(tmp_path)) == 2
    assert "name another folder" in capsys.readouterr().err
    assert (tmp_path / "job.yaml").read_text(encoding="utf-8") == "mine"


def test_only_patients_that_can_be_told_apart_by_what_nobody_changed_are_shown() -> None:
    before = pa.table({"name": ["A", "B", "C", "D"], "zip": ["1", "2", "3", "4"], "cost": ["5", "6", "6", "7"]})
    after = pa.table({"name": ["*"] * 4, "zip": ["*", "2*", "3*", "4*"], "cost": ["5", "6", "6", "7"]})
    (found,) = same_patients(before, after, 3)
    assert found == ({"name": "D", "zip": "4", "cost": "7"}, {"name": "*", "zip": "4*", "cost": "7"})
