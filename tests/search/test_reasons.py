"""Reasons, held against brute force on rows: what fails, what is unsafe and what another node would keep."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.lattice import Node
from anonspark.search.objectives import objective_of
from anonspark.search.reasons import above, judged, kept_elsewhere, lower, unsafe_classes
from tests import oracle
from tests.search.small_tables import Problem, checker_of, problems


def outcome(problem: Problem, node: Node) -> oracle.Outcome:
    release_rules = [demand.rule for demand in problem.release_demands]
    return oracle.evaluate(problem.table, node, problem.rules, release_rules)


def nodes(problem: Problem) -> st.SearchStrategy[Node]:
    lattice = problem.lattice
    return st.tuples(*(st.integers(low, high) for low, high in zip(lattice.bottom, lattice.top, strict=True)))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Problem, Node]:
    problem = draw(problems(most_columns=3, most_levels=3))
    return problem, draw(nodes(problem))


@given(cases())
def test_a_node_one_level_lower_suppresses_and_scores_what_the_rows_say(case: tuple[Problem, Node]) -> None:
    problem, node = case
    checker = checker_of(problem)
    below = dict(lower(checker, node))
    assert {axis for axis, level in enumerate(node) if level > problem.lattice.bottom[axis]} == set(below)
    for found in judged(checker, objective_of(problem.metric, checker), list(below.values())):
        known = outcome(problem, found.node)
        assert found.suppressed == known.suppressed
        assert (found.score is not None) is (known.suppressed <= problem.limit)
        if found.score is not None:
            assert found.score == pytest.approx(known.scores[problem.metric.value], abs=1e-9)


@given(cases())
def test_another_node_keeps_the_rows_that_are_lost_here_and_not_there(case: tuple[Problem, Node]) -> None:
    problem, node = case
    checker = checker_of(problem)
    lost = outcome(problem, node).lost
    for axis in range(len(node)):
        kept = kept_elsewhere(checker, node, axis, {})
        for told, other in zip((kept.one_higher, kept.generalized), above(checker, node, axis), strict=True):
            assert told == (None if other is None else len(lost - outcome(problem, other).lost))


@given(cases())
def test_where_models_are_monotone_the_difference_of_two_nodes_is_what_is_kept(case: tuple[Problem, Node]) -> None:
    problem, node = case
    checker = checker_of(problem)
    if checker.monotone:
        for axis in range(len(node)):
            for other in above(checker, node, axis):
                if other is not None:
                    fewer = outcome(problem, node).suppressed - outcome(problem, other).suppressed
                    assert checker.kept_instead(node, other) == fewer


@given(cases())
def test_unsafe_classes_and_what_fails_each_model_are_those_of_the_rows(case: tuple[Problem, Node]) -> None:
    problem, node = case
    checker, table = checker_of(problem), problem.table
    found = checker.classes_at(node)
    unsafe = unsafe_classes(*found, problem.models)
    people = oracle.people_by_labels(table, node)
    classes = oracle.classes(table, node)
    kept = set(outcome(problem, node).kept)
    lost = [rows for rows in classes if rows not in kept]
    assert (unsafe.classes, unsafe.records) == (len(lost), sum(map(len, lost)))
    assert dict(unsafe.sizes) == Counter(table.people(rows) for rows in lost)
    assert unsafe.records + checker.always_lost.records == outcome(problem, node).suppressed
    fails = [
        [rows for rows in classes if not rule(table, rows, people[table.labels(table.rows[rows[0]], node)])]
        for rule in problem.rules
    ]
    told = [(each.classes, each.records) for each in unsafe.by_model]
    assert told == [(len(failing), sum(map(len, failing))) for failing in fails]
    given_up = [rows for rows in lost if not any(rows in failing for failing in fails)]
    assert (unsafe.given_up.classes, unsafe.given_up.records) == (len(given_up), sum(map(len, given_up)))
