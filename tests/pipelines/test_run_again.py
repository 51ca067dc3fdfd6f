"""Runs that come again, fail, or are stopped: the target keeps what it held, and their record says so."""

from collections.abc import Callable
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.errors import InputError, RunCancelledError, VerificationError
from anonspark.io import outputs as outputs_module
from anonspark.io.stage import StagedFiles, read_staged
from anonspark.pipelines import release as release_module
from anonspark.pipelines.follow import STEPS, Step
from anonspark.pipelines.run import run
from tests.pipelines.patients import N_ROWS, job_in, multiset, patients, released, states, version


def test_a_complete_run_is_told_again_and_not_repeated(spark: SparkSession, folder: Path) -> None:
    first = run(job_in(folder), spark, run_id="r1")
    (folder / "patients.csv").unlink()
    assert run(job_in(folder), spark, run_id="r1") == first
    assert version(folder) == 0
    assert states(folder, "r1") == ["running", "completed"]


def test_a_run_id_is_not_used_for_other_settings(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="r1")
    with pytest.raises(InputError, match="other settings"):
        run(job_in(folder, metric="precision"), spark, run_id="r1")
    assert version(folder) == 0


def test_a_run_that_failed_runs_again(spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> int:
        raise ConnectionError("CANARY-7431")

    with monkeypatch.context() as broken:
        broken.setattr(outputs_module, "publish", break_down)
        with pytest.raises(ConnectionError):
            run(job_in(folder), spark, run_id="r1")
    assert version(folder) is None
    summary = run(job_in(folder), spark, run_id="r1")
    assert summary["output"]["version"] == 0
    assert states(folder, "r1") == ["running", "failed", "running", "completed"]
    assert "CANARY" not in DeltaTable(folder / "out/_anonspark/runs").to_pandas().to_csv()


def test_a_run_that_died_after_publishing_only_completes_its_record(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(release_module, "record_solution", break_down)
        with pytest.raises(ConnectionError):
            run(job_in(folder), spark, run_id="r1")
    assert version(folder) == 0
    assert run(job_in(folder), spark, run_id="r1")["output"]["version"] == 0
    assert version(folder) == 0
    assert states(folder, "r1")[-1] == "completed"


def one_raw_row(table: DataFrame) -> DataFrame:
    return table.limit(len(patients()) - 1).union(table.limit(1).withColumn("zip", F.lit("69401")))


def one_row_less(table: DataFrame) -> DataFrame:
    return table.limit(N_ROWS - 1)


def one_row_twice(table: DataFrame) -> DataFrame:
    return table.union(table.limit(1))


def one_name_shown(table: DataFrame) -> DataFrame:
    return table.withColumn("name", F.when(F.col("cost") == 5, "Name 5").otherwise(F.col("name")))


def another_diagnosis(table: DataFrame) -> DataFrame:
    return table.withColumn("diagnosis", F.lit("C18"))


@pytest.mark.parametrize(
    "tamper", [one_raw_row, one_row_less, one_row_twice, one_name_shown, another_diagnosis], ids=lambda f: f.__name__
)
def test_what_was_written_wrong_is_not_published(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, tamper: Callable[[DataFrame], DataFrame]
) -> None:
    def tampered(spark: SparkSession, staged: StagedFiles) -> DataFrame:
        return tamper(read_staged(spark, staged))

    monkeypatch.setattr(outputs_module, "read_staged", tampered)
    with pytest.raises(VerificationError) as raised:
        run(job_in(folder), spark, run_id="r1")
    assert raised.value.exit_code == 1
    assert version(folder) is None
    assert states(folder, "r1") == ["running", "failed"]
    assert not list((folder / "out/released").glob("**/*.parquet"))


def test_a_failed_run_leaves_the_published_version_and_its_rows(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(job_in(folder), spark)
    before = multiset(released(folder))
    monkeypatch.setattr(outputs_module, "read_staged", lambda *given: one_row_less(read_staged(*given)))
    with pytest.raises(VerificationError):
        run(job_in(folder, privacy=[{"model": "k-anonymity", "k": 9}]), spark)
    assert version(folder) == 0
    assert multiset(released(folder)) == before


def test_the_caller_is_told_of_every_step_in_order(spark: SparkSession, folder: Path) -> None:
    told: list[Step] = []
    summary = run(job_in(folder), spark, tell=told.append)
    names = [step.name for step in told]
    assert list(dict.fromkeys(names)) == list(STEPS)
    assert names == sorted(names, key=STEPS.index)
    assert all(step.share is None or 0 <= step.share <= 1 for step in told)
    assert summary["timings_s"]["total"] >= sum(summary["timings_s"][name] for name in STEPS) * 0.99


@pytest.mark.parametrize("step", [name for name in STEPS if name != "publish"])
def test_a_caller_who_says_stop_in_a_step_cancels_the_run(spark: SparkSession, folder: Path, step: str) -> None:
    reached: list[str] = []
    with pytest.raises(RunCancelledError) as raised:
        run(job_in(folder), spark, run_id="r1", tell=lambda s: reached.append(s.name), stop=stop_after(reached, step))
    assert raised.value.exit_code == 130
    assert version(folder) is None
    assert states(folder, "r1") == ["running", "cancelled"]


def stop_after(reached: list[str], step: str) -> Callable[[], bool]:
    return lambda: step in reached


def test_a_stop_after_publishing_comes_too_late(spark: SparkSession, folder: Path) -> None:
    told: list[str] = []
    summary = run(
        job_in(folder), spark, run_id="r1", tell=lambda s: told.append(s.name), stop=lambda: "publish" in told
    )
    assert summary["status"] == "completed"
    assert version(folder) == 0
