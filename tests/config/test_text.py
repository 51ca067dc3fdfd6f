import pytest

from anonspark.config.fields import Written
from anonspark.config.text import read_text


@pytest.mark.parametrize("word", ["no", "on", "Yes", "2024-01-01", "010", "0x1F", "1_000", "1:30", ".inf", ".nan"])
def test_what_yaml_1_1_would_turn_into_something_else_stays_a_text(word: str) -> None:
    data = read_text(f"a: {word}").data
    assert data == {"a": word}
    assert not isinstance(data["a"], Written)


@pytest.mark.parametrize(
    ("word", "value"),
    [("5", 5), ("-5", -5), ("0.10", 0.1), (".5", 0.5), ("1e3", 1000.0), ("true", True), ("False", False)],
)
def test_a_plain_number_or_truth_value_keeps_its_text(word: str, value: object) -> None:
    data = read_text(f"a: {word}").data
    assert data == {"a": word}
    assert data["a"].value == value
    assert type(data["a"].value) is type(value)


@pytest.mark.parametrize("word", ["'5'", '"true"', "|\n  5"])
def test_a_quoted_scalar_is_a_text_and_nothing_else(word: str) -> None:
    assert not isinstance(read_text(f"a: {word}").data["a"], Written)


@pytest.mark.parametrize("word", ["", "~", "null", "NULL"])
def test_null_is_written_as_in_yaml(word: str) -> None:
    assert read_text(f"a: {word}").data == {"a": None}


def test_keys_are_the_texts_that_are_written() -> None:
    assert read_text("{no: a, 1: b, 2024-01-01: c}").data == {"no": "a", "1": "b", "2024-01-01": "c"}


def test_a_key_that_stands_twice_is_a_fault_and_the_first_one_holds() -> None:
    document = read_text("a: {b: 1}\nc: 2\na: 3\n")
    assert document.data == {"a": {"b": "1"}, "c": "2"}
    assert document.problems == ((("a",), "stands twice, on line 3 again; keep one."),)


@pytest.mark.parametrize("tag", ["!!str", "!secret", "!!python/object/apply:os.system"])
def test_a_tag_is_a_fault_and_makes_nothing(tag: str) -> None:
    document = read_text(f"a: {tag} [x]")
    assert document.data == {"a": ["x"]}
    ((path, sentence),) = document.problems
    assert path == ("a",)
    assert sentence.endswith("tags are not read, leave it out.")


def test_an_alias_is_a_copy_of_its_own() -> None:
    data = read_text("a: &keep [1, 2]\nb: *keep\n").data
    assert data == {"a": ["1", "2"], "b": ["1", "2"]}
    assert data["a"] is not data["b"]


def test_an_alias_that_holds_itself_is_a_fault() -> None:
    ((path, sentence),) = read_text("a: &a [*a]").problems
    assert path == ("a", 0)
    assert sentence == "refers to *a, but no complete value before it is named &a."


def test_an_alias_bomb_is_stopped() -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    bomb += "".join(f"a{i + 1}: &a{i + 1} [{','.join([f'*a{i}'] * 10)}]\n" for i in range(9))
    document = read_text(bomb)
    assert document.data is None
    assert document.problems[0][1] == "The text is nested deeper than 50 levels or holds more than 200,000 values."


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, '{"a":' * 100_000])
def test_a_text_nested_too_deeply_is_stopped(text: str) -> None:
    assert "nested deeper than 50 levels" in read_text(text).problems[0][1]


def test_a_text_that_is_too_long_is_not_read() -> None:
    assert read_text("#" * 1_000_001).problems == (((), "The text has more than 1,000,000 characters."),)


def test_a_second_document_is_a_fault() -> None:
    assert read_text("a: 1\n---\nb: 2\n").problems == (((), "A second document begins on line 2; keep one."),)


def test_a_key_that_is_no_text_is_a_fault() -> None:
    assert read_text("? [a]\n: 1\n").problems == (
        ((), "has a key on line 1 that is not a text; a key is one word or quoted."),
    )


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert read_text("\ufeffa: 1").data == {"a": "1"}


def test_json_may_hold_tabs_and_pairs_of_escapes() -> None:
    assert read_text('{\t"a": "\\ud83d\\ude00", "b": 5}').data == {"a": "\U0001f600", "b": "5"}


def test_a_json_key_that_stands_twice_is_a_fault() -> None:
    document = read_text('{\t"a": 1, "a": 2}')
    assert document.problems == (((), "The key 'a' stands twice in one mapping; keep one."),)


def test_half_of_a_surrogate_pair_is_a_fault() -> None:
    assert len(read_text('a: "\\ud83d"').problems) == 1
    assert len(read_text('{"a": "\\ud83d"}').problems) == 1


def test_a_value_is_found_on_its_line_and_a_missing_one_on_its_mapping_s() -> None:
    document = read_text("a:\n  - b: 1\n    c: 2\n  - d\n")
    assert document.line(("a", 0, "c")) == 3
    assert document.line(("a", 1)) == 4
    assert document.line(("a", 0, "missing", 7)) == 2
