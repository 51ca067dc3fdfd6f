"""Roll-up: wherever a node's classes come from, they are the sets of records that agree."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonspark.domain.lattice import Node
from anonspark.search.bundles import Bundles
from anonspark.search.class_table import ClassTable, ClassTables, Scratch, roll_up
from anonspark.search.kernels import merge_histograms
from tests import oracle
from tests.reference import encoded
from tests.search.small_tables import tables


def base_of(table: oracle.Table) -> tuple[ClassTable, Bundles]:
    hierarchies, classes = encoded(table)
    bundles = Bundles([hierarchy.groups for hierarchy in hierarchies])
    node, packed = (0,) * len(hierarchies), bundles.pack(classes.codes)
    return ClassTable(node, classes.sizes, classes.sensitive, classes.population, own_packed=packed), bundles


def members(table: ClassTable) -> set[frozenset[int]]:
    """Each class as the set of base classes in it."""
    n_classes = len(table.sizes)
    return {
        frozenset(np.flatnonzero(table.to_base(np.arange(n_classes) == index)).tolist()) for index in range(n_classes)
    }


def contents(table: ClassTable) -> dict[frozenset[int], tuple]:
    """Size, people and sensitive histograms of each class, by the base classes in it."""
    n_classes, found = len(table.sizes), {}
    for index in range(n_classes):
        base = frozenset(np.flatnonzero(table.to_base(np.arange(n_classes) == index)).tolist())
        histograms = tuple(
            frozenset(
                zip(
                    each.values[each.offsets[index] : each.offsets[index + 1]].tolist(),
                    each.counts[each.offsets[index] : each.offsets[index + 1]].tolist(),
                    strict=True,
                )
            )
            for _, each in sorted(table.sensitive.items())
        )
        assert table.population is not None
        found[base] = (int(table.sizes[index]), int(table.population[index]), histograms)
    return found


@st.composite
def paths(draw: st.DrawFn) -> tuple[oracle.Table, list[Node]]:
    """A table and nodes, each at or above the one before."""
    table = draw(tables())
    path = [tuple(0 for _ in table.top)]
    for _ in range(draw(st.integers(1, 3))):
        path.append(tuple(draw(st.integers(low, high)) for low, high in zip(path[-1], table.top, strict=True)))
    return table, path[1:]


@settings(deadline=None, max_examples=150, derandomize=True)
@given(paths())
def test_rolling_up_by_way_of_any_nodes_below_gives_the_classes_of_direct_grouping(
    path: tuple[oracle.Table, list[Node]],
) -> None:
    table, nodes = path
    base, bundles = base_of(table)
    scratch, by_way = Scratch(), base
    for node in nodes:
        by_way = roll_up(by_way, node, bundles, scratch)
    direct = roll_up(base, nodes[-1], bundles, scratch)
    assert contents(by_way) == contents(direct)
    with_records = by_way.with_records()
    assert sorted(with_records.sizes.tolist()) == sorted(len(rows) for rows in oracle.classes(table, nodes[-1]))
    assert sum(by_way.sizes[with_records.n_classes :]) == 0, "classes without records come last"
    assert by_way.population is not None
    people = oracle.people_by_labels(table, nodes[-1])
    assert sorted(by_way.population.tolist()) == sorted(
        people[labels] for labels in {table.labels(row, nodes[-1]) for row in (*table.rows, *table.population)}
    )


@settings(deadline=None, max_examples=150, derandomize=True)
@given(tables(), st.data())
def test_random_keys_with_many_collisions_give_the_classes_of_exact_keys(
    table: oracle.Table, data: st.DataObject
) -> None:
    base, exact = base_of(table)
    node = tuple(data.draw(st.integers(0, high)) for high in table.top)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("anonspark.search.bundles.CODES_A_BUNDLE", 1)  # a bundle for each attribute
        inexact_base, inexact = base_of(table)
        patch.setattr("anonspark.search.bundles.KEY_BITS", 0)
        inexact._factors[:] = 1  # keys are sums of groups: most classes collide
        assert inexact.keys(node).cells == 0
        found = contents(roll_up(inexact_base, node, inexact, Scratch()))
    assert exact.keys(node).cells > 0
    assert found == contents(roll_up(base, node, exact, Scratch()))


def test_more_combinations_than_a_key_has_bits_are_grouped_rightly() -> None:
    rng = np.random.default_rng(3)
    n_attributes, n_leaves, n_rows = 12, 200, 3000
    leaves = rng.integers(0, n_leaves, (n_attributes, n_rows)).astype(np.int32)
    leaves[:, n_rows // 2 :] = leaves[:, : n_rows // 2]  # every class twice
    groups = [np.stack([np.arange(n_leaves), np.arange(n_leaves) // 10]).astype(np.int32)] * n_attributes
    bundles, node = Bundles(groups), (1, 0) * 6
    assert bundles.keys(node).cells == 0
    sizes = np.ones(n_rows, dtype=np.int64)
    base = ClassTable((0,) * n_attributes, sizes, {}, own_packed=bundles.pack(leaves))
    found = roll_up(base, node, bundles, Scratch())
    released = np.stack([of_level[level][row] for of_level, level, row in zip(groups, node, leaves, strict=True)])
    _, sizes = np.unique(released, axis=1, return_counts=True)
    assert len(found.sizes) == len(sizes) == n_rows // 2
    assert sorted(found.sizes) == sorted(sizes)


@settings(deadline=None, max_examples=80, derandomize=True)
@given(tables(), st.data(), st.sampled_from((0, 300, 1 << 20)))
def test_whatever_is_kept_the_classes_of_a_node_are_the_same(
    table: oracle.Table, data: st.DataObject, most_bytes: int
) -> None:
    base, bundles = base_of(table)
    kept = ClassTables(base, bundles, most_bytes)
    some = st.tuples(*(st.integers(0, high) for high in table.top))
    for node in data.draw(st.lists(some, min_size=1, max_size=80)):
        keep = data.draw(st.booleans())
        source = kept.nearest(node)
        found = kept.rolled_up(source, node)
        if keep and found is not source:
            kept.remember(found)
        assert members(found) == members(kept.at(node)) == members(roll_up(base, node, bundles, Scratch()))


def test_attributes_of_one_group_tell_no_classes_apart() -> None:
    bundles = Bundles([np.array([[0, 1], [0, 0]], dtype=np.int32), np.array([[0, 1, 2]], dtype=np.int32)])
    leaves = np.array([[0, 1], [2, 2]], dtype=np.int32)
    base = ClassTable((0, 0), np.array([1, 2]), {}, own_packed=bundles.pack(leaves))
    tables_ = ClassTables(base, bundles, 1 << 20)
    assert tables_.is_projection((1, 0))
    assert not tables_.is_projection((0, 0))
    assert [len(tables_.at(node).sizes) for node in ((0, 0), (1, 0))] == [2, 1]


def test_at_a_node_without_any_telling_attribute_all_records_are_one_class() -> None:
    bundles = Bundles([np.array([[0, 1], [0, 0]], dtype=np.int32)])
    base = ClassTable((0,), np.array([1, 2]), {}, own_packed=np.array([[0, 1]], dtype=np.int32))
    top = roll_up(base, (1,), bundles, Scratch())
    assert top.sizes.tolist() == [3]
    assert top.to_base(np.array([True])).tolist() == [True, True]


def test_a_base_table_without_leaves_is_an_error() -> None:
    with pytest.raises(ValueError, match="leaves"):
        _ = ClassTable((0,), np.array([1]), {}).packed


@settings(deadline=None, max_examples=100, derandomize=True)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.dictionaries(st.integers(0, 5), st.integers(1, 9), min_size=1)), min_size=1
    )
)
def test_merged_histograms_are_what_pandas_counts(classes: list[tuple[int, dict[int, int]]]) -> None:
    present = {group: code for code, group in enumerate(dict.fromkeys(group for group, _ in classes))}
    group = np.array([present[each] for each, _ in classes], dtype=np.int32)
    offsets = np.cumsum([0, *(len(counts) for _, counts in classes)])
    values = np.array([value for _, counts in classes for value in counts], dtype=np.int32)
    counts = np.array([count for _, of_class in classes for count in of_class.values()], dtype=np.int64)

    merged_offsets, merged_values, merged_counts = merge_histograms(group, len(present), offsets, values, counts, 6)

    frame = pd.DataFrame({"group": np.repeat(group, np.diff(offsets)), "value": values, "count": counts})
    expected = frame.groupby(["group", "value"])["count"].sum().to_dict()
    owners = np.repeat(np.arange(len(present)), np.diff(merged_offsets))
    found = list(zip(owners.tolist(), merged_values.tolist(), merged_counts.tolist(), strict=True))
    assert len(found) == len(expected)
    assert {(owner, value): count for owner, value, count in found} == expected
