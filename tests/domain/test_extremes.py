"""Top and bottom coding: the extreme numbers become bounds, all others stay."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.builders import build_hierarchy
from anonspark.domain.rules import TopBottomRule
from anonspark.errors import HierarchyError

AGES = {"17": 2, "18": 1, "19": 3, "20": 1, "50": 4, "79.5": 1, "80": 1, "90": 2, "101": 1}


def test_ages_are_coded_at_the_ends_and_further_in_at_each_level() -> None:
    hierarchy = build_hierarchy("age", TopBottomRule((18, 20), (90, 80)), AGES, "double")
    assert hierarchy.leaves == tuple(AGES)
    assert hierarchy.label_of_each_leaf(1) == ["<=18", "<=18", "19", "20", "50", "79.5", "80", ">=90", ">=90"]
    assert hierarchy.label_of_each_leaf(2) == ["<=20"] * 4 + ["50", "79.5"] + [">=80"] * 3
    assert hierarchy.labels[3] == ("*",)
    assert hierarchy.height == 3


def test_the_shorter_list_keeps_its_last_bound_and_none_codes_nothing() -> None:
    assert build_hierarchy("age", TopBottomRule((18,), (90, 80)), AGES, "int").labels[2][0] == "<=18"
    only_top = build_hierarchy("age", TopBottomRule(top=(20.5,)), AGES, "int")
    assert only_top.labels[1] == ("17", "18", "19", "20", ">=20.5")


def test_null_stays_null_until_the_last_level() -> None:
    hierarchy = build_hierarchy("age", TopBottomRule(top=(50,)), AGES | {None: 2}, "int")
    assert [hierarchy.label_of_each_leaf(level)[-1] for level in range(3)] == [None, None, "*"]


def test_values_that_are_no_numbers_are_counted_and_not_told() -> None:
    with pytest.raises(HierarchyError, match=r"takes numbers, but 1 of 2 values of the column \(3 records\)") as raised:
        build_hierarchy("age", TopBottomRule(top=(90,)), {"CANARY": 3, "1": 1}, "string")
    assert "CANARY" not in str(raised.value)
    with pytest.raises(HierarchyError, match="are NaN"):
        build_hierarchy("age", TopBottomRule(top=(90,)), {"NaN": 3, "1": 1}, "double")


@pytest.mark.parametrize(
    ("bottom", "top"),
    [((), ()), ((2, 1), ()), ((), (1, 1)), ((5,), (9, 5)), ((float("nan"),), ()), ((), (float("inf"),))],
)
def test_bounds_that_do_not_nest_are_refused(bottom: Sequence[float], top: Sequence[float]) -> None:
    with pytest.raises(HierarchyError, match="needs finite bounds"):
        build_hierarchy("age", TopBottomRule(tuple(bottom), tuple(top)), {"1": 1}, "int")


NUMBERS = st.integers(-30, 30)
BOUNDS = st.sets(NUMBERS, min_size=1, max_size=3)


@given(values=st.sets(NUMBERS, min_size=1), bottom=BOUNDS, top=BOUNDS)
def test_every_level_says_what_is_true_of_each_value(values: set[int], bottom: set[int], top: set[int]) -> None:
    lows = sorted(bound for bound in bottom if bound < min(top))
    rule = TopBottomRule(tuple(lows), tuple(sorted(top, reverse=True)))
    hierarchy = build_hierarchy("n", rule, {str(value): 1 for value in values}, "int")
    for level in range(1, rule.height + 1):
        low = rule.bottom[min(level, len(lows)) - 1] if lows else None
        high = rule.top[min(level, len(rule.top)) - 1]
        for leaf, label in zip(hierarchy.leaves, hierarchy.label_of_each_leaf(level), strict=True):
            if low is not None and int(leaf or 0) <= low:
                assert label == f"<={low}"
            elif int(leaf or 0) >= high:
                assert label == f">={high}"
            else:
                assert label == leaf
