"""The checker on arrays against the rows themselves, node by node."""

from dataclasses import replace
from random import Random
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.hierarchy import from_labels
from anonspark.domain.lattice import Lattice, lattice_of
from anonspark.measures.utility import attribute_costs
from anonspark.models.alpha_k import AlphaK
from anonspark.models.average_risk import AverageRisk
from anonspark.models.beta_likeness import BetaLikeness
from anonspark.models.delta_disclosure import DeltaDisclosure
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.l_diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from anonspark.models.t_closeness import TCloseness
from anonspark.search import bundles
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.objectives import objective_of
from anonspark.search.optimal import OptimalSearch
from anonspark.vocabulary import Distance, Metric
from tests import oracle
from tests.reference import encoded
from tests.search import small_tables
from tests.search.small_tables import Problem, problems

BY_ATTRIBUTE = (Metric.LOSS, Metric.PRECISION, Metric.NON_UNIFORM_ENTROPY)


def checker_of(problem: Problem, limit: int, cache_bytes: int = 1 << 20) -> InMemoryChecker:
    return small_tables.checker_of(replace(problem, limit=limit), cache_bytes=cache_bytes)


def leaf_counts(checker: InMemoryChecker, problem: Problem, rows: frozenset[int]) -> list[list[int]]:
    """The rows, counted by leaf of each attribute, leaves that occur only."""
    counted = []
    for axis, column in enumerate(problem.table.columns):
        values = [row[axis] for row in problem.table.rows]
        used = [leaf[0] for leaf in column.leaves if leaf[0] in values]
        counted.append([sum(values[row] == leaf for row in rows) for leaf in used])
    return counted


@settings(deadline=None, max_examples=100, derandomize=True)
@given(
    problems(most_columns=3),
    st.randoms(use_true_random=False),
    st.sampled_from((0, 400, 1 << 20)),
    st.sampled_from((63, 1)),
)
def test_a_verdict_is_what_the_rows_say_whatever_was_checked_before(
    problem: Problem, shuffler: Random, cache_bytes: int, key_bits: int
) -> None:
    n_records = problem.table.n_records
    with patch.object(bundles, "KEY_BITS", key_bits):
        checker = checker_of(problem, n_records, cache_bytes)
    expected = problem.outcomes()
    shuffler.shuffle(expected)
    for outcome in expected:
        (verdict,) = checker.check([outcome.node], with_lost=True)
        (projected,) = checker.project([outcome.node])
        lost, sizes = checker.lost_at(outcome.node), [len(rows) for rows in outcome.kept]
        assert verdict.suppressed == projected.suppressed == lost.records == outcome.suppressed
        assert verdict.unavoidable == projected.unavoidable <= outcome.suppressed
        assert verdict.kept_classes == len(sizes) <= verdict.capacity
        assert verdict.kept_squares == sum(size**2 for size in sizes)
        assert verdict.lost is not None
        expected_leaves = leaf_counts(checker, problem, outcome.lost)
        assert [counts.tolist() for counts in lost.by_leaf] == expected_leaves
        assert [counts.tolist() for counts in verdict.lost.by_leaf] == expected_leaves
        for metric in Metric:
            score = objective_of(metric, checker).score(verdict)
            assert score == pytest.approx(outcome.scores[metric.value], rel=1e-12, abs=1e-12)
        for metric in BY_ATTRIBUTE:
            costs = attribute_costs(metric, checker.leaves, lost, outcome.node)
            assert costs == pytest.approx(list(outcome.by_attribute[metric.value]), rel=1e-12, abs=1e-12)


@settings(deadline=None, max_examples=80, derandomize=True)
@given(problems(most_columns=3))
def test_what_a_verdict_says_of_all_nodes_below_holds_for_each_of_them(problem: Problem) -> None:
    checker = checker_of(problem, problem.table.n_records)
    outcomes = problem.outcomes()
    for above in outcomes:
        (verdict,) = checker.check([above.node], with_lost=True)
        assert verdict.certainly_lost is not None
        certain = [counts.tolist() for counts in verdict.certainly_lost.by_leaf]
        assert verdict.certainly_lost.records >= verdict.unavoidable
        for below in outcomes:
            if all(low <= high for low, high in zip(below.node, above.node, strict=True)):
                assert verdict.unavoidable <= below.suppressed
                assert verdict.certainly_lost.records <= below.suppressed
                assert len(below.kept) <= verdict.capacity
                for known, lost in zip(certain, leaf_counts(checker, problem, below.lost), strict=True):
                    assert all(few <= many for few, many in zip(known, lost, strict=True))


