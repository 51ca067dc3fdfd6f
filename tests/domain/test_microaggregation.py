"""One value a class, against Python's own statistics on the rows."""

import statistics
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonspark.domain.aggregation import as_text
from anonspark.domain.builders import build_hierarchy
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.domain.microaggregation import (
    aggregations_of,
    microaggregated,
    numbers_of,
    require_values_to_aggregate,
)
from anonspark.domain.policy import QuasiIdentifier
from anonspark.domain.recoding import HIDDEN, Recoding, recoding_of
from anonspark.domain.rules import DateRule, DerivedRule, HierarchyRule, MaskRule, OrderRule, TableRule
from anonspark.errors import HierarchyError
from anonspark.vocabulary import MicroAggregation, OnUnknown

MEAN, MEDIAN, MODE = MicroAggregation.MEAN, MicroAggregation.MEDIAN, MicroAggregation.MODE
ALONE = MaskRule(())
Row = tuple[str, Label]


def columns_of(
    rows: list[Row], rule: HierarchyRule, data_type: str
) -> tuple[tuple[GeneralizationHierarchy, ...], np.ndarray, np.ndarray]:
    """The hierarchies of `group` and `value`, the raw classes of the rows, and their sizes."""
    hierarchies, codes = [], []
    for axis, (name, of_column, kind) in enumerate((("group", ALONE, "string"), ("value", rule, data_type))):
        values: dict[Label, int] = defaultdict(int)
        for row in rows:
            values[row[axis]] += 1
        hierarchy = build_hierarchy(name, of_column, values, kind)
        hierarchies.append(hierarchy)
        codes.append([hierarchy.leaves.index(row[axis]) for row in rows])
    raw, sizes = np.unique(np.array(codes, dtype=np.int32), axis=1, return_counts=True)
    return tuple(hierarchies), raw, sizes


def aggregated(
    rows: list[Row],
    function: MicroAggregation,
    *,
    rule: HierarchyRule = ALONE,
    level: int = 1,
    data_type: str = "int",
    hidden: frozenset[str] = frozenset(),
) -> tuple[dict[tuple[Label, ...], int], Recoding, dict]:
    """Records by labels, groups raw and values at a level; rows of hidden groups are suppressed."""
    hierarchies, raw, sizes = columns_of(rows, rule, data_type)
    levels = np.array([[0] * len(sizes), [level] * len(sizes)])
    released = np.array([hierarchies[0].leaves[code] not in hidden for code in raw[0]], dtype=bool)
    recoding = recoding_of(hierarchies, raw, sizes, levels, released, strict=True)
    found, losses = microaggregated(recoding, aggregations_of(hierarchies, {"value": function}), sizes)
    labels = [tuple(found.labels[axis][code] for axis, code in enumerate(of_class)) for of_class in found.codes.T]
    assert len(set(labels)) == len(labels)
    return dict(zip(labels, found.sizes.tolist(), strict=True)), found, losses


