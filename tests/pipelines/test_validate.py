"""The job `validate`, from files to its verdict."""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.config.validate import ValidateJob
from anonspark.errors import ConfigurationError, HierarchyError
from anonspark.pipelines.run import run
from anonspark.pipelines.validate import MOST_VIOLATIONS
from tests.pipelines.on_cluster import n_persisted
from tests.pipelines.patients import COLUMNS, N_ROWS, QUASI_IDENTIFIERS, patients, without_times, write_csv
from tests.pipelines.scans import executions_so_far, rows_scanned
from tests.pipelines.test_risk import keep_on_the_cluster

K2 = {"model": "k-anonymity", "k": 2}
EVERY_MODEL = [
    {"model": "k-anonymity", "k": 3},
    {"model": "l-diversity", "l": 2, "attribute": "diagnosis", "variant": "distinct"},
    {"model": "l-diversity", "l": 2.5, "attribute": "diagnosis", "variant": "entropy"},
    {"model": "l-diversity", "l": 2, "c": 2, "attribute": "diagnosis", "variant": "recursive"},
    {"model": "t-closeness", "t": 0.4, "attribute": "diagnosis"},
    {"model": "beta-likeness", "beta": 1, "attribute": "diagnosis"},
    {"model": "delta-disclosure", "delta": 0.5, "attribute": "diagnosis"},
    {"model": "alpha-k", "alpha": 0.6, "k": 2, "attribute": "diagnosis"},
    {"model": "k-map", "k": 3},
    {"model": "delta-presence", "delta_min": 0.1, "delta_max": 0.9},
    {"model": "average-risk", "threshold": 0.2},
    {"model": "population-uniqueness", "threshold": 0.0, "population_size": 1000},
]


def validate_in(folder: Path, **changes: Any) -> ValidateJob:
    job = {
        "version": 1,
        "job": "validate",
        "input": {"uri": "patients.csv", "format": "csv"},
        "quasi_identifiers": ["zip", "sex"],
        "sensitive": ["diagnosis"],
        "privacy": [K2],
        **changes,
    }
    return ValidateJob.from_dict(job, base=str(folder))


def sizes_of(rows: list[list[str | None]], *columns: str) -> Counter[tuple[str | None, ...]]:
    places = [COLUMNS.index(column) for column in columns]
    return Counter(tuple(row[place] for place in places) for row in rows)


def test_a_valid_table_is_read_once_and_its_classes_are_told(spark: SparkSession, folder: Path) -> None:
    write_csv(folder / "patients.csv", patients()[:-2])
    since = executions_so_far(spark)
    summary = run(validate_in(folder, quasi_identifiers=["sex"]), spark, run_id="r1")
    header = 1
    assert rows_scanned(spark, since).pop("Scan csv") == N_ROWS - 2 + header
    sizes = sizes_of(patients()[:-2], "sex")
    assert (summary["is_valid"], summary["violations"], summary["violations_left_out"]) == (True, [], 0)
    assert summary["statistics"] == {
        "rows": N_ROWS - 2,
        "suppressed": 0,
        "classes": len(sizes),
        "smallest": min(sizes.values()),
        "largest": max(sizes.values()),
        "average": pytest.approx((N_ROWS - 2) / len(sizes)),
        "models": [
            {
                "model": "k-anonymity",
                "attribute": None,
                "measure": "class_size",
                "required": 2,
                "worst": min(sizes.values()),
                "classes": 0,
                "rows": 0,
            }
        ],
    }
    assert json.loads(json.dumps(summary)) == summary


def test_every_class_that_fails_is_told_without_its_values_the_worst_first(spark: SparkSession, folder: Path) -> None:
    sizes = sizes_of(patients(), "zip", "sex")
    summary = run(validate_in(folder, privacy=[{"model": "k-anonymity", "k": 8}]), spark)
    small = sorted(size for size in sizes.values() if size < 8)
    assert summary["is_valid"] is False
    assert summary["violations"] == [
        {
            "model": "k-anonymity",
            "attribute": None,
            "measure": "class_size",
            "class_size": size,
            "required": 8,
            "observed": size,
            "rows": size,
        }
        for size in small
    ]
    (of_model,) = summary["statistics"]["models"]
    assert (of_model["worst"], of_model["classes"], of_model["rows"]) == (1, len(small), sum(small))


