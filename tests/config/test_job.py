from datetime import date
from enum import Enum
from pathlib import Path

import numpy as np
import pytest

from anonspark.config.job import AnonymizeJob
from anonspark.config.locations import beside, resolve
from anonspark.domain.sources import TableSource
from anonspark.errors import ConfigurationError
from anonspark.vocabulary import TableFormat


def test_a_job_in_a_notebook_may_do_without_tables(job_of) -> None:
    job = job_of()
    assert job.input is None
    for ask in (job.source, job.target, lambda: job.metadata_uri):
        with pytest.raises(ConfigurationError, match="is missing"):
            ask()


def test_a_job_takes_pythons_own_values(job_of) -> None:
    class Grade(Enum):
        BEST = 1

    job = job_of(
        attributes=(
            {
                "name": "day",
                "type": "quasi_identifier",
                "weight": np.float64(0.5),
                "hierarchy": {"kind": "order", "order": (date(2024, 1, 1), 2, Grade.BEST, True), "fanout": np.int64(2)},
            },
        ),
        input={"uri": Path("data/a.csv"), "options": {"header": True, "maxColumns": 9}},
    )
    (day,) = job.attributes
    assert day.weight == 0.5
    assert day.hierarchy.order == ("2024-01-01", "2", "1", "true")
    assert job.source().options == {"header": "true", "maxColumns": "9"}


def test_a_value_that_a_job_file_cannot_hold_is_told_by_its_type(faults_of) -> None:
    assert (
        faults_of(input={"uri": object()})["input.uri"]
        == "is of type object, which a job file cannot hold; write a text."
    )


def test_a_job_that_holds_itself_is_a_fault() -> None:
    job: dict[str, object] = {}
    job["search"] = job
    with pytest.raises(ConfigurationError, match="nested deeper"):
        AnonymizeJob.from_dict(job)


@pytest.mark.parametrize("data", [None, 5, "job.yaml", [], {1: 2}])
def test_what_is_no_job_at_all_is_a_fault(data: object) -> None:
    with pytest.raises(ConfigurationError):
        AnonymizeJob.from_dict(data)


def test_a_job_s_constructor_checks_between_sections_too() -> None:
    with pytest.raises(ValueError, match="is empty; name a model"):
        AnonymizeJob(attributes=[{"name": "age", "type": "quasi_identifier"}], privacy=[])


def test_a_misspelt_strategy_or_recoding_is_told_with_those_there_are(faults_of) -> None:
    assert faults_of(search={"strategy": "greedy", "recoding": None}) == {}
    assert faults_of(search={"strategy": "optimum", "recoding": "loose"}) == {
        "search.strategy": (
            "found 'optimum'; it is one of auto, optimal, greedy, best_first, mondrian; did you mean 'optimal'?"
        ),
        "search.recoding": "found 'loose'; it is one of strict, relaxed.",
    }


def test_models_that_a_recoding_cannot_promise_are_told(faults_of) -> None:
    privacy = [{"model": "k-anonymity", "k": 3}, {"model": "average-risk", "threshold": 0.1}]
    for search, cause in (
        ({"recoding": "strict"}, "search.recoding"),
        ({"strategy": "mondrian"}, "search.strategy: mondrian"),
    ):
        assert faults_of(search=search, privacy=privacy) == {
            "privacy[1]": (
                f"average-risk cannot be promised for classes that have labels of their own; leave out {cause}."
            )
        }
        assert faults_of(search=search, privacy=privacy[:1]) == {}
    assert faults_of(search={"strategy": "greedy"}, privacy=privacy) == {}


def test_a_column_that_names_persons_is_an_identifier(faults_of, job_of) -> None:
    assert faults_of(person_id="patient") == {}
    quasi_identifier = {"name": "Age", "type": "quasi_identifier"}
    assert faults_of(attributes=[quasi_identifier], person_id="age") == {
        "person_id": "'age' is quasi_identifier in attributes[0]; a column that names persons is an identifier."
    }
    listed = [quasi_identifier, {"name": "patient", "type": "identifier"}]
    for attributes in (listed, listed[:1]):
        policy = job_of(attributes=attributes, person_id="patient").to_policy(lambda *_: [])
        assert policy.identifiers == ("patient",)
        assert policy.person_id == "patient"


def test_a_column_that_names_persons_is_read_and_may_be_left_out_of_the_release(faults_of) -> None:
    told = faults_of(person_id="patient", input={"uri": "a.csv", "columns": ["age", "patients"]})
    assert told["person_id"] == "'patient' is not among input.columns; did you mean 'patients'?"
    output = {"uri": "out", "partition_by": ["patient"]}
    assert list(faults_of(person_id="patient", identifiers="drop", output=output)) == ["output.partition_by[0]"]
    assert faults_of(identifiers="drop", output={"uri": "out", "partition_by": ["none"]}) == {}