rows_of_numbers = st.lists(
    st.tuples(st.sampled_from("abc"), st.none() | st.integers(-50, 50).map(str)), min_size=1, max_size=40
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(rows_of_numbers, st.sampled_from(MicroAggregation))
def test_each_class_gets_the_value_that_statistics_has_for_its_rows(
    rows: list[Row], function: MicroAggregation
) -> None:
    numbers: dict[str, list[int]] = {group: [] for group, _ in rows}
    for group, value in rows:
        if value is not None:
            numbers[group].append(int(value))
    expected: dict[tuple[Label, ...], int] = {}
    for group, of_group in numbers.items():
        value = None
        if of_group and function is MODE:
            value = str(min(statistics.multimode(of_group)))
        elif of_group:
            exact = {MEAN: statistics.mean, MEDIAN: statistics.median}[function](map(Fraction, of_group))
            value = as_text(float(exact))
        expected[group, value] = sum(row[0] == group for row in rows)
    found, _, losses = aggregated(rows, function)
    assert found == expected
    known = [(int(value), numbers[group]) for group, value in rows if value is not None]
    if function is MEAN and len({value for value, _ in known}) > 1:
        mean = statistics.mean(Fraction(value) for value, _ in known)
        around = sum((value - mean) ** 2 for value, _ in known)
        left = sum((value - statistics.mean(map(Fraction, group))) ** 2 for value, group in known)
        # Released values are rounded.
        assert losses[1].sse_share == pytest.approx(float(left / around), abs=1e-9)


def test_the_value_of_suppressed_rows_is_in_no_class() -> None:
    rows: list[Row] = [("a", "10"), ("a", "20"), ("b", "1000")]
    found, recoding, losses = aggregated(rows, MEAN, hidden=frozenset("b"))
    assert found == {("a", "15"): 2}
    assert (recoding.class_of == HIDDEN).sum() == 1
    assert losses[1].changed == 1.0
    assert losses[1].sse_share == 1.0


def test_classes_that_come_to_one_value_are_one_class() -> None:
    # By decades [10, 20) and [20, 30) of one group: the median of both is told as 20 and 20.
    ages = TableRule((("20", "twenty", "*"), ("21", "more", "*"), ("19", "more", "*")))
    rows: list[Row] = [("a", "20"), ("a", "21"), ("a", "19"), ("b", "21")]
    found, _, _ = aggregated(rows, MEDIAN, rule=ages, level=1)
    assert found == {("a", "20"): 3, ("b", "21"): 1}


def test_a_median_of_what_has_an_order_is_the_lower_of_two() -> None:
    grades = OrderRule(("low", "medium", "high"), 2)
    rows: list[Row] = [("a", "low"), ("a", "medium"), ("a", "high"), ("a", "high"), ("b", "high"), ("b", "low")]
    found, _, losses = aggregated(rows, MEDIAN, rule=grades, level=2, data_type="string")
    assert found == {("a", "medium"): 4, ("b", "low"): 2}
    assert losses[1].changed == pytest.approx(4 / 6)
    assert losses[1].sse_share is None
    days: list[Row] = [("a", "2024-01-31"), ("a", "2024-02-29"), ("a", "1999-12-31")]
    assert aggregated(days, MEDIAN, rule=DateRule(("year",)), level=2, data_type="date")[0] == {("a", "2024-01-31"): 3}


def test_the_most_frequent_value_is_one_that_a_record_has_and_the_first_of_equals() -> None:
    rows: list[Row] = [("a", "x"), ("a", "y"), ("a", "y"), ("b", "z"), ("b", "w"), ("b", None), ("c", None)]
    assert aggregated(rows, MODE, data_type="string")[0] == {("a", "y"): 3, ("b", "w"): 3, ("c", None): 1}


@pytest.mark.parametrize(
    ("function", "rule", "data_type", "values", "message"),
    [
        (MEAN, ALONE, "string", ["1", "x"], "finite number"),
        (MEAN, ALONE, "double", ["1.5", "NaN"], "finite number"),
        (MEAN, DateRule(("year",)), "date", ["2024-01-31"], "finite number"),
        (MEDIAN, ALONE, "string", ["x", "y"], "no order"),
    ],
    ids=str,
)
def test_what_has_no_such_value_is_refused_in_words_without_one(
    function: MicroAggregation, rule: HierarchyRule, data_type: str, values: list[str], message: str
) -> None:
    hierarchy = build_hierarchy("age", rule, dict.fromkeys(values, 1), data_type)
    with pytest.raises(HierarchyError, match=message) as raised:
        require_values_to_aggregate(QuasiIdentifier("age", rule, microaggregation=function), hierarchy, data_type)
    assert not any(value in str(raised.value) for value in values if len(value) > 1)


@pytest.mark.parametrize(
    ("function", "rule", "data_type", "values"),
    [
        (MEAN, ALONE, "string", ["1", "-2.5", "1e3"]),
        (MEDIAN, ALONE, "date", ["2024-01-31"]),
        (MEDIAN, ALONE, "timestamp_ntz", ["2024-01-31 00:00:00"]),
        (MEDIAN, OrderRule(("x", "y"), 2), "string", ["x", "y"]),
        (MODE, DerivedRule(), "string", ["x", "1"]),
        (None, ALONE, "string", ["x", "1"]),
    ],
    ids=str,
)
def test_what_has_one_is_taken(
    function: MicroAggregation | None, rule: HierarchyRule, data_type: str, values: list[str]
) -> None:
    hierarchy = build_hierarchy("age", rule, {None: 1, **dict.fromkeys(values, 1)}, data_type)
    require_values_to_aggregate(QuasiIdentifier("age", rule, microaggregation=function), hierarchy, data_type)


def test_values_that_are_never_released_need_be_no_numbers() -> None:
    rule = TableRule((("1", "*"), ("2", "*")), OnUnknown.SUPPRESS)
    numbers = numbers_of(build_hierarchy("age", rule, {"1": 1, "2": 1, "n/a": 1, None: 1}, "string"))
    assert numbers is not None
    assert np.isnan(numbers).tolist() == [False, False, True, True]
