"""Every bound against the true score of every node that it speaks of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.hierarchy import from_labels
from anonspark.domain.lattice import Lattice, lattice_of
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.l_diversity import EntropyDiversity
from anonspark.search.bounds import Bounds
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.objectives import objective_of
from anonspark.search.optimal import OptimalSearch
from anonspark.vocabulary import Metric
from tests import oracle
from tests.search.small_tables import Demand, Problem, checker_of, problems

SLACK = 1e-12


def at_or_below(node: oracle.Node, other: oracle.Node) -> bool:
    return all(level <= limit for level, limit in zip(node, other, strict=True))


def at_most(bound: float, score: float) -> bool:
    return bound <= score * (1 + SLACK) + SLACK


def bounds_hold(problem: Problem, metric: Metric) -> None:
    checker = checker_of(problem)
    objective = objective_of(metric, checker)
    outcomes = problem.outcomes()
    scores = {each.node: each.scores[metric.value] for each in outcomes if each.suppressed <= problem.limit}
    learnt = Bounds(problem.lattice, checker.names)
    objective.start(learnt)
    for node, score in scores.items():
        assert at_most(learnt.score[learnt.at(node)], score)
    for outcome in outcomes:
        (verdict,) = checker.check([outcome.node], with_lost=objective.needs_lost)
        objective.learn(learnt, verdict)
        below, above = objective.bound_below(verdict), objective.bound_above(verdict)
        for node, score in scores.items():
            assert at_most(learnt.score[learnt.at(node)], score)
            assert at_most(below, score) or not at_or_below(node, outcome.node)
            assert at_most(above, score) or not at_or_below(outcome.node, node)


@settings(deadline=None, max_examples=150, derandomize=True)
@given(problems(most_columns=3), st.sampled_from([metric for metric in Metric if metric is not Metric.DISCERNIBILITY]))
def test_no_bound_is_above_the_score_of_a_node_that_it_speaks_of(problem: Problem, metric: Metric) -> None:
    bounds_hold(problem, metric)


@settings(deadline=None, max_examples=120, derandomize=True)
@given(problems(most_columns=3))
def test_no_bound_of_discernibility_is_above_the_score_of_a_node_that_it_speaks_of(problem: Problem) -> None:
    bounds_hold(problem, Metric.DISCERNIBILITY)


@pytest.mark.parametrize("metric", Metric)
def test_where_k_is_beyond_the_table_and_all_may_be_suppressed_the_lowest_node_is_best(metric: Metric) -> None:
    hierarchies = (from_labels("a", [["x", "y"], ["*", "*"]]),)
    classes = EquivalenceClasses(np.array([[0, 1]], dtype=np.int32), np.array([1, 1]))
    checker = InMemoryChecker(classes, hierarchies, [KAnonymity(5)], lattice_of(hierarchies), limit=2)
    found = OptimalSearch(checker, objective_of(metric, checker)).run()
    assert found.best is not None
    assert (found.best.node, found.best.suppressed) == ((0,), 2)


def test_a_separable_score_without_the_suppressed_records_is_an_error() -> None:
    hierarchies = (from_labels("a", [["x", "y"], ["*", "*"]]),)
    classes = EquivalenceClasses(np.array([[0, 1]], dtype=np.int32), np.array([1, 1]))
    checker = InMemoryChecker(classes, hierarchies, [KAnonymity(2)], lattice_of(hierarchies), limit=0)
    (verdict,) = checker.check([(1,)], with_lost=False)
    with pytest.raises(ValueError, match="suppressed records"):
        objective_of(Metric.LOSS, checker).score(verdict)


@pytest.mark.parametrize("metric", Metric)
def test_a_bound_below_counts_what_must_be_suppressed_not_what_is(metric: Metric) -> None:
    # Entropy of two values: {a, b} is safe and {a x 6} is not, so 6 records; both together are unsafe, so all 8.
    sensitive = oracle.Sensitive(tuple("abaaaaaa"), ("a", "b"))
    column = oracle.Column("q", (("x", "*"), ("y", "*")))
    table = oracle.Table((column,), tuple((letter,) for letter in "xxyyyyyy"), {"s": sensitive})
    demand = Demand(EntropyDiversity(2, "s"), oracle.entropy_diversity(2, "s"))
    bounds_hold(Problem(table, (demand,), metric, 8, Lattice((0,), (1,))), metric)
