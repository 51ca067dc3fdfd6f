"""The schema for editors takes what the engine takes, and refuses what people get wrong most often."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from anonspark.config.fields import Written
from anonspark.config.load import load_job
from anonspark.config.schema import job_schema
from anonspark.config.text import read_text
from anonspark.errors import ConfigurationError
from tests.config.test_arbitrary_files import JOB, VALUES, places, with_value

ROOT = Path(__file__).parents[2]
EDITOR = Draft202012Validator(job_schema())


def as_an_editor_reads(text: str) -> Any:
    """The file in YAML 1.2, as the language servers of editors read it."""

    def value(data: Any) -> Any:
        if isinstance(data, dict):
            return {key: value(below) for key, below in data.items()}
        if isinstance(data, list):
            return [value(each) for each in data]
        return data.value if isinstance(data, Written) else data

    return value(read_text(text).data)


def example_files() -> Iterator[Any]:
    for path in sorted((ROOT / "conf/jobs").glob("*.yaml")):
        yield pytest.param(path.read_text(encoding="utf-8"), id=path.name)
    for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)):
        yield pytest.param(text, id=f"README {number}")


def underlined(data: Any) -> set[str]:
    """Where an editor finds faults."""

    def places(errors: Iterable[ValidationError]) -> Iterator[str]:
        for error in errors:
            yield "/".join(map(str, error.absolute_path))
            yield from places(error.context or ())

    return set(places(EDITOR.iter_errors(data)))


def changed(path: tuple[Any, ...], value: Any) -> Any:
    """The job with a value at a path, at whose end a key may be new."""
    *above, key = path
    section = reduce(getitem, above, JOB)
    new = {**section, key: value} if isinstance(section, dict) else [*section[:key], value, *section[key + 1 :]]
    return with_value(JOB, tuple(above), new)


def test_the_schema_is_one_of_its_draft() -> None:
    Draft202012Validator.check_schema(job_schema())
    assert job_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_committed_schema_is_the_one_of_the_code() -> None:
    committed = (ROOT / "conf/schema/job.schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == job_schema(), (
        "write it again: anonspark schema --output conf/schema/job.schema.json"
    )


@pytest.mark.parametrize("text", [*example_files()])
def test_every_example_is_taken(text: str) -> None:
    assert list(EDITOR.iter_errors(as_an_editor_reads(text))) == []


def test_the_examples_name_the_schema_that_lies_beside_them() -> None:
    for path in (ROOT / "conf/jobs").glob("*.yaml"):
        named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text(encoding="utf-8"))
        assert named is not None, path
        assert (path.parent / named[1]).resolve() == ROOT / "conf/schema/job.schema.json"


def test_every_key_of_a_job_is_explained() -> None:
    schemas = job_schema()["$defs"]
    unexplained = [
        (name, key)
        for name, schema in schemas.items()
        for key, below in schema.get("properties", {}).items()
        if not below.keys() & {"description", "$ref"}
    ]
    assert unexplained == []
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []


def test_no_section_takes_keys_that_it_does_not_know() -> None:
    sections = {name: schema for name, schema in job_schema()["$defs"].items() if "properties" in schema}
    assert len(sections) > 20
    assert [name for name, schema in sections.items() if schema["additionalProperties"] is not False] == []


# Other spellings that the engine takes: texts that look like numbers or truth values, null where a key is left out.
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("input", "columns"), None),
        (("output", "partition_by"), [2024, True]),
        (("attributes", 0, "hierarchy"), None),
        (("attributes", 0, "hierarchy"), {"kind": "mask", "keep": [2, 0], "symbol": 0}),
        (("attributes", 0, "hierarchy"), {"kind": "top_bottom", "top": [90, 80.5]}),
        (("attributes", 0, "hierarchy"), {"kind": "order", "order": [1, 2, True], "fanout": 3}),
        (("attributes", 1, "hierarchy", "tree"), {"a": ["b"], "c": {"d": {"e": [1, False]}}}),
        (("attributes", 1, "hierarchy", "tree"), ["b", "c"]),
        (("input", "schema"), {"age": " Decimal( 10 , 2 ) ", "zip": "STRING"}),
        (("input", "options"), {"header": True, "sep": ";"}),
        (("input", "where"), None),
        (("search",), {"recoding": None, "time_limit_s": None}),
        (("privacy", 1), {"model": "l-diversity", "l": 2.5, "attribute": "ill", "variant": "entropy"}),
        (("population",), {"uri": "census", "version": 3}),
    ],
)
def test_other_spellings_are_taken(path: Any, value: Any) -> None:
    data = changed(path, value)
    load_job(json.dumps(data), "job.json")
    assert list(EDITOR.iter_errors(data)) == []


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("max_supression",), 0.1, ""),
        (("metric",), "entropy", "metric"),
        (("max_suppression",), 5, "max_suppression"),
        (("max_suppression",), "0.1", "max_suppression"),
        (("verify",), "yes", "verify"),
        (("version",), 2, "version"),
        (("job",), "anonymise", "job"),
        (("input",), None, "input"),
        (("input", "format"), "xml", "input/format"),
        (("input", "columns"), "age", "input/columns"),
        (("input", "columns"), [], "input/columns"),
        (("input", "schema"), {"age": "integr"}, "input/schema/age"),
        (("attributes", 0, "type"), "quasi-identifier", "attributes/0/type"),
        (("attributes", 0, "weight"), 0, "attributes/0/weight"),
        (("attributes", 0), {"type": "sensitive"}, "attributes/0"),
        (("attributes", 0, "hierarchy", "kind"), "interval", "attributes/0/hierarchy/kind"),
        (("attributes", 0, "hierarchy", "width"), [5], "attributes/0/hierarchy"),
        (("attributes", 0, "hierarchy"), {"kind": "csv"}, "attributes/0/hierarchy"),
        (
            ("attributes", 2, "hierarchy"),
            {"kind": "csv", "uri": "a", "unknown": "clamp"},
            "attributes/2/hierarchy/unknown",
        ),
        (("attributes", 1, "hierarchy", "tree"), {"a": []}, "attributes/1/hierarchy/tree/a"),
        (("privacy", 0, "k"), 1, "privacy/0/k"),
        (("privacy", 0, "k"), "5", "privacy/0/k"),
        (("privacy", 2, "distance"), "euclidean", "privacy/2/distance"),
        (("search", "strategy"), "fast", "search/strategy"),
    ],
)
def test_the_usual_mistakes_are_underlined(path: tuple[Any, ...], value: Any, place: str) -> None:
    data = changed(path, value)
    with pytest.raises(ConfigurationError):
        load_job(json.dumps(data), "job.json")
    assert place in underlined(data)


@pytest.mark.parametrize("key", ["version", "job", "input", "output", "attributes", "privacy"])
def test_a_file_without_what_it_must_have_is_underlined(key: str) -> None:
    data = {name: value for name, value in JOB.items() if name != key}
    with pytest.raises(ConfigurationError):
        load_job(json.dumps(data), "job.json")
    assert underlined(data)


def section(may_have: dict[str, Any] | None = None, **has: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Mappings with these keys; a list is what a key may be, anything else that is no strategy is what it is."""

    def choice(value: Any) -> st.SearchStrategy[Any]:
        if isinstance(value, st.SearchStrategy):
            return value
        return st.sampled_from(value) if isinstance(value, list) else st.just(value)

    required, optional = ({key: choice(value) for key, value in keys.items()} for keys in (has, may_have or {}))
    return st.fixed_dictionaries(required, optional=optional)


