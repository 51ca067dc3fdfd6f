"""The search against brute force on rows: the same node, score and suppressed records, whatever is asked."""

from dataclasses import replace
from fractions import Fraction
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anonspark.domain.lattice import Lattice
from anonspark.models.alpha_k import AlphaK
from anonspark.models.average_risk import AverageRisk
from anonspark.models.beta_likeness import BetaLikeness
from anonspark.models.delta_disclosure import DeltaDisclosure
from anonspark.models.delta_presence import DeltaPresence
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.k_map import KMap
from anonspark.models.l_diversity import EntropyDiversity, RecursiveDiversity
from anonspark.models.t_closeness import TCloseness
from anonspark.search import bundles, in_memory
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.incumbent import Found, Progress
from anonspark.search.objectives import objective_of
from anonspark.search.optimal import OptimalSearch
from anonspark.vocabulary import Metric
from tests import oracle
from tests.reference import encoded
from tests.search.small_tables import Demand, Problem, ReleaseDemand, checker_of, problems

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def search(problem: Problem, *, cache_bytes: int = 1 << 20) -> Found:
    checker = checker_of(problem, cache_bytes=cache_bytes)
    return OptimalSearch(checker, objective_of(problem.metric, checker)).run()


def finds_the_optimum(problem: Problem, cache_bytes: int, key_bits: int) -> None:
    expected = problem.optimum()
    with patch.object(bundles, "KEY_BITS", key_bits):
        found = search(problem, cache_bytes=cache_bytes)
    assert found.optimal
    if expected is None:
        assert found.best is None
        return
    assert found.best is not None
    assert (found.best.node, found.best.suppressed) == (expected.node, expected.suppressed)
    assert found.score == pytest.approx(expected.scores[problem.metric.value], rel=1e-9, abs=1e-12)


caches = st.sampled_from((0, 400, 1 << 20))
key_widths = st.sampled_from((63, 63, 1))


@settings(SLOW, max_examples=400, derandomize=True)
@given(problems(), caches, key_widths)
def test_the_search_finds_the_node_that_brute_force_on_rows_finds(
    problem: Problem, cache_bytes: int, key_bits: int
) -> None:
    finds_the_optimum(problem, cache_bytes, key_bits)


@pytest.mark.nightly
@settings(SLOW, max_examples=5000)
@given(problems(), caches, key_widths)
def test_the_search_finds_the_node_that_brute_force_on_rows_finds_at_length(
    problem: Problem, cache_bytes: int, key_bits: int
) -> None:
    finds_the_optimum(problem, cache_bytes, key_bits)


