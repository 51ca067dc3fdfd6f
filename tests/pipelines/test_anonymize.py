from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from anonspark.domain.encode import RawClasses
from anonspark.domain.policy import Policy, QuasiIdentifier, SearchSettings, SensitiveAttribute
from anonspark.domain.rules import MaskRule, TableRule
from anonspark.errors import EmptyTableError, HierarchyError, NoReleaseError, RunCancelledError, TooManyClassesError
from anonspark.frames.casts import add_malformed, malformed_cells, try_cast_columns
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.l_diversity import DistinctDiversity
from anonspark.models.t_closeness import TCloseness
from anonspark.pipelines.anonymize import (
    anonymize,
    count_classes,
    solve,
)
from anonspark.pipelines.apply import apply
from anonspark.pipelines.follow import Follower, Step
from anonspark.pipelines.run import run
from anonspark.vocabulary import Distance, Metric, OnUnknown, Strategy, Suppression
from tests import oracle
from tests.domain.raw import Row, raw_classes
from tests.pipelines.patients import COLUMNS, job_in, multiset, patients, released, write_csv

LANDS = TableRule(
    (("DE", "Europe", "World"), ("FR", "Europe", "World"), ("JP", "Asia", "World"), ("Europe", "Europe", "World")),
    unknown=OnUnknown.SUPPRESS,
)
ZIPS = MaskRule((1,))


def policy_of(*attributes: QuasiIdentifier, k: int = 2, **settings: Any) -> Policy:
    return Policy(attributes, (KAnonymity(k),), **settings)


def two_zips(**settings: Any) -> Policy:
    return policy_of(QuasiIdentifier("home", ZIPS), QuasiIdentifier("work", ZIPS), **settings)


def raw(rows: list[Row], policy: Policy) -> RawClasses:
    return raw_classes(rows, policy.names, [each.name for each in policy.sensitive])


def rows_of(table: DataFrame) -> Counter[tuple[Any, ...]]:
    return Counter(map(tuple, table.collect()))


def test_the_lazy_release_is_the_one_that_a_run_publishes(spark: SparkSession, tmp_path: Path) -> None:
    write_csv(tmp_path / "patients.csv", patients())
    job = job_in(tmp_path)
    summary = run(job, spark)
    table = spark.createDataFrame(pd.DataFrame(patients(), columns=COLUMNS).astype({"age": int, "cost": "int32"}))
    lazy, solution = anonymize(table, job.to_policy(lambda *_: []), Follower())
    assert multiset(lazy.toPandas()) == multiset(released(tmp_path))
    told = solution.release.to_dict()
    assert told == {key: summary[key] for key in told}
    assert lazy.dtypes == [*((name, "string") for name in COLUMNS[:-1]), ("cost", "int")]


def test_a_label_that_stands_at_several_levels_and_an_unknown_value_are_released_by_their_level(
    spark: SparkSession,
) -> None:
    rows = [("DE", "u"), ("FR", "v"), ("Europe", "w"), ("JP", "x"), ("JP", "y"), ("US", "z")]
    table = spark.createDataFrame(rows, "land string, n string")
    lazy, solution = anonymize(table, policy_of(QuasiIdentifier("land", LANDS), max_suppression=0.2), Follower())
    assert solution.release.levels == {"land": 1}
    assert solution.release.suppressed == 1
    assert rows_of(lazy) == Counter(
        [("Europe", "u"), ("Europe", "v"), ("Europe", "w"), ("Asia", "x"), ("Asia", "y"), ("*", "z")]
    )


def test_a_row_that_comes_after_counting_is_suppressed(spark: SparkSession, tmp_path: Path) -> None:
    place = str(tmp_path / "table")
    rows = [("10", "a"), ("11", "a"), ("20", "b"), ("21", "b")]
    spark.createDataFrame(rows, "home string, work string").write.parquet(place)
    _, solution = anonymize(spark.read.parquet(place), two_zips(), Follower())
    assert solution.release.levels == {"home": 1, "work": 0}
    # A new value, a known value in a class of its own, and a null.
    late = [("15", "a"), ("10", "b"), (None, "a"), ("11", "a")]
    spark.createDataFrame(late, "home string, work string").write.mode("append").parquet(place)
    spark.catalog.refreshByPath(place)
    again = anonymize(spark.read.parquet(place), two_zips(max_suppression=1.0), Follower())[1]
    assert again.release.n_records == 8
    assert rows_of(apply(spark.read.parquet(place), two_zips(), solution.release)) == {
        ("1*", "a"): 3,
        ("2*", "b"): 2,
        ("*", "*"): 3,
    }


def test_malformed_rows_are_left_out_of_counting_and_of_the_release(spark: SparkSession) -> None:
    cells = [("10", "1"), ("10", "x"), ("10", "2")]
    table = spark.createDataFrame(cells, "home string, n string")
    casts = {"n": "int"}
    marked = table.transform(add_malformed(malformed_cells(casts))).transform(try_cast_columns(casts))
    policy = policy_of(QuasiIdentifier("home", ZIPS))
    lazy, solution = anonymize(marked, policy, Follower())
    assert solution.release.n_records == 2
    assert rows_of(lazy) == {("10", 1): 1, ("10", 2): 1}


