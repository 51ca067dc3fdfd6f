"""Intervals that a job lists, and intervals derived from the data."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.builders import build_hierarchy
from anonspark.domain.derived import roundest_between
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.rules import DerivedRule, IntervalRule
from anonspark.errors import HierarchyError
from anonspark.vocabulary import OnUnknown


def label_of(hierarchy: GeneralizationHierarchy, leaf: str | None, level: int) -> str | None:
    return hierarchy.label_of_each_leaf(level)[hierarchy.leaves.index(leaf)]


def once(*values: str | None) -> dict[str | None, int]:
    return dict.fromkeys(values, 1)


def test_incomes_fall_into_intervals_of_each_width():
    rule = IntervalRule(0, 500000, (5000, 10000, 50000))
    hierarchy = build_hierarchy("income", rule, once("0", "4999", "5000", "61234.5", "499999"), "double")
    assert hierarchy.leaves == ("0", "4999", "5000", "61234.5", "499999")
    assert hierarchy.label_of_each_leaf(1) == [
        "[0, 5000)",
        "[0, 5000)",
        "[5000, 10000)",
        "[60000, 65000)",
        "[495000, 500000)",
    ]
    assert hierarchy.labels[2] == ("[0, 10000)", "[60000, 70000)", "[490000, 500000)")
    assert hierarchy.labels[3] == ("[0, 50000)", "[50000, 100000)", "[450000, 500000)")
    assert hierarchy.labels[4] == ("*",)
    assert hierarchy.domain_size == 5


def test_intervals_are_aligned_at_the_minimum():
    hierarchy = build_hierarchy("age", IntervalRule(18, 98, (10, 20)), once("18", "27", "28", "40"), "int")
    assert hierarchy.label_of_each_leaf(1) == ["[18, 28)", "[18, 28)", "[28, 38)", "[38, 48)"]
    assert hierarchy.label_of_each_leaf(2) == ["[18, 38)", "[18, 38)", "[18, 38)", "[38, 58)"]


def test_the_maximum_belongs_to_the_last_interval():
    hierarchy = build_hierarchy("age", IntervalRule(0, 100, (10, 50)), once("99", "100"), "int")
    assert hierarchy.label_of_each_leaf(1) == ["[90, 100)", "[90, 100)"]
    assert hierarchy.label_of_each_leaf(2) == ["[50, 100)", "[50, 100)"]


def test_a_range_that_is_no_multiple_of_the_width_ends_in_a_whole_interval():
    hierarchy = build_hierarchy("age", IntervalRule(0, 120, (50,)), once("99", "100", "120"), "int")
    assert hierarchy.label_of_each_leaf(1) == ["[50, 100)", "[100, 150)", "[100, 150)"]


def test_bounds_are_exact_decimals_and_not_the_nearest_floats():
    hierarchy = build_hierarchy(
        "x", IntervalRule(0, 1, (0.1, 0.3)), once("0.3", "0.29999999999999999", "0.6"), "string"
    )
    assert label_of(hierarchy, "0.3", 1) == "[0.3, 0.4)"
    assert label_of(hierarchy, "0.29999999999999999", 1) == "[0.2, 0.3)"
    assert label_of(hierarchy, "0.6", 2) == "[0.6, 0.9)"


def test_numbers_beyond_the_integers_of_a_float_are_told_apart():
    low, high = "9007199254740992", "9007199254740993"
    hierarchy = build_hierarchy("id", IntervalRule(0, 2**54, (1, 2)), once(low, high), "bigint")
    assert label_of(hierarchy, low, 1) == f"[{low}, {high})"
    assert label_of(hierarchy, high, 1) == f"[{high}, 9007199254740994)"


@pytest.mark.parametrize("spelling", ["1e1", "+10", "10.", "10.0", "1.0E1"])
def test_every_spelling_of_a_number_is_one(spelling: str):
    hierarchy = build_hierarchy("x", IntervalRule(0, 20, (5,)), once(spelling, "0"), "string")
    assert label_of(hierarchy, spelling, 1) == "[10, 15)"


@given(
    st.sets(st.decimals(-100, 200, places=3).map(str), min_size=1, max_size=30),
    st.integers(-20, 0),
    st.sampled_from([(0.1, 0.2), (0.25, 0.5, 2.5), (3, 9), (7.0, 21.0, 63)]),
)
def test_a_value_lies_within_its_interval(texts: set[str], minimum: int, widths: tuple[float, ...]):
    rule = IntervalRule(minimum, 100, widths, OnUnknown.SUPPRESS)
    hierarchy = build_hierarchy("x", rule, once(*texts), "string")
    for leaf, unknown in zip(hierarchy.leaves, hierarchy.unknown, strict=True):
        value = Fraction(leaf)
        assert unknown == (not minimum <= value <= 100)
        if unknown or value == 100:
            continue
        for level, width in enumerate(widths, start=1):
            low, high = map(Fraction, label_of(hierarchy, leaf, level).strip("[)").split(", "))
            assert low <= value < high
            assert high - low == Fraction(str(width))
            assert (low - minimum) % Fraction(str(width)) == 0


def test_values_outside_are_an_error_with_counts_and_without_values():
    values = {"5": 1, "-3": 2, "777": 10, None: 4}
    with pytest.raises(HierarchyError) as raised:
        build_hierarchy("age", IntervalRule(0, 120, (10,)), values, "int")
    assert raised.value.message == (
        "The hierarchy of 'age' covers 0 to 120, but 2 of 3 values of the column (12 records) lie outside; widen min "
        "and max, or set hierarchy.outside: clamp or suppress."
    )


def test_values_outside_are_clamped_into_the_first_and_the_last_interval():
    rule = IntervalRule(0, 120, (10, 60), OnUnknown.CLAMP)
    hierarchy = build_hierarchy("age", rule, once("-3", "0", "50", "777", "Infinity"), "double")
    assert hierarchy.label_of_each_leaf(1) == ["[0, 10)", "[0, 10)", "[50, 60)", "[110, 120)", "[110, 120)"]
    assert not hierarchy.unknown.any()


def test_values_outside_are_unknown_and_no_part_of_the_domain_when_suppressed():
    rule = IntervalRule(0, 120, (10,), OnUnknown.SUPPRESS)
    hierarchy = build_hierarchy("age", rule, once("-3", "5", "50", "777", None), "int")
    assert hierarchy.leaves == ("-3", "5", "50", "777", None)
    assert hierarchy.unknown.tolist() == [True, False, False, True, False]
    assert hierarchy.domain_size == 3
    assert len(set(hierarchy.groups[1].tolist())) == 5
    assert label_of(hierarchy, "777", 1) == "*"
    assert hierarchy.labels[2] == ("*",)


def test_values_that_are_no_numbers_are_counted_and_not_named():
    with pytest.raises(HierarchyError, match=r"2 of 3 values of the column \(7 records\) are not numbers") as raised:
        build_hierarchy("age", IntervalRule(0, 120, (10,), OnUnknown.SUPPRESS), {"5": 1, "Smith": 3, " 6": 4}, "string")
    assert "Smith" not in raised.value.message


def test_nan_has_a_message_of_its_own():
    with pytest.raises(HierarchyError, match=r"1 of 2 values of the column \(1 record\) are NaN"):
        build_hierarchy("age", IntervalRule(0, 120, (10,)), {"5.0": 1, "NaN": 1}, "double")


@pytest.mark.parametrize("widths", [(10, 15), (10, 10), (20, 10), (0.1, 0.25)])
def test_a_width_that_is_no_multiple_of_the_one_before_is_refused(widths: tuple[float, ...]):
    with pytest.raises(HierarchyError, match="width of level 2 must be a multiple of the width of level 1"):
        build_hierarchy("age", IntervalRule(0, 120, widths), once("5"), "int")


@pytest.mark.parametrize(
    "rule",
    [
        IntervalRule(0, 10, ()),
        IntervalRule(0, 10, (0,)),
        IntervalRule(0, 10, (-5,)),
        IntervalRule(10, 10, (1,)),
        IntervalRule(0, math.inf, (1,)),
        IntervalRule(0, 10, (math.nan,)),
    ],
)
def test_intervals_that_cover_nothing_are_refused(rule: IntervalRule):
    with pytest.raises(HierarchyError, match="needs min below max"):
        build_hierarchy("age", rule, once("5"), "int")


def test_derived_intervals_hold_equally_many_records_and_merge_by_the_fanout():
    hierarchy = build_hierarchy("age", DerivedRule(), {str(age): 10 for age in range(20, 28)}, "int")
    assert hierarchy.labels[1:] == (
        ("< 22", "[22, 24)", "[24, 26)", ">= 26"),
        ("< 24", ">= 24"),
        ("*",),
    )


def test_a_frequent_value_fills_an_interval_alone():
    values = {"1": 1, "2": 1, "3": 1, "4": 97, "5": 1, "6": 1, "7": 1, "8": 1}
    hierarchy = build_hierarchy("x", DerivedRule(), values, "int")
    assert label_of(hierarchy, "3", 1) != label_of(hierarchy, "4", 1) != label_of(hierarchy, "5", 1)


def test_the_fanout_says_how_many_neighbours_merge():
    hierarchy = build_hierarchy("x", DerivedRule(fanout=3), {str(number): 1 for number in range(54)}, "int")
    assert [len(labels) for labels in hierarchy.labels] == [54, 27, 9, 3, 1]


def test_derived_bounds_print_neither_the_smallest_nor_the_largest_value():
    salaries = ["1234.56", "23456.78", "34567.89", "45678.91", "56789.12", "67891.23", "78912.34", "987654.32"]
    hierarchy = build_hierarchy("salary", DerivedRule(), once(*salaries), "decimal(10,2)")
    assert hierarchy.labels[2] == ("< 50000", ">= 50000")
    printed = " ".join(label or "" for labels in hierarchy.labels[1:] for label in labels)
    assert not any(salary in printed for salary in salaries)


@given(
    st.dictionaries(
        st.integers(-(10**18), 10**18).map(str) | st.floats(allow_nan=False).map(str),
        st.integers(1, 10**6),
        min_size=1,
        max_size=80,
    )
)
def test_a_value_lies_within_its_derived_interval(values: dict[str, int]):
    values = {value.replace("inf", "Infinity"): records for value, records in values.items()}
    hierarchy = build_hierarchy("x", DerivedRule(), values, "double")
    for level in range(1, hierarchy.height):
        for leaf, label in zip(hierarchy.leaves, hierarchy.label_of_each_leaf(level), strict=True):
            low, high = ends_of(label)
            value = float(leaf) if "Infinity" in leaf else Fraction(leaf)
            assert low is None or low <= value
            assert high is None or value < high


def ends_of(label: str) -> tuple[Fraction | None, Fraction | None]:
    if label.startswith("< "):
        return None, Fraction(label[2:])
    if label.startswith(">= "):
        return Fraction(label[3:]), None
    low, high = label.strip("[)").split(", ")
    return Fraction(low), Fraction(high)


@given(st.lists(st.decimals(-(10**6), 10**6, places=4), min_size=2, max_size=2, unique=True).map(sorted))
def test_the_roundest_number_is_above_the_lower_and_not_above_the_higher(ends: list[Decimal]):
    low, high = ends
    assert low < roundest_between(low, high) <= high


def test_nan_is_a_group_of_its_own_in_derived_intervals():
    values = once("1.0", "2.0", "3.0", "4.0", "NaN")
    hierarchy = build_hierarchy("x", DerivedRule(), values, "double")
    assert hierarchy.label_of_each_leaf(1) == ["< 3", "< 3", ">= 3", ">= 3", "NaN"]
    assert hierarchy.labels[2] == ("*",)


def test_strings_that_spell_numbers_are_numbers_since_a_csv_file_has_only_strings():
    hierarchy = build_hierarchy("age", DerivedRule(), once("9", "10", "11", "100", None), "string")
    assert hierarchy.leaves == ("9", "10", "11", "100", None)
    assert hierarchy.label_of_each_leaf(1) == ["< 11", "< 11", ">= 11", ">= 11", None]


def test_a_fanout_below_two_is_refused():
    with pytest.raises(HierarchyError, match="fanout must be at least 2"):
        build_hierarchy("x", DerivedRule(fanout=1), once("1", "2", "3", "4"), "int")
