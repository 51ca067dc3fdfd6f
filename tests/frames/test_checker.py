"""The checker on the cluster against the one in memory, which is held against the rows themselves."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from unittest.mock import patch

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from pyspark.sql import SparkSession

from anonspark.domain.policy import Policy, QuasiIdentifier
from anonspark.domain.rules import TableRule
from anonspark.errors import TooManyClassesError
from anonspark.frames import aggregate
from anonspark.frames import unsafe as unsafe_module
from anonspark.frames.aggregate import collect_or_keep_classes
from anonspark.frames.checker import ClusterChecker
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.encoded import SensitiveOrder, encode_on_cluster
from anonspark.frames.people import people_of
from anonspark.measures.utility import SuppressedRecords
from anonspark.search.checker import NodeVerdict
from anonspark.search.in_memory import InMemoryChecker
from anonspark.vocabulary import OnUnknown
from tests import oracle
from tests.domain.raw import raw_classes
from tests.reference import encoded
from tests.search.small_tables import SENSITIVE, Problem, problems

MANY = settings(
    deadline=None,
    max_examples=12,
    derandomize=True,
    phases=(Phase.generate,),  # an example costs seconds; shrinking one takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def checkers(
    spark: SparkSession, problem: Problem, limit: int, cache_bytes: int = 1 << 20
) -> Iterator[tuple[ClusterChecker, InMemoryChecker]]:
    """Both checkers on one table."""
    hierarchies, classes = encoded(problem.table)
    names, table = [column.name for column in problem.table.columns], problem.table
    values = zip(*(table.sensitive[name].values for name in SENSITIVE), strict=True)
    rows = [(*row, *of_row) for row, of_row in zip(table.rows, values, strict=True)]
    person = ["person"] if table.persons else []
    if person:
        rows = [(*row, str(of_row)) for row, of_row in zip(rows, table.persons, strict=True)]
    frame = spark.createDataFrame(rows, ", ".join(f"{name} string" for name in [*names, *SENSITIVE, *person]))
    orders = {
        name: SensitiveOrder(
            tuple(value for value in table.sensitive[name].order if value in table.sensitive[name].values),
            classes.sensitive[name].ancestors,
        )
        for name in SENSITIVE
    }
    with ExitStack() as held:
        too_many = TooManyClassesError("There are too many.")
        with patch.object(aggregate, "_collected", side_effect=too_many):
            counted = collect_or_keep_classes(frame, names, SENSITIVE, 1 << 20, held, *person)
        assert isinstance(counted, ClusterCombinations)
        find_people = None
        if table.population:
            people = raw_classes(list(table.population), names)
            find_people = partial(people_of, people, policy_of(problem), hierarchies, spark=spark)
        kept = encode_on_cluster(counted, hierarchies, orders, problem.weights, find_people)
        assert kept.n_classes == np.count_nonzero(classes.sizes)
        yield (
            ClusterChecker(
                kept,
                hierarchies,
                problem.models,
                problem.lattice,
                limit,
                release_models=problem.release_models,
                cache_bytes=cache_bytes,
            ),
            InMemoryChecker(
                classes,
                hierarchies,
                problem.models,
                problem.lattice,
                limit,
                release_models=problem.release_models,
                weights=problem.weights,
            ),
        )


def policy_of(problem: Problem) -> Policy:
    """The rules of a problem's columns: what a population's values are generalized by."""
    return Policy(
        tuple(
            QuasiIdentifier(
                column.name,
                TableRule(tuple(leaf for leaf in column.leaves if leaf[0] not in column.unknown), OnUnknown.SUPPRESS),
            )
            for column in problem.table.columns
        ),
        tuple(problem.models),
    )


def counts_of(lost: SuppressedRecords | None) -> tuple[int, list[list[int]]] | None:
    return None if lost is None else (lost.records, [counts.tolist() for counts in lost.by_leaf])


def told(verdict: NodeVerdict) -> tuple[object, ...]:
    return (
        verdict.node,
        verdict.suppressed,
        verdict.unavoidable,
        verdict.kept_classes,
        verdict.kept_squares,
        verdict.capacity,
        counts_of(verdict.lost),
        counts_of(verdict.certainly_lost),
    )


def told_all(verdicts: Sequence[NodeVerdict]) -> list[tuple[object, ...]]:
    return [told(verdict) for verdict in verdicts]


@MANY
@given(problems(most_columns=3))
def test_verdicts_are_those_of_the_checker_in_memory(spark: SparkSession, problem: Problem) -> None:
    nodes = list(oracle.nodes(problem.lattice.bottom, problem.lattice.top))
    for cache_bytes, unsafe_a_job in ((0, 3), (1 << 20, 1 << 20)):
        with (
            patch.object(unsafe_module, "UNSAFE_A_JOB", unsafe_a_job),
            checkers(spark, problem, problem.limit, cache_bytes) as (on_cluster, in_memory),
        ):
            assert counts_of(on_cluster.always_lost) == counts_of(in_memory.always_lost)
            expected = told_all(in_memory.check(nodes, with_lost=True))
            half = len(nodes) // 2
            found = on_cluster.check(nodes[:half], with_lost=True) + on_cluster.check(nodes[half:], with_lost=True)
            assert told_all(found) == expected
            assert told_all(on_cluster.project(nodes)) == told_all(in_memory.project(nodes))
