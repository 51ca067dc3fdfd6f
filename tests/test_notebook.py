import json
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

import anonspark
from anonspark.errors import ConfigurationError, NoReleaseError
from tests.pipelines.patients import COLUMNS, N_ROWS, classes, job_dict, job_in, multiset, patients, write_csv

JOB = {
    "attributes": [
        {"name": "name", "type": "identifier"},
        {"name": "age", "type": "quasi_identifier"},
        {"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [4, 3, 1]}},
        {"name": "sex", "type": "quasi_identifier"},
    ],
    "privacy": [{"model": "k-anonymity", "k": 5}],
    "max_suppression": 0.05,
}


@pytest.fixture
def table(spark: SparkSession) -> object:
    return spark.createDataFrame(pd.DataFrame(patients(), columns=COLUMNS).astype({"age": int, "cost": int}))


def test_a_table_in_a_notebook_is_released_and_nothing_is_written(
    table: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    released, release = anonspark.anonymize(table, JOB)
    found = released.toPandas()
    assert list(found.columns) == COLUMNS
    assert classes(found).size().min() == release.to_dict()["classes"]["smallest"] >= 5
    assert (found[["age", "zip", "sex"]] == "*").all(axis=1).sum() == release.suppressed
    assert list(tmp_path.iterdir()) == []


def test_what_was_found_is_told_in_a_line_and_as_json(table: object) -> None:
    _, release = anonspark.anonymize(table, JOB)
    shown = repr(release)
    assert shown.startswith("Release(age ")
    assert f"{release.suppressed} of {N_ROWS} records suppressed" in shown
    assert shown.endswith("optimal)")
    assert len(shown) < 300
    assert json.loads(json.dumps(release.to_dict()))["levels"] == release.levels


def test_a_job_file_a_job_and_its_content_give_one_release(table: object, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(json.dumps(job_dict()), encoding="utf-8")
    write_csv(tmp_path / "patients.csv", [])  # what the job says about input is not looked at
    jobs = [
        tmp_path / "job.yaml",
        str(tmp_path / "job.yaml"),
        f"file://{tmp_path}/job.yaml",
        job_dict(),
        job_in(tmp_path),
    ]
    results = [anonspark.anonymize(table, job) for job in jobs]
    assert len({release.score for _, release in results}) == 1
    first = multiset(results[0][0].toPandas())
    assert multiset(results[-1][0].toPandas()) == first


def test_a_relative_hierarchy_is_looked_for_in_the_folder_that_the_notebook_is_in_now(
    table: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zips.csv").write_text("".join(f"{zip_};*\n" for zip_ in {row[2] for row in patients()}))
    zips = {"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "csv", "uri": "zips.csv"}}
    _, release = anonspark.anonymize(table, {**JOB, "attributes": [zips]})
    assert release.heights == {"zip": 1}


def test_a_job_with_faults_tells_all_of_them(table: object) -> None:
    with pytest.raises(ConfigurationError) as raised:
        anonspark.anonymize(table, {**JOB, "metric": "los", "max_suppression": 7})
    assert len(raised.value.problems) == 2


def test_what_cannot_be_released_is_an_error_with_the_nearest_miss(table: object) -> None:
    with pytest.raises(NoReleaseError):
        anonspark.anonymize(table, {**JOB, "privacy": [{"model": "k-anonymity", "k": N_ROWS + 1}]})
