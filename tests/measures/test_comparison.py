"""A release measured from its rows: by hand, as the engine measured it, and as an independent engine did."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.encode import RawClasses, build_hierarchies, encode
from anonspark.domain.hierarchy import Label
from anonspark.domain.measured import MeasuredAttribute
from anonspark.domain.policy import Policy, QuasiIdentifier
from anonspark.domain.recoding import recoding_of
from anonspark.domain.rules import DerivedRule, HierarchyRule, MaskRule, OrderRule, TableRule
from anonspark.errors import HierarchyError, InputError
from anonspark.measures.comparison import Comparison, compare
from anonspark.measures.recoded import costs_of_recoding, sizes_of_recoding
from anonspark.measures.utility import (
    BY_LEVEL,
    SuppressedRecords,
    attribute_costs,
    average_class_size,
    discernibility,
    leaves_of,
    whole,
)
from anonspark.vocabulary import Metric, OnUnknown
from tests.domain.raw import Row, raw_classes
from tests.reference import results

ZIP = TableRule((("10", "1*", "*"), ("11", "1*", "*"), ("20", "2*", "*"), ("21", "2*", "*")))


def compared(
    before: Sequence[Row] | Counter[Row],
    after: Sequence[Row] | Counter[Row],
    rules: Mapping[str, HierarchyRule | None],
    target: str | None = None,
    types: Mapping[str, str] | None = None,
) -> Comparison:
    """Rows with one cell a rule, and the target's last where there is one."""
    sensitive = [] if target is None else [target]
    original, released = (raw_classes(rows, list(rules), sensitive, types=types) for rows in (before, after))
    return compare(original, released, [MeasuredAttribute(name, rule) for name, rule in rules.items()])


def test_by_hand_two_records_generalized_one_suppressed_one_as_it_was() -> None:
    found = compared(
        [("10", "F"), ("11", "F"), ("20", "M"), ("21", "M")],
        [("1*", "F"), ("1*", "F"), ("*", "*"), ("21", "M")],
        {"zip": ZIP, "sex": None},
    )
    # zip: shares 1/2, 1/2, 1, 1/4 have the mean 9/16, which is (9/16 - 1/4) / (3/4) above raw. sex: 1/2, 1/2, 1, 1/2.
    assert found.columns["zip"].costs[Metric.LOSS] == pytest.approx(5 / 12)
    assert found.columns["sex"].costs[Metric.LOSS] == pytest.approx(1 / 4)
    assert found.metrics[Metric.LOSS] == pytest.approx((5 / 12 + 1 / 4) / 2)
    # Levels 1, 1, 2 (suppressed) and 0 of 2; 0, 0, 1 and 0 of 1.
    assert found.columns["zip"].costs[Metric.PRECISION] == pytest.approx(1 / 2)
    assert found.columns["sex"].costs[Metric.PRECISION] == pytest.approx(1 / 4)
    # Of four different zips 1, 1, 2 and 0 bits are lost; of two sexes 0, 0, 1 and 0.
    assert found.columns["zip"].costs[Metric.NON_UNIFORM_ENTROPY] == pytest.approx(4)
    assert found.columns["sex"].costs[Metric.NON_UNIFORM_ENTROPY] == pytest.approx(1)
    assert found.metrics[Metric.DISCERNIBILITY] == 2**2 + 1 + 1 * 4
    assert found.metrics[Metric.AVERAGE_CLASS_SIZE] == 4 / 3
    assert (found.rows, found.released_rows, found.suppressed) == (4, 4, 1)
    assert found.columns["zip"].mean_level == pytest.approx(2 / 3)
    assert (found.columns["zip"].values, found.columns["zip"].labels) == (4, 2)


