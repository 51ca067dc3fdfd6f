"""What holds for hierarchies of every kind."""

from collections.abc import Mapping
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anonspark.domain.builders import build_hierarchy
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.rules import (
    DateRule,
    DerivedRule,
    HierarchyRule,
    IntervalRule,
    MaskRule,
    OrderRule,
    TableRule,
    TreeRule,
)
from anonspark.io.hierarchies import parse_hierarchy
from anonspark.vocabulary import OnUnknown

Values = Mapping[str | None, int]
Column = tuple[HierarchyRule, Values, str]

LETTERS = ("a", "b", "c", "d", "e")
NUMBERS = st.integers(-50, 150).map(str) | st.decimals(-50, 150, places=2).map(str)
DATES = st.dates().map(str) | st.datetimes().map(lambda moment: moment.isoformat(" "))
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
SOME_LETTERS = st.sampled_from((*LETTERS, "y", "z"))

RULES_AND_TEXTS: list[tuple[HierarchyRule, st.SearchStrategy[str], str]] = [
    (
        TableRule(tuple((x, "a..b" if x < "c" else "c..e", "*") for x in LETTERS), OnUnknown.SUPPRESS),
        SOME_LETTERS,
        "string",
    ),
    (IntervalRule(0, 100, (5, 10, 50), OnUnknown.SUPPRESS), NUMBERS, "string"),
    (IntervalRule(0, 100, (0.1, 0.3, 30), OnUnknown.CLAMP), NUMBERS, "string"),
    (MaskRule((4, 2, 1)), WORDS, "string"),
    (DateRule(("day", "month", "quarter", "year", "decade")), DATES, "string"),
    (DateRule(("day", "week")), DATES, "timestamp"),
    (TreeRule({"A": {"B": ("a", "b"), "C": ("c",)}, "D": ("d", "e")}, OnUnknown.SUPPRESS), SOME_LETTERS, "string"),
    (OrderRule(LETTERS, 2, OnUnknown.SUPPRESS), SOME_LETTERS, "string"),
    (DerivedRule(), NUMBERS, "double"),
    (DerivedRule(3), NUMBERS, "string"),
    (DerivedRule(), DATES, "timestamp"),
    (DerivedRule(), WORDS, "string"),
    (DerivedRule(), st.integers(0, 9999).map("K{:04d}".format), "string"),
]


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def columns(draw: st.DrawFn) -> Column:
    """A rule with a column that it fits: distinct values, perhaps null, and their records."""
    rule, texts, data_type = draw(st.sampled_from(RULES_AND_TEXTS))
    values: dict[str | None, int] = draw(st.dictionaries(texts, st.integers(1, 1000), min_size=1, max_size=30))
    if draw(st.booleans()):
        values[None] = 7
    return rule, values, data_type


def described(hierarchy: GeneralizationHierarchy) -> tuple[object, ...]:
    return hierarchy.groups.tolist(), hierarchy.labels, hierarchy.domain_size, hierarchy.unknown.tolist()


@unhurried
@given(columns())
def test_every_hierarchy_is_rectangular_and_names_each_value_once(column: Column):
    rule, values, data_type = column
    hierarchy = build_hierarchy("c", rule, values, data_type)
    n_levels, n_leaves = hierarchy.groups.shape
    assert n_levels == len(hierarchy.labels) >= 2
    assert len(set(hierarchy.leaves)) == n_leaves == len(hierarchy.unknown)
    assert set(values) <= set(hierarchy.leaves)
    assert hierarchy.groups[0].tolist() == list(range(n_leaves))
    for groups, labels in zip(hierarchy.groups, hierarchy.labels, strict=True):
        assert set(groups.tolist()) == set(range(len(labels)))


@unhurried
@given(columns())
def test_leaves_that_share_a_group_share_it_at_every_higher_level(column: Column):
    rule, values, data_type = column
    hierarchy = build_hierarchy("c", rule, values, data_type)
    for lower, upper in zip(hierarchy.groups, hierarchy.groups[1:], strict=False):
        parents: dict[int, int] = {}
        assert all(parents.setdefault(group, parent) == parent for group, parent in zip(lower, upper, strict=True))


