"""Jobs whose models count the people of a population, from files to files."""

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

import anonspark
from anonspark.domain.policy import Policy, QuasiIdentifier
from anonspark.domain.rules import MaskRule
from anonspark.errors import ConfigurationError, NoReleaseError, VerificationError
from anonspark.frames import written as written_on_cluster
from anonspark.frames.population import matched_sizes
from anonspark.models.k_map import KMap
from anonspark.models.population_uniqueness import PopulationUniqueness
from anonspark.pipelines import anonymize_attempt
from anonspark.pipelines.anonymize import solve
from anonspark.pipelines.follow import Follower
from anonspark.pipelines.run import run
from tests.domain.raw import raw_classes
from tests.pipelines.on_cluster import comparable, n_persisted, refuse_where
from tests.pipelines.patients import (
    COLUMNS,
    N_ROWS,
    QUASI_IDENTIFIERS,
    classes,
    job_in,
    kept,
    multiset,
    patients,
    released,
    version,
    write_csv,
)

pytestmark = pytest.mark.nightly  # a minute of every change; what it tests changes little

Person = tuple[str, str, str | None]
K_MAP = {"model": "k-map", "k": 6}
CENSUS = {"population": {"uri": "census.csv"}}


def census() -> list[Person]:
    """The patients, and 400 people of whom most have combinations, and many have ages and zips, that no patient has."""
    people: list[Person] = [(str(row[1]), str(row[2]), row[3]) for row in patients()]
    others: list[Person] = [
        (str(18 + place * 13 % 45), f"694{place % 9:02d}", None if place % 31 == 0 else "FM"[place % 2])
        for place in range(400)
    ]
    return [*people, *others, ("130", "69400", "F"), ("30", "69401", "X")]


