"""Whatever stands in a job file, reading it ends in a job or in a ConfigurationError."""

import json
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anonspark.config.job import AnonymizeJob
from anonspark.config.load import load_job
from anonspark.config.overrides import override
from anonspark.config.problems import path_text
from anonspark.errors import ConfigurationError

JOB: dict[str, Any] = {
    "version": 1,
    "job": "anonymize",
    "input": {"uri": "a.csv", "options": {"sep": ";"}, "schema": {"age": "int"}, "columns": ["age", "zip", "ill", "n"]},
    "output": {"uri": "out/a", "partition_by": ["age"]},
    "metadata": {"uri": "out/m"},
    "attributes": [
        {
            "name": "age",
            "type": "quasi_identifier",
            "hierarchy": {"kind": "intervals", "min": 0, "max": 9, "widths": [3]},
        },
        {
            "name": "zip",
            "type": "quasi_identifier",
            "hierarchy": {"kind": "tree", "tree": {"a": ["b"], "c": {"d": ["e"]}}},
        },
        {"name": "ill", "type": "sensitive", "hierarchy": {"kind": "csv", "uri": "ill.csv"}},
        {"name": "n", "type": "identifier"},
    ],
    "privacy": [
        {"model": "k-anonymity", "k": 5},
        {"model": "l-diversity", "l": 2, "attribute": "ill", "variant": "recursive", "c": 2.0},
        {"model": "t-closeness", "t": 0.2, "attribute": "ill", "distance": "hierarchical"},
        {"model": "beta-likeness", "beta": 1.0, "attribute": "ill", "variant": "basic"},
        {"model": "delta-presence", "delta_min": 0.1, "delta_max": 0.9},
        {"model": "population-uniqueness", "threshold": 0.1, "population_size": 1000},
    ],
    "search": {"strategy": "optimal"},
    "population": {"uri": "census"},
}
TEXT = yaml.safe_dump(JOB)
WORDS = st.sampled_from(
    ["age", "sensitive", "csv", "mask", "tree", "order", "kind", "uri", "name", "model", "k-anonymity", "error", "1"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5) | st.binary(max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for key, value in entries for place in places(value, (*path, key)))]


def with_value(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = dict(data) if isinstance(data, dict) else list(data)
    changed[path[0]] = with_value(changed[path[0]], path[1:], value)
    return changed


def test_the_job_that_is_changed_here_is_right_as_it_stands() -> None:
    assert len(AnonymizeJob.from_dict(JOB).privacy) == 6


@given(st.sampled_from(places(JOB)), VALUES)
@settings(max_examples=400, deadline=None)
def test_any_value_at_any_place_makes_a_job_or_a_configuration_error(path: tuple[Any, ...], value: Any) -> None:
    with suppress(ConfigurationError):
        job = AnonymizeJob.from_dict(with_value(JOB, path, value))
        assert AnonymizeJob.from_dict(json.loads(job.canonical())) == job


@given(st.sampled_from(places(JOB)[1:]), st.sampled_from(places(JOB)[1:]))
@settings(max_examples=200, deadline=None)
def test_two_faults_are_told_together(first: tuple[Any, ...], second: tuple[Any, ...]) -> None:
    # One within the other is one fault; what else a section may hold is not known when its kind is not.
    assume(first[: len(second)] != second and second[: len(first)] != first)
    assume(not {"kind", "model"} & {first[-1], second[-1]})
    told_alone = faults_at(first, with_value(JOB, first, {"?": 1})) | faults_at(
        second, with_value(JOB, second, {"?": 1})
    )
    both = with_value(with_value(JOB, first, {"?": 1}), second, {"?": 1})
    assert told_alone <= faults_at((), both)


def faults_at(path: tuple[Any, ...], data: Any) -> set[tuple[str | None, str]]:
    """The faults at a path and below it."""
    try:
        AnonymizeJob.from_dict(data)
    except ConfigurationError as error:
        return {(field, sentence) for field, sentence in error.problems if (field or "").startswith(path_text(path))}
    return set()


@given(st.text(st.sampled_from("abk: \n-[]{}&*!?|>'\"%@`,#~\t\\u0d8"), max_size=60) | st.text(max_size=30))
@settings(max_examples=400, deadline=None)
def test_any_text_is_refused_as_a_job_file(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_job(text, "job.yaml")
    assert caught.value.problems


@given(st.integers(0, len(TEXT)), st.integers(0, 20), st.text(st.sampled_from("ak0.: \n-[]{}&*!?|'\"\\\t"), max_size=6))
@settings(max_examples=400, deadline=None)
def test_any_slip_in_a_job_file_leaves_a_job_or_is_refused(position: int, left_out: int, put_in: str) -> None:
    with suppress(ConfigurationError):
        load_job(TEXT[:position] + put_in + TEXT[position + left_out :], "job.yaml")


@given(st.lists(st.text(st.sampled_from('ab."[]01=-{} '), max_size=12), max_size=3))
@settings(max_examples=300, deadline=None)
def test_any_setting_is_carried_out_or_refused(overrides: list[str]) -> None:
    _, paths, problems = override({"a": [{"b": "x"}]}, overrides)
    assert len(paths) + len(problems) == len(overrides)
    with suppress(ConfigurationError):
        load_job(json.dumps(JOB), "job.json", overrides)
