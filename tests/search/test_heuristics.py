"""Searches that do not look at the whole lattice: what they find holds, and what they claim is true."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anonspark.domain.lattice import Lattice
from anonspark.models.k_anonymity import KAnonymity
from anonspark.search import best_first, parts
from anonspark.search.best_first import Beam
from anonspark.search.incumbent import Found, Progress
from anonspark.search.parts import bound_by_parts
from anonspark.search.strategies import find_node
from anonspark.vocabulary import Metric, Strategy
from tests import oracle
from tests.search.small_tables import Demand, Problem, checker_of, problems

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
HEURISTICS = (Strategy.GREEDY, Strategy.BEST_FIRST)


def is_monotone(problem: Problem) -> bool:
    return all(model.monotone for model in problem.models) and not problem.release_demands


def search(problem: Problem, strategy: Strategy, time_limit_s: float | None = None) -> Found:
    return find_node(strategy, checker_of(problem), problem.metric, time_limit_s=time_limit_s)


@pytest.mark.parametrize("strategy", HEURISTICS)
@settings(SLOW, max_examples=200, derandomize=True)
@given(problem=problems())
def test_what_is_found_is_a_release_with_its_true_score_and_no_better_than_the_optimum(
    strategy: Strategy, problem: Problem
) -> None:
    outcomes = problem.outcomes()
    expected = oracle.optimum(problem.table, outcomes, problem.metric.value, problem.limit)
    found = search(problem, strategy)
    if found.best is None:
        if found.optimal or is_monotone(problem):
            assert expected is None
        return
    assert expected is not None
    (outcome,) = [each for each in outcomes if each.node == found.best.node]
    assert outcome.suppressed == found.best.suppressed <= problem.limit
    assert found.score == pytest.approx(outcome.scores[problem.metric.value], rel=1e-9, abs=1e-12)
    least = expected.scores[problem.metric.value]
    assert found.score >= least - 1e-9 * abs(least) - 1e-12
    assert found.bound <= least + 1e-9 * abs(least) + 1e-12
    if found.optimal:
        assert found.score == pytest.approx(least, rel=1e-9, abs=1e-12)
        assert found.best.node == expected.node


@settings(SLOW, max_examples=150, derandomize=True)
@given(problem=problems(), nodes_a_part=st.sampled_from((1, 4, 12, 1 << 14)))
def test_the_bound_of_parts_is_below_every_node(problem: Problem, nodes_a_part: int) -> None:
    checker = checker_of(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "NODES_A_PART", nodes_a_part)
        bound = bound_by_parts(checker, problem.metric)
    expected = problem.optimum()
    if expected is None:
        return
    least = expected.scores[problem.metric.value]
    assert bound <= least + 1e-9 * abs(least) + 1e-12
    one_part = nodes_a_part == 1 << 14 and problem.metric in parts.SEPARABLE
    if one_part and is_monotone(problem):
        assert bound == pytest.approx(least, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("strategy", HEURISTICS)
@settings(SLOW, max_examples=60, derandomize=True)
@given(problem=problems(), seed=st.randoms(use_true_random=False))
def test_the_order_of_columns_changes_nothing(strategy: Strategy, problem: Problem, seed) -> None:
    order = list(range(len(problem.table.columns)))
    seed.shuffle(order)

    def permuted(of_axis: tuple) -> tuple:
        return tuple(of_axis[axis] for axis in order)

    table = replace(
        problem.table,
        columns=permuted(problem.table.columns),
        rows=tuple(permuted(row) for row in problem.table.rows),
        population=tuple(permuted(row) for row in problem.table.population),
    )
    lattice = Lattice(permuted(problem.lattice.bottom), permuted(problem.lattice.top))
    here, there = search(problem, strategy), search(replace(problem, table=table, lattice=lattice), strategy)
    assert (here.best is None) == (there.best is None)
    if here.best is not None and there.best is not None:
        assert there.score == pytest.approx(here.score, rel=1e-9, abs=1e-12)
        assert there.best.node == permuted(here.best.node)


def wide_problem(n_columns: int, n_rows: int, limit: int) -> Problem:
    """Columns of four values under three levels, drawn with skew: 3 to the power of columns nodes."""
    rng = np.random.default_rng(5)
    leaves = (("a", "x", "*"), ("b", "x", "*"), ("c", "y", "*"), ("d", "y", "*"))
    columns = tuple(oracle.Column(f"q{place:02}", leaves) for place in range(n_columns))
    drawn = rng.choice(4, (n_rows, n_columns), p=(0.6, 0.2, 0.15, 0.05))
    rows = tuple(tuple("abcd"[cell] for cell in row) for row in drawn)
    demand = Demand(KAnonymity(3), oracle.k_anonymity(3))
    table = oracle.Table(columns, rows)
    return Problem(table, (demand,), Metric.LOSS, limit, Lattice((0,) * n_columns, table.top))


def test_on_a_lattice_of_ten_attributes_the_beams_find_the_optimum_of_the_exact_search() -> None:
    problem = wide_problem(10, 400, 40)
    exact, found = search(problem, Strategy.OPTIMAL), search(problem, Strategy.BEST_FIRST)
    assert exact.optimal
    assert found.score == pytest.approx(exact.score)
    assert found.bound <= exact.score


def test_a_lattice_of_forty_attributes_is_searched_although_nobody_could_hold_it() -> None:
    problem = wide_problem(40, 200, 10)
    found = search(problem, Strategy.AUTO)
    greedy = search(problem, Strategy.GREEDY)
    assert problem.lattice.size > 10**19
    assert found.best is not None
    assert greedy.best is not None
    assert not found.optimal
    assert 0 < found.bound < found.score <= greedy.score


def test_a_time_limit_ends_the_search_once_there_is_a_release_and_more_time_is_used() -> None:
    problem = wide_problem(12, 200, 10)
    at_once = search(problem, Strategy.BEST_FIRST, time_limit_s=0.0)
    assert at_once.best is not None
    assert not at_once.optimal
    later = search(problem, Strategy.BEST_FIRST, time_limit_s=1.0)
    assert later.score <= at_once.score


def test_a_beam_that_leaves_nothing_out_is_a_proof() -> None:
    problem = wide_problem(3, 60, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(best_first, "BEAMS", (Beam(1000, 0),))
        found = search(problem, Strategy.BEST_FIRST)
    assert found.optimal
    assert found.bound == found.score == pytest.approx(search(problem, Strategy.OPTIMAL).score)


@pytest.mark.parametrize("strategy", [*HEURISTICS, Strategy.OPTIMAL])
def test_every_strategy_tells_its_progress_and_can_be_stopped(strategy: Strategy) -> None:
    told: list[Progress] = []
    problem = wide_problem(8, 100, 5)
    find_node(strategy, checker_of(problem), problem.metric, on_progress=told.append)
    assert told
    assert all(step.bound <= (step.best if step.best is not None else np.inf) for step in told)

    def stop(step: Progress) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        find_node(strategy, checker_of(problem), problem.metric, on_progress=stop)


def test_where_nothing_can_be_released_no_strategy_finds_a_node() -> None:
    problem = replace(wide_problem(4, 20, 0), demands=(Demand(KAnonymity(50), oracle.k_anonymity(50)),))
    for strategy in Strategy:
        assert search(problem, strategy).best is None
