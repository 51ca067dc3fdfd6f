from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from anonspark.cli.demo import same_patients
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
    assert [
        word for word in ("birth_date", "loss", "risk of finding a person", "100.00%", "*") if word not in shown
    ] == []
    assert f"release   file://{tmp_path}/anonspark-demo/released, version 0" in shown
    assert "anonspark anonymize --config anonspark-demo/job.yaml --set 'privacy[0].k=10'" in shown
    assert demo() == 0
    assert "version 1" in capsys.readouterr().out


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