def test_at_most_a_hundred_violations_are_told_and_the_others_counted(spark: SparkSession, folder: Path) -> None:
    privacy = [{"model": "k-anonymity", "k": 50}]
    summary = run(validate_in(folder, quasi_identifiers=QUASI_IDENTIFIERS, privacy=privacy), spark)
    n_classes = len(sizes_of(patients(), *QUASI_IDENTIFIERS))
    assert len(summary["violations"]) == MOST_VIOLATIONS
    assert summary["violations_left_out"] == n_classes - MOST_VIOLATIONS > 0
    assert summary["violations"][0]["observed"] <= summary["violations"][-1]["observed"]


def test_a_release_of_the_engine_is_valid_for_its_own_job_and_not_with_one_class_broken(
    spark: SparkSession, adult: dict[str, Any], tmp_path: Path
) -> None:
    wrote = run(AnonymizeJob.from_dict(adult, base=str(tmp_path)), spark)
    names = [attribute["name"] for attribute in adult["attributes"]]
    job = {"input": {"uri": "out/released"}, "quasi_identifiers": names, "privacy": adult["privacy"]}
    told = run(ValidateJob.from_dict(job, base=str(tmp_path)), spark)
    assert told["is_valid"] is True
    assert told["statistics"]["suppressed"] == wrote["suppressed"] == 1346
    assert told["statistics"]["classes"] == wrote["classes"]["kept"] == 397
    assert told["statistics"]["models"][0]["worst"] == 5
    by_attributes = {**job, "attributes": adult["attributes"]}
    del by_attributes["quasi_identifiers"]
    assert run(ValidateJob.from_dict(by_attributes, base=str(tmp_path)), spark)["is_valid"] is True

    table = spark.read.format("delta").load(str(tmp_path / "out/released"))
    smallest = table.groupBy(*[f"`{name}`" for name in names]).count().where("count = 5").limit(1).drop("count")
    # One of the five is taken out of a smallest class.
    one = table.join(smallest, names, "left_semi").limit(1)
    table.exceptAll(one).write.parquet(str(tmp_path / "broken"))
    broken = {**job, "input": {"uri": "broken", "format": "parquet"}}
    told = run(ValidateJob.from_dict(broken, base=str(tmp_path)), spark)
    assert told["is_valid"] is False
    (violation,) = told["violations"]
    assert (violation["class_size"], violation["required"], violation["rows"]) == (4, 5, 4)


def test_each_model_is_measured_as_a_reader_of_the_rows_does(spark: SparkSession, folder: Path) -> None:
    summary = run(validate_in(folder, privacy=EVERY_MODEL, population={"uri": "census.csv"}), spark)
    by_class: dict[Any, list[str | None]] = defaultdict(list)
    for row in patients():
        by_class[row[2], row[3]].append(row[4])
    whole = Counter(row[4] for row in patients())
    people = Counter((row[2], row[3]) for row in census())
    counters = {key: Counter(values) for key, values in by_class.items()}
    shares = {key: {v: c / counted.total() for v, c in counted.items()} for key, counted in counters.items()}
    distances = [
        sum(max(of_class.get(value, 0) - count / N_ROWS, 0) for value, count in whole.items())
        for of_class in shares.values()
    ]
    worst = {(each["model"], each["measure"]): each["worst"] for each in summary["statistics"]["models"]}
    assert worst["k-anonymity", "class_size"] == 1
    assert worst["l-diversity", "distinct_values"] == min(map(len, counters.values()))
    assert worst["t-closeness", "distance"] == pytest.approx(max(distances))
    assert worst["alpha-k", "largest_share"] == max(max(of_class.values()) for of_class in shares.values())
    assert worst["k-map", "people_of_population"] == min(people[key] for key in counters)
    assert worst["average-risk", "average_risk"] == pytest.approx(len(counters) / N_ROWS)
    alone = [values for values in by_class.values() if len(values) < 2]
    uniqueness = next(each for each in summary["violations"] if each["model"] == "population-uniqueness")
    assert (uniqueness["class_size"], uniqueness["rows"]) == (None, len(alone))