def test_by_hand_how_far_the_distributions_are_apart() -> None:
    found = compared(
        [("10",), ("10",), ("20",), ("21",)], [("1*",), ("1*",), ("2*",), ("*",)], {"zip": ZIP}, types={"zip": "int"}
    )
    of_zip = found.columns["zip"].distances
    # The release reads 2 of 1* as 1 and 1, 1 of 2* as 1/2 and 1/2, and 1 suppressed as 1/4 each: 5, 5, 3, 3 of 16,
    # where the original has 8, 0, 4, 4.
    assert of_zip.total_variation == pytest.approx(5 / 16)
    # Numbers are in order: |8-5|, |8-10|, |12-13| of 16 are carried, over three steps.
    assert of_zip.earth_mover == pytest.approx((3 + 2 + 1) / 16 / 3)


def test_an_unchanged_release_loses_nothing_and_is_at_no_distance() -> None:
    rows = [("10", "F"), ("10", "F"), ("21", None)]
    found = compared(rows, rows, {"zip": ZIP, "sex": None})
    assert {metric: found.metrics[metric] for metric in BY_LEVEL} == dict.fromkeys(BY_LEVEL, 0.0)
    for column in found.columns.values():
        assert (column.distances.total_variation, column.distances.jensen_shannon) == (0.0, 0.0)
    assert found.warnings == ()


def test_rows_that_are_left_out_count_as_suppressed_and_are_told() -> None:
    before: list[Row] = [("10",), ("11",), ("20",), ("21",)]
    masked = compared(before, [("1*",), ("1*",), ("*",), ("*",)], {"zip": ZIP})
    dropped = compared(before, [("1*",), ("1*",)], {"zip": ZIP})
    assert dropped.metrics == masked.metrics
    assert (dropped.suppressed, dropped.released_rows) == (2, 2)
    assert dropped.warnings == ("2 rows of the original are not in the release; they count as suppressed.",)
    # Who reads it has the rows that are there.
    assert dropped.columns["zip"].distances.total_variation == pytest.approx(1 / 2)
    assert masked.columns["zip"].distances.total_variation == pytest.approx(1 / 4)


def test_a_label_that_stands_at_two_levels_is_read_where_the_whole_column_stands_else_at_the_lower_one() -> None:
    ages = TableRule((("1", "young", "any"), ("2", "young", "any"), ("3", "3", "old"), ("4", "4", "old")))
    whole_column = compared([("1",), ("3",)], [("young",), ("3",)], {"age": ages})
    by_itself = compared([("1",), ("3",)], [("any",), ("3",)], {"age": ages})
    assert whole_column.columns["age"].mean_level == 1
    assert by_itself.columns["age"].mean_level == (2 + 0) / 2


def test_a_suppressed_cell_that_no_level_names_loses_all_of_its_column_and_nothing_of_others() -> None:
    tree = TableRule((("a", "all"), ("b", "all")))
    found = compared([("a", "10"), ("b", "20")], [("*", "10"), ("b", "20")], {"letter": tree, "zip": ZIP})
    assert found.columns["letter"].costs[Metric.LOSS] == pytest.approx(1 / 2)
    assert found.columns["letter"].costs[Metric.PRECISION] == pytest.approx(1 / 2)
    assert found.columns["zip"].costs[Metric.LOSS] == 0
    assert found.columns["letter"].distances.total_variation == pytest.approx(1 / 4)


