"""Jobs on tables with several records of a person: classes count persons."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.errors import ColumnNotFoundError, NoReleaseError, TooManyClassesError, VerificationError
from anonspark.models.k_anonymity import KAnonymity
from anonspark.pipelines import anonymize_attempt
from anonspark.pipelines import release as release_module
from anonspark.pipelines.run import run
from tests.pipelines.on_cluster import comparable, n_persisted, refuse_where
from tests.pipelines.patients import classes, job_in, kept, released, write_csv

K = 4
COLUMNS = ["patient", "visit", "age", "zip", "sex", "diagnosis"]
BY_PERSON = {"person_id": "patient"}


def visits() -> list[list[str | None]]:
    """300 visits of 60 patients: some come often, some visits are nobody's, and a patient's age and zip may change."""
    draw = Random(11)
    rows: list[list[str | None]] = []
    for visit in range(300):
        patient = int(60 * draw.random() ** 3)
        moved = draw.random() < 0.1
        rows.append(
            [
                None if draw.random() < 0.02 else f"CANARY-{patient}",
                str(visit),
                str(20 + patient * 7 % 40 + moved),
                f"694{(patient + moved) % 5:02d}",
                "FM"[patient % 2],
                draw.choice(["C18", "E11", "I63", "J45"]),
            ]
        )
    return rows


def visits_job(folder: Path, **changes: Any) -> AnonymizeJob:
    write_csv(folder / "visits.csv", visits(), COLUMNS)
    attributes = [
        {
            "name": "age",
            "type": "quasi_identifier",
            "hierarchy": {"kind": "intervals", "min": 0, "max": 100, "widths": [5, 20]},
        },
        {"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [4, 3, 1]}},
        {"name": "sex", "type": "quasi_identifier"},
        {"name": "diagnosis", "type": "sensitive"},
    ]
    job = {
        "input": {"uri": "visits.csv", "format": "csv", "schema": {"age": "int"}},
        "attributes": attributes,
        "privacy": [{"model": "k-anonymity", "k": K}],
        "max_suppression": 0.1,
        **BY_PERSON,
        **changes,
    }
    return job_in(folder, **job)


def persons_of_classes(table: pd.DataFrame) -> list[int]:
    """Persons of each released class, by the visit that each row is about; visits of nobody are one person's."""
    person_of = {row[1]: row[0] for row in visits()}
    return [len({person_of[visit] for visit in members["visit"]}) for _, members in classes(table)]


@pytest.mark.parametrize(
    "search", [{}, {"recoding": "strict"}, {"recoding": "relaxed"}, {"strategy": "mondrian"}], ids=str
)
def test_every_class_has_k_persons(spark: SparkSession, tmp_path: Path, search: dict[str, str]) -> None:
    summary = run(visits_job(tmp_path, search=search), spark)
    people = persons_of_classes(released(tmp_path))
    assert min(people) >= K
    assert summary["persons"] == {
        "smallest": min(people),
        "largest": max(people),
        "average": pytest.approx(sum(people) / len(people)),
    }
    assert summary["rows"] == 300
    assert summary["suppressed"] == 300 - len(kept(released(tmp_path)))


def test_who_counts_records_releases_classes_of_fewer_persons(spark: SparkSession, tmp_path: Path) -> None:
    by_record = run(visits_job(tmp_path, person_id=None), spark)
    assert "persons" not in by_record
    assert min(persons_of_classes(released(tmp_path))) < K
    assert run(visits_job(tmp_path), spark)["score"] > by_record["score"]


def test_the_model_of_shares_counts_persons_for_its_k_too(spark: SparkSession, tmp_path: Path) -> None:
    alpha_k = [{"model": "alpha-k", "alpha": 0.9, "k": K, "attribute": "diagnosis"}]
    run(visits_job(tmp_path, privacy=alpha_k), spark)
    assert min(persons_of_classes(released(tmp_path))) >= K


def test_risk_is_that_of_persons(spark: SparkSession, tmp_path: Path) -> None:
    summary = run(visits_job(tmp_path), spark)
    people = persons_of_classes(released(tmp_path))
    risk = summary["risk"]["release"]["prosecutor"]
    assert risk["highest"] == pytest.approx(1 / min(people))
    assert risk["average"] == pytest.approx(len(people) / sum(people))
    histogram = DeltaTable(tmp_path / "out/_anonspark/class_histogram").to_pandas()
    released_sizes = histogram[(histogram["run_id"] == summary["run_id"]) & (histogram["subject"] == "release")]
    assert sorted(released_sizes["class_size"].repeat(released_sizes["classes"])) == sorted(people)


def test_average_risk_is_that_of_persons(spark: SparkSession, tmp_path: Path) -> None:
    privacy = [{"model": "average-risk", "threshold": 0.1}]
    run(visits_job(tmp_path, privacy=privacy), spark)
    people = persons_of_classes(released(tmp_path))
    assert len(people) / sum(people) <= 0.1


