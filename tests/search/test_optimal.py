"""The search against brute force on rows: the same node, score and suppressed records, whatever is asked."""

from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests import oracle
from anonspark.search import class_table
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.objectives import objective_of
from anonspark.search.optimal import Found, OptimalSearch
from tests.reference import encoded
from tests.search.small_tables import Problem, problems

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def search(problem: Problem, *, cache_bytes: int = 1 << 20) -> Found:
    hierarchies, classes = encoded(problem.table)
    checker = InMemoryChecker(
        classes,
        hierarchies,
        problem.models,
        problem.lattice,
        problem.limit,
        weights=problem.weights,
        cache_bytes=cache_bytes,
    )
    return OptimalSearch(checker, objective_of(problem.metric, checker)).run()


def finds_the_optimum(problem: Problem, cache_bytes: int, key_bits: int) -> None:
    expected = problem.optimum()
    with patch.object(class_table, "KEY_BITS", key_bits):
        found = search(problem, cache_bytes=cache_bytes)
    note(f"expected {expected}, found {found.best} with score {found.score}")
    assert found.optimal
    if expected is None:
        assert found.best is None
        return
    assert found.best is not None
    assert (found.best.node, found.best.suppressed) == (expected.node, expected.suppressed)
    assert found.score == pytest.approx(expected.scores[problem.metric.value], rel=1e-9, abs=1e-12)


caches = st.sampled_from((0, 400, 1 << 20))
key_widths = st.sampled_from((63, 63, 1))


@settings(SLOW, max_examples=150, derandomize=True)
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