def test_a_label_that_the_hierarchy_does_not_have_is_refused_with_the_column_and_numbers_only() -> None:
    with pytest.raises(HierarchyError) as refused:
        compared([("10",), ("11",), ("20",)], [("1*",), ("SECRET",), ("2*",)], {"zip": ZIP})
    assert "'zip' has no label for what is released as 1 of 3 values of the column (1 record)" in str(refused.value)
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize("rule", [None, DerivedRule()])
def test_a_changed_column_without_a_hierarchy_has_distances_and_a_warning_and_the_rest_is_told(
    rule: HierarchyRule | None,
) -> None:
    found = compared(
        [("cat", "10"), ("dog", "11"), ("cat", "20"), ("cow", "21")],
        [("pet", "1*"), ("pet", "1*"), ("cat", "2*"), ("cow", "2*")],
        {"animal": rule, "zip": ZIP},
    )
    assert set(found.columns["animal"].costs.values()) == {None}
    assert found.columns["animal"].distances.total_variation == pytest.approx(1 / 2)
    assert found.columns["zip"].costs[Metric.LOSS] == pytest.approx(1 / 3)
    assert [found.metrics[metric] for metric in BY_LEVEL] == [None] * 3
    assert found.metrics[Metric.DISCERNIBILITY] == 4 + 1 + 1
    (warning,) = found.warnings
    assert "'animal' was changed and has no hierarchy" in warning


def test_values_that_were_exchanged_have_no_entropy_that_can_be_told() -> None:
    found = compared([("10",), ("11",)], [("10",), ("10",)], {"zip": ZIP})
    assert found.columns["zip"].costs[Metric.NON_UNIFORM_ENTROPY] is None
    assert "'zip' has a label of more records than the original" in found.warnings[0]


def test_more_rows_than_the_original_are_no_release_of_it() -> None:
    with pytest.raises(InputError, match=r"has 2 rows and the original 1; .* swapped\?"):
        compared([("10",)], [("10",), ("10",)], {"zip": ZIP})


def test_columns_of_texts_have_no_order_and_those_of_a_listed_order_have_it() -> None:
    letters: list[Row] = [("A",), ("B",), ("C",)]
    assert compared(letters, letters, {"grade": None}).columns["grade"].distances.earth_mover is None
    ordered = OrderRule(("C", "B", "A"))
    found = compared(letters, [("C",), ("*",), ("*",)], {"grade": ordered})
    # 1/3 each against 5/9, 2/9, 2/9 in the order C, B, A: 2/9 and 1/9 are carried, over two steps.
    assert found.columns["grade"].distances.earth_mover == pytest.approx(1 / 6)


def test_a_value_that_is_suppressed_as_unknown_is_lost_and_in_no_label() -> None:
    rule = TableRule((("10", "1*", "*"), ("11", "1*", "*")), unknown=OnUnknown.SUPPRESS)
    found = compared([("10",), ("11",), ("99",)], [("1*",), ("1*",), ("*",)], {"zip": rule})
    assert found.suppressed == 1
    assert found.columns["zip"].costs[Metric.LOSS] == 1.0
    # Two leaves are known, and 99 has a third of the original and nothing of what is read.
    assert found.columns["zip"].distances.total_variation == pytest.approx(1 / 3)


def test_a_suppressed_cell_is_not_taken_for_a_value_that_the_hierarchy_does_not_know() -> None:
    rule = TableRule((("10", "1*"), ("20", "2*")), unknown=OnUnknown.SUPPRESS)
    found = compared(
        [("10", "F"), ("20", "M"), ("99", "F")], [("*", "F"), ("2*", "M"), ("*", "F")], {"zip": rule, "sex": None}
    )
    # Level 1 of 1, with the two stars at the last level; of the three, each is one of three there.
    assert found.columns["zip"].costs[Metric.PRECISION] == 1.0
    assert found.columns["zip"].costs[Metric.LOSS] == pytest.approx((2 + 1 / 2) / 3 * 2 - 1)
    assert found.columns["zip"].costs[Metric.NON_UNIFORM_ENTROPY] is not None


def test_null_stands_before_the_numbers_as_for_t_closeness() -> None:
    found = compared([(None,), ("1",), ("2",)], [("1",), ("1",), ("2",)], {"age": None}, types={"age": "int"})
    # A third moves from null to 1, its neighbour, over one of two steps.
    assert found.columns["age"].distances.earth_mover == pytest.approx(1 / 3 / 2)


