"""Mondrian and local recoding, from a table to written rows that were verified."""

from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.domain.policy import Policy, QuasiIdentifier, SearchSettings, SensitiveAttribute
from anonspark.domain.recount import verify_release
from anonspark.domain.rules import MaskRule
from anonspark.errors import NoReleaseError, VerificationError
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.l_diversity import DistinctDiversity
from anonspark.pipelines.anonymize import solve
from anonspark.pipelines.follow import Follower
from anonspark.pipelines.run import run
from anonspark.vocabulary import RecodingKind, Strategy, Suppression
from tests.domain.raw import Row, raw_classes

KINDS = list(RecodingKind)


def drawn_rows(n: int) -> list[Row]:
    draw = Random(3)
    return [(f"{draw.choice('1123')}{draw.choice('0123')}", draw.choice("aab"), draw.choice("uvw")) for _ in range(n)]


def job_of(folder: Path, **changes: Any) -> AnonymizeJob:
    ages = {"kind": "intervals", "min": 0, "max": 80, "widths": [10, 40]}
    return AnonymizeJob.from_dict(
        {
            "version": 1,
            "job": "anonymize",
            "input": {"uri": str(folder / "in"), "format": "parquet"},
            "output": {"uri": str(folder / "out"), "format": "delta"},
            "attributes": [
                {"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [1]}},
                {"name": "sex", "type": "quasi_identifier"},
                {"name": "age", "type": "quasi_identifier", "hierarchy": ages},
                {"name": "illness", "type": "sensitive"},
                {"name": "who", "type": "identifier"},
            ],
            "privacy": [
                {"model": "k-anonymity", "k": 4},
                {"model": "l-diversity", "l": 2, "attribute": "illness"},
            ],
            **changes,
        }
    )  # fmt: skip


def people(spark: SparkSession, folder: Path, n: int = 300) -> None:
    draw = Random(7)
    rows = [
        (
            f"p{number}",
            None if draw.random() < 0.02 else f"{draw.choice('1123')}{draw.choice('0001234')}",
            draw.choice("FM"),
            min(79, int(draw.gauss(40, 15)) % 80),
            draw.choice(["flu", "flu", "cold", "gout"]),
        )
        for number in range(n)
    ]
    spark.createDataFrame(rows, "who string, zip string, sex string, age int, illness string").write.parquet(
        str(folder / "in")
    )


@pytest.mark.parametrize("suppression", Suppression)
@pytest.mark.parametrize("search", [{"strategy": "mondrian"}, {"recoding": "strict"}, {"recoding": "relaxed"}], ids=str)
def test_the_written_rows_satisfy_the_models_and_lose_less_than_the_node(
    spark: SparkSession, tmp_path: Path, search: dict[str, str], suppression: Suppression
) -> None:
    people(spark, tmp_path)
    job = job_of(tmp_path, search=search, suppression=str(suppression), max_suppression=0.02)
    summary = run(job, spark, run_id="recoded")
    written = spark.read.format("delta").load(str(tmp_path / "out")).collect()
    members = defaultdict(list)
    for row in written:
        members[row.zip, row.sex, row.age].append(row.illness)
        assert row.who == "*"
    hidden = members.pop(("*", "*", "*"), [])
    assert all(len(rows) >= 4 and len(set(rows)) >= 2 for rows in members.values())
    assert len(members) == summary["classes"]["kept"]
    shown = sum(map(len, members.values()))
    assert shown + summary["suppressed"] == 300
    assert len(hidden) == (summary["suppressed"] if suppression is Suppression.MASK else 0)
    node = summary["recoding"]["node"]
    assert summary["score"] < node["score"]
    assert summary["suppressed"] <= node["suppressed"]
    assert not summary["optimal"]
    assert summary["recoding"]["kind"] == search.get("recoding", "strict")
    assert set(summary["recoding"]["mean_levels"]) == {"zip", "sex", "age"}
    assert summary["metrics"]["loss"] == summary["score"]


def test_the_cells_that_are_written_are_labels_of_their_own_values(spark: SparkSession, tmp_path: Path) -> None:
    people(spark, tmp_path)
    run(job_of(tmp_path, search={"strategy": "mondrian"}), spark)
    raw = Counter((row.illness,) for row in spark.read.parquet(str(tmp_path / "in")).collect())
    written = spark.read.format("delta").load(str(tmp_path / "out"))
    assert Counter((row.illness,) for row in written.collect()) == raw
    labels = {row.zip for row in written.collect()} - {"*", None}
    assert all(len(label) == 2 for label in labels)
    intervals = {f"[{low}, {low + width})" for width in (10, 40) for low in range(0, 80, width)}
    assert {row.age for row in written.collect()} <= {"*", *map(str, range(80)), *intervals}


def policy_of(kind: RecodingKind) -> Policy:
    return Policy(
        (QuasiIdentifier("home", MaskRule((1,))), QuasiIdentifier("sex")),
        (KAnonymity(3), DistinctDiversity(2, "illness")),
        (SensitiveAttribute("illness"),),
        max_suppression=0.1,
        search=SearchSettings(Strategy.AUTO, recoding=kind),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_release_is_verified_label_by_label_and_every_tampering_is_found(kind: RecodingKind) -> None:
    rows, policy = drawn_rows(80), policy_of(kind)
    raw = raw_classes(rows, ["home", "sex"], ["illness"])
    solution = solve(raw, policy, Follower())
    recoding = solution.release.recoding
    assert recoding is not None
    leaves = [hierarchy.leaves for hierarchy in solution.release.hierarchies]
    place = {
        (leaves[0][home], leaves[1][sex]): raw_class
        for raw_class, (home, sex) in enumerate(solution.classes.codes.T.tolist())
    }
    written: list[Row] = []
    for home, sex, illness in rows:
        of_class = int(recoding.class_of[place[home, sex]])
        labels = (
            ("*", "*")
            if of_class < 0
            else tuple(recoding.labels[axis][recoding.codes[axis, of_class]] for axis in (0, 1))
        )
        written.append((*labels, illness))  # fmt: skip

    def verify(rows_written: list[Row]) -> None:
        counted = raw_classes(rows_written, ["home", "sex"], ["illness"])
        verify_release(counted, raw, solution.classes, policy, solution.release)

    verify(written)
    for tampered in (
        [("10", "a", "u"), *written[1:]],
        written[1:],
        [*written, written[0]],
        [("*", "*", row[2]) if place == 3 else row for place, row in enumerate(written)],
    ):
        if Counter(tampered) != Counter(written):
            with pytest.raises(VerificationError):
                verify(tampered)


def test_a_heuristic_says_that_it_found_no_release_not_that_there_is_none() -> None:
    rows = drawn_rows(20)
    policy = replace(
        policy_of(RecodingKind.STRICT),
        models=(DistinctDiversity(4, "illness"),),
        search=SearchSettings(Strategy.MONDRIAN, recoding=RecodingKind.STRICT),
    )
    raw = raw_classes(rows, ["home", "sex"], ["illness"])
    with pytest.raises(NoReleaseError, match="Strategy mondrian found no lattice node that satisfies the policy with"):
        solve(raw, policy, Follower())
    with pytest.raises(NoReleaseError, match="No lattice node satisfies the policy with"):
        solve(raw, replace(policy, search=SearchSettings()), Follower())


def test_a_search_setting_of_mondrian_is_strict_unless_it_says_otherwise() -> None:
    assert job_of(Path("x"), search={"strategy": "mondrian"}).search.to_settings().recoding is RecodingKind.STRICT
    relaxed = job_of(Path("x"), search={"strategy": "mondrian", "recoding": "relaxed"}).search.to_settings()
    assert relaxed.recoding is RecodingKind.RELAXED
    assert replace(job_of(Path("x")).search.to_settings(), memory_mb=1).recoding is None
