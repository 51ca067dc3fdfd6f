"""The job `risk`, from files to its summary and its rows in the metadata tables."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.config.risk import RiskJob
from anonspark.errors import ConfigurationError, InputError, MalformedCellsError, RunConflictError, TooManyClassesError
from anonspark.frames import aggregate
from anonspark.io.lease import lease, run_lease_uri
from anonspark.io.object_store import Storage
from anonspark.pipelines.follow import Step
from anonspark.pipelines.run import run
from tests.pipelines.on_cluster import n_persisted
from tests.pipelines.patients import (
    COLUMNS,
    N_ROWS,
    QUASI_IDENTIFIERS,
    job_in,
    kept,
    patients,
    released,
    without_times,
    write_csv,
)
from tests.pipelines.scans import executions_so_far, rows_scanned
from tests.reference import results

CENSUS = [*(row[1:4] for row in patients()), *([["97", "10001", "F"]] * 3), ["1", "2", None]]


def risk_in(folder: Path, **changes: Any) -> RiskJob:
    job = {
        "version": 1,
        "job": "risk",
        "input": {"uri": "patients.csv", "format": "csv", "schema": {"age": "int"}},
        "quasi_identifiers": QUASI_IDENTIFIERS,
        **changes,
    }
    return RiskJob.from_dict(job, base=str(folder))


def rows_of(folder: Path, name: str) -> pd.DataFrame:
    return DeltaTable(folder / "_anonspark" / name).to_pandas()


def keep_on_the_cluster(monkeypatch: pytest.MonkeyPatch, is_meant: Callable[[list[str]], bool]) -> None:
    """From now on the combinations of tables with such columns do not fit the driver."""
    plain = aggregate._collected

    def refuse(table: Any, *given: Any) -> object:
        if is_meant(table.columns):
            raise TooManyClassesError("They do not fit.")
        return plain(table, *given)

    monkeypatch.setattr(aggregate, "_collected", refuse)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients and a census of them and a few more."""
    write_csv(tmp_path / "patients.csv", patients())
    write_csv(tmp_path / "census.csv", CENSUS, QUASI_IDENTIFIERS)
    return tmp_path


def test_the_risk_of_raw_adult_is_that_of_an_independent_engine(
    spark: SparkSession, shared: Path, adult: dict[str, Any], tmp_path: Path
) -> None:
    entry = next(entry for entry in results(shared) if entry["id"] == "adult-op=risk-pop=1000000")
    expected, metadata = entry["risk"], {"uri": str(tmp_path / "meta")}
    job = {"input": adult["input"], "metadata": metadata, "quasi_identifiers": entry["qis"], "population_size": 10**6}
    side = run(RiskJob.from_dict(job), spark)["risk"]["input"]
    for attacker in ("prosecutor", "journalist"):
        assert side[attacker] == pytest.approx(expected[attacker], rel=1e-12)
    assert side["marketer"] == pytest.approx(expected["marketer"], rel=1e-12)
    assert side["unique_fraction"] == pytest.approx(expected["sample_unique_fraction"], rel=1e-12)
    assert (side["rows"], side["classes"]["number"]) == (expected["records"], expected["classes"])
    assert side["classes"]["average"] == pytest.approx(expected["avg_class_size"])
    assert (side["histogram"], side["histogram_entries"]) == (expected["histogram"], expected["histogram_entries"])
    assert side["population_uniques"]["chosen"] in ("zayatz", "pitman", "snb")


def test_a_table_is_read_once_and_its_classes_are_those_of_its_rows(spark: SparkSession, folder: Path) -> None:
    since = executions_so_far(spark)
    summary = run(risk_in(folder), spark, run_id="r1")
    header = 1
    assert rows_scanned(spark, since).pop("Scan csv") == N_ROWS + header
    sizes = Counter(tuple(row[1:4]) for row in patients())
    side = summary["risk"]["input"]
    assert (summary["rows"], summary["suppressed"], side["rows"]) == (N_ROWS, 0, N_ROWS)
    assert side["classes"] == {
        "number": len(sizes),
        "smallest": min(sizes.values()),
        "largest": max(sizes.values()),
        "average": pytest.approx(N_ROWS / len(sizes)),
    }
    assert side["prosecutor"]["average"] == pytest.approx(len(sizes) / N_ROWS)
    assert side["unique_fraction"] == pytest.approx(sum(size == 1 for size in sizes.values()) / N_ROWS)
    assert side["k_anonymity"] == 1
    assert "population_uniques" not in side
    assert json.loads(json.dumps(summary)) == summary


def test_the_attribute_whose_absence_helps_most_comes_first(spark: SparkSession, folder: Path) -> None:
    rows = [[str(place), "1", "FM"[place % 2]] for place in range(10)]
    write_csv(folder / "patients.csv", rows, QUASI_IDENTIFIERS)
    told = run(risk_in(folder), spark)["risk"]["input"]["contributions"]
    assert [each["attribute"] for each in told] == ["age", "sex", "zip"]
    assert told[0] == {
        "attribute": "age",
        "highest_without": 0.2,
        "average_without": 0.2,
        "unique_without": 0.0,
        "unique_alone": 1.0,
        "distinct": 10,
    }


