"""F2 where a release replaces its own input: what a rerun reads must not be the release."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.errors import InputError
from anonspark.pipelines import release as release_module
from anonspark.pipelines.run import run
from tests.pipelines.patients import COLUMNS, job_in, multiset, patients, released, states, version, without_times

HERE = {"uri": "out/released", "format": "delta"}


def in_place(folder: Path) -> AnonymizeJob:
    return job_in(folder, input=HERE, output=HERE, in_place=True)


def write_input(spark: SparkSession, folder: Path) -> None:
    rows = [(*row[:1], int(str(row[1])), *row[2:5], int(str(row[5]))) for row in patients()]
    table = spark.createDataFrame(rows, "name string, age int, zip string, sex string, diagnosis string, cost int")
    assert table.columns == COLUMNS
    table.coalesce(1).write.format("delta").mode("overwrite").save(str(folder / "out/released"))


def test_a_run_in_place_that_died_after_publishing_is_recorded_as_it_was(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = tmp_path / "undisturbed"
    write_input(spark, undisturbed)
    expected = run(in_place(undisturbed), spark, run_id="r1")
    write_input(spark, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(release_module, "record_solution", lambda *_: (_ for _ in ()).throw(RuntimeError("died")))
        with pytest.raises(RuntimeError):
            run(in_place(tmp_path), spark, run_id="r1")
    assert version(tmp_path) == 1
    summary = run(in_place(tmp_path), spark, run_id="r1")
    assert without_times(summary) == without_times(expected)
    assert version(tmp_path) == 1
    assert multiset(released(tmp_path)) == multiset(released(undisturbed))
    assert states(tmp_path, "r1") == ["running", "failed", "running", "completed"]


def test_a_file_that_its_own_release_replaced_cannot_be_measured_again(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {"uri": "patients.csv", "format": "csv"}
    job = job_in(folder, input=here | {"schema": {"age": "int"}}, output=here, in_place=True)
    with monkeypatch.context() as patch:
        patch.setattr(release_module, "record_solution", lambda *_: (_ for _ in ()).throw(RuntimeError("died")))
        with pytest.raises(RuntimeError):
            run(job, spark, run_id="r1")
    release = (folder / "patients.csv").read_bytes()
    with pytest.raises(InputError, match="nothing left to measure it against"):
        run(job, spark, run_id="r1")
    assert (folder / "patients.csv").read_bytes() == release