def test_a_table_of_nothing_but_malformed_rows_has_nothing_to_release() -> None:
    with pytest.raises(EmptyTableError):
        solve(raw([], two_zips()), two_zips(), Follower())


def test_a_table_without_rows_is_refused(spark: SparkSession) -> None:
    table = spark.createDataFrame([], "home string")
    with pytest.raises(EmptyTableError, match="has no rows"):
        count_classes(table, policy_of(QuasiIdentifier("home")), Follower(), ExitStack())


CELLS = st.sampled_from(["10", "11", "20", None])


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, st.sampled_from("uvw")), min_size=1, max_size=14),
    k=st.integers(1, 4),
    l=st.integers(1, 2),
    limit=st.sampled_from([0.0, 0.1, 0.29, 1.0]),
    metric=st.sampled_from(Metric),
    weights=st.tuples(st.sampled_from([1.0, 3.0]), st.sampled_from([1.0, 0.5])),
)
def test_what_is_solved_is_the_optimum_of_a_brute_force_over_rows(rows, k, l, limit, metric, weights) -> None:  # noqa: E741
    policy = Policy(
        tuple(QuasiIdentifier(name, ZIPS, weight) for name, weight in zip(("home", "work"), weights, strict=True)),
        (KAnonymity(k), DistinctDiversity(l, "diagnosis")),
        (SensitiveAttribute("diagnosis"),),
        max_suppression=limit,
        metric=metric,
    )
    # Both columns have every value, so that no last level is constant before `*`.
    rows = [*rows, ("10", "20", "u"), ("20", "10", "u"), ("11", "11", "v"), (None, None, "v")]
    labels = (("10", "1*", "*"), ("11", "1*", "*"), ("20", "2*", "*"), (None, None, "*"))
    table = oracle.Table(
        tuple(
            oracle.Column(name, labels, weight=weight) for name, weight in zip(("home", "work"), weights, strict=True)
        ),
        tuple(row[:2] for row in rows),
        {"diagnosis": oracle.Sensitive(tuple(row[2] for row in rows), ("u", "v", "w"))},
    )
    rules = [oracle.k_anonymity(k), oracle.distinct_diversity(l, "diagnosis")]
    best = oracle.optimum(table, oracle.outcomes(table, rules), metric, policy.suppression_limit(len(rows)))

    if best is None:
        with pytest.raises(NoReleaseError):
            solve(raw(rows, policy), policy, Follower())
        return
    release = solve(raw(rows, policy), policy, Follower()).release
    assert (release.node, release.suppressed, release.optimal) == (best.node, best.suppressed, True)
    assert release.score == pytest.approx(best.scores[metric])
    assert release.metrics == pytest.approx(dict(best.scores))
    assert sorted(release.kept_sizes.tolist()) == sorted(map(len, best.kept))
    for name, costs in best.by_attribute.items():
        assert tuple(release.per_attribute[name].values()) == pytest.approx(costs)


def test_weights_decide_which_of_two_equal_columns_is_generalized() -> None:
    rows = [("10", "10"), ("11", "10"), ("10", "11"), ("11", "11"), ("20", "20"), ("20", "20")]
    for heavy, levels in (("home", {"home": 0, "work": 1}), ("work", {"home": 1, "work": 0})):
        policy = policy_of(
            *(QuasiIdentifier(name, ZIPS, weight=9.0 if name == heavy else 1.0) for name in ("home", "work"))
        )
        assert solve(raw(rows, policy), policy, Follower()).release.levels == levels


def test_a_release_keeps_to_the_bounds_on_levels() -> None:
    rows = [("10", "10"), ("10", "10"), ("20", "20"), ("20", "20")]
    assert solve(raw(rows, two_zips()), two_zips(), Follower()).release.node == (0, 0)
    bounded = policy_of(QuasiIdentifier("home", ZIPS, min_level=1, max_level=1), QuasiIdentifier("work", ZIPS))
    assert solve(raw(rows, bounded), bounded, Follower()).release.node == (1, 0)
    past = policy_of(QuasiIdentifier("home", ZIPS, max_level=3), QuasiIdentifier("work", ZIPS))
    with pytest.raises(HierarchyError, match="has levels 0 to 2, but max_level is 3"):
        solve(raw(rows, past), past, Follower())


def fixed(**settings: Any) -> Policy:
    """No level but raw."""
    return policy_of(QuasiIdentifier("home", ZIPS, max_level=0), **settings)