@settings(deadline=None, max_examples=80, derandomize=True)
@given(problems(most_columns=3))
def test_the_classes_at_a_node_are_the_sets_of_rows_with_equal_labels(problem: Problem) -> None:
    hierarchies, _ = encoded(problem.table)
    checker = checker_of(problem, problem.table.n_records)
    for outcome in problem.outcomes():
        node = outcome.node
        classes, safe = checker.classes_at(node)
        people = oracle.people_by_labels(problem.table, node)
        assert classes.population is not None
        found = {
            tuple(
                hierarchy.labels[level][group] for hierarchy, level, group in zip(hierarchies, node, codes, strict=True)
            ): (size, bool(is_safe), around)
            for codes, size, is_safe, around in zip(
                classes.codes.T.tolist(), classes.sizes.tolist(), safe, classes.population.tolist(), strict=True
            )
        }
        expected = {}
        for rows in oracle.classes(problem.table, node):
            labels = problem.table.labels(problem.table.rows[rows[0]], node)
            expected[labels] = (len(rows), rows in outcome.kept, people[labels])
        assert found == expected


def two_letters() -> tuple[tuple, EquivalenceClasses]:
    hierarchies = tuple(from_labels(name, [["x", "y"], ["*", "*"]]) for name in "ab")
    codes = np.array([[0, 0, 1, 1], [0, 1, 0, 1]], dtype=np.int32)
    return hierarchies, EquivalenceClasses(codes, np.array([3, 1, 1, 3]))


def test_suppressed_records_are_named_only_where_asked_for_and_within_the_limit() -> None:
    hierarchies, classes = two_letters()
    checker = InMemoryChecker(classes, hierarchies, [KAnonymity(3)], lattice_of(hierarchies), limit=2)
    (unasked,) = checker.check([(0, 0)], with_lost=False)
    (asked,) = checker.check([(0, 0)], with_lost=True)
    assert unasked.lost is unasked.certainly_lost is None
    assert asked.lost is not None
    assert [counts.tolist() for counts in asked.lost.by_leaf] == [[1, 1], [1, 1]]
    strict = InMemoryChecker(classes, hierarchies, [KAnonymity(3)], lattice_of(hierarchies), limit=1)
    assert strict.check([(0, 0)], with_lost=True)[0].lost is None


def test_effort_tells_nodes_on_all_quasi_identifiers_from_projections() -> None:
    hierarchies, classes = two_letters()
    checker = InMemoryChecker(classes, hierarchies, [KAnonymity(3)], lattice_of(hierarchies), limit=0)
    checker.check([(0, 0), (1, 0)], with_lost=True)
    checker.project([(1, 0), (0, 0)])
    assert (checker.effort.checked, checker.effort.projections) == (3, 1)


def test_the_smallest_safe_class_is_the_largest_that_any_model_demands_and_one_doubtful_model_makes_all_doubtful() -> (
    None
):
    hierarchies, classes = two_letters()
    lattice = lattice_of(hierarchies)
    both = InMemoryChecker(classes, hierarchies, [KAnonymity(3), DistinctDiversity(4, "s")], lattice, limit=0)
    mixed = InMemoryChecker(classes, hierarchies, [KAnonymity(3), EntropyDiversity(2, "s")], lattice, limit=0)
    assert (both.smallest_safe_class, both.monotone) == (4, True)
    assert (mixed.smallest_safe_class, mixed.monotone) == (3, False)
    whole = InMemoryChecker(classes, hierarchies, [KAnonymity(3)], lattice, limit=0, release_models=[AverageRisk(0.1)])
    assert (whole.smallest_safe_class, whole.monotone) == (3, False)


@pytest.mark.parametrize("metric", Metric)
def test_a_table_of_unknown_values_only_is_released_as_nothing_if_everything_may_be_suppressed(metric: Metric) -> None:
    column = oracle.Column("a", (("x", "*"), ("?", "*")), frozenset("?"))
    sensitive = {"s": oracle.Sensitive(("u", "v"), ("u", "v"), {"u": ("u", "*"), "v": ("v", "*")})}
    hierarchies, classes = encoded(oracle.Table((column,), (("?",), ("?",)), sensitive))
    models = [
        KAnonymity(2),
        DistinctDiversity(2, "s"),
        EntropyDiversity(2, "s"),
        RecursiveDiversity(2, 2, "s"),
        *(TCloseness(0.1, "s", distance) for distance in Distance),
        BetaLikeness(0.5, "s"),
        DeltaDisclosure(0.5, "s"),
        AlphaK(0.5, 2, "s"),
    ]
    for limit, node in ((2, (0,)), (1, None)):
        checker = InMemoryChecker(
            classes, hierarchies, models, Lattice((0,), (1,)), limit, release_models=[AverageRisk(0.1)]
        )
        found = OptimalSearch(checker, objective_of(metric, checker)).run()
        assert (found.best and found.best.node) == node
        assert checker.always_lost.records == 2


def test_a_cache_that_holds_nothing_only_costs_time() -> None:
    hierarchies = tuple(from_labels(name, [["x", "y"], ["*", "*"]] if name < "c" else [["x", "y"]]) for name in "abcde")
    classes = EquivalenceClasses(np.array([[0, 1]] * 5, dtype=np.int32), np.array([1, 1]))
    checker = InMemoryChecker(classes, hierarchies, [KAnonymity(1)], lattice_of(hierarchies), limit=0, cache_bytes=1)
    (verdict,) = checker.check([(1, 1, 0, 0, 0)], with_lost=True)
    assert (verdict.kept_classes, verdict.suppressed) == (2, 0)
