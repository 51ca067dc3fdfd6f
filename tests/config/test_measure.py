"""The job file of `measure`: what it may say, and every fault of it."""

from typing import Any

import pytest

from anonspark.config.load import load_job
from anonspark.config.measure import MeasureJob
from anonspark.domain.measured import MeasuredAttribute
from anonspark.domain.rules import DerivedRule, MaskRule
from anonspark.errors import ConfigurationError

TABLES = {"original": {"uri": "raw.csv"}, "released": {"uri": "out/released"}}
ZIP = {"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [1]}, "weight": 2.0}


def job(**changes: Any) -> MeasureJob:
    return MeasureJob.from_dict({**TABLES, **changes}, base="jobs")


def attributes(found: MeasureJob) -> tuple[MeasuredAttribute, ...]:
    return found.to_measured(lambda uri, sep: [(uri, sep)])


def test_columns_are_those_of_the_attributes_with_their_rules_and_weights() -> None:
    found = job(attributes=[ZIP, {"name": "sex", "type": "quasi_identifier"}, {"name": "name", "type": "identifier"}])
    assert attributes(found) == (MeasuredAttribute("zip", MaskRule((1,)), 2.0), MeasuredAttribute("sex", DerivedRule()))


def test_columns_that_are_only_named_have_no_rule_and_may_stand_beside_described_ones() -> None:
    found = job(attributes=[ZIP], quasi_identifiers=["age", "zip"])
    assert attributes(found) == (MeasuredAttribute("age"), MeasuredAttribute("zip", MaskRule((1,)), 2.0))


def test_what_was_microaggregated_has_no_rule() -> None:
    assert attributes(job(attributes=[{**ZIP, "microaggregation": "mode"}])) == (MeasuredAttribute("zip", None, 2.0),)


def test_the_release_is_what_the_job_is_about_and_the_metadata_lie_beside_it() -> None:
    found = job(quasi_identifiers=["zip"])
    assert (found.source().uri, found.original_source().uri) == ("jobs/out/released", "jobs/raw.csv")
    assert found.metadata_uri == "jobs/out/_anonspark"
    assert found.target() is None
    assert list(found.uris()) == ["jobs/out/released", "jobs/out/_anonspark", "jobs/raw.csv"]


def test_a_target_is_told_under_its_own_name() -> None:
    found = job(quasi_identifiers=["zip"], target="income")
    assert found.predicted == "income"
    assert '"target":"income"' in found.canonical()


def faults(**changes: Any) -> str:
    with pytest.raises(ConfigurationError) as refused:
        job(**changes)
    return str(refused.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "quasi_identifiers: is missing; name the columns that were generalized"),
        ({"attributes": [{"name": "name", "type": "identifier"}]}, "attributes: name no quasi_identifier"),
        ({"attributes": [ZIP], "quasi_identifiers": ["age"]}, "attributes[0].name: 'zip' is not among"),
        ({"attributes": [ZIP], "quasi_identifiers": ["zipp"]}, "did you mean 'zipp'?"),
        ({"attributes": [ZIP, ZIP]}, "'zip' stands in attributes[0] too"),
        ({"quasi_identifiers": ["a", "a"]}, "quasi_identifiers"),
        ({"quasi_identifiers": []}, "quasi_identifiers"),
        ({"attributes": [ZIP], "target": "zip"}, "target: 'zip' is a quasi-identifier"),
        ({"quasi_identifiers": ["zip"], "target": "zip"}, "target: 'zip' is a quasi-identifier"),
        ({"quasi_identifiers": ["a"], "released": {"uri": "./raw.csv"}}, "released: is the original itself"),
        ({"quasi_identifiers": ["a"], "released": {}}, "released: names no table"),
        ({"quasi_identifiers": ["a"], "original": {"uri": "x", "table": "y"}}, "original.table: stands beside uri"),
        ({"quasi_identifiers": ["a"], "released": {"table": "a.b"}}, "metadata: is missing; name its uri"),
        ({"quasi_identifiers": ["a"], "search": {}}, "search"),
        ({"quasi_identifiers": ["a"], "memory_mb": 0}, "memory_mb"),
        ({"quasi_identifiers": ["a"], "output": {"uri": "x"}}, "output"),
    ],
    ids=str,
)
def test_a_fault_is_told_with_its_place_and_the_way_out(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in faults(**changes)


def test_an_earlier_version_of_a_table_is_no_release_of_itself_but_another_table() -> None:
    delta = {"uri": "t", "format": "delta"}
    found = job(original={**delta, "version": 1}, released={**delta, "version": 2}, quasi_identifiers=["a"])
    assert found.original_source().version == 1


def test_every_fault_of_a_file_is_told_at_once_with_its_line() -> None:
    text = "version: 1\njob: measure\noriginal: {uri: a.csv}\ntarget: 5x\nquasi_identifiers: [a, a]\ntargett: {}\n"
    with pytest.raises(ConfigurationError) as refused:
        load_job(text, "m.yaml")
    told = str(refused.value)
    assert [words for words in ("released: is missing", "m.yaml:5", "m.yaml:6", "'target'") if words not in told] == []
