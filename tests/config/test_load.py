import json
import re
from pathlib import Path

import pytest

from anonspark.config.load import JOBS, load_job
from anonspark.domain.rules import (
    DateRule,
    DerivedRule,
    IntervalRule,
    MaskRule,
    OrderRule,
    TableRule,
    TreeRule,
)
from anonspark.domain.sources import TableSource, TableTarget
from anonspark.errors import ConfigurationError
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.l_diversity import DistinctDiversity
from anonspark.models.t_closeness import TCloseness
from anonspark.vocabulary import Distance, OnUnknown, TableFormat, WriteMode

SMALLEST = """\
version: 1
job: anonymize
input: {uri: data/people.csv}
output: {uri: out/people}
attributes:
  - {name: age, type: quasi_identifier}
privacy:
  - {model: k-anonymity}
"""

EVERY_KIND = """\
version: 1
job: anonymize
input:    {uri: data/adult.csv, format: csv, options: {sep: ";", header: true}, schema: {age: int}, where: null, columns: null}
output:   {uri: out/adult, format: delta, mode: overwrite, partition_by: []}
metadata: {uri: out/_anonspark}
attributes:
  - {name: age, type: quasi_identifier, weight: 1.0, min_level: 0, max_level: null, hierarchy: {kind: csv, uri: hierarchies/age.csv, sep: ";", unknown: error}}
  - {name: zip, type: quasi_identifier, hierarchy: {kind: mask, keep: [4, 3, 2, 1], symbol: "*"}}
  - {name: income, type: quasi_identifier, hierarchy: {kind: intervals, min: 0, max: 500000, widths: [5000, 10000, 50000], outside: error}}
  - {name: birth_date, type: quasi_identifier, hierarchy: {kind: date, levels: [month, quarter, year, decade]}}
  - {name: job, type: quasi_identifier, hierarchy: {kind: tree, tree: {White collar: [Clerk, Manager], Blue collar: [Smith]}}}
  - {name: grade, type: quasi_identifier, hierarchy: {kind: order, order: [A, B, C, D], fanout: 2}}
  - {name: height, type: quasi_identifier}
  - {name: diagnosis, type: sensitive, hierarchy: {kind: csv, uri: hierarchies/diagnosis.csv}}
  - {name: name, type: identifier}
privacy:
  - {model: k-anonymity, k: 5}
  - {model: l-diversity, l: 3, attribute: diagnosis, variant: distinct}
  - {model: t-closeness, t: 0.2, attribute: diagnosis, distance: equal}
max_suppression: 0.0
suppression: mask
identifiers: mask
metric: loss
search: {strategy: optimal, time_limit_s: null, memory_mb: 2048}
population: null
person_id: null
risk_threshold: 0.2
verify: true
quality: fail
in_place: false
"""  # noqa: E501  one attribute a line, as users write it


def faults(text: str, *overrides: str) -> dict[str | None, str]:
    with pytest.raises(ConfigurationError) as caught:
        load_job(text, "job.yaml", overrides)
    return dict(caught.value.problems)


def test_a_job_file_with_every_kind_of_hierarchy_becomes_a_policy() -> None:
    policy = load_job(EVERY_KIND, "conf/adult.yaml").to_policy(lambda uri, sep: [(uri, sep)])
    assert {attribute.name: attribute.rule for attribute in policy.quasi_identifiers} == {
        "age": TableRule((("conf/hierarchies/age.csv", ";"),), OnUnknown.ERROR),
        "zip": MaskRule((4, 3, 2, 1), "*"),
        "income": IntervalRule(0, 500_000, (5_000, 10_000, 50_000), OnUnknown.ERROR),
        "birth_date": DateRule(("month", "quarter", "year", "decade")),
        "job": TreeRule({"White collar": ("Clerk", "Manager"), "Blue collar": ("Smith",)}),
        "grade": OrderRule(("A", "B", "C", "D"), 2),
        "height": DerivedRule(),
    }
    assert policy.models == (
        KAnonymity(5),
        DistinctDiversity(3, "diagnosis"),
        TCloseness(0.2, "diagnosis", Distance.EQUAL),
    )
    assert policy.sensitive[0].rule == TableRule((("conf/hierarchies/diagnosis.csv", ";"),))
    assert policy.identifiers == ("name",)


def test_the_contract_s_own_example_is_a_job_file(shared: Path) -> None:
    design = (shared / "DESIGN.md").read_text(encoding="utf-8")
    example = re.findall(r"```yaml\n(.*?)```", design, re.DOTALL)[0]
    assert load_job(example, "job.yaml") == load_job(EVERY_KIND, "job.yaml")


def test_a_job_with_its_defaults_written_out_is_the_same_job() -> None:
    for text in (SMALLEST, EVERY_KIND):
        job = load_job(text, "conf/job.yaml")
        again = load_job(job.canonical(), "conf/job.json")
        assert again == job
        assert again.config_hash() == job.config_hash()


