"""Shares of a class against those of the table, in both directions."""

from math import log

import pytest

from anonspark.models.delta_disclosure import DeltaDisclosure
from tests.reference import sensitive_classes


@pytest.mark.parametrize(("slack", "safe"), [(1e-9, True), (-1e-9, False)])
def test_a_value_more_frequent_than_in_the_table_by_e_to_the_delta_is_a_disclosure(slack: float, safe: bool) -> None:
    # p = 1 against q = 1/2.
    assert DeltaDisclosure(log(2) + slack, "s").satisfied(sensitive_classes("s", "aa", "bb")).tolist() == [safe, safe]


def test_a_value_rarer_than_in_the_table_is_a_disclosure_too() -> None:
    # q = 1/2 each, p of b = 1/4: |ln(1/2)| = 0.69; p of a = 3/4: ln(3/2) = 0.41.
    classes = sensitive_classes("s", "aaab", "abbb")
    assert DeltaDisclosure(0.7, "s").satisfied(classes).tolist() == [True, True]
    assert DeltaDisclosure(0.69, "s").satisfied(classes).tolist() == [False, False]


def test_a_value_that_a_class_does_not_have_is_none() -> None:
    # p of a = 1 against 1/2: ln 2 = 0.69, and nothing is asked of b.
    classes = sensitive_classes("s", "aa", "bb")
    assert DeltaDisclosure(0.7, "s").satisfied(classes).tolist() == [True, True]


def test_an_attribute_of_one_value_tells_nothing() -> None:
    assert DeltaDisclosure(0.001, "s").satisfied(sensitive_classes("s", "a", "aaa")).tolist() == [True, True]


def test_a_union_of_safe_classes_can_be_unsafe_so_an_unsafe_class_may_lose_nothing() -> None:
    # q of b = 1/10. 1/4 and 0 of b are safe for ln 4; together 1/51 is less than 1/40.
    rest = "a" * 130 + "b" * 19
    parts = sensitive_classes("s", "a" * 47, "aaab", rest)
    merged = sensitive_classes("s", "a" * 50 + "b", rest)
    assert merged.sensitive["s"].total_shares().tolist() == [0.9, 0.1]
    model = DeltaDisclosure(log(4), "s")
    assert model.satisfied(parts).tolist() == [True, True, True]
    assert model.satisfied(merged).tolist() == [False, True]
    assert model.unavoidable(merged).tolist() == [0, 0]
    assert not model.convex


def test_records_of_a_value_that_is_too_frequent_must_be_suppressed_however_the_class_is_split() -> None:
    # The cap is 1/2 x 1.5 = 3/4: {a x 9, b} has (9 - 7.5) / (1/4) = 6 records too many.
    classes = sensitive_classes("s", "aaaaaaaaab", "abbbbbbbbb")
    assert DeltaDisclosure(log(1.5), "s").unavoidable(classes).tolist() == [6, 6]
