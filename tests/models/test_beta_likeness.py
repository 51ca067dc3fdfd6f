"""Shares of a class against those of the table, by hand."""

import pytest

from anonspark.models.beta_likeness import BetaLikeness
from anonspark.vocabulary import Likeness
from tests.reference import sensitive_classes

# q: a 1/2, b 1/2; p in the classes: a 3/4, a 1/2, b 3/4.
HALVES = sensitive_classes("s", "aaab", "aabb", "abbb")


@pytest.mark.parametrize(("beta", "safe"), [(0.5, True), (0.4999, False)])
@pytest.mark.parametrize("variant", Likeness)
def test_a_gain_of_exactly_beta_is_safe_and_more_is_not(beta: float, safe: bool, variant: Likeness) -> None:
    # (3/4 - 1/2) / (1/2) = 1/2, which is below -ln 1/2 = 0.69.
    assert BetaLikeness(beta, "s", variant).satisfied(HALVES).tolist() == [safe, True, safe]


def test_the_enhanced_variant_caps_the_gain_of_a_frequent_value_by_its_own_frequency() -> None:
    # a: (9/10 - 1/2) / (1/2) = 0.8 is within a beta of 1, but above -ln 1/2 = 0.69.
    classes = sensitive_classes("s", "a" * 9 + "b", "a" + "b" * 9)
    assert BetaLikeness(1.0, "s", Likeness.BASIC).satisfied(classes).tolist() == [True, True]
    assert BetaLikeness(1.0, "s").satisfied(classes).tolist() == [False, False]


def test_a_value_that_is_rarer_in_a_class_than_in_the_table_is_no_gain() -> None:
    # b has 1/4 of the class and 3/4 of the table; c and d gain, by (3/8 - 1/8) / (1/8) = 2.
    classes = sensitive_classes("s", "bbcccddd", "b" * 16)
    assert BetaLikeness(2.0, "s", Likeness.BASIC).satisfied(classes).tolist() == [True, True]
    assert BetaLikeness(1.9, "s", Likeness.BASIC).satisfied(classes).tolist() == [False, True]


def test_an_attribute_of_one_value_tells_nothing() -> None:
    classes = sensitive_classes("s", "a", "aaa")
    for variant in Likeness:
        assert BetaLikeness(0.01, "s", variant).satisfied(classes).tolist() == [True, True]
        assert BetaLikeness(0.01, "s", variant).unavoidable(classes).tolist() == [0, 0]


def test_a_safe_class_merged_with_an_unsafe_one_can_be_unsafe() -> None:
    parts, merged = sensitive_classes("s", "ab", "aaa", "bbb"), sensitive_classes("s", "abaaa", "bbb")
    model = BetaLikeness(0.5, "s")
    assert model.satisfied(parts).tolist() == [True, False, False]
    assert model.satisfied(merged).tolist() == [False, False]
    assert not model.monotone


def test_a_split_can_get_by_with_exactly_the_records_that_are_unavoidable() -> None:
    # The cap is 3/4 of a: {a x 9, b} is (9 - 7.5) / (1 - 3/4) = 6 records of a beyond it, and {a x 3, b} is at it.
    model, rest = BetaLikeness(0.5, "s"), "abbbbbbbbb"
    assert model.unavoidable(sensitive_classes("s", "aaaaaaaaab", rest))[0] == 6
    split = sensitive_classes("s", "aaaaaa", "aaab", rest)
    assert model.satisfied(split)[:2].tolist() == [False, True]
