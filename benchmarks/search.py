"""The exact search beside an independent engine and beside a plain loop over the whole lattice."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import isclose
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from anonspark.domain.lattice import Lattice, Node
from anonspark.models.k_anonymity import KAnonymity
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.incumbent import Found
from anonspark.search.objectives import objective_of
from anonspark.search.optimal import OptimalSearch
from benchmarks.machine import in_a_new_process
from benchmarks.markdown import MISSING, as_table, count, figure
from benchmarks.plain_loop import judge
from benchmarks.workloads import (
    KS,
    LIMITS,
    SHARED,
    Problem,
    SearchCase,
    reference_cases,
    sample_cases,
    shared_folder,
)

RUNS = 3
"""After one to warm up; the best counts: what else runs on the machine only ever adds."""

LOOP_NODES = 500
"""Nodes that the plain loop is timed on, drawn with a seed."""

NUMBA_CACHE = "NUMBA_CACHE_DIR"

HEADS = (
    *("table", "privacy", "metric", "max suppression", "lattice nodes", "checked", "projections", "CPU ms", "score"),
    *("ns a class and check", "/ plain loop, same checks", "/ plain loop, whole lattice"),
    *("reference checked", "ratio", "reference CPU ms", "ratio"),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One search.

    Attributes:
        checked: Nodes judged on all quasi-identifiers.
        projections: Nodes judged on fewer columns.
        cpu_s: Process CPU seconds of all threads, for making the checker and searching.
        score: The optimum; None where no release is within the limit.
    """

    checked: int
    projections: int
    cpu_s: float
    score: float | None


@dataclass(frozen=True, slots=True)
class LoopSpeed:
    """The plain loop on one table: seconds a class and node, and for the whole lattice at that speed."""

    a_class_and_node: float
    whole_lattice: float


def search(case: SearchCase) -> tuple[InMemoryChecker, Found]:
    """Make the checker and search, as a run does."""
    checker = checker_of(case)
    return checker, OptimalSearch(checker, objective_of(case.policy.metric, checker)).run()


def checker_of(case: SearchCase) -> InMemoryChecker:
    """A new one, which has seen nothing."""
    problem, policy = case.problem, case.policy
    weights = [attribute.weight for attribute in policy.quasi_identifiers]
    return InMemoryChecker(
        problem.classes, problem.hierarchies, policy.models, case.lattice, case.limit, weights=weights
    )


def measure(case: SearchCase) -> Measured:
    """One run, on the clock.

    Raises:
        RuntimeError: It found another optimum than the independent engine: its speed would mean nothing.
    """
    since = process_time()
    checker, found = search(case)
    cpu_s = process_time() - since
    score = found.score if found.best is not None else None
    if case.reference is not None:
        wanted = case.reference.score
        same = score == wanted if score is None or wanted is None else isclose(score, wanted, rel_tol=1e-7)
        if not same:
            raise RuntimeError(f"{case.problem.table}, {case.privacy}: the optimum is {score}, not {wanted}")
    return Measured(checker.effort.checked, checker.effort.projections, cpu_s, score)


def measure_warm(case: SearchCase, runs: int) -> Measured:
    """The best of some runs after one that counts for nothing."""
    measure(case)
    return min((measure(case) for _ in range(runs)), key=lambda measured: measured.cpu_s)


def measure_cold(case: SearchCase) -> dict[str, float]:
    """CPU seconds of the first search of a process: without compiled kernels, with them on disk, and the second one."""
    with TemporaryDirectory() as cache, environment({NUMBA_CACHE: cache}):
        compiling, _ = in_a_new_process(_first_and_second, case)
        first, second = in_a_new_process(_first_and_second, case)
    return {"no compiled kernels": compiling, "kernels on disk": first, "second search of a process": second}


def _first_and_second(case: SearchCase) -> tuple[float, float]:
    return measure(case).cpu_s, measure(case).cpu_s


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def measure_loop(case: SearchCase, nodes: int) -> LoopSpeed:
    """The plain loop on some nodes of the lattice, the best of `RUNS`."""
    chosen = some_nodes(case.lattice, nodes)
    k = _k_of(case) or 2
    seconds = min(judge(case, chosen, k).cpu_s for _ in range(RUNS)) / len(chosen)
    return LoopSpeed(seconds / case.problem.classes.n_classes, seconds * case.lattice.size)