def test_presence_counts_records_so_not_persons(faults_of) -> None:
    privacy = [{"model": "k-anonymity"}, {"model": "delta-presence", "delta_max": 0.5}]
    told = faults_of(privacy=privacy, person_id="patient", population={"uri": "people.csv"})
    assert list(told) == ["privacy[1]"]


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan"), "0.1", True])
def test_a_fraction_is_a_number_from_0_to_1(faults_of, fraction: object) -> None:
    assert list(faults_of(max_suppression=fraction)) == ["max_suppression"]
    assert list(faults_of(risk_threshold=fraction)) == ["risk_threshold"]


@pytest.mark.parametrize("flag", ["true", "yes", 1, 0, None])
def test_a_flag_is_true_or_false(faults_of, flag: object) -> None:
    assert list(faults_of(verify=flag)) == ["verify"]


@pytest.mark.parametrize("key", ["suppression", "identifiers", "metric", "quality"])
def test_a_wrong_word_is_told_with_the_right_ones(faults_of, key: str) -> None:
    found = faults_of(**{key: "nonsense"})
    assert found[key].startswith("found 'nonsense'; it is one of ")


@pytest.mark.parametrize(
    ("key", "value"),
    [("time_limit_s", 0), ("time_limit_s", "1"), ("memory_mb", 0), ("memory_mb", 1.5)],
)
def test_search_has_time_and_memory(faults_of, key: str, value: object) -> None:
    assert list(faults_of(search={key: value})) == [f"search.{key}"]


def test_another_version_is_not_read(faults_of) -> None:
    assert faults_of(version=2) == {"version": "found 2; this engine reads version: 1."}


def test_a_format_that_is_not_given_follows_from_the_uri(job_of) -> None:
    endings = {"a.csv": "csv", "a.csv.gz": "csv", "a.JSON": "json", "a.parquet": "parquet", "a": "delta"}
    for uri, stored_as in endings.items():
        assert job_of(input={"uri": uri}).source().format == TableFormat(stored_as)
    assert job_of(input={"uri": "a.csv", "format": "parquet"}).source().format is TableFormat.PARQUET


def test_a_population_is_a_table_of_its_own() -> None:
    job = AnonymizeJob.from_dict(
        {
            "attributes": [{"name": "age", "type": "quasi_identifier"}],
            "privacy": [{"model": "k-anonymity"}],
            "population": {"uri": "census.csv", "options": {"sep": ","}},
        },
        base="s3://bucket/jobs",
    )
    assert job.population_source() == TableSource(
        "s3://bucket/jobs/census.csv", format=TableFormat.CSV, options={"sep": ","}
    )


def test_the_hash_is_of_what_the_job_says_and_not_of_where_it_lies(job_of) -> None:
    job = job_of()
    elsewhere = AnonymizeJob.from_dict(job.model_dump(by_alias=True), base="s3://bucket")
    assert elsewhere.config_hash() == job.config_hash()
    assert job_of(max_suppression=0.0, search={"memory_mb": 2048}).config_hash() == job.config_hash()
    assert job_of(max_suppression=0.1).config_hash() != job.config_hash()
    assert job_of(privacy=[{"model": "k-anonymity", "k": 6}]).config_hash() != job.config_hash()


def test_a_job_does_not_change(job_of) -> None:
    with pytest.raises(ValueError, match="frozen"):
        job_of().metric = "loss"


@pytest.mark.parametrize(
    ("uri", "base", "resolved"),
    [
        ("a.csv", "", "a.csv"),
        ("a.csv", "conf/jobs", "conf/jobs/a.csv"),
        ("../data/a.csv", "conf/jobs", "conf/data/a.csv"),
        ("../../../a.csv", "conf/jobs", "../a.csv"),
        ("/a.csv", "conf", "/a.csv"),
        ("a.csv", "file:/conf", "file:/conf/a.csv"),
        ("a.csv", "s3a://bucket", "s3a://bucket/a.csv"),
        ("a b/ü.csv", "azure://box@account/jobs", "azure://box@account/jobs/a b/ü.csv"),
        ("gs://b/a.csv", "conf", "gs://b/a.csv"),
    ],
)
def test_a_relative_uri_is_seen_from_the_job_file(uri: str, base: str, resolved: str) -> None:
    assert resolve(uri, base) == resolved


@pytest.mark.parametrize(
    ("uri", "neighbour"),
    [
        ("out/a", "out/m"),
        ("out/a/", "out/m"),
        ("a.csv", "m"),
        ("/a", "/m"),
        ("s3a://bucket/a", "s3a://bucket/m"),
        ("s3a://bucket", "s3a://bucket/m"),
    ],
)
def test_metadata_lies_beside_the_output(uri: str, neighbour: str) -> None:
    assert beside(uri, "m") == neighbour


@pytest.mark.parametrize("digits", [40, 5_000])
def test_a_number_without_end_is_a_fault(faults_of, digits: int) -> None:
    assert list(faults_of(privacy=[{"model": "k-anonymity", "k": 10**digits}])) == ["privacy[0].k"]
    assert list(faults_of(max_suppression=10**digits)) == ["max_suppression"]