@settings(SLOW, max_examples=60, derandomize=True)
@given(problems(), st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_that_of_attributes_changes_the_optimum(
    problem: Problem, shuffler: Random
) -> None:
    table, n_columns = problem.table, len(problem.table.columns)
    rows, axes = list(range(table.n_records)), list(range(n_columns))
    shuffler.shuffle(rows)
    shuffler.shuffle(axes)
    shuffled = oracle.Table(
        tuple(table.columns[axis] for axis in axes),
        tuple(tuple(table.rows[row][axis] for axis in axes) for row in rows),
        {
            name: oracle.Sensitive(tuple(column.values[row] for row in rows), column.order, column.tree)
            for name, column in table.sensitive.items()
        },
        tuple(tuple(values[axis] for axis in axes) for values in table.population),
        tuple(table.persons[row] for row in rows) if table.persons else (),
    )
    lattice = Lattice(
        tuple(problem.lattice.bottom[axis] for axis in axes), tuple(problem.lattice.top[axis] for axis in axes)
    )
    one, other = search(problem), search(replace(problem, table=shuffled, lattice=lattice))
    if one.best is None:
        assert other.best is None
        return
    assert other.best is not None
    assert other.best.node == tuple(one.best.node[axis] for axis in axes)
    assert other.best.suppressed == one.best.suppressed
    assert other.score == pytest.approx(one.score, rel=1e-9, abs=1e-12)


@settings(SLOW, max_examples=60, derandomize=True)
@given(problems())
def test_what_a_search_recorded_is_true(problem: Problem) -> None:
    found = search(problem)
    outcomes = {outcome.node: outcome for outcome in problem.outcomes()}
    nodes = [verdict.node for verdict, _ in found.verdicts]
    assert len(nodes) == len(set(nodes)), "no node is checked twice"
    for verdict, score in found.verdicts:
        outcome = outcomes[verdict.node]
        assert verdict.suppressed == outcome.suppressed
        assert (score is None) == (outcome.suppressed > problem.limit)
        if score is not None:
            assert score == pytest.approx(outcome.scores[problem.metric.value], rel=1e-9, abs=1e-12)
    past = [outcomes[node].suppressed for node in nodes if outcomes[node].suppressed > problem.limit]
    assert (found.nearest.suppressed if found.nearest else None) == min(past, default=None)
    assert found.bound == found.score


@settings(SLOW, max_examples=60, derandomize=True)
@given(problems())
def test_a_search_out_of_time_returns_a_solution_and_a_bound_that_holds(problem: Problem) -> None:
    checker = checker_of(problem)
    found = OptimalSearch(checker, objective_of(problem.metric, checker), time_limit_s=0.0).run()
    expected = problem.optimum()
    assert (found.best is None) == (expected is None), "it goes on until it has one"
    if expected is None:
        return
    least = expected.scores[problem.metric.value]
    assert found.bound <= least * (1 + 1e-9) + 1e-12
    assert found.score >= least * (1 - 1e-9) - 1e-12
    if found.optimal:
        assert found.best is not None
        assert found.best.node == expected.node


def ten_by_ten() -> Problem:
    """A hundred records that differ in two attributes of ten values, to be hidden five by five."""
    labels = tuple((str(digit), str(digit // 2 * 2) + "+", str(digit // 5 * 5) + "++", "*") for digit in range(10))
    columns = (oracle.Column("a", labels), oracle.Column("b", labels))
    rows = tuple((str(one), str(other)) for one in range(10) for other in range(10))
    table = oracle.Table(columns, rows)
    return Problem(table, (Demand(KAnonymity(5), oracle.k_anonymity(5)),), Metric.LOSS, 0, Lattice((0, 0), (3, 3)))


@settings(SLOW, max_examples=60, derandomize=True)
@given(problems(most_columns=3))
def test_nodes_that_are_checked_at_a_time_on_several_cores_lead_to_the_same_optimum(problem: Problem) -> None:
    alone = search(problem)
    with patch.object(in_memory, "CLASSES_FOR_THREADS", 0), patch("os.cpu_count", return_value=3):
        together = search(problem)
    assert (together.best and together.best.node, together.score) == (alone.best and alone.best.node, alone.score)
    assert together.optimal == alone.optimal


def test_by_hand_five_of_a_hundred_crossed_records_are_hidden_by_raw_and_fives() -> None:
    # Classes of 1 x 5: raw in one attribute, five of ten values in the other: (0 + (5/10 - 1/10) / (9/10)) / 2 = 2/9.
    # Both ways tie in score, suppression and sum of levels, and a at level 0 comes first.
    found = search(ten_by_ten())
    assert found.best is not None
    assert (found.best.node, found.best.suppressed, found.best.kept_classes) == ((0, 2), 0, 20)
    assert found.score == pytest.approx(2 / 9)


def test_progress_is_told_after_every_check_and_may_stop_the_search() -> None:
    class StopError(Exception):
        pass

    told: list[Progress] = []

    def stop_at_the_second(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 2:
            raise StopError

    problem = ten_by_ten()
    hierarchies, classes = encoded(problem.table)
    checker = InMemoryChecker(classes, hierarchies, problem.models, problem.lattice, problem.limit)
    with pytest.raises(StopError):
        OptimalSearch(checker, objective_of(Metric.LOSS, checker), on_progress=stop_at_the_second).run()
    assert told[0].best == 1.0
    assert checker.effort.checked >= 2


@pytest.mark.parametrize("metric", Metric)
@pytest.mark.parametrize(
    "demand",
    [
        Demand(EntropyDiversity(2, "s"), oracle.entropy_diversity(2, "s")),
        Demand(RecursiveDiversity(2, 2, "s"), oracle.recursive_diversity(Fraction(2), 2, "s")),
        Demand(TCloseness(0.2, "s"), oracle.t_closeness(Fraction(1, 5), "s", "equal")),
        Demand(BetaLikeness(0.5, "s"), oracle.beta_likeness(Fraction(1, 2), "s", "enhanced")),
        Demand(DeltaDisclosure(0.4, "s"), oracle.delta_disclosure(0.4, "s")),
        Demand(AlphaK(0.5, 2, "s"), oracle.alpha_k(Fraction(1, 2), 2, "s")),
    ],
    ids=["entropy", "recursive", "t-closeness", "beta-likeness", "delta-disclosure", "alpha-k"],
)
def test_a_node_below_one_that_is_past_the_limit_can_be_within_it(demand: Demand, metric: Metric) -> None:
    # {a, b} is safe and {a, a, a}, {b, b, b} are not: 6 of 8 records. Higher up, {a, b, a, a, a} loses the two as well.
    labels = (("x", "xy"), ("y", "xy"), ("z", "z"))
    sensitive = oracle.Sensitive(tuple("abaaabbb"), ("a", "b"))
    table = oracle.Table((oracle.Column("q", labels),), tuple((letter,) for letter in "xxyyyzzz"), {"s": sensitive})
    for limit in (6, 8):
        problem = Problem(table, (demand,), metric, limit, Lattice((0,), (1,)))
        finds_the_optimum(problem, 1 << 20, 63)
        found = search(problem)
        assert found.best is not None
        assert (found.best.node, found.best.suppressed) == ((0,), 6)


@pytest.mark.parametrize("metric", Metric)
def test_a_node_below_one_that_releases_nothing_can_release_everything_where_splitting_repairs(metric: Metric) -> None:
    # One record of two people in the one class, ten people without records in the other: 1/2 is enough, 1/12 is not.
    labels = (("x", "*"), ("y", "*"))
    table = oracle.Table((oracle.Column("q", labels),), (("x",),), {}, (*[("x",)] * 2, *[("y",)] * 10))
    demand = Demand(DeltaPresence(0.5, 0.25), oracle.delta_presence(Fraction(1, 4), Fraction(1, 2)))
    problem = Problem(table, (demand,), metric, 0, Lattice((0,), (1,)))
    finds_the_optimum(problem, 1 << 20, 63)
    found = search(problem)
    assert found.best is not None
    assert (found.best.node, found.best.suppressed, found.best.kept_classes) == ((0,), 0, 1)
    assert found.nearest is not None
    assert (found.nearest.node, found.nearest.suppressed, found.nearest.unavoidable) == ((1,), 1, 0)


def test_people_without_records_make_a_class_of_the_table_larger_and_none_of_their_own() -> None:
    labels = (("x", "xy", "*"), ("y", "xy", "*"), ("z", "z", "*"))
    people = (*[("x",)] * 1, *[("y",)] * 3, *[("z",)] * 9)
    table = oracle.Table((oracle.Column("q", labels),), (("x",), ("x",)), {}, people)
    problem = Problem(table, (Demand(KMap(4), oracle.k_map(4)),), Metric.LOSS, 0, Lattice((0,), (2,)))
    finds_the_optimum(problem, 1 << 20, 63)
    found = search(problem)
    assert found.best is not None
    assert (found.best.node, found.best.kept_classes, found.best.kept_squares) == ((1,), 1, 4.0)


def test_the_smallest_classes_are_given_up_until_the_rest_is_safe_as_a_whole() -> None:
    # Classes of 1, 1, 2 and 6: 4/10 on average; without those of one 2/8, which is the threshold.
    labels = tuple((letter, "*") for letter in "wxyz")
    table = oracle.Table((oracle.Column("q", labels),), tuple((letter,) for letter in "wxyyzzzzzz"))
    demand = ReleaseDemand(AverageRisk(0.25), oracle.average_risk(Fraction(1, 4)))
    for limit, expected in ((2, ((0,), 2)), (1, ((1,), 0))):
        problem = Problem(table, (), Metric.LOSS, limit, Lattice((0,), (1,)), (demand,))
        finds_the_optimum(problem, 1 << 20, 63)
        found = search(problem)
        assert found.best is not None
        assert (found.best.node, found.best.suppressed) == expected