def test_a_release_stands_beside_its_table_as_the_run_that_wrote_it_measured_both(
    spark: SparkSession, folder: Path
) -> None:
    wrote = run(job_in(folder), spark)
    since = executions_so_far(spark)
    summary = run(risk_in(folder, released={"uri": "out/released", "format": "delta"}), spark, run_id="r1")
    assert rows_scanned(spark, since)["Scan csv"] == N_ROWS + 1
    for subject in ("input", "release"):
        measured, told = wrote["risk"][subject], summary["risk"][subject]
        assert {key: told[key] for key in measured} == measured
    assert summary["risk"]["release"]["suppressed"] == wrote["suppressed"] > 0
    assert summary["risk"]["release"]["classes"]["number"] == wrote["classes"]["kept"]
    histogram = rows_of(folder, "class_histogram")
    people = (histogram["class_size"] * histogram["classes"]).groupby(histogram["subject"]).sum()
    assert dict(people) == {"input": N_ROWS, "release": N_ROWS - wrote["suppressed"]}
    risks = rows_of(folder, "risk").query("attacker == 'prosecutor' and measure == 'highest'")
    assert dict(zip(risks["subject"], risks["value"], strict=True)) == {
        subject: side["prosecutor"]["highest"] for subject, side in summary["risk"].items()
    }
    (last,) = rows_of(folder, "runs").query("state == 'completed'").to_dict("records")
    assert (last["job"], last["input_rows"], last["output_uri"]) == ("risk", N_ROWS, None)