def labels_at(levels: dict[str, int], person: Person) -> Person:
    """What a person would be released as, from the job's rules alone."""
    age, zip_code, sex = person
    width = (1, 5, 20, 0)[levels["age"]]
    if width > 1:
        low = int(age) // width * width
        age = f"[{low}, {low + width})" if int(age) < 100 else "none"
    keep = (5, 4, 3, 1, 0)[levels["zip"]]
    return (age if width else "*", (zip_code[:keep] + "*" * (5 - keep)) if keep else "*", ("*", sex)[not levels["sex"]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients and the census."""
    write_csv(tmp_path / "patients.csv", patients())
    write_csv(tmp_path / "census.csv", census(), QUASI_IDENTIFIERS)
    return tmp_path


def people_of_each_class(summary: dict[str, Any], table: pd.DataFrame) -> dict[Person, tuple[int, int]]:
    """Records and people of each written class, counted row by row."""
    people = Counter(labels_at(summary["levels"], person) for person in census())
    shown = kept(table)[QUASI_IDENTIFIERS]
    rows = [tuple(None if pd.isna(cell) else cell for cell in row) for row in shown.itertuples(index=False)]
    return {row: (records, people[row]) for row, records in Counter(rows).items()}


def test_a_release_with_k_map_is_written_verified_and_has_k_people_behind_every_record(
    spark: SparkSession, folder: Path
) -> None:
    summary = run(job_in(folder, privacy=[K_MAP], **CENSUS), spark, run_id="r1")
    table = released(folder)
    found = people_of_each_class(summary, table)
    assert summary["status"] == "completed"
    assert summary["suppressed"] == N_ROWS - len(kept(table)) <= 0.05 * N_ROWS
    assert summary["classes"]["kept"] == len(found)
    assert min(people for _, people in found.values()) >= 6
    assert summary["classes"]["smallest"] == min(records for records, _ in found.values()) < 6
    # Classes of nobody in the table are in no count.
    assert summary["lattice"]["base_classes"] == len({tuple(row[1:4]) for row in patients()})
    histogram = DeltaTable(folder / "out/_anonspark/class_histogram").to_pandas()
    assert histogram["class_size"].min() == 1
    of_release = histogram[histogram["subject"] == "release"]
    assert dict(zip(of_release["class_size"], of_release["classes"], strict=True)) == Counter(
        records for records, _ in found.values()
    )
    assert summary["risk"]["release"]["journalist"]["highest"] == 1 / min(people for _, people in found.values())


def test_more_is_kept_than_where_each_record_needs_k_others_in_the_table(spark: SparkSession, folder: Path) -> None:
    by_people = run(job_in(folder, privacy=[K_MAP], **CENSUS), spark)
    by_records = run(job_in(folder, privacy=[{"model": "k-anonymity", "k": 6}], **CENSUS), spark)
    assert by_people["score"] < by_records["score"]


def test_a_release_with_all_the_models_that_are_not_monotone_is_what_they_demand(
    spark: SparkSession, folder: Path
) -> None:
    privacy = [
        {"model": "delta-presence", "delta_min": 0.05, "delta_max": 0.6},
        {"model": "beta-likeness", "attribute": "diagnosis", "beta": 2, "variant": "basic"},
        {"model": "delta-disclosure", "attribute": "diagnosis", "delta": 2},
        {"model": "alpha-k", "attribute": "diagnosis", "alpha": 0.8, "k": 2},
        {"model": "average-risk", "threshold": 0.2},
        {"model": "population-uniqueness", "threshold": 0.0, "population_size": 1000},
    ]
    summary = run(job_in(folder, privacy=privacy, max_suppression=0.2, **CENSUS), spark)
    table = released(folder)
    found = people_of_each_class(summary, table)
    assert all(0.05 <= records / people <= 0.6 for records, people in found.values())
    assert len(found) / sum(records for records, _ in found.values()) <= 0.2
    whole = table["diagnosis"].value_counts(normalize=True)
    for _, rows in classes(table):
        of_class = rows["diagnosis"].value_counts(normalize=True)
        assert len(rows) >= 2
        assert of_class.max() <= 0.8
        assert ((of_class - whole[of_class.index]) / whole[of_class.index]).max() <= 2


def test_what_is_written_of_too_few_people_is_not_published(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def people_lost_since(*arguments: Any) -> Any:
        solution = solve(*arguments)
        solution.release.population[:] //= 4
        return solution

    monkeypatch.setattr(anonymize_attempt, "solve", people_lost_since)
    with pytest.raises(VerificationError, match=r"written classes do not satisfy KMap\(k=6\)"):
        run(job_in(folder, privacy=[K_MAP], **CENSUS), spark)
    assert version(folder) is None


ALL_OF_PEOPLE = [
    {"model": "k-map", "k": 4},
    {"model": "delta-presence", "delta_min": 0.02, "delta_max": 0.7},
    {"model": "l-diversity", "l": 2, "attribute": "diagnosis"},
    {"model": "average-risk", "threshold": 0.3},
]


@pytest.mark.parametrize("where", ["both", "input", "population"])
def test_people_are_counted_on_the_cluster_too(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    job = job_in(folder, privacy=ALL_OF_PEOPLE, max_suppression=0.2, **CENSUS)
    expected = comparable(run(job, spark))
    rows = multiset(released(folder))
    refuse_where(monkeypatch, where)
    before = n_persisted(spark)
    summary = run(job, spark)
    assert summary["lattice"]["checker"] == "cluster"
    found = comparable(summary)
    assert found.pop("risk") == {
        subject: {name: pytest.approx(value) for name, value in of_subject.items()}
        for subject, of_subject in expected.pop("risk").items()
    }
    assert found == expected
    assert multiset(released(folder)) == rows
    assert n_persisted(spark) == before


def test_what_is_written_of_too_few_people_is_not_published_from_the_cluster(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def people_lost_since(*arguments: Any) -> Any:
        sizes, people, classes = matched_sizes(*arguments)
        return sizes, people // 4, classes

    refuse_where(monkeypatch, "both")
    monkeypatch.setattr(written_on_cluster, "matched_sizes", people_lost_since)
    with pytest.raises(VerificationError, match=r"written classes do not satisfy KMap\(k=6\)"):
        run(job_in(folder, privacy=[K_MAP], **CENSUS), spark)
    assert version(folder) is None


def test_in_a_notebook_the_population_of_the_job_is_read(spark: SparkSession, folder: Path) -> None:
    job = job_in(folder, privacy=[K_MAP], **CENSUS)
    run(job, spark)
    table = spark.createDataFrame(pd.DataFrame(patients(), columns=COLUMNS).astype({"age": int, "cost": "int32"}))
    lazy, release = anonspark.anonymize(table, job)
    assert multiset(lazy.toPandas()) == multiset(released(folder))
    assert release.population is not None
    assert release.population[release.safe].min() >= 6


HOME = QuasiIdentifier("home", MaskRule((1,)))


def test_a_policy_that_counts_people_is_refused_without_any() -> None:
    with pytest.raises(ConfigurationError, match=r"^population: is missing"):
        solve(raw_classes([("10",)], ["home"]), Policy((HOME,), (KMap(2),)), Follower())


def test_a_population_smaller_than_the_table_is_refused() -> None:
    policy = Policy((HOME,), (), release_models=(PopulationUniqueness(0.1, 2),))
    with pytest.raises(ConfigurationError, match=r"population_size of 2, and the table alone has 3 records"):
        solve(raw_classes([("10",), ("11",), ("12",)], ["home"]), policy, Follower())


def test_where_too_few_people_are_alike_there_is_no_release() -> None:
    people = raw_classes([("10",), ("30",), ("31",)], ["home"])
    policy = Policy((HOME,), (KMap(4),))
    with pytest.raises(NoReleaseError, match="the nearest suppresses 1 of 1"):
        solve(raw_classes([("10",)], ["home"]), policy, Follower(), people)
