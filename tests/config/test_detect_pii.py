import json
from typing import Any

import pytest

from anonspark.config.detect_pii import DetectPiiJob
from anonspark.config.load import load_job
from anonspark.errors import ConfigurationError

JOB = {"version": 1, "job": "detect-pii", "input": {"uri": "data/t.csv"}}


def loaded(**changes: Any) -> DetectPiiJob:
    job = {key: value for key, value in {**JOB, **changes}.items() if value is not None}
    return load_job(json.dumps(job), "jobs/detect.yaml", kind=DetectPiiJob)


def refused(**changes: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(ConfigurationError) as error:
        loaded(**changes)
    return list(error.value.problems)


def test_what_is_not_said_is_as_documented() -> None:
    job = loaded()
    assert (job.confidence_threshold, job.sample_size, job.deep_scan, job.types, job.profile) == (
        0.8, None, False, None, None,
    )  # fmt: skip
    assert [source.uri for source in job.sources()] == ["jobs/data/t.csv"]
    assert job.metadata_uri == "jobs/data/_anonspark"


def test_several_tables_and_files_of_ones_own_are_seen_from_the_job_file() -> None:
    job = loaded(
        input=None, tables=[{"uri": "a.csv"}, {"uri": "s3://b/c"}], knowledge=["own.yaml"], profiles=["p.yaml"]
    )
    assert job.fields() == ["tables[0]", "tables[1]"]
    assert sorted(job.uris()) == sorted(["jobs/a.csv", "s3://b/c", "jobs/own.yaml", "jobs/p.yaml", "jobs/_anonspark"])


def test_one_place_for_tables() -> None:
    assert refused(input=None) == [
        ("input", "is missing; name the table to read: {uri: ..., format: ...} or {table: ...}.")
    ]
    assert refused(tables=[{"uri": "a.csv"}]) == [("tables", "stands beside input; keep only one of the two.")]
    assert [field for field, _ in refused(input=None, tables=[])] == ["tables"]
    assert refused(input=None, tables=[{"uri": "a.csv"}, {"format": "csv"}]) == [
        ("tables[1]", "names no table; give it a uri or a table.")
    ]
    assert refused(input=None, tables=[{"uri": "a.csv", "version": 3}])[0][0] == "tables[0].version"


def test_a_table_of_the_catalog_needs_a_place_for_the_metadata() -> None:
    assert [field for field, _ in refused(input={"table": "a.b"})] == ["metadata"]
    assert [field for field, _ in refused(input=None, tables=[{"table": "a.b"}])] == ["metadata"]
    assert loaded(input={"table": "a.b"}, metadata={"uri": "m"}).source().name == "a.b"


def test_unknown_types_and_profiles_are_told_with_the_likely_ones() -> None:
    assert refused(types=["email", "emial"], profile="hippa") == [
        ("types[1]", "found 'emial', which is no type of personal data; did you mean 'email'?"),
        ("profile", refused(profile="hippa")[0][1]),
    ]
    assert refused(profile="hippa")[0][1].endswith("did you mean 'hipaa'?")
    # Files of one's own may bring them.
    assert loaded(types=["our_card"], profile="ours", knowledge=["own.yaml"]).types == ("our_card",)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"confidence_threshold": 1.5}, "confidence_threshold"),
        ({"sample_size": 0}, "sample_size"),
        ({"sample_size": "many"}, "sample_size"),
        ({"deep_scan": "deep"}, "deep_scan"),
        ({"types": []}, "types"),
        ({"ner": "en"}, "ner"),
        ({"types": "email"}, "types"),
        ({"knowledge": "own.yaml"}, "knowledge"),
        ({"treshold": 0.5}, "treshold"),
        ({"attributes": []}, "attributes"),
    ],
)
def test_values_that_are_none(changes: dict[str, Any], field: str) -> None:
    assert [named for named, _ in refused(**changes)] == [field]
