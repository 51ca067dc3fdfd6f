import yaml

from anonspark.config.job import AnonymizeJob
from anonspark.report.settings import as_yaml, leaves_values_out
from tests.pipelines.patients import job_dict
from tests.report.records import attribute, config


def test_the_settings_are_told_as_a_job_file_that_is_the_same_job() -> None:
    job = AnonymizeJob.from_dict(job_dict(search={"strategy": "greedy", "time_limit_s": 9}))
    again = AnonymizeJob.from_dict(yaml.safe_load(as_yaml(yaml.safe_load(job.canonical()))))
    assert again.canonical() == job.canonical()


def test_what_one_looks_for_comes_first_and_what_is_usual_is_left_out() -> None:
    lines = as_yaml(config()).splitlines()
    assert lines[:3] == ["version: 1", "job: anonymize", "input:"]
    assert "- {name: sex, type: quasi_identifier}" in lines
    assert "null" not in as_yaml(config())


def test_weights_and_bounds_that_were_asked_for_are_told() -> None:
    told = as_yaml(config(attributes=[attribute("a", weight=2.0, min_level=1, max_level=3)]))
    assert "{name: a, type: quasi_identifier, weight: 2.0, max_level: 3, min_level: 1}" in told


def test_values_of_columns_are_counted_and_not_told() -> None:
    tree = {"kind": "tree", "tree": {"Upper": {"Inner": ["leaf one", "leaf two"]}, "Lower": ["leaf three"]}}
    order = {"kind": "order", "order": ["first of all", "second"], "fanout": 2}
    source = {"uri": "in.csv", "where": "patient != 'Ada' and age >= 4711"}
    found = config(attributes=[attribute("a", hierarchy=tree), attribute("b", hierarchy=order)], input=source)
    told = as_yaml(found)
    assert "tree: 3 values (not shown)" in told
    assert "order: 2 values (not shown)" in told
    assert "where: patient != … and age >= …" in told
    assert [word for word in ("Upper", "Inner", "leaf", "first", "Ada", "4711") if word in told] == []
    assert leaves_values_out(found)
    assert not leaves_values_out(config())