@pytest.mark.parametrize("there", ["neither", "table", "population", "both"])
def test_the_journalist_sees_each_class_among_the_people_of_the_census_wherever_classes_are(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    keep_on_the_cluster(
        monkeypatch, lambda columns: there == "both" or (there == "table" and "name" in columns)
        or (there == "population" and "name" not in columns),
    )  # fmt: skip
    before = n_persisted(spark)
    side = run(risk_in(folder, population={"uri": "census.csv"}), spark)["risk"]["input"]
    sizes, people = Counter(tuple(row[1:4]) for row in patients()), Counter(map(tuple, CENSUS))
    assert side["journalist"]["highest"] == max(1 / people[key] for key in sizes)
    assert side["journalist"]["lowest"] == min(1 / people[key] for key in sizes)
    assert side["marketer"] == pytest.approx(sum(size / people[key] for key, size in sizes.items()) / N_ROWS)
    assert side["prosecutor"]["highest"] == 1.0
    assert n_persisted(spark) == before


@pytest.mark.parametrize("changes", [{}, {"person_id": "cost"}, {"suppress_value": "F"}, {"population_size": 5000}])
def test_classes_that_stay_on_the_cluster_tell_the_same(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    if "person_id" in changes:
        rows = [[*row[:5], str(place % 40)] for place, row in enumerate(patients())]
        write_csv(folder / "patients.csv", rows)
    if "suppress_value" in changes:
        changes = {**changes, "quasi_identifiers": ["sex"]}
    on_driver = run(risk_in(folder, **changes), spark)
    keep_on_the_cluster(monkeypatch, lambda _: True)
    before = n_persisted(spark)
    assert without_times(run(risk_in(folder, **changes), spark)) == without_times(on_driver)
    assert n_persisted(spark) == before


def test_more_classes_than_memory_mb_holds_are_no_failure(spark: SparkSession, folder: Path) -> None:
    rows = [[f"{place:07d}" * 4, str(place % 7), "F"] for place in range(30_000)]
    write_csv(folder / "patients.csv", rows, QUASI_IDENTIFIERS)
    one_class_each = run(risk_in(folder, input={"uri": "patients.csv"}, memory_mb=1), spark)["risk"]["input"]
    assert one_class_each["classes"] == {"number": 30_000, "smallest": 1, "largest": 1, "average": 1.0}
    assert one_class_each["contributions"][0]["average_without"] == pytest.approx(7 / 30_000)


@pytest.mark.parametrize("on_cluster", [False, True])
def test_a_table_of_suppressed_rows_has_no_class_and_no_risk(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, on_cluster: bool
) -> None:
    write_csv(folder / "patients.csv", [["*", "*", "*"]] * 3, QUASI_IDENTIFIERS)
    if on_cluster:
        keep_on_the_cluster(monkeypatch, lambda _: True)
    job = risk_in(folder, input={"uri": "patients.csv"}, population={"uri": "census.csv"}, population_size=9)
    summary = run(job, spark)
    side = summary["risk"]["input"]
    assert (summary["rows"], summary["suppressed"], side["classes"]["number"], side["k_anonymity"]) == (3, 3, 0, 0)
    assert (side["level"], side["marketer"], side["population_uniques"]["share"]) == ("low", 0.0, 0.0)
    nothing = {"highest_without": 0.0, "average_without": 0.0, "unique_without": 0.0, "unique_alone": 0.0}
    assert all(
        {**each, "attribute": ""} == {**nothing, "attribute": "", "distinct": 0} for each in side["contributions"]
    )
    as_values = run(risk_in(folder, input={"uri": "patients.csv"}, suppress_value=None), spark)
    assert as_values["risk"]["input"]["k_anonymity"] == 3


def test_persons_are_counted_where_records_name_them(spark: SparkSession, folder: Path) -> None:
    rows = [[*row[:5], str(place % 40)] for place, row in enumerate(patients())]
    write_csv(folder / "patients.csv", rows)
    persons = defaultdict(set)
    for row in rows:
        persons[tuple(row[1:4])].add(row[5])
    job = risk_in(folder, person_id="cost", released={"uri": "census.csv"})
    summary = run(job, spark)
    sizes = Counter(len(each) for each in persons.values())
    assert dict(summary["risk"]["input"]["histogram"]) == sizes
    assert summary["risk"]["release"]["rows"] == len(CENSUS)
    assert len(summary["warnings"]) == 1
    assert "count records" in summary["warnings"][0]


def test_quasi_identifiers_may_be_those_of_attributes(spark: SparkSession, folder: Path) -> None:
    attributes = job_in(folder).model_dump(mode="json", by_alias=True)["attributes"]
    by_attributes = run(risk_in(folder, attributes=attributes, quasi_identifiers=None), spark)
    assert without_times(by_attributes) == without_times(run(risk_in(folder), spark))


def test_malformed_rows_are_left_out_where_the_job_says_so(spark: SparkSession, folder: Path) -> None:
    rows = patients()
    rows[0][1] = "CANARY"
    write_csv(folder / "patients.csv", rows)
    with pytest.raises(MalformedCellsError, match="1 of column 'age'"):
        run(risk_in(folder), spark)
    quarantine = {"uri": "patients.csv", "schema": {"age": "int"}, "malformed": "quarantine"}
    summary = run(risk_in(folder, input=quarantine), spark)
    assert summary["rows"] == N_ROWS - 1
    assert summary["warnings"] == ["1 rows left out: cell age"]


def test_estimates_are_recorded_beside_the_risks(spark: SparkSession, folder: Path) -> None:
    summary = run(risk_in(folder, population_size=5000), spark)
    found = summary["risk"]["input"]["population_uniques"]
    rows = rows_of(folder, "risk").query("attacker == 'any'")
    told = dict(zip(rows["measure"], rows["value"], strict=True))
    assert told["population_uniques"] == found["share"]
    assert told["population_uniques_zayatz"] == found["zayatz"]["share"]


def test_a_population_smaller_than_the_table_is_refused(spark: SparkSession, folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="the table alone has 120 people"):
        run(risk_in(folder, population_size=100), spark)


def test_a_job_that_writes_no_table_is_told_again_refused_and_guarded_like_any_other(
    spark: SparkSession, folder: Path
) -> None:
    first = run(risk_in(folder), spark, run_id="r1")
    (folder / "patients.csv").rename(folder / "gone.csv")
    assert run(risk_in(folder), spark, run_id="r1") == first
    with pytest.raises(InputError, match="other settings"):
        run(risk_in(folder, risk_threshold=0.1), spark, run_id="r1")
    with pytest.raises(InputError, match="does not exist"):
        run(risk_in(folder), spark, run_id="r2")
    (folder / "gone.csv").rename(folder / "patients.csv")

    def while_it_runs(step: Step) -> None:
        if step.name == "publish":
            with pytest.raises(RunConflictError, match="Run r2 is going on"):
                run(risk_in(folder), spark, run_id="r2")

    assert run(risk_in(folder), spark, run_id="r2", tell=while_it_runs)["status"] == "completed"
    runs = rows_of(folder, "runs").query("run_id == 'r2'").sort_values(["attempt", "at"])
    assert list(runs["state"]) == ["running", "failed", "running", "completed"]


def test_two_runs_of_one_table_may_go_on_at_once(spark: SparkSession, folder: Path) -> None:
    place = Storage(run_lease_uri("other", str(folder / "_anonspark")))
    with lease(place, "run other", "other", lambda: 0.0):
        assert run(risk_in(folder), spark, run_id="r1")["status"] == "completed"


def test_a_released_table_of_the_engine_is_as_anonymous_as_its_job_asked(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark)
    side = run(risk_in(folder, input={"uri": "out/released"}), spark)["risk"]["input"]
    table = kept(released(folder))
    assert side["k_anonymity"] == table.groupby(QUASI_IDENTIFIERS, dropna=False).size().min() >= 4
    assert set(COLUMNS) == set(released(folder).columns)