def census() -> list[list[str | None]]:
    return [*patients(), *patients()[:50], ["Nobody", "1", "77777", "X", "C18", "0"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients and a census."""
    write_csv(tmp_path / "patients.csv", patients())
    write_csv(tmp_path / "census.csv", census())
    return tmp_path


@pytest.mark.parametrize("there", ["table", "population", "both"])
def test_classes_that_stay_on_the_cluster_are_judged_the_same(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    write_csv(folder / "patients.csv", [*patients(), *[["x", "*", "*", "*", "C18", "0"]] * 3])
    changes = {"quasi_identifiers": QUASI_IDENTIFIERS, "privacy": EVERY_MODEL, "population": {"uri": "census.csv"}}
    on_driver = run(validate_in(folder, **changes), spark)
    before = n_persisted(spark)
    plain = []

    def is_meant(columns: list[str]) -> bool:
        plain.append(columns)
        return there == "both" or (there == "table") == (len(plain) == 1)

    keep_on_the_cluster(monkeypatch, is_meant)
    on_cluster = run(validate_in(folder, **changes), spark)
    assert n_persisted(spark) == before
    assert on_driver["statistics"]["suppressed"] == 3

    def rounded(found: Any) -> Any:
        if isinstance(found, dict):
            return {key: rounded(value) for key, value in found.items()}
        return [rounded(each) for each in found] if isinstance(found, list) else (
            round(found, 9) if isinstance(found, float) else found
        )  # fmt: skip

    assert rounded(without_times(on_cluster)) == rounded(without_times(on_driver))


def test_distances_take_the_order_and_the_tree_of_the_sensitive_attribute(spark: SparkSession, folder: Path) -> None:
    tree = {"kind": "tree", "tree": {"Solid": ["C18", "E11"], "Other": ["I63", "J45"]}}
    attributes = [{"name": "diagnosis", "type": "sensitive", "hierarchy": tree}]
    privacy = [{"model": "t-closeness", "t": 0.9, "attribute": "diagnosis", "distance": "hierarchical"}]
    summary = run(validate_in(folder, sensitive=[], attributes=attributes, privacy=privacy), spark)
    assert summary["is_valid"] is True
    assert 0 < summary["statistics"]["models"][0]["worst"] <= 0.9
    ordered = [{"model": "t-closeness", "t": 0.9, "attribute": "diagnosis", "distance": "ordered"}]
    with pytest.raises(HierarchyError, match="needs numbers, a csv or an `order`"):
        run(validate_in(folder, privacy=ordered), spark)


def test_a_table_of_suppressed_rows_is_valid(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(folder / "patients.csv", [["x", "*", "*", "*", "C18", "0"]] * 3)
    changes = {"privacy": EVERY_MODEL, "population": {"uri": "census.csv"}}
    on_driver = run(validate_in(folder, **changes), spark)
    assert (on_driver["is_valid"], on_driver["statistics"]["suppressed"]) == (True, 3)
    assert {each["worst"] for each in on_driver["statistics"]["models"]} == {None, 0.0}
    keep_on_the_cluster(monkeypatch, lambda _: True)
    assert without_times(run(validate_in(folder, **changes), spark)) == without_times(on_driver)
    as_values = run(validate_in(folder, suppress_value=None), spark)
    assert as_values["statistics"]["smallest"] == 3


def test_persons_are_counted_where_records_name_them(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[*row[:5], str(place % 3)] for place, row in enumerate(patients()[:-2])]
    write_csv(folder / "patients.csv", rows)
    job = validate_in(folder, person_id="cost", privacy=[{"model": "k-anonymity", "k": 4}])
    summary = run(job, spark)
    assert summary["is_valid"] is False
    assert {each["class_size"] for each in summary["violations"]} <= {1, 2, 3}
    assert max(each["rows"] for each in summary["violations"]) > 3
    risk = {"model": "average-risk", "threshold": 0.1}
    both = validate_in(folder, person_id="cost", privacy=[*job.model_dump(mode="json")["privacy"], risk])
    on_driver = run(both, spark)
    keep_on_the_cluster(monkeypatch, lambda _: True)
    assert without_times(run(both, spark)) == without_times(on_driver)


def test_a_population_smaller_than_the_table_is_refused(spark: SparkSession, folder: Path) -> None:
    privacy = [{"model": "population-uniqueness", "threshold": 0.1, "population_size": 100}]
    with pytest.raises(ConfigurationError, match="has a population_size of 100"):
        run(validate_in(folder, privacy=privacy), spark)