def test_a_target_is_predicted_from_the_values_and_from_the_labels() -> None:
    before = Counter({("10", "ill"): 30, ("11", "well"): 30, ("20", "ill"): 30, ("21", "well"): 30})
    after = Counter({("1*", "ill"): 30, ("1*", "well"): 30, ("2*", "ill"): 30, ("2*", "well"): 30})
    found = compared(before, after, {"zip": ZIP}, target="state")
    assert found.predictions is not None
    original, released = found.predictions
    assert (original.accuracy, original.baseline) == (1.0, 0.5)
    # No label tells anything, and the first of two states that are as likely is taken.
    assert (released.accuracy, released.baseline) == (0.5, 0.5)
    (association,) = found.associations
    assert association.columns == ("zip", "state")
    # By hand: phi squared is 1, of which chance is 3 x 1 / 119; it is divided by 2 - 1 / 119 - 1.
    assert association.original == pytest.approx(((1 - 3 / 119) / (1 - 1 / 119)) ** 0.5)
    assert association.released == 0
    assert association.change == -association.original


def test_a_target_of_many_values_or_that_was_changed_is_refused() -> None:
    many: list[Row] = [("10", str(number)) for number in range(101)]
    with pytest.raises(InputError, match="'wage' has 101 values"):
        compared(many, many, {"zip": ZIP}, target="wage")
    with pytest.raises(InputError, match="'state' has 1 values in the release that the original does not have"):
        compared([("10", "ill")], [("10", "SICK")], {"zip": ZIP}, target="state")


def test_suppressed_rows_are_left_out_of_associations_of_the_release() -> None:
    # Two columns that have nothing to do with each other; rows of two stars would tie them together.
    before: Counter[Row] = Counter({(a, b): 25 for a in ("10", "20") for b in ("F", "M")})
    after = before + Counter()
    after[("10", "F")] -= 20
    after[("20", "M")] -= 20
    after[("10", "M")] -= 20
    after[("20", "F")] -= 20
    after[("*", "*")] = 80
    (association,) = compared(before, after, {"zip": ZIP, "sex": None}).associations
    assert (association.original, association.released) == (0.0, 0.0)


# --- against the engine's own measures -------------------------------------------------------------------------------


@st.composite
def generalized_tables(draw: st.DrawFn) -> tuple[list[Row], list[TableRule], list[float]]:
    """Records with listed hierarchies whose labels name their level, so that a reader sees where each stands."""
    rules, weights = [], []
    for _ in range(draw(st.integers(1, 3))):
        height, n_leaves = draw(st.integers(1, 3)), draw(st.integers(1, 5))
        groups = [tuple(range(n_leaves))]
        for _ in range(height):
            merged = draw(st.lists(st.integers(0, 2), min_size=5, max_size=5))
            groups.append(tuple(merged[below] for below in groups[-1]))
        if draw(st.booleans()):
            groups[-1] = (0,) * n_leaves
        labels = [[f"{level}:{group}" for group in of_level] for level, of_level in enumerate(groups)]
        rules.append(TableRule(tuple(zip(*labels, strict=True))))
        weights.append(draw(st.sampled_from([1.0, 2.0])))
    cells = st.tuples(*[st.sampled_from([row[0] for row in rule.rows]) for rule in rules])
    return draw(st.lists(cells, min_size=1, max_size=20)), rules, weights


def prepared(rows: list[Row], rules: list[TableRule], weights: list[float]) -> tuple[Policy, RawClasses]:
    names = [f"c{axis}" for axis in range(len(rules))]
    attributes = (QuasiIdentifier(*each) for each in zip(names, rules, weights, strict=True))
    return Policy(tuple(attributes), ()), raw_classes(rows, names)


def measured_again(policy: Policy, raw: RawClasses, released: list[Row]) -> Comparison:
    attributes = [MeasuredAttribute(each.name, each.rule, each.weight) for each in policy.quasi_identifiers]
    return compare(raw, raw_classes(released, policy.names), attributes)


