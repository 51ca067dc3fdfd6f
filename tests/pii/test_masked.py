import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.pii import ColumnProfile
from anonspark.pii.masked import FEW_VALUES, masked, sample_of
from anonspark.vocabulary import DataKind


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("alice@example.com", "a***@e***.com"),
        ("bo@x.org", "***@***.org"),
        ("123-45-6789", "***-***-***89"),
        ("4111111111111111", "***11"),
        ("+1 (415) 555-0134", "+*** (***) ***-***34"),
        ("Alice Chen", "A*** ***"),
        ("Bob", "***"),
        ("田中太郎", "***"),
        ("192.168.0.17", "***.***.***.***17"),
        ("42", "***"),
        ("1234567", "***"),
        ("", "***"),
        ("--", "***"),
        ("https://example.com/u/alice", "***://***.***/***/***"),
    ],
)
def test_the_form_is_shown_and_not_the_value(value: str, shown: str) -> None:
    assert masked(value) == shown


@given(st.text(min_size=1, max_size=200))
def test_at_most_a_letter_and_the_ending_of_an_address_or_two_digits_of_a_value_are_shown(value: str) -> None:
    shown = masked(value)
    ending = re.search(r"@.*\.([A-Za-z]{2,})$", shown)
    rest = shown.removesuffix(ending[1]) if ending else shown
    assert sum(character.isalpha() for character in rest) <= (2 if ending else 1)
    assert sum(character.isdecimal() for character in shown) <= 2
    assert len(shown) <= 60 or ending


def profile(*values: str, kind: DataKind = DataKind.TEXT) -> ColumnProfile:
    return ColumnProfile("c", kind, len(values), 0, values, (1,) * len(values))


def many(*values: str) -> ColumnProfile:
    return profile(*values, *(f"person {number}" for number in range(FEW_VALUES)))


def test_the_sample_is_a_value_of_the_shape() -> None:
    assert sample_of(many("unknown", " ", "alice@example.com "), r"[a-z]+@[a-z.]+") == "a***@e***.com"
    assert sample_of(many("unknown"), r"\d+") is None


def test_of_a_category_not_even_the_first_letter_is_shown() -> None:
    assert sample_of(profile("Female", "Male"), None) == "***"
    assert sample_of(profile("1980-02-03", kind=DataKind.DATE), None) == "***-***-***"


def test_there_is_no_sample_of_flags_bytes_and_nothing() -> None:
    assert sample_of(profile("true", kind=DataKind.FLAG), None) is None
    assert sample_of(profile(kind=DataKind.BINARY), None) is None
    assert sample_of(profile(), "x") is None
