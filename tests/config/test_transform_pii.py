"""The job file of `transform-pii`, and the `config` of every action."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonspark.config.actions import CONFIGS, action_schema, read_action
from anonspark.config.load import load_job
from anonspark.config.transform_pii import TransformPiiJob
from anonspark.domain.treatments import (
    ACTIONS,
    AddNoise,
    DateShift,
    Generalize,
    KAnonymize,
    Mask,
    Redact,
    Tokenize,
    TreatmentRule,
    Truncate,
)
from anonspark.errors import ConfigurationError
from anonspark.vocabulary import ActionName
from tests.config.test_arbitrary_files import VALUES, places, with_value

JOB: dict[str, Any] = {
    "version": 1,
    "job": "transform-pii",
    "input": {"uri": "data/t.csv"},
    "output": {"uri": "out/t"},
    "profile": "hipaa",
    "rules": [
        {"pii_type": "email", "action": "mask", "config": {"show_last": 2}, "priority": 10},
        {"column": "phones[].number", "action": "truncate", "config": {"from": "end"}, "enabled": False},
        {"pii_type": "age", "action": "add_noise", "config": {"epsilon": 0.5, "sensitivity": 2, "round": 1, "min": 0}},
        {"column": "visit", "action": "date_shift", "config": {"person": "id", "max_days": 30}},
        {"column": "zip", "action": "k_anonymize", "config": {"k": 3, "quasi_identifiers": ["zip", "age"]}},
        {"pii_type": "ssn", "action": "tokenize", "config": {"prefix": "t-"}},
    ],
    "settings": {"encryption_key": "env:K", "vault": "sqlite:///v.db", "locale": "de_DE"},
    "attributes": [{"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [3]}}],
}


def faults(**changes: Any) -> dict[str | None, str]:
    """The faults of the job with other sections; ... leaves a section out."""
    data = {key: value for key, value in {**JOB, **changes}.items() if value is not ...}
    try:
        TransformPiiJob.from_dict(data)
    except ConfigurationError as error:
        return dict(error.problems)
    return {}


def test_a_job_file_becomes_rules_and_settings() -> None:
    job = load_job(json.dumps(JOB), "jobs/t.yaml", kind=TransformPiiJob)
    assert job.to_rules() == [
        TreatmentRule(Mask(show_last=2), "email", None, 10),
        TreatmentRule(Truncate(start=False), None, "phones[].number", 0, enabled=False),
        TreatmentRule(AddNoise(epsilon=0.5, sensitivity=2, round_to=1, minimum=0), "age"),
        TreatmentRule(DateShift("id", 30), None, "visit"),
        TreatmentRule(KAnonymize(3, ("zip", "age")), None, "zip"),
        TreatmentRule(Tokenize("t-"), "ssn"),
    ]
    assert job.settings.confidence_threshold == 0.8
    assert job.settings.apply_profile_defaults is True
    assert job.detection().confidence_threshold == 0.8
    assert list(job.detection().uris()) == ["jobs/data/t.csv", "jobs/data/_anonspark"]
    assert str(job.vault_place()) == "sqlite:///jobs/v.db"


@pytest.mark.parametrize(
    ("changes", "path", "sentence"),
    [
        ({"profile": "hippa"}, "profile", "did you mean 'hipaa'"),
        ({"types": ["emial"]}, "types[0]", "did you mean 'email'"),
        ({"rules": [{"pii_type": "emial", "action": "redact"}]}, "rules[0].pii_type", "did you mean 'email'"),
        ({"rules": [{"pii_type": "email", "action": "redcat"}]}, "rules[0].action", "did you mean 'redact'"),
        ({"rules": [{"action": "redact"}]}, "rules[0]", "neither a pii_type nor a column"),
        ({"rules": [{"action": "redact", "column": "a", "pii_type": "email"}]}, "rules[0]", "about one of the two"),
        ({"rules": [{"action": "redact", "column": "a["}]}, "rules[0].column", "no path to values"),
        ({"rules": [{"action": "redact", "column": "a", "is_enabled": True}]}, "rules[0].is_enabled", "'enabled'"),
        (
            {"rules": [{"action": "redact", "column": "a", "config": {"mark": "x"}}]},
            "rules[0].config.mark",
            "is an unknown key",
        ),
        ({"rules": [{"action": "encrypt", "column": "a"}], "settings": {}}, "settings.encryption_key", "env:NAME"),
        ({"rules": [{"action": "tokenize", "column": "a"}], "settings": {}}, "settings.vault", "sqlite:///vault.db"),
        ({"settings": {"hash_key": "c2VjcmV0"}}, "settings.hash_key", "is no reference to a key"),
        ({"profile": None, "rules": []}, "rules", "nothing would be treated"),
        ({"output": ...}, None, ""),
        ({"output": {"uri": "data/t.csv"}}, "output", "in_place: true"),
        ({"attributes": [{"name": "a", "type": "identifier"}]}, "attributes[0].type", "Say in rules"),
    ],
)
def test_a_fault_is_told_with_the_way_out(changes: dict[str, Any], path: str | None, sentence: str) -> None:
    found = faults(**changes)
    assert sentence in found.get(path, "" if path is None else str(found))
    assert "c2VjcmV0" not in str(found)


def test_names_that_files_of_ones_own_bring_are_not_judged_before_these_are_read() -> None:
    assert faults(knowledge=["own.yaml"], profile="own", types=["badge"]) == {}


@pytest.mark.parametrize("name", ActionName)
def test_every_action_has_a_config_with_defaults_and_a_schema(name: ActionName) -> None:
    assert read_action(name) == ACTIONS[name]()
    schema = action_schema(name)
    assert schema["additionalProperties"] is False
    assert all("description" in key for key in schema["properties"].values())
    assert set(CONFIGS) == set(ActionName)


@pytest.mark.parametrize(
    ("name", "config", "path", "sentence"),
    [
        ("redcat", {}, "action", "did you mean 'redact'"),
        ("mask", {"show_lst": 1}, "config.show_lst", "did you mean 'show_last'"),
        ("mask", {"mask_char": "**"}, "config.mask_char", "one character"),
        ("mask", {"show_last": -1}, "config.show_last", "at least 0"),
        ("hash", {"algorithm": "md5"}, "config.algorithm", "sha256"),
        ("generalize", {"to": "year", "keep": 3}, "config.keep", "a second way beside to"),
        ("generalize", {"to": "yaer"}, "config.to", "did you mean 'year'"),
        ("truncate", {"from": "middle"}, "config.from", "start"),
        ("k_anonymize", {"k": 1}, "config.k", "at least 2"),
        ("add_noise", {"scale": 1, "epsilon": 1, "sensitivity": 1}, "config.epsilon", "a second scale"),
        ("add_noise", {"epsilon": 1}, "config.sensitivity", "is missing"),
        ("add_noise", {"min": 2, "max": 1}, "config.max", "below min"),
        ("format_preserving_encrypt", {"alphabet": "aa"}, "config.alphabet", "each of them once"),
        ("pseudonymize", {"locale": "german"}, "config.locale", "de_DE"),
        ("tokenize", {"prefix": "a b"}, "config.prefix", "no blanks"),
        ("date_shift", {"max_days": 0}, "config.max_days", "at least 1"),
    ],
)
def test_a_fault_of_a_config_names_its_key(name: str, config: dict[str, Any], path: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_action(name, config)
    assert sentence in dict(raised.value.problems)[path]


def test_settings_become_the_actions_of_the_domain() -> None:
    assert read_action("generalize", {"prefix": 16}) == Generalize(prefix=16)
    assert read_action("redact") == Redact()


@given(st.sampled_from(places(JOB)), VALUES)
@settings(max_examples=300)
def test_whatever_stands_in_a_file_is_taken_or_refused_in_words(path: tuple[Any, ...], value: Any) -> None:
    with suppress(ConfigurationError):
        TransformPiiJob.from_dict(with_value(JOB, path, value))