@unhurried
@given(columns())
def test_the_last_level_of_a_rule_that_lists_no_rows_is_one_group(column: Column):
    rule, values, data_type = column
    hierarchy = build_hierarchy("c", rule, values, data_type)
    assert len(hierarchy.labels[-1]) == 1
    assert hierarchy.label_of_each_leaf(hierarchy.height).count(None) == 0


@unhurried
@given(columns())
def test_known_labels_of_a_level_tell_its_groups_apart(column: Column):
    rule, values, data_type = column
    hierarchy = build_hierarchy("c", rule, values, data_type)
    for groups, labels in zip(hierarchy.groups, hierarchy.labels, strict=True):
        known = [labels[group] for group in np.unique(groups[~hierarchy.unknown])]
        assert len(set(known)) == len(known)


@unhurried
@given(columns(), st.randoms())
def test_the_order_of_the_values_changes_nothing(column: Column, random: Random):
    rule, values, data_type = column
    shuffled = list(values.items())
    random.shuffle(shuffled)
    assert described(build_hierarchy("c", rule, values, data_type)) == described(
        build_hierarchy("c", rule, dict(shuffled), data_type)
    )


@unhurried
@given(columns())
def test_null_stays_null_below_the_last_level_and_is_counted_there(column: Column):
    rule, values, data_type = column
    hierarchy = build_hierarchy("c", rule, {**values, None: 1}, data_type)
    null = hierarchy.leaves.index(None)
    labels = [hierarchy.label_of_each_leaf(level)[null] for level in range(hierarchy.height + 1)]
    assert labels[:-1] == [None] * hierarchy.height
    assert labels[-1] == hierarchy.labels[-1][0]
    assert not hierarchy.unknown[null]
    assert hierarchy.domain_size == np.count_nonzero(~hierarchy.unknown)


@pytest.mark.parametrize(("rule", "texts", "data_type"), RULES_AND_TEXTS)
def test_a_column_of_nothing_but_null_can_be_generalized(
    rule: HierarchyRule, texts: st.SearchStrategy[str], data_type: str
):
    hierarchy = build_hierarchy("c", rule, {None: 3}, data_type)
    null = hierarchy.leaves.index(None)
    assert hierarchy.label_of_each_leaf(hierarchy.height)[null] == "*"
    assert hierarchy.height >= 1


def test_a_single_value_has_a_level_above_it():
    hierarchy = build_hierarchy("c", DerivedRule(), {"x": 9}, "string")
    assert hierarchy.labels == (("x",), ("*",))
    assert hierarchy.domain_size == 1


def test_no_root_is_put_on_a_level_that_is_constant_in_this_table():
    values = {"2024-03-05": 1, "2024-07-01": 1, None: 1}
    hierarchy = build_hierarchy("d", DateRule(("month", "year")), values, "date")
    assert hierarchy.labels[1:] == (("2024-03", "2024-07", None), ("2024",))


def test_numbers_stand_in_numeric_order_and_texts_in_code_point_order_with_null_last():
    values = {None: 1, "10": 1, "9": 1, "-1": 1}
    rule = MaskRule((0,))
    assert build_hierarchy("c", rule, values, "int").leaves == ("-1", "9", "10", None)
    assert build_hierarchy("c", rule, values, "string").leaves == ("-1", "10", "9", None)


def test_every_hierarchy_of_the_reference_data_is_one(shared: Path):
    files = sorted(shared.glob("data/*/hierarchies/*.csv"))
    assert len(files) > 60
    for file in files:
        rows = parse_hierarchy(file.read_bytes(), ";", attribute=file.stem)
        hierarchy = build_hierarchy(file.stem, TableRule(rows), {rows[0][0]: 1}, "string")
        assert hierarchy.leaves == tuple(row[0] for row in rows)
        assert hierarchy.height == len(rows[0]) - 1
        assert hierarchy.domain_size == len(rows)
        assert hierarchy.label_of_each_leaf(hierarchy.height) == [row[-1] for row in rows]
