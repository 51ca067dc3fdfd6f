import json

from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.paths import ColumnPath, PathStep, Within
from anonspark.pii.json_texts import MAX_KEYS, Steps, json_cells, looks_like_json, parsed, scalars_of
from anonspark.vocabulary import DataKind

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
DOCUMENTS = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=4), below, max_size=4)
).filter(lambda document: isinstance(document, list | dict))


def paths(document: object) -> list[str]:
    return [str(ColumnPath("c", steps)) for steps in json_cells([document])]


def test_every_scalar_has_a_path_through_fields_and_elements() -> None:
    document = {"user": {"mail": "a", "ids": [1, 2]}, "x.y": [{"z": None}]}
    assert paths(document) == ["c.user.mail", "c.user.ids[]", "c.`x.y`[].z"]


def test_the_kind_is_that_of_all_scalars_of_a_path_and_text_where_they_differ() -> None:
    cells = json_cells([{"n": 1, "m": 1, "t": 1, "f": True}, {"n": 2, "m": 1.5, "t": "x", "f": None}])
    assert [each.kind for each in cells.values()] == [DataKind.WHOLE, DataKind.DECIMAL, DataKind.TEXT, DataKind.FLAG]
    assert list(cells.values())[3].texts == ["true", None]


def test_an_object_whose_keys_are_data_is_a_map() -> None:
    documents = [{f"key {number}": {"mail": "a"}, "name": "b"} for number in range(MAX_KEYS)]
    assert set(json_cells(documents)) == {
        (PathStep(Within.VALUES), PathStep(Within.FIELD, "mail")),
        (PathStep(Within.VALUES),),
    }
    assert len(json_cells([{"rows": {f"k{number}": 1 for number in range(MAX_KEYS)}}])) == 1


def test_keys_that_are_data_do_not_become_paths() -> None:
    for key in ("ann@x.org", "4155550134", "2024-01-05", "k" * 100):
        assert paths({"by": {key: {"n": "a"}, "name": {"n": "b"}}}) == ["c.by{}.n"]


def test_what_is_neither_object_nor_array_is_no_json() -> None:
    for text in ("", "plain", "12", '"text"', "null", "[REDACTED]", "{name}", "[", "{broken", "]["):
        assert not isinstance(parsed(text), dict) or parsed(text) == {}, text
    assert parsed("[REDACTED]") is None
    assert parsed("{name}") is None
    assert parsed(" [1]") == [1]
    assert looks_like_json('\n {"a": 1}')


def test_a_text_that_was_cut_keeps_the_fields_before_the_cut() -> None:
    text = json.dumps({"mail": "a@x.org", "tags": ["p, q", "r"], "note": "long and longer"})
    assert parsed(text[:-10]) == {"mail": "a@x.org", "tags": ["p, q", "r"]}
    assert parsed(text[:38]) == {"mail": "a@x.org", "tags": ["p, q"]}


@given(DOCUMENTS, st.integers(0, 200))
def test_no_cut_brings_a_scalar_that_was_not_there(document: object, length: int) -> None:
    text = json.dumps(document)
    whole = list(scalars_of(parsed(text)))
    cut = parsed(text[:length])
    if cut is not None:
        assert [pair for pair in scalars_of(cut) if pair not in whole] == []


@given(st.text())
def test_no_text_is_too_odd_to_be_asked(text: str) -> None:
    parsed(text)
    parsed("[" * 5000 + text)


def test_json_nested_without_end_is_left_where_names_end() -> None:
    document: object = "deep"
    for _ in range(100):
        document = {"a": document}
    found: list[tuple[Steps, object]] = list(scalars_of(document))
    assert found == []