def some_nodes(lattice: Lattice, most: int) -> list[Node]:
    """Nodes of a lattice without repetition, the same ones each time; all of them where there are not more."""
    chosen = np.random.default_rng(0).permutation(lattice.size)[:most]
    levels = np.stack(np.unravel_index(chosen, lattice.shape), axis=1) + np.array(lattice.bottom)
    return [tuple(node) for node in levels.tolist()]


def _k_of(case: SearchCase) -> int | None:
    """k where k-anonymity is all that is asked for."""
    models = case.policy.models
    return models[0].k if len(models) == 1 and isinstance(models[0], KAnonymity) else None


def ns_a_class_and_check(case: SearchCase, measured: Measured) -> float:
    """Nanoseconds of CPU, everything counted, over raw classes x checked nodes."""
    return measured.cpu_s / (case.problem.classes.n_classes * measured.checked) * 1e9


def row_of(case: SearchCase, measured: Measured, loop: LoopSpeed) -> list[str]:
    """A line of the table."""
    classes, reference = case.problem.classes.n_classes, case.reference
    compared = [MISSING, MISSING]
    if _k_of(case) is not None:
        same_checks = loop.a_class_and_node * classes * measured.checked
        compared = [figure(measured.cpu_s / same_checks), figure(measured.cpu_s / loop.whole_lattice)]
    beside = [MISSING] * 4
    if reference is not None:
        ratios = measured.checked / reference.checked, measured.cpu_s / reference.cpu_s
        beside = [count(reference.checked), figure(ratios[0]), figure(reference.cpu_s * 1e3), figure(ratios[1])]
    return [
        *(case.problem.table, case.privacy, str(case.policy.metric), f"{case.policy.max_suppression:g}"),
        *(count(case.lattice.size), count(measured.checked), count(measured.projections)),
        figure(measured.cpu_s * 1e3),
        "no release" if measured.score is None else f"{measured.score:.7g}",
        figure(ns_a_class_and_check(case, measured)),
        *compared,
        *beside,
    ]


def report(*, smoke: bool) -> str:
    """The whole section."""
    cases, note = chosen_cases(smoke=smoke)
    runs, nodes = (1, 20) if smoke else (RUNS, LOOP_NODES)
    loops: dict[Problem, LoopSpeed] = {}
    rows = []
    for case in cases:
        if case.problem not in loops:
            loops[case.problem] = measure_loop(case, nodes)
        rows.append(row_of(case, measure_warm(case, runs), loops[case.problem]))
        print(*rows[-1][:8], file=sys.stderr)
    cold = next((case for case in cases if case.reference and case.policy.max_suppression == 0.05), cases[0])
    parts = [
        note,
        as_table(HEADS, rows, texts=3),
        "The plain loop, without roll-up or bounds, on one thread:",
        loop_table(cases, loops),
        f"The first search of a process ({cold.problem.table}, {cold.privacy}, "
        f"{cold.policy.metric}, suppression {cold.policy.max_suppression:g}), CPU seconds:",
        as_table(["the process has", "CPU s"], [[name, figure(cpu_s)] for name, cpu_s in measure_cold(cold).items()]),
    ]
    return "\n\n".join(part for part in parts if part)


def chosen_cases(*, smoke: bool) -> tuple[list[SearchCase], str]:
    """What to measure, and why not more."""
    if smoke:
        return list(sample_cases(500, KS[1:2], LIMITS[:2])), ""
    folder = shared_folder()
    if folder is not None:
        return list(reference_cases(folder)), ""
    why = f"The real tables and the reference results are not here ({SHARED} names their folder): the sample instead."
    return list(sample_cases(20_000, KS, LIMITS)), why


def loop_table(cases: Iterable[SearchCase], loops: Mapping[Problem, LoopSpeed]) -> str:
    """Speed of the plain loop on each table."""
    lattices = {case.problem: case.lattice for case in cases}
    rows = [
        [
            problem.table,
            str(len(problem.hierarchies)),
            count(problem.classes.n_records),
            count(problem.classes.n_classes),
            count(lattices[problem].size),
            figure(loop.a_class_and_node * 1e9),
            figure(loop.whole_lattice),
        ]
        for problem, loop in loops.items()
    ]
    heads = ["table", "QIs", "rows", "classes", "lattice nodes", "ns a class and node", "whole lattice, CPU s"]
    return as_table(heads, rows)