def test_the_population_is_at_least_the_persons_of_the_table(spark: SparkSession, tmp_path: Path) -> None:
    privacy = [{"model": "population-uniqueness", "threshold": 0.5, "population_size": 200}]
    assert run(visits_job(tmp_path, privacy=privacy), spark)["status"] == "completed"


@pytest.mark.parametrize("identifiers", ["mask", "drop"])
def test_nobody_is_named_in_the_release_or_its_metadata(spark: SparkSession, tmp_path: Path, identifiers: str) -> None:
    run(visits_job(tmp_path, identifiers=identifiers), spark)
    table = released(tmp_path)
    assert ("patient" in table) == (identifiers == "mask")
    if identifiers == "mask":
        assert set(table["patient"]) == {"*"}
    for file in (tmp_path / "out").rglob("*"):
        assert not file.is_file() or b"CANARY" not in file.read_bytes()


def test_a_person_is_one_whatever_else_a_combination_holds(spark: SparkSession, tmp_path: Path) -> None:
    # Ten records, five combinations, one person: no class of two.
    rows = [["CANARY-1", str(place), str(20 + place), "69400", "F", "C18"] for place in range(10)]
    job = visits_job(tmp_path, max_suppression=0.0, privacy=[{"model": "k-anonymity", "k": 2}])
    write_csv(tmp_path / "visits.csv", rows, COLUMNS)
    with pytest.raises(NoReleaseError):
        run(job, spark)


def test_records_without_a_person_are_of_one(spark: SparkSession, tmp_path: Path) -> None:
    rows = [["" if place else "CANARY-1", str(place), "20", "69400", "F", "C18"] for place in range(10)]
    privacy = [{"model": "k-anonymity", "k": 2}]
    job = visits_job(tmp_path, max_suppression=0.0, privacy=privacy)
    write_csv(tmp_path / "visits.csv", rows, COLUMNS)
    assert run(job, spark)["persons"] == {"smallest": 2, "largest": 2, "average": 2.0}


def test_a_release_with_too_few_persons_is_not_published(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, solve = visits_job(tmp_path), anonymize_attempt.solve
    by_record = visits_job(tmp_path, person_id=None)

    def careless(raw: Any, policy: Any, *rest: Any) -> Any:
        return solve(raw, by_record.to_policy(lambda *_: []), *rest)

    def of_records(raw: Any, policy: Any, *rest: Any) -> Any:
        return replace(careless(replace(raw, persons=None), policy, *rest), raw=raw)

    monkeypatch.setattr(anonymize_attempt, "solve", of_records)
    with pytest.raises(VerificationError, match="do not satisfy KAnonymity"):
        run(job, spark)
    assert not DeltaTable.is_deltatable(str(tmp_path / "out/released"))


def test_a_column_that_is_not_there_is_named(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(ColumnNotFoundError, match=r"'pateint'.*patient"):
        run(visits_job(tmp_path, person_id="pateint"), spark)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"privacy": [{"model": "alpha-k", "alpha": 0.9, "k": K, "attribute": "diagnosis"}]},
        {"privacy": [{"model": "average-risk", "threshold": 0.1}]},
        {"suppression": "drop", "population": {"uri": "people.csv", "format": "csv"}},
    ],
    ids=["k", "alpha", "average", "population"],
)
def test_more_persons_than_the_driver_holds_are_counted_on_the_cluster(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    here, there, before = tmp_path / "here", tmp_path / "there", n_persisted(spark)
    for folder in (here, there):
        write_csv(folder / "people.csv", [row[2:5] for row in visits() * 2], COLUMNS[2:5])
    expected = run(visits_job(here, **changes), spark)
    refuse_where(monkeypatch, "both")
    found = run(visits_job(there, **changes), spark)
    assert comparable(found) == {**comparable(expected), "metadata": found["metadata"]}
    assert found["lattice"]["checker"] == "cluster"
    order = ["visit"]
    assert released(there).sort_values(order).values.tolist() == released(here).sort_values(order).values.tolist()
    assert n_persisted(spark) == before


def test_too_few_persons_that_stay_on_the_cluster_are_not_published(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, recount = visits_job(tmp_path), release_module.recount_written

    def stricter(written: Any, policy: Any, solution: Any, *, verify: bool) -> Any:
        return recount(written, replace(policy, models=(KAnonymity(10**6),)), solution, verify=verify)

    refuse_where(monkeypatch, "both")
    monkeypatch.setattr(release_module, "recount_written", stricter)
    with pytest.raises(VerificationError, match="do not satisfy KAnonymity"):
        run(job, spark)


def test_levels_of_their_own_for_more_persons_than_the_driver_holds_are_refused(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_where(monkeypatch, "both")
    with pytest.raises(TooManyClassesError, match=r"person_id with search\.recoding"):
        run(visits_job(tmp_path, search={"recoding": "strict"}), spark)


def test_nobody_is_told_apart_by_a_visit_alone() -> None:
    """The made-up visits are what the tests above take them for: some patients have many, most have several."""
    of_patient: defaultdict[str | None, int] = defaultdict(int)
    for row in visits():
        of_patient[row[0]] += 1
    assert len(of_patient) > 40
    assert max(of_patient.values()) > 20