def released_rows(raw: RawClasses, shown: Sequence[Sequence[Label]], hidden: np.ndarray) -> list[Row]:
    """The rows of each combination: its labels, or stars."""
    rows: list[Row] = []
    for place, count in enumerate(raw.counts.tolist()):
        row = tuple("*" for _ in shown) if hidden[place] else tuple(labels[place] for labels in shown)
        rows += [row] * count
    return rows


@given(generalized_tables(), st.data())
def test_a_release_at_a_node_is_measured_as_the_search_did(
    table: tuple[list[Row], list[TableRule], list[float]], data: st.DataObject
) -> None:
    policy, raw = prepared(*table)
    hierarchies = build_hierarchies(policy, raw)
    node = [data.draw(st.integers(0, hierarchy.height)) for hierarchy in hierarchies]
    classes = encode(raw, policy, hierarchies)
    shown = [
        [hierarchy.label_of_each_leaf(level)[leaf] for leaf in leaves]
        for hierarchy, level, leaves in zip(hierarchies, node, classes.codes, strict=True)
    ]
    of_class = dict(enumerate(zip(*shown, strict=True)))
    suppressed = {labels for labels in set(of_class.values()) if data.draw(st.booleans())}
    hidden = np.array([of_class[place] in suppressed for place in range(classes.n_classes)])
    found = measured_again(policy, raw, released_rows(raw, shown, hidden))
    lost = SuppressedRecords(
        int(classes.sizes[hidden].sum()),
        tuple(
            np.bincount(row[hidden], weights=classes.sizes[hidden], minlength=len(hierarchy.leaves)).astype(np.int64)
            for row, hierarchy in zip(classes.codes, hierarchies, strict=True)
        ),
    )
    records = [
        np.bincount(row, weights=classes.sizes, minlength=len(hierarchy.leaves)).astype(np.int64)
        for row, hierarchy in zip(classes.codes, hierarchies, strict=True)
    ]
    leaves = leaves_of(hierarchies, [np.arange(len(each.leaves)) for each in hierarchies], records, table[2])
    if hidden.all():
        return  # a table of stars does not tell which node it comes from
    for metric in BY_LEVEL:
        costs = attribute_costs(metric, leaves, lost, node)
        for cost, column in zip(costs, found.columns.values(), strict=True):
            assert column.costs[metric] == pytest.approx(cost, abs=1e-9)
        assert found.metrics[metric] == pytest.approx(whole(metric, table[2], costs), abs=1e-9)
    kept = Counter[Row]()
    for place, labels in of_class.items():
        if not hidden[place]:
            kept[labels] += int(classes.sizes[place])
    squares = float(sum(size**2 for size in kept.values()))
    assert found.metrics[Metric.DISCERNIBILITY] == discernibility(squares, lost.records, len(table[0]))
    assert found.metrics[Metric.AVERAGE_CLASS_SIZE] == average_class_size(len(kept), lost.records, len(table[0]))


@given(generalized_tables(), st.data())
def test_a_release_with_levels_of_its_own_is_measured_as_it_was_recoded(
    table: tuple[list[Row], list[TableRule], list[float]], data: st.DataObject
) -> None:
    policy, raw = prepared(*table)
    hierarchies = build_hierarchies(policy, raw)
    classes = encode(raw, policy, hierarchies)
    n_classes = classes.n_classes
    levels = np.array(
        [[data.draw(st.integers(0, hierarchy.height)) for _ in range(n_classes)] for hierarchy in hierarchies],
        dtype=np.int32,
    )
    released = np.array([data.draw(st.booleans()) for _ in range(n_classes)])
    levels[:, ~released] = np.array([[hierarchy.height] for hierarchy in hierarchies])
    if any(len(set(row[released].tolist())) == 1 for row in levels) or not released.any():
        return  # a column of one level may be read as one of a node
    recoding = recoding_of(hierarchies, classes.codes, classes.sizes, levels, released, strict=False)
    shown = [
        [hierarchy.label_of_each_leaf(level)[leaf] for leaf, level in zip(leaves, of_classes, strict=True)]
        for hierarchy, leaves, of_classes in zip(hierarchies, classes.codes, levels, strict=True)
    ]
    found = measured_again(policy, raw, released_rows(raw, shown, ~released))
    for metric in BY_LEVEL:
        costs = costs_of_recoding(metric, hierarchies, recoding, classes.sizes)
        for cost, column in zip(costs, found.columns.values(), strict=True):
            assert column.costs[metric] == pytest.approx(cost, abs=1e-9)
    for name, value in sizes_of_recoding(recoding, len(table[0])).items():
        assert found.metrics[Metric(name)] == value
    for mean, column in zip(recoding.mean_levels, found.columns.values(), strict=True):
        assert column.mean_level == pytest.approx(mean)