def test_defaults_are_those_of_the_contract() -> None:
    written = json.loads(load_job(SMALLEST, "job.yaml").canonical())
    assert written["privacy"] == [{"model": "k-anonymity", "k": 5}]
    assert written["search"] == {
        "strategy": "auto",
        "time_limit_s": None,
        "memory_mb": 2048,
        "recoding": None,
    }
    assert written["output"] == {
        "uri": "out/people",
        "table": None,
        "format": None,
        "mode": "overwrite",
        "partition_by": [],
    }
    assert {key: value for key, value in written.items() if not isinstance(value, dict | list)} == {
        "version": 1,
        "job": "anonymize",
        "metadata": None,
        "max_suppression": 0.0,
        "suppression": "mask",
        "identifiers": "mask",
        "metric": "loss",
        "population": None,
        "person_id": None,
        "risk_threshold": 0.2,
        "verify": True,
        "quality": "fail",
        "in_place": False,
    }


def test_tables_are_seen_from_the_folder_of_the_job_file() -> None:
    job = load_job(SMALLEST, "s3a://bucket/jobs/people.yaml")
    assert job.source() == TableSource("s3a://bucket/jobs/data/people.csv", format=TableFormat.CSV)
    assert job.target() == TableTarget(
        "s3a://bucket/jobs/out/people", format=TableFormat.DELTA, mode=WriteMode.OVERWRITE
    )
    assert job.metadata_uri == "s3a://bucket/jobs/out/_anonspark"


def test_every_fault_of_a_file_is_told_at_once_with_its_line_in_the_order_of_the_file() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_job(
            """\
version: 2
job: anonymize
input: {uri: data/a.csv, formt: csv}
output: {uri: out/a, mode: replace}
attributes:
  - {name: age, type: quasi_identifier, weight: 0,
     hierarchy: {kind: intervals, min: 5, max: 1, widths: [0.1, 0.25]}}
  - {name: illness, type: sensitive}
  - {name: Age, type: identifier}
privacy:
  - {model: l-diversity, l: 2, attribute: ilness}
verify: 1
verify: true
metric: los
""",
            "conf/job.yaml",
        )
    assert str(caught.value).splitlines() == [
        "conf/job.yaml: 11 problems:",
        "  conf/job.yaml:1: version: found 2; this engine reads version: 1.",
        "  conf/job.yaml:3: input.formt: is an unknown key; did you mean 'format'?",
        "  conf/job.yaml:4: output.mode: found 'replace'; it is one of overwrite, append, error.",
        "  conf/job.yaml:6: attributes[0].weight: found 0; it must be above 0.",
        "  conf/job.yaml:7: attributes[0].hierarchy.max: found 1, which is not above min, 5.",
        "  conf/job.yaml:7: attributes[0].hierarchy.widths[1]: found 0.25, which is not a larger multiple of the width "
        "before it, 0.1.",
        "  conf/job.yaml:9: attributes[2].name: 'Age' is identifier here and quasi_identifier in attributes[0]; a "
        "column plays one role.",
        "  conf/job.yaml:11: privacy[0].attribute: 'ilness' is not among the attributes; did you mean 'illness'?",
        "  conf/job.yaml:12: verify: stands twice, on line 13 again; keep one.",
        "  conf/job.yaml:12: verify: found 1 where true or false is expected.",
        "  conf/job.yaml:14: metric: found 'los'; it is one of loss, precision, discernibility, average_class_size, "
        "non_uniform_entropy; did you mean 'loss'?",
    ]


def test_one_fault_is_one_line() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_job(SMALLEST + "metrik: loss\n", "job.yaml")
    assert str(caught.value) == "job.yaml:9: metrik: is an unknown key; did you mean 'metric'?"
    assert caught.value.field == "metrik"


@pytest.mark.parametrize("key", ["version", "job", "input", "output"])
def test_a_file_says_its_version_its_job_and_its_tables(key: str) -> None:
    text = "".join(line for line in SMALLEST.splitlines(keepends=True) if not line.startswith(key))
    found = faults(text)
    assert list(found) == [key]
    assert found[key].startswith("is missing; ")


def test_an_unknown_job_is_told_with_the_jobs_there_are() -> None:
    found = faults(SMALLEST.replace("job: anonymize", "job: anonymise"))
    jobs = ", ".join(JOBS)
    assert found == {"job": f"found 'anonymise'; it is one of {jobs}; did you mean 'anonymize'?"}


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("", "The file is empty;"),
        ("- a\n", "The file is a list;"),
        ("anonymize", "The file is 'anonymize';"),
        ("a: [", "This is not YAML: "),
    ],
)
def test_a_text_that_is_no_mapping_is_one_fault(text: str, begin: str) -> None:
    found = faults(text)
    assert list(found) == [None]
    assert found[None].startswith(begin)


def test_json_is_read_too() -> None:
    job = load_job(SMALLEST, "job.yaml")
    assert load_job(json.dumps(json.loads(job.canonical()), indent="\t"), "job.json") == job


def test_a_set_value_takes_the_place_of_the_file_s() -> None:
    job = load_job(SMALLEST, "job.yaml", ["privacy[0].k=10", "search.memory_mb=64", "suppression=drop"])
    assert job.to_policy(lambda *_: []).models == (KAnonymity(10),)
    assert job.search.memory_mb == 64


def test_a_fault_that_a_set_value_brings_is_laid_to_it_and_not_to_a_line() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_job(SMALLEST, "job.yaml", ["privacy[0].k=1", "a b=1"])
    assert str(caught.value).splitlines()[1:] == [
        "  --set: 'a b=1' cannot be set: write a path, =, and a value in YAML, as in search.memory_mb=4096 or "
        "privacy[0].k=10.",
        "  --set: privacy[0].k: found 1; it must be at least 2.",
    ]
