from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.conditions import (
    DEEPEST,
    And,
    Between,
    ColumnName,
    Comparison,
    IsNull,
    Like,
    Membership,
    Not,
    Or,
    columns_of,
    parse_condition,
    without_literals,
)
from anonspark.errors import InputError


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("age >= 18", Comparison("age", ">=", 18)),
        ("age == -1.50", Comparison("age", "=", Decimal("-1.50"))),
        ("age <> 1e3", Comparison("age", "!=", Decimal(1000))),
        ("name = 'O''Neil'", Comparison("name", "=", "O'Neil")),
        ("`full ``x`` name` = 'a'", Comparison("full `x` name", "=", "a")),
        ("alive = TRUE", Comparison("alive", "=", True)),
        ("born < died", Comparison("born", "<", ColumnName("died"))),
        ("country in ('FR','DE')", Membership("country", ("FR", "DE"))),
        ("country NOT IN ('FR')", Not(Membership("country", ("FR",)))),
        ("age between 18 and 65", Between("age", 18, 65)),
        ("age not between 18 and 65", Not(Between("age", 18, 65))),
        (r"zip like '10\%_'", Like("zip", r"10\%_")),
        ("zip is null", IsNull("zip")),
        ("zip is not null", Not(IsNull("zip"))),
        ("größe > 1", Comparison("größe", ">", 1)),
    ],
)
def test_each_test_of_the_grammar_is_read(text, condition) -> None:
    assert parse_condition(text) == condition


def test_a_condition_is_shown_without_its_literals() -> None:
    text = "not `id 7` in (4711, -1.5e3, 'P''1') and name like 'Ad%' or born is not null and dead = TRUE"
    assert without_literals(text) == "not `id 7` in (…, …, …) and name like … or born is not null and dead = TRUE"


@given(st.text(), st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_no_literal_of_a_condition_is_ever_shown(text: str, number: Decimal) -> None:
    quoted = text.replace("'", "''")
    assert without_literals(f"a = '{quoted}' or b < {number:f}") == "a = … or b < …"


def test_and_binds_closer_than_or_and_not_closest() -> None:
    a, b, c = IsNull("a"), IsNull("b"), IsNull("c")
    assert parse_condition("a is null or not b is null and c is null") == Or((a, And((Not(b), c))))
    assert parse_condition("(a is null or not b is null) and c is null") == And((Or((a, Not(b))), c))
    assert parse_condition("not (a is null or b is null)") == Not(Or((a, b)))


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", 1, "expected a column"),
        ("age", 4, "expected a comparison"),
        ("age >", 6, "expected a number, a text"),
        ("age > 18 country = 'FR'", 10, "expected `and`, `or` or the end, found the name 'country'"),
        ("age in 18", 8, "expected `(`, found a number"),
        ("age = null", 7, "is null"),
        ('name = "Ada"', 8, "single quotes"),
        ("name = 'Ada", 8, "single quotes"),
        ("age > 18; drop table people", 9, "';'"),
        ("upper(name) = 'ADA'", 6, "expected a comparison"),
        ("age > 18 -- all", 10, "'-'"),
        ("12 = age", 1, "expected a column"),
        ("age > 12x", 7, "begins nothing"),
        (r"zip like 'a\b'", 10, "backslash"),
        ("(age > 1", 9, "expected `)`"),
    ],
)
def test_a_fault_is_told_with_its_place(text, place, words) -> None:
    with pytest.raises(InputError) as caught:
        parse_condition(text)
    assert caught.value.message.startswith(f"input.where, character {place}: ")
    assert words in caught.value.message


def test_a_literal_stays_out_of_the_message() -> None:
    with pytest.raises(InputError) as caught:
        parse_condition("name = 'Grace Hopper' 'Ada'")
    assert "Grace" not in caught.value.message
    assert "Ada" not in caught.value.message


def test_nesting_ends_in_a_sentence_and_not_in_a_crash() -> None:
    depth = DEEPEST + 1
    with pytest.raises(InputError, match="within each other"):
        parse_condition("(" * depth + "a is null" + ")" * depth)
    assert parse_condition("(" * DEEPEST + "a is null" + ")" * DEEPEST) == IsNull("a")


def test_the_columns_of_a_condition_are_all_that_it_names() -> None:
    condition = parse_condition("a = b or not (c in (1) and d between 1 and 2) or e like 'x' or f is null")
    assert columns_of(condition) == set("abcdef")


@given(st.text(max_size=40))
def test_any_text_is_a_condition_or_an_input_error(text) -> None:
    with suppress(InputError):
        assert columns_of(parse_condition(text))


@given(st.text(), st.text(min_size=1))
def test_quoting_takes_any_column_and_any_text(literal, column) -> None:
    quoted = f"`{column.replace('`', '``')}` = '{literal.replace(chr(39), chr(39) * 2)}'"
    assert parse_condition(quoted) == Comparison(column, "=", literal)
