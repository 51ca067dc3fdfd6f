import re
import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.pii.fakes.draws import Maker
from anonspark.pii.fakes.same_shape import alike, same_shape

MAKER = Maker(bytes(range(32)), None, None)


@pytest.mark.parametrize(
    "codes",
    [
        [f"{number:05}" for number in range(100_000)],
        [f"C{number:08}" for number in range(0, 10**8, 1000)],
        [
            f"{a}-{b}{c}"
            for a, b, c in product("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789")
        ],
        [str(number) for number in range(1, 100_000)],
        [f"\u0416{number}" for number in range(1000)],
        [f"{number:040}" for number in range(20_000)],
    ],
)
def test_no_two_codes_have_one_fake_and_none_is_its_own(codes: list[str]) -> None:
    fakes = same_shape(codes, MAKER)
    assert len(set(fakes)) == len(codes)
    assert [code for code, fake in zip(codes, fakes, strict=True) if code == fake] == []


def test_a_shape_of_few_codes_is_permuted_whole() -> None:
    codes = [f"{letter}{digit}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for digit in "0123456789"]
    assert set(same_shape(codes, MAKER)) == set(codes)


@given(st.lists(st.text(), max_size=30))
def test_a_fake_has_the_shape_of_its_code_whatever_the_script(texts: list[str]) -> None:
    fakes = same_shape(texts, MAKER)
    for text, fake in zip([unicodedata.normalize("NFC", text) for text in texts], fakes, strict=True):
        assert [unicodedata.category(symbol) for symbol in fake] == [unicodedata.category(symbol) for symbol in text]
        if any(len(alike(symbol)) > 1 for symbol in text) and not re.fullmatch("[+-]?0([.,]0)?", text):
            assert fake != text
    assert same_shape(texts[::-1], MAKER) == fakes[::-1]


def test_numbers_keep_as_many_digits_and_leading_zeros() -> None:
    fakes = same_shape(["52000", "-9.5", "007", "0", "1"], MAKER)
    assert all(re.fullmatch(form, fake) for form, fake in zip(
        ["[1-9][0-9]{4}", r"-[1-9]\.[0-9]", "0[0-9]{2}", "0", "[1-9]"], fakes, strict=True
    ))  # fmt: skip


def test_another_key_makes_other_fakes() -> None:
    other = Maker(bytes(32), None, None)
    codes = [f"{number:06}" for number in range(100)]
    assert sum(a == b for a, b in zip(same_shape(codes, MAKER), same_shape(codes, other), strict=True)) < 5
