from collections import Counter
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.encode import (
    are_numbers,
    bounded_lattice,
    build_hierarchies,
    distinct_rows,
    encode,
    require_ground_distances,
)
from anonspark.domain.policy import Policy, QuasiIdentifier, SensitiveAttribute
from anonspark.domain.rules import IntervalRule, MaskRule, OrderRule, TableRule, TreeRule
from anonspark.errors import HierarchyError
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.t_closeness import TCloseness
from anonspark.vocabulary import Distance, OnUnknown
from tests.domain.raw import Row, raw_classes

CELLS = st.sampled_from(["a", "b", "c", "", "NULL", None])
DIAGNOSES = TableRule((("u", "x", "*"), ("v", "x", "*"), ("w", "y", "*")))
ANYTHING = SensitiveAttribute("diagnosis")


def policy_of(*names: str, sensitive: tuple[SensitiveAttribute, ...] = (), rule: TableRule | None = None) -> Policy:
    attributes = tuple(QuasiIdentifier(name) if rule is None else QuasiIdentifier(name, rule) for name in names)
    return Policy(attributes, (KAnonymity(2),), sensitive)


def encoded(rows: list[Row] | Counter[Row], policy: Policy, types: dict[str, str] | None = None) -> EquivalenceClasses:
    raw = raw_classes(rows, policy.names, [each.name for each in policy.sensitive], types=types)
    return encode(raw, policy, build_hierarchies(policy, raw))


def sensitive_order(*values: str | None, rule: OrderRule | TableRule | None = None) -> list[str | None]:
    """The values in the order of their codes, each told by a class of its own."""
    rows = Counter({(f"class {place}", value): place + 1 for place, value in enumerate(values)})
    policy = policy_of("zip", sensitive=(SensitiveAttribute("diagnosis", rule),))
    histograms = encoded(rows, policy).sensitive["diagnosis"]
    by_records = dict(zip(rows.values(), [value for _, value in rows], strict=True))
    return [by_records[records] for records in histograms.totals.tolist()]


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=40))
def test_classes_and_histograms_are_those_of_a_group_by_on_rows(rows: list[Row]) -> None:
    policy = policy_of("sex", "zip", sensitive=(ANYTHING,))
    raw = raw_classes(rows, policy.names, ["diagnosis"])
    hierarchies = build_hierarchies(policy, raw)
    classes = encode(raw, policy, hierarchies)
    histograms = classes.sensitive["diagnosis"]
    # Without a rule the values stand by code point, null first.
    order = sorted({row[2] for row in rows}, key=lambda value: (value is not None, value or ""))

    frame = pd.DataFrame(rows, columns=["sex", "zip", "diagnosis"], dtype=object)
    groups = frame.groupby(["sex", "zip"], dropna=False)
    expected = {
        tuple(None if pd.isna(value) else value for value in key): Counter(group["diagnosis"].tolist())
        for key, group in groups
    }
    found = {}
    for place in range(classes.n_classes):
        key = tuple(each.leaves[code] for each, code in zip(hierarchies, classes.codes[:, place], strict=True))
        pairs = slice(histograms.offsets[place], histograms.offsets[place + 1])
        values = [order[code] for code in histograms.values[pairs]]
        assert len(set(values)) == len(values)
        found[key] = Counter(dict(zip(values, histograms.counts[pairs].tolist(), strict=True)))
    assert found == expected
    assert dict(zip(found, classes.sizes.tolist(), strict=True)) == {
        key: histogram.total() for key, histogram in expected.items()
    }
    totals = Counter(row[2] for row in rows)
    assert histograms.totals.tolist() == [totals[value] for value in order]
    assert classes.inadmissible is None
    assert classes.n_records == raw.n_records == len(rows)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=30), st.randoms())
def test_the_order_of_the_rows_changes_no_class(rows: list[Row], random) -> None:
    def found(rows: list[Row]) -> set[tuple[object, ...]]:
        classes = encoded(rows, policy_of("zip", sensitive=(ANYTHING,)))
        histograms = classes.sensitive["diagnosis"]
        owners = histograms.class_of_each_pair()
        zips = classes.codes[0][owners]
        return set(zip(zips.tolist(), histograms.values.tolist(), histograms.counts.tolist(), strict=True))

    shuffled = rows[:]
    random.shuffle(shuffled)
    assert found(shuffled) == found(rows)


@given(
    st.integers(1, 40).flatmap(
        lambda n_rows: st.lists(st.lists(st.integers(0, 3), min_size=n_rows, max_size=n_rows), min_size=1, max_size=6)
    )
)
def test_distinct_rows_are_numbered_by_their_first_row(columns: list[list[int]]) -> None:
    ids, first = distinct_rows([np.array(column, dtype=np.int32) for column in columns])
    rows = list(zip(*columns, strict=True))
    numbers = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    assert ids.tolist() == [numbers[row] for row in rows]
    assert first.tolist() == [rows.index(row) for row in numbers]


def test_combinations_of_forty_columns_of_many_values_are_told_apart() -> None:
    # 2^31 - 1 to the power of 40 is far beyond any integer of the machine.
    columns = [np.array([0, 2**31 - 1, 0, 5], dtype=np.int32) for _ in range(40)]
    columns[-1] = np.array([0, 2**31 - 1, 1, 5], dtype=np.int32)
    assert distinct_rows(columns)[0].tolist() == [0, 1, 2, 3]


def test_an_ordered_attribute_of_numbers_stands_by_size_with_null_first() -> None:
    assert sensitive_order("10", "9", None, "-1", "1e1") == [None, "-1", "9", "10", "1e1"]


def test_numbers_stand_by_size_even_where_an_order_is_given() -> None:
    assert sensitive_order("10", "9", "100", rule=OrderRule(("100", "9", "10"))) == ["9", "10", "100"]