def test_the_nearest_miss_says_which_node_would_need_how_much_suppression() -> None:
    rows: list[Row] = [("10",), ("10",), ("11",), ("20",)]
    with pytest.raises(NoReleaseError, match="at most 1 suppressed records; the nearest suppresses 2 of 4") as raised:
        solve(raw(rows, fixed()), fixed(max_suppression=0.25), Follower())
    assert raised.value.nearest_miss == {"levels": {"home": 0}, "suppressed": 2, "limit": 1, "max_suppression": 0.5}
    assert raised.value.exit_code == 3
    enough = fixed(max_suppression=0.5)
    assert solve(raw(rows, enough), enough, Follower()).release.suppressed == 2


def test_the_suppression_that_the_nearest_miss_names_is_enough_for_any_number_of_rows() -> None:
    rows: list[Row] = [("10",), ("10",), ("11",)]
    with pytest.raises(NoReleaseError) as raised:
        solve(raw(rows, fixed()), fixed(), Follower())
    miss = raised.value.nearest_miss
    assert miss is not None
    enough = fixed(max_suppression=miss["max_suppression"])
    assert solve(raw(rows, enough), enough, Follower()).release.suppressed == 1


def test_more_records_than_the_table_has_cannot_be_alike() -> None:
    rows: list[Row] = [("10",)] * 4
    with pytest.raises(NoReleaseError, match=r"^k = 5 needs 5 records, and the table has 4; lower k\.$") as raised:
        solve(raw(rows, fixed()), fixed(k=5), Follower())
    assert raised.value.nearest_miss is None


def test_a_table_that_may_be_suppressed_as_a_whole_always_has_a_release() -> None:
    everything = fixed(k=5, max_suppression=1.0)
    release = solve(raw([("10",)] * 4, everything), everything, Follower()).release
    assert (release.suppressed, release.to_dict()["classes"]["kept"]) == (4, 0)


def test_a_search_out_of_time_has_a_release_that_satisfies_the_policy_and_says_it_is_not_proven() -> None:
    rows = [(f"{first}{second}", f"{second}{first}") for first in range(1, 9) for second in range(1, 9)]
    policy = two_zips()
    in_time = solve(raw(rows, policy), policy, Follower())
    late = replace(policy, search=SearchSettings(time_limit_s=0.0))
    solution = solve(raw(rows, late), late, Follower())
    assert in_time.release.optimal
    assert not solution.release.optimal
    assert solution.release.kept_sizes.min() >= 2
    assert solution.found.bound <= in_time.release.score <= solution.release.score
    assert "not proven optimal" in repr(solution.release)


def test_a_lattice_too_large_for_the_memory_is_refused_with_the_way_out() -> None:
    names = [f"q{place}" for place in range(18)]
    policy = policy_of(
        *(QuasiIdentifier(name, ZIPS) for name in names), search=SearchSettings(Strategy.OPTIMAL, memory_mb=64)
    )
    rows: list[Row] = [("10",) * 18, ("20",) * 18]
    with pytest.raises(TooManyClassesError, match=r"The lattice has 387,420,489 nodes.*strategy: auto") as raised:
        solve(raw(rows, policy), policy, Follower())
    assert raised.value.field == "search.strategy"


def test_a_distance_without_an_order_is_refused_before_the_search() -> None:
    policy = Policy(
        (QuasiIdentifier("home", ZIPS),),
        (TCloseness(0.2, "diagnosis", Distance.ORDERED),),
        (SensitiveAttribute("diagnosis"),),
    )
    with pytest.raises(HierarchyError, match="needs numbers, a csv or an `order`"):
        solve(raw([("10", "u"), ("20", "v")], policy), policy, Follower())


def test_the_search_tells_how_far_it_is_and_stops_when_the_caller_says_so() -> None:
    rows = [(f"{first}{second}", f"{second}{first}") for first in range(1, 9) for second in range(1, 9)]
    policy = two_zips()
    told: list[Step] = []
    solve(raw(rows, policy), policy, Follower(told.append))
    assert {step.name for step in told} == {"search"}
    shares = [step.share for step in told if step.share is not None]
    assert shares
    assert all(0 <= share <= 1 for share in shares)
    assert not any("10" in step.message.split() for step in told)
    heard: list[Step] = []
    with pytest.raises(RunCancelledError):
        solve(raw(rows, policy), policy, Follower(heard.append, lambda: len(heard) == 2))
    assert len(heard) == 2


@pytest.mark.parametrize("suppression", Suppression)
def test_a_release_says_in_words_what_it_is(suppression: Suppression) -> None:
    policy = replace(two_zips(max_suppression=0.3), suppression=suppression)
    rows: list[Row] = [("10", "10")] * 3 + [("20", "20")]
    release = solve(raw(rows, policy), policy, Follower()).release
    told = release.to_dict()
    assert told["rows"] == 4
    assert told["levels"].keys() == told["heights"].keys() == {"home", "work"}
    assert told["metric"] == "loss"
    assert told["score"] == told["metrics"]["loss"]
    assert set(told["metrics"]) == {str(metric) for metric in Metric}
    assert told["classes"]["kept"] * told["classes"]["average"] == 4 - told["suppressed"]
    assert repr(release).startswith("Release(home ")