TEXTS = st.sampled_from(["age", "1", "no"]) | st.integers(0, 9) | st.booleans()
UNKNOWN = {"unknown": ["error", "suppress"]}
TREES = [["a", 1], {"x": {"y": [True]}, "z": ["a"]}]
HIERARCHIES = st.one_of(
    st.none(),
    section({"sep": [";", 1], **UNKNOWN}, kind="csv", uri=TEXTS),
    section({"symbol": ["#", 0]}, kind="mask", keep=[[3, 2], [0]]),
    section({"outside": ["error", "suppress", "clamp"]}, kind="intervals", min=[-1, 0.5], max=50, widths=[[1, 2.0]]),
    section(kind="top_bottom", top=[[90], [80, 70.5]]),
    section(kind="date", levels=[["day", "week"], ["month", "decade"]]),
    section({"fanout": st.integers(2, 5), **UNKNOWN}, kind="order", order=[["a", 1], [True]]),
    section(UNKNOWN, kind="tree", tree=TREES),
)
ATTRIBUTES = section(
    {"weight": [1, 0.5], "min_level": [0, 1], "max_level": [None, 3], "microaggregation": None},
    name=TEXTS,
    type="quasi_identifier",
    hierarchy=HIERARCHIES,
)
MODELS = section({"k": st.integers(2, 99)}, model="k-anonymity") | section(model="average-risk", threshold=[0.1, 1])
OPTIONS = st.dictionaries(st.sampled_from(["sep", "header"]), TEXTS)
JOBS = section(
    {
        "metadata": [None, {"uri": "m"}],
        "max_suppression": [0, 1, 0.5],
        "metric": ["loss", "non_uniform_entropy"],
        "quality": ["fail", "off"],
        "verify": st.booleans(),
        "person_id": [None, "person"],
        "search": section({"strategy": ["auto", "greedy"], "time_limit_s": [None, 0.5], "recoding": None}),
    },
    version=1,
    job="anonymize",
    input=section({"where": None, "options": OPTIONS}, uri=["a.csv", 2024]),
    output=section({"mode": ["overwrite", "append", "error"], "partition_by": [[], ["no"]]}, uri="out"),
    attributes=ATTRIBUTES.map(lambda attribute: [attribute]),
    privacy=MODELS.map(lambda model: [model]),
)


@given(JOBS)
@settings(max_examples=200)
def test_whatever_job_the_engine_takes_an_editor_takes(data: dict[str, Any]) -> None:
    text = json.dumps(data)
    load_job(text, "job.json")
    assert underlined(as_an_editor_reads(text)) == set()


@given(st.sampled_from(places(JOB)), VALUES)
@settings(max_examples=400)
def test_whatever_an_editor_refuses_the_engine_refuses(path: tuple[Any, ...], value: Any) -> None:
    with suppress(TypeError, ValueError):  # of bytes and of numbers that JSON cannot hold
        text = json.dumps(with_value(JOB, path, value), allow_nan=False)
        if underlined(as_an_editor_reads(text)):
            with pytest.raises(ConfigurationError):
                load_job(text, "job.json")