# --- against an independent engine -----------------------------------------------------------------------------------


def labels_of(rows: Sequence[Sequence[str]], level: int) -> dict[str, str]:
    return {row[0]: row[level] for row in rows}


def applied(frame: pd.DataFrame, rules: Mapping[str, TableRule], entry: Mapping[str, Any]) -> pd.DataFrame:
    """The release that an entry tells of, made without the engine: its levels, and classes below k starred."""
    released = pd.DataFrame(
        {name: frame[name].map(labels_of(rules[name].rows, entry["levels"][name])) for name in entry["qis"]}
    )
    sizes = released.groupby(entry["qis"])[entry["qis"][0]].transform("size")
    released.loc[sizes < entry["k"], :] = "*"
    return released


@pytest.mark.parametrize("name", ["adult-k=5-supp=0.05-metric=loss-risk=1", "adult-k=5-supp=0-metric=dm"])
def test_a_release_of_adult_has_the_metrics_of_an_independent_engine(shared: Path, name: str) -> None:
    entry = next(entry for entry in results(shared) if entry["id"] == name)
    folder = shared / "data/adult"
    rules = {}
    for column in entry["qis"]:
        with (folder / f"hierarchies/{column}.csv").open(encoding="utf-8-sig", newline="") as file:
            rules[column] = TableRule(tuple(tuple(row) for row in csv.reader(file, delimiter=";") if row))
    frame = pd.read_csv(folder / "adult.csv", sep=";", dtype=str, keep_default_na=False)[entry["qis"]]
    tables = [list(table.itertuples(index=False, name=None)) for table in (frame, applied(frame, rules, entry))]
    found = compared(*tables, rules)
    assert found.suppressed == entry["suppressed"]
    expected = entry["q"]
    assert found.metrics == {
        Metric.LOSS: pytest.approx(expected["loss_mean"], rel=1e-9),
        Metric.PRECISION: pytest.approx(expected["precision_loss_mean"], rel=1e-9),
        Metric.NON_UNIFORM_ENTROPY: pytest.approx(expected["nue_sum"], rel=1e-9),
        Metric.DISCERNIBILITY: expected["discernibility"],
        Metric.AVERAGE_CLASS_SIZE: pytest.approx(expected["avg_class_size_arx"], rel=1e-9),
    }
    for column, of_column in expected["per_attribute"].items():
        costs = found.columns[column].costs
        assert costs[Metric.LOSS] == pytest.approx(of_column["loss"], abs=1e-9)
        assert costs[Metric.PRECISION] == pytest.approx(of_column["precision"], abs=1e-9)
        assert costs[Metric.NON_UNIFORM_ENTROPY] == pytest.approx(of_column["nue"], rel=1e-9, abs=1e-6)


def test_masks_are_built_from_the_original_s_values() -> None:
    found = compared([("123",), ("129",), ("200",)], [("12*",), ("12*",), ("20*",)], {"zip": MaskRule((2,))})
    assert found.columns["zip"].mean_level == 1