def test_an_order_or_the_lines_of_a_file_give_the_order_of_words() -> None:
    assert sensitive_order("low", "high", "mid", rule=OrderRule(("low", "mid", "high"))) == ["low", "mid", "high"]
    assert sensitive_order("w", "u", rule=DIAGNOSES) == ["u", "w"]


def test_words_without_a_rule_stand_by_code_point_with_null_first() -> None:
    assert sensitive_order("b", None, "B", "é", "a", "") == [None, "", "B", "a", "b", "é"]


def test_a_value_that_is_no_finite_number_makes_words_of_all() -> None:
    assert sensitive_order("10", "9", "NaN") == ["10", "9", "NaN"]
    assert are_numbers(["1", None])
    assert not are_numbers(["1", "Infinity"])
    assert not are_numbers(["1", " 2"])


def test_a_sensitive_hierarchy_gives_the_groups_of_the_values_that_occur() -> None:
    rows = Counter({("1", "w"): 1, ("1", "u"): 2, ("2", "v"): 3})
    histograms = encoded(rows, policy_of("zip", sensitive=(SensitiveAttribute("diagnosis", DIAGNOSES),))).sensitive
    ancestors = histograms["diagnosis"].ancestors
    assert histograms["diagnosis"].totals.tolist() == [2, 3, 1]
    assert ancestors is not None
    assert ancestors.tolist() == [[0, 1, 2], [0, 0, 1], [0, 0, 0]]


def test_a_class_with_a_value_that_a_hierarchy_does_not_know_is_inadmissible() -> None:
    rule = TableRule((("1", "*"), ("2", "*")), unknown=OnUnknown.SUPPRESS)
    policy = policy_of("a", "b", rule=rule)
    rows = list(product(["1", "2", "3"], ["1", "4"]))
    raw = raw_classes(rows, policy.names)
    hierarchies = build_hierarchies(policy, raw)
    classes = encode(raw, policy, hierarchies)
    assert classes.inadmissible is not None
    values = [[each.leaves[code] for code in row] for each, row in zip(hierarchies, classes.codes, strict=True)]
    inadmissible = {row for row, out in zip(zip(*values, strict=True), classes.inadmissible, strict=True) if out}
    assert inadmissible == {row for row in rows if "3" in row or "4" in row}


def test_leaves_that_a_file_lists_and_the_table_lacks_have_no_class() -> None:
    classes = encoded([("v",), ("v",)], policy_of("a", rule=DIAGNOSES))
    assert (classes.codes.tolist(), classes.sizes.tolist()) == ([[1]], [2])


def test_the_lattice_keeps_to_the_bounds_on_levels() -> None:
    policy = Policy(
        (QuasiIdentifier("a", MaskRule((1,)), min_level=1), QuasiIdentifier("b", DIAGNOSES, max_level=1)),
        (KAnonymity(2),),
    )
    hierarchies = build_hierarchies(policy, raw_classes([("12", "u"), ("34", "v")], policy.names))
    lattice = bounded_lattice(policy, hierarchies)
    assert (lattice.bottom, lattice.top) == ((1, 0), (2, 1))


@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        ({"max_level": 3}, "has levels 0 to 2, but max_level is 3"),
        ({"min_level": 9}, "has levels 0 to 2, but min_level is 9"),
        ({"min_level": 2, "max_level": 1}, "min_level 2 is above max_level 1"),
    ],
)
def test_a_bound_that_is_no_level_is_refused(bounds: dict[str, int], sentence: str) -> None:
    policy = Policy((QuasiIdentifier("diagnosis", DIAGNOSES, **bounds),), (KAnonymity(2),))
    hierarchies = build_hierarchies(policy, raw_classes([("u",)], policy.names))
    with pytest.raises(HierarchyError, match=sentence) as raised:
        bounded_lattice(policy, hierarchies)
    assert raised.value.field == "diagnosis"


@pytest.mark.parametrize(
    ("distance", "values", "rule", "way_out"),
    [
        (Distance.ORDERED, ("u", "v"), None, "needs numbers, a csv or an `order`"),
        (Distance.ORDERED, ("1", "NaN"), None, "needs numbers, a csv or an `order`"),
        (Distance.ORDERED, ("1", None, "20"), None, None),
        (Distance.ORDERED, ("u", "v"), DIAGNOSES, None),
        (Distance.ORDERED, ("u", "v"), OrderRule(("v", "u")), None),
        (Distance.HIERARCHICAL, ("u", "v"), None, "must end in one group"),
        (Distance.HIERARCHICAL, ("u", "v"), DIAGNOSES, None),
        (Distance.HIERARCHICAL, ("u", "w"), TreeRule({"x": ("u",), "y": ("w",)}), None),
        (Distance.HIERARCHICAL, ("1", "7"), IntervalRule(0, 10, (5,)), None),
        (Distance.HIERARCHICAL, ("u", "w"), TableRule((("u", "x"), ("w", "y"))), "must end in one group"),
        (Distance.EQUAL, ("u", "v"), None, None),
    ],
)
def test_a_distance_needs_its_order_or_its_tree(distance, values, rule, way_out) -> None:
    policy = Policy(
        (QuasiIdentifier("zip"),), (TCloseness(0.5, "s", distance),), (SensitiveAttribute("s", rule), ANYTHING)
    )
    raw = raw_classes([("1", value, "any") for value in values], policy.names, ["s", "diagnosis"])
    classes = encode(raw, policy, build_hierarchies(policy, raw))
    if way_out is None:
        require_ground_distances(policy, raw, classes)
        return
    with pytest.raises(HierarchyError, match=way_out) as raised:
        require_ground_distances(policy, raw, classes)
    assert raised.value.field == "s"
