"""Local recoding: every class that comes of it is safe by the rows, and nothing gets worse than at the node."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from anonspark.domain.classes import SensitiveHistograms
from anonspark.domain.encode import histograms_of
from anonspark.domain.recoding import Recoding, recoding_of
from anonspark.measures.recoded import costs_of_recoding, sizes_of_recoding
from anonspark.models.k_anonymity import KAnonymity
from anonspark.search.class_table import merged_histograms
from anonspark.search.recoding import LocalRecoding, rules_of
from anonspark.search.splits import best_axes, merged_by_sorting
from anonspark.vocabulary import Metric
from tests import oracle
from tests.reference import encoded
from tests.search.small_tables import Problem, of_classes_alone, problems

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
SEPARABLE = (Metric.LOSS, Metric.PRECISION, Metric.NON_UNIFORM_ENTROPY)


def recodable(problem: Problem) -> Problem:
    """The same with such models alone as a union of safe classes satisfies."""
    demands = tuple(demand for demand in problem.demands if demand.model.convex)
    assume(demands)
    return replace(problem, demands=demands)


recodable_problems = problems().map(of_classes_alone).map(recodable)


def recoded(problem: Problem, node: oracle.Node, *, strict: bool) -> tuple[Recoding, np.ndarray]:
    """The recoding from a node, and the raw class of each row."""
    hierarchies, classes = encoded(problem.table)
    recoding = LocalRecoding(
        classes, rules_of(hierarchies, problem.lattice, problem.weights), problem.models, strict=strict
    )
    parts = recoding.from_node(node)
    levels = np.stack([parts.level_of_each_class(axis) for axis in range(len(node))])
    of_rows = [[each.leaves.index(row[axis]) for row in problem.table.rows] for axis, each in enumerate(hierarchies)]
    place = {tuple(codes): raw for raw, codes in enumerate(classes.codes.T.tolist())}
    raw_of_row = np.array([place[codes] for codes in zip(*of_rows, strict=True)])
    found = recoding_of(hierarchies, classes.codes, classes.sizes, levels, parts.released, strict=strict)
    return found, raw_of_row


def released_rows(problem: Problem, recoding: Recoding, raw_of_row: np.ndarray) -> dict[int, tuple[oracle.Label, ...]]:
    """The labels of each row that is released, from the hierarchy and the level alone."""
    found = {}
    for row, raw in enumerate(raw_of_row):
        if recoding.class_of[raw] >= 0:
            found[row] = tuple(
                column.label(value, int(recoding.levels[axis, raw]))
                for axis, (column, value) in enumerate(zip(problem.table.columns, problem.table.rows[row], strict=True))
            )
    return found


@settings(SLOW, max_examples=300, derandomize=True)
@given(problem=recodable_problems, strict=st.booleans(), data=st.data())
def test_every_class_is_safe_and_as_large_as_it_says(problem: Problem, strict: bool, data: st.DataObject) -> None:
    lattice = problem.lattice
    node = tuple(data.draw(st.integers(low, high)) for low, high in zip(lattice.bottom, lattice.top, strict=True))
    recoding, raw_of_row = recoded(problem, node, strict=strict)
    rows = released_rows(problem, recoding, raw_of_row)
    members = defaultdict(list)
    for row, labels in rows.items():
        members[labels].append(row)
    for of_class in members.values():
        assert all(rule(problem.table, of_class, 0) for rule in problem.rules)
    told = {
        tuple(recoding.labels[axis][code] for axis, code in enumerate(codes)): size
        for codes, size in zip(recoding.codes.T.tolist(), recoding.sizes.tolist(), strict=True)
    }
    assert told == {labels: len(of_class) for labels, of_class in members.items()}
    assert (recoding.levels >= np.array(lattice.bottom)[:, np.newaxis]).all()
    assert not any(problem.table.has_unknown(row) for row in rows)

    at_node = oracle.evaluate(problem.table, node, problem.rules)
    assert set(rows) >= {row for kept in at_node.kept for row in kept}


@settings(SLOW, max_examples=150, derandomize=True)
@given(problem=recodable_problems)
def test_where_nothing_is_suppressed_at_the_node_every_strict_class_is_all_that_its_labels_cover(
    problem: Problem,
) -> None:
    node, table = problem.lattice.top, problem.table
    if oracle.evaluate(table, node, problem.rules).suppressed:
        return
    recoding, raw_of_row = recoded(problem, node, strict=True)
    for raw in set(raw_of_row.tolist()):
        levels = recoding.levels[:, raw]
        labels = [
            column.label(value, int(level))
            for column, value, level in zip(
                table.columns, table.rows[raw_of_row.tolist().index(raw)], levels, strict=True
            )
        ]
        covered = {
            row
            for row, values in enumerate(table.rows)
            if all(
                column.label(value, int(level)) == label
                for column, value, level, label in zip(table.columns, values, levels, labels, strict=True)
            )
        }
        assert {recoding.class_of[raw_of_row[row]] for row in covered} == {recoding.class_of[raw]}


@settings(SLOW, max_examples=150, derandomize=True)
@given(problem=recodable_problems, strict=st.booleans(), data=st.data())
def test_metrics_are_those_of_the_rows(problem: Problem, strict: bool, data: st.DataObject) -> None:
    lattice, table = problem.lattice, problem.table
    node = tuple(data.draw(st.integers(low, high)) for low, high in zip(lattice.bottom, lattice.top, strict=True))
    recoding, raw_of_row = recoded(problem, node, strict=strict)
    hierarchies, classes = encoded(table)
    rows = released_rows(problem, recoding, raw_of_row)
    n = table.n_records
    loss = costs_of_recoding(Metric.LOSS, hierarchies, recoding, classes.sizes)
    precision = costs_of_recoding(Metric.PRECISION, hierarchies, recoding, classes.sizes)
    for axis, column in enumerate(table.columns):
        covered = climbed = 0.0
        for row in range(n):
            if row not in rows:
                covered, climbed = covered + 1, climbed + 1
                continue
            level = int(recoding.levels[axis, raw_of_row[row]])
            covered += column.leaves_below(rows[row][axis], level) / max(column.domain_size, 1)
            climbed += level / max(column.height, 1)
        size = column.domain_size
        if size > 1:
            assert loss[axis] == pytest.approx(max((covered / n - 1 / size) / (1 - 1 / size), 0.0), abs=1e-9)
        assert precision[axis] == pytest.approx(climbed / n, abs=1e-9)
    counts = defaultdict(int)
    for labels in rows.values():
        counts[labels] += 1
    lost = n - len(rows)
    told = sizes_of_recoding(recoding, n)
    assert told[Metric.DISCERNIBILITY] == sum(size**2 for size in counts.values()) + lost * n
    assert told[Metric.AVERAGE_CLASS_SIZE] == n / max(len(counts) + (1 if lost else 0), 1)


@settings(SLOW, max_examples=100, derandomize=True)
@given(problem=recodable_problems)
def test_a_recoding_that_lowers_nothing_costs_what_the_node_costs(problem: Problem) -> None:
    hierarchies, classes = encoded(problem.table)
    node = problem.table.top
    levels = np.tile(np.array(node, dtype=np.int32)[:, np.newaxis], (1, classes.n_classes))
    released = np.ones(classes.n_classes, dtype=np.bool_)
    recoding = recoding_of(hierarchies, classes.codes, classes.sizes, levels, released, strict=True)
    outcome = oracle.evaluate(problem.table, node, [lambda *_: True])
    if outcome.suppressed:  # a value that its hierarchy does not know
        return
    for metric in SEPARABLE:
        costs = costs_of_recoding(metric, hierarchies, recoding, classes.sizes)
        assert costs == pytest.approx(outcome.by_attribute[metric.value], abs=1e-9)


def test_a_relaxed_recoding_leaves_small_groups_together() -> None:
    leaves = tuple((label, "*") for label in "abcd")
    rows = tuple((label,) for label in "aaabbbcd")
    table = oracle.Table((oracle.Column("q", leaves),), rows)
    hierarchies, classes = encoded(table)
    found = {}
    for strict in (True, False):
        problem_lattice = oracle_lattice(table)
        parts = LocalRecoding(
            classes, rules_of(hierarchies, problem_lattice), [KAnonymity(2)], strict=strict
        ).from_node(table.top)
        levels = parts.level_of_each_class(0)
        recoding = recoding_of(
            hierarchies, classes.codes, classes.sizes, levels[np.newaxis], parts.released, strict=strict
        )
        found[strict] = {
            recoding.labels[0][code]: size
            for code, size in zip(recoding.codes[0].tolist(), recoding.sizes.tolist(), strict=True)
        }
    assert found == {True: {"*": 8}, False: {"a": 3, "b": 3, "*": 2}}


def oracle_lattice(table: oracle.Table):
    from anonspark.domain.lattice import Lattice

    return Lattice((0,) * len(table.top), table.top)


def test_a_recoding_can_be_stopped_between_rounds() -> None:
    table = oracle.Table((oracle.Column("q", (("a", "*"), ("b", "*"))),), (("a",), ("b",)))
    hierarchies, classes = encoded(table)

    def stop(n_parts: int) -> None:
        raise InterruptedError

    recoding = LocalRecoding(
        classes, rules_of(hierarchies, oracle_lattice(table)), [KAnonymity(1)], strict=True, on_round=stop
    )
    with pytest.raises(InterruptedError):
        recoding.from_node(table.top)


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=6), min_size=1, max_size=12), st.data())
def test_histograms_are_merged_alike_compiled_and_by_sorting(members: list[list[int]], data: st.DataObject) -> None:
    owners = np.repeat(np.arange(len(members)), [len(each) for each in members])
    values = np.array([value for each in members for value in each])
    histograms = histograms_of(owners, len(members), values, np.ones(len(values), dtype=np.int64), 5)
    n_groups = data.draw(st.integers(1, len(members)))
    others = st.lists(st.integers(0, n_groups - 1), min_size=len(members), max_size=len(members))
    group = np.array(data.draw(others), dtype=np.int32)
    group[:n_groups] = np.arange(n_groups)
    compiled, sorted_ = merged_histograms(histograms, group, n_groups), merged_by_sorting(histograms, group, n_groups)

    def pairs(merged: SensitiveHistograms) -> list[tuple[int, int, int]]:
        return sorted(
            zip(merged.class_of_each_pair().tolist(), merged.values.tolist(), merged.counts.tolist(), strict=True)
        )

    assert pairs(compiled) == pairs(sorted_)
    assert compiled.totals.tolist() == sorted_.totals.tolist()


def test_gains_that_rounding_tells_apart_are_equal_and_the_first_name_wins() -> None:
    gains = np.array([[3.0 + 1e-13, 1.0, 0.0], [3.0, 2.0, -1.0], [3.0 - 1e-13, 1.5, 0.0]])
    chosen, worth = best_axes(gains, ["zip", "age", "sex"])
    assert chosen[:2].tolist() == [1, 1]
    assert worth.tolist() == [True, True, False]
