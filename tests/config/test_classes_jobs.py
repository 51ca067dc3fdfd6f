"""The job files of `risk` and `validate`, and every fault that they can have between sections."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonspark.config.job_file import JobFile
from anonspark.config.load import load_job
from anonspark.config.risk import RiskJob
from anonspark.config.validate import ValidateJob
from anonspark.domain.policy import SensitiveAttribute
from anonspark.domain.rules import OrderRule
from anonspark.errors import ConfigurationError
from anonspark.models.k_anonymity import KAnonymity
from tests.config.test_arbitrary_files import VALUES, places, with_value

RISK: dict[str, Any] = {
    "version": 1,
    "job": "risk",
    "input": {"uri": "data/t.csv", "columns": ["age", "zip", "who"]},
    "released": {"uri": "out/t"},
    "population": {"uri": "census.csv"},
    "quasi_identifiers": ["age", "zip"],
    "population_size": 1000,
    "risk_threshold": 0.1,
    "person_id": "who",
    "suppress_value": "*",
    "memory_mb": 64,
}
VALIDATE: dict[str, Any] = {
    "version": 1,
    "job": "validate",
    "input": {"uri": "data/t.csv"},
    "quasi_identifiers": ["age", "zip"],
    "sensitive": ["ill"],
    "privacy": [{"model": "k-anonymity", "k": 3}, {"model": "t-closeness", "t": 0.2, "attribute": "ill"}],
}
KINDS: dict[str, tuple[type[JobFile], dict[str, Any]]] = {"risk": (RiskJob, RISK), "validate": (ValidateJob, VALIDATE)}


def faults(kind: str, **changes: Any) -> dict[str | None, str]:
    """The faults of a job with other sections; None leaves a section out."""
    job_file, job = KINDS[kind]
    data = {key: value for key, value in {**job, **changes}.items() if value is not ...}
    try:
        job_file.from_dict(data)
    except ConfigurationError as error:
        return dict(error.problems)
    return {}


def test_a_job_file_becomes_the_job_that_its_kind_names() -> None:
    risk = load_job(json.dumps(RISK), "jobs/risk.yaml", kind=RiskJob)
    assert risk.names == ("age", "zip")
    assert risk.metadata_uri == "jobs/data/_anonspark"
    assert list(risk.uris()) == ["jobs/data/t.csv", "jobs/data/_anonspark", "jobs/out/t", "jobs/census.csv"]
    assert risk.target() is None
    policy = load_job(json.dumps(VALIDATE), "v.yaml", kind=ValidateJob).to_policy(lambda *_: [])
    assert policy.names == ("age", "zip")
    assert policy.models[0] == KAnonymity(3)
    assert policy.sensitive == (SensitiveAttribute("ill"),)


def test_a_file_of_another_kind_than_the_command_is_refused_with_the_command_for_it() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_job(json.dumps(RISK, indent=1), "r.yaml", kind=ValidateJob)
    assert str(caught.value) == (
        "r.yaml:3: job: found 'risk' where validate is expected; run it as anonspark risk, or name another file."
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_needs_an_input_and_no_output(kind: str) -> None:
    job = {key: value for key, value in KINDS[kind][1].items() if key != "input"}
    with pytest.raises(ConfigurationError) as caught:
        load_job(json.dumps({**job, "output": {"uri": "out"}}), "r.yaml")
    assert [field for field, _ in caught.value.problems] == ["output", "input"] or [
        field for field, _ in caught.value.problems
    ] == ["input", "output"]


def test_a_validation_needs_models() -> None:
    told = "is empty; name a model, for example [{model: k-anonymity, k: 5}]."
    assert faults("validate", privacy=[]) == {"privacy": told}
    with pytest.raises(ConfigurationError, match="privacy: is missing"):
        load_job(json.dumps({key: value for key, value in VALIDATE.items() if key != "privacy"}), "v.yaml")


@pytest.mark.parametrize("kind", KINDS)
def test_quasi_identifiers_are_named_as_they_are_not_detected_yet(kind: str) -> None:
    told = "and they are not detected yet; name the columns, as in [age, zip]."
    assert faults(kind, quasi_identifiers=...) == {"quasi_identifiers": f"is missing, {told}"}
    assert faults(kind, quasi_identifiers=None) == {"quasi_identifiers": f"is null, {told}"}
    assert list(faults(kind, quasi_identifiers=[])) == ["quasi_identifiers"]
    sensitive = [{"name": "ill", "type": "sensitive"}]
    assert "quasi_identifiers" in faults(kind, quasi_identifiers=..., attributes=sensitive)


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_named_in_one_place_and_play_one_role(kind: str) -> None:
    attributes = [{"name": "sex", "type": "quasi_identifier"}]
    told = faults(kind, attributes=attributes, input={"uri": "t"})
    assert told == {"quasi_identifiers": "stands beside attributes of type quasi_identifier; name them in one place."}
    told = faults(kind, attributes=[{"name": "AGE", "type": "sensitive"}], input={"uri": "t"})
    assert (
        told["attributes[0].name"]
        == "'AGE' is sensitive here and quasi_identifier in quasi_identifiers; a column plays one role."
    )
    assert list(faults(kind, person_id="zip", input={"uri": "t"})) == ["person_id"]
    assert list(faults(kind, quasi_identifiers=["age", "age"])) == ["quasi_identifiers[1]"]


def test_sensitive_columns_are_named_in_one_place_and_are_no_quasi_identifiers() -> None:
    assert list(faults("validate", attributes=[{"name": "b", "type": "sensitive"}])) == ["sensitive"]
    assert list(faults("validate", sensitive=["ill", "age"])) == ["sensitive[1]"]
    told = faults("validate", sensitive=[])
    assert told["privacy[1].attribute"].startswith("'ill' is not among the attributes")
    ordered = {"kind": "order", "order": ["a", "b"]}
    job = {**VALIDATE, "sensitive": [], "attributes": [{"name": "ill", "type": "sensitive", "hierarchy": ordered}]}
    (ill,) = ValidateJob.from_dict(job).to_policy(lambda *_: []).sensitive
    assert isinstance(ill.rule, OrderRule)


def test_columns_that_input_leaves_out_are_told() -> None:
    told = faults("risk", quasi_identifiers=["age", "zipp"], person_id="patient")
    assert told == {
        "quasi_identifiers[1]": "'zipp' is not among input.columns; did you mean 'zip'?",
        "person_id": "'patient' is not among input.columns; add it there.",
    }


def test_models_of_a_population_need_one_and_presence_no_persons() -> None:
    assert list(faults("validate", privacy=[{"model": "k-map", "k": 3}])) == ["privacy[0].model"]
    presence = [{"model": "delta-presence", "delta_max": 0.5}]
    told = faults("validate", privacy=presence, population={"uri": "census.csv"}, person_id="who")
    assert list(told) == ["privacy[0]"]


def test_a_release_and_a_population_are_tables_of_their_own() -> None:
    assert list(faults("risk", released={"uri": "./data/t.csv"})) == ["released"]
    versions = {"released": {"uri": "t", "version": 2}, "input": {"uri": "t", "version": 1}}
    assert faults("risk", **versions) == {}
    assert list(faults("risk", released={"format": "csv"})) == ["released"]
    assert list(faults("risk", population={"uri": "data/t.csv"})) == ["population"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_of_the_catalog_needs_a_place_for_the_metadata(kind: str) -> None:
    told = faults(kind, input={"table": "a.b.c"})
    assert told == {"metadata": "is missing; name its uri, since the input is a table of the catalog."}
    assert faults(kind, input={"table": "a.b.c"}, metadata={"uri": "meta"}) == {}


@pytest.mark.parametrize(("key", "value"), [("population_size", 0), ("risk_threshold", 1.5), ("memory_mb", 0)])
def test_numbers_have_their_bounds(key: str, value: object) -> None:
    assert list(faults("risk", **{key: value})) == [key]


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_with_its_defaults_written_out_is_the_same_job(kind: str) -> None:
    job_file, job = KINDS[kind]
    found = load_job(json.dumps(job), "j.yaml", kind=job_file)
    assert load_job(found.canonical(), "j.json") == found


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=150)
def test_any_value_at_any_place_makes_a_job_or_a_configuration_error(kind: str, data: st.DataObject) -> None:
    job_file, job = KINDS[kind]
    path, value = data.draw(st.sampled_from(places(job))), data.draw(VALUES)
    with suppress(ConfigurationError):
        found = job_file.from_dict(with_value(job, path, value))
        assert job_file.from_dict(json.loads(found.canonical())) == found
