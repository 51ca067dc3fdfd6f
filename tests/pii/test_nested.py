"""Values at paths in Arrow arrays and in JSON, held to what plain Python makes of them."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql.types import ArrayType, IntegerType, MapType, StringType, StructField, StructType

from anonspark.domain.paths import PathStep, parse_path
from anonspark.errors import ColumnNotFoundError, ColumnTypeError
from anonspark.pii.nested import removed_from_json, replaced_array, type_at, with_texts


def steps(path: str) -> Sequence[PathStep]:
    return parse_path(path).steps


def shout(texts: pa.Array) -> pa.Array:
    return pa.array([None if text is None else f"{text}!" for text in texts.to_pylist()], pa.string())


LEAF = st.none() | st.text(max_size=3)
LISTS = st.lists(st.none() | st.lists(st.none() | st.lists(LEAF, max_size=3), max_size=3), max_size=4)


@given(LISTS)
def test_elements_of_lists_of_lists(rows: list[Any]) -> None:
    array = pa.array(rows, pa.list_(pa.list_(pa.string())))
    expected = [
        None
        if row is None
        else [None if inner is None else shout(pa.array(inner, pa.string())).to_pylist() for inner in row]
        for row in rows
    ]
    assert replaced_array(array, steps("c[][]"), shout).to_pylist() == expected
    assert replaced_array(array.slice(1), steps("c[][]"), shout).to_pylist() == expected[1:]


MAPS = st.lists(st.none() | st.dictionaries(st.text(max_size=2), LEAF, max_size=3), max_size=4)


@given(MAPS)
def test_values_of_maps(rows: list[Any]) -> None:
    pairs = [None if row is None else list(row.items()) for row in rows]
    array = pa.array(pairs, pa.map_(pa.string(), pa.string()))
    expected = [
        None if row is None else [(key, None if value is None else f"{value}!") for key, value in row.items()]
        for row in rows
    ]
    assert replaced_array(array, steps("c{}"), shout).to_pylist() == expected
    assert replaced_array(array.slice(1), steps("c{}"), shout).to_pylist() == expected[1:]


STRUCTS = st.lists(st.none() | st.fixed_dictionaries({"a": LEAF, "b": st.none() | st.integers(0, 9)}), max_size=4)


@given(STRUCTS)
def test_fields_of_structs(rows: list[Any]) -> None:
    array = pa.array(rows, pa.struct([("a", pa.string()), ("b", pa.int32())]))
    expected = [None if row is None else {**row, "a": None if row["a"] is None else f"{row['a']}!"} for row in rows]
    assert replaced_array(array, steps("c.a"), shout).to_pylist() == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abc"), below, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), JSON, max_size=3), max_size=3))
def test_json_that_a_path_does_not_lead_into_says_what_it_said(documents: list[Any]) -> None:
    texts = pa.array([json.dumps(document) for document in documents], pa.string())
    found = replaced_array(texts, steps("c.$.x.y"), shout).to_pylist()
    assert [json.loads(text) for text in found] == documents


def test_all_places_of_a_path_within_json() -> None:
    texts = pa.array(['{"a":[{"b":"x"},{"b":2.50},{"c":1},7],"d":{"p":null,"q":"r"}}', "[", None])
    assert replaced_array(texts, steps("c.$.a[].b"), shout).to_pylist() == [
        '{"a":[{"b":"x!"},{"b":"2.50!"},{"c":1},7],"d":{"p":null,"q":"r"}}',
        "[!",
        None,
    ]
    assert json.loads(replaced_array(texts, steps("c.$.d{}"), shout)[0].as_py())["d"] == {"p": None, "q": "r!"}


def test_numbers_in_json_are_written_as_they_were() -> None:
    texts = pa.array(['{"a":"x","n":1.10,"e":1E400,"big":123456789012345678901234567890,"neg":-0}'])
    found = replaced_array(texts, steps("c.$.a"), shout)[0].as_py()
    assert found == '{"a":"x!","n":1.10,"e":1E400,"big":123456789012345678901234567890,"neg":-0}'


def test_a_text_that_is_no_json_is_dropped_where_a_field_is_to_go() -> None:
    texts = pa.array(['{"a":1,"b":{"c":2,"d":3}}', "no json", None])
    assert removed_from_json(texts, steps("c.b.c")).to_pylist() == ['{"a":1,"b":{"d":3}}', None, None]


SCHEMA = StructType(
    [
        StructField("l", ArrayType(StructType([StructField("f", IntegerType(), False)]), False)),
        StructField("t", StringType()),
    ]
)


def test_the_type_at_a_path_and_what_becomes_of_it() -> None:
    path = parse_path("s.l[].f")
    assert type_at(SCHEMA, path) == IntegerType()
    changed = with_texts(SCHEMA, path.steps, StringType())
    assert type_at(changed, path) == StringType()
    assert type_at(MapType(StringType(), IntegerType()), parse_path("m{}")) == IntegerType()
    assert with_texts(SCHEMA, parse_path("s.t.$.x").steps, StringType()) == SCHEMA


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("s.g", ColumnNotFoundError),
        ("s[]", ColumnTypeError),
        ("s.l[].f.$.x", ColumnTypeError),
        ("s.t{}", ColumnTypeError),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        type_at(SCHEMA, parse_path(path))
