"""An explanation says of a run's node what brute force over the rows says."""

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.errors import InputError, NoReleaseError
from anonspark.io.run_records import open_metadata, read_run
from anonspark.pipelines.explain import explain
from anonspark.pipelines.explanation import Explanation
from anonspark.pipelines.run import run
from tests.pipelines.on_cluster import refuse_where
from tests.pipelines.patients import COLUMNS, QUASI_IDENTIFIERS, job_dict, job_in, patients, write_csv
from tests.pipelines.test_run import executions_so_far, rows_scanned

CANARY = "CANARY-7431"

Node = tuple[int, ...]


def explained(spark: SparkSession, folder: Path, run_id: str = "r1") -> Explanation:
    """Read what the run left in the folder, and explain it; nothing is written and no value of the data is told."""
    metadata = f"file://{folder}/out/_anonspark"
    before = sorted(folder.rglob("*"))
    found = explain(read_run(open_metadata(metadata), run_id), spark, metadata)
    assert sorted(folder.rglob("*")) == before
    assert CANARY not in json.dumps(found.to_dict())
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the patients; one of them has the canary's name, another its zip."""
    rows = patients()
    rows[3][0] = rows[4][2] = CANARY
    write_csv(tmp_path / "patients.csv", rows)
    return tmp_path


def labels_of_patients(node: Mapping[str, int]) -> pd.DataFrame:
    """The patients at a node, by rules of their own."""
    table = pd.DataFrame(patients(), columns=COLUMNS)
    table.loc[3, "name"] = table.loc[4, "zip"] = CANARY

    def age(value: str) -> str:
        width = (None, 5, 20, None)[node["age"]]
        return value if node["age"] == 0 else "*" if width is None else str(int(value) // width)

    def zip_(value: str) -> str:
        kept = (len(value), 4, 3, 1, 0)[node["zip"]]
        return "*" if node["zip"] == 4 else value[:kept] + "*" * (len(value) - kept)

    table["age"], table["zip"] = table["age"].map(age), table["zip"].map(zip_)
    table["sex"] = "*" if node["sex"] else table["sex"].fillna("null")
    return table


def lost(node: Mapping[str, int], k: int = 4, l: int = 2) -> dict[str, set[int]]:  # noqa: E741
    """Rows that are suppressed at a node, and those in classes that fail each model."""
    classes = labels_of_patients(node).groupby(QUASI_IDENTIFIERS)
    small = {row for _, rows in classes for row in rows.index if len(rows) < k}
    alike = {row for _, rows in classes for row in rows.index if rows["diagnosis"].nunique() < l}
    return {"all": small | alike, "k-anonymity": small, "l-diversity of diagnosis": alike}


def test_every_number_is_that_of_the_rows(spark: SparkSession, folder: Path) -> None:
    summary = run(job_in(folder), spark, run_id="r1")
    told = explained(spark, folder)
    levels = dict(told.levels)
    assert (levels, told.heights, told.score) == (summary["levels"], summary["heights"], summary["score"])
    assert (told.limit, told.optimal) == (6, True)
    here = lost(levels)
    assert told.suppressed.records == len(here["all"]) == summary["suppressed"]
    assert {each.model: each.records for each in told.suppressed.failed} == {
        model: len(rows) for model, rows in here.items() if model != "all"
    }
    assert {each.attribute for each in told.lower} | set(told.at_lowest) == set(levels)
    for each in told.lower:
        there = lost({**levels, each.attribute: each.level})
        assert each.level == levels[each.attribute] - 1
        assert each.suppressed == len(there["all"])
        assert each.satisfied is (len(there["all"]) <= 6)
        if each.satisfied:
            assert each.difference is not None
            assert each.difference >= 0
        else:
            assert {failed.model: failed.records for failed in each.failed} == {
                model: len(rows) for model, rows in there.items() if model != "all"
            }
    for blame in told.suppressed.columns:
        height = told.heights[blame.attribute]
        for kept, level in ((blame.kept_one_higher, levels[blame.attribute] + 1), (blame.kept_generalized, height)):
            if levels[blame.attribute] == height:
                assert kept is None
            else:
                assert kept == len(here["all"] - lost({**levels, blame.attribute: level})["all"])
    for node in told.next_best:
        assert node.suppressed == len(lost(node.levels)["all"]) <= 6
        assert node.difference >= 0
        assert node.levels != levels


def test_the_class_sizes_are_those_of_the_suppressed_rows(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="r1")
    told = explained(spark, folder)
    rows = labels_of_patients(told.levels).loc[sorted(lost(told.levels)["all"])]
    counted = rows.groupby(QUASI_IDENTIFIERS).size().value_counts()
    assert dict(told.suppressed.sizes) == counted.to_dict()
    assert told.suppressed.classes == counted.sum()


def test_an_explanation_reads_the_input_once_more(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="r1")
    since = executions_so_far(spark)
    explained(spark, folder)
    assert rows_scanned(spark, since)["Scan csv"] - len(patients()) in (0, 1, 2)  # headers are rows to the scan


def test_the_explanation_on_the_cluster_is_the_same(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(job_in(folder), spark, run_id="r1")
    here = explained(spark, folder)
    refuse_where(monkeypatch, "input")
    there = explained(spark, folder)
    for name in ("levels", "lower", "next_best", "suppressed", "rows", "base_classes"):
        assert getattr(there, name) == getattr(here, name), name


def test_an_input_that_changed_is_told(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="r1")
    assert explained(spark, folder).warnings == (
        "The input has no versions, so that it may have changed since the run read it.",
    )
    write_csv(folder / "patients.csv", [*patients(), ["New One", "31", "69401", "F", "C18", "9"]])
    told = explained(spark, folder)
    assert (told.rows.run, told.rows.now, told.rows.differs) == (120, 121, True)
    assert [warning for warning in told.warnings if "121 records now, 120 when the run read it" in warning]


def test_a_delta_input_is_read_in_the_version_of_the_run(spark: SparkSession, folder: Path) -> None:
    spark.read.csv(f"{folder}/patients.csv", header=True).write.format("delta").save(f"{folder}/patients")
    changes = {"input": {"uri": "patients", "format": "delta"}}
    attributes = [each for each in job_dict()["attributes"] if each["name"] != "age"]
    changes["attributes"] = [*attributes, {"name": "age", "type": "quasi_identifier"}]
    run(job_in(folder, **changes), spark, run_id="r1")
    before = explained(spark, folder)
    spark.read.format("delta").load(f"{folder}/patients").limit(50).write.format("delta").mode("append").save(
        f"{folder}/patients"
    )
    assert explained(spark, folder) == before
    assert before.warnings == ()
    assert not before.rows.differs


def test_the_hierarchies_are_those_that_the_run_read(spark: SparkSession, folder: Path) -> None:
    zips = sorted({str(row[2]) for row in patients()} | {CANARY})
    (folder / "zips.csv").write_text("".join(f"{zip_};*\n" for zip_ in zips), encoding="utf-8")
    attributes = [
        each | ({"hierarchy": {"kind": "csv", "uri": "zips.csv"}} if each["name"] == "zip" else {})
        for each in job_dict()["attributes"]
    ]
    run(job_in(folder, attributes=attributes), spark, run_id="r1")
    before = explained(spark, folder)
    (folder / "zips.csv").write_text("".join(f"{zip_};x;*\n" for zip_ in zips), encoding="utf-8")
    assert explained(spark, folder) == before
    for copy in (folder / "out/_anonspark/hierarchies").glob("*.csv"):
        copy.unlink()
    warned = explained(spark, folder)
    assert [warning for warning in warned.warnings if "zips.csv is not the one that the run read" in warning]
    assert warned.heights["zip"] == 2


@pytest.mark.parametrize("search", [{"recoding": "strict"}, {"strategy": "mondrian"}])
def test_of_a_local_recoding_the_node_that_it_began_from_is_explained(
    spark: SparkSession, folder: Path, search: dict[str, Any]
) -> None:
    summary = run(job_in(folder, search=search), spark, run_id="r1")
    told = explained(spark, folder)
    assert told.levels == summary["levels"]
    assert told.score == pytest.approx(summary["recoding"]["node"]["score"])
    assert told.suppressed.records == summary["recoding"]["node"]["suppressed"]
    assert [warning for warning in told.warnings if "the node that they began from" in warning]
    assert not [warning for warning in told.warnings if "has changed" in warning]


def test_values_that_a_hierarchy_does_not_know_are_told_by_column(spark: SparkSession, folder: Path) -> None:
    zips = sorted({str(row[2]) for row in patients()})
    (folder / "zips.csv").write_text("".join(f"{zip_};*\n" for zip_ in zips), encoding="utf-8")
    hierarchy = {"kind": "csv", "uri": "zips.csv", "unknown": "suppress"}
    attributes = [
        each | ({"hierarchy": hierarchy} if each["name"] == "zip" else {}) for each in job_dict()["attributes"]
    ]
    run(job_in(folder, attributes=attributes), spark, run_id="r1")
    told = explained(spark, folder).suppressed
    assert told.unknown == 1
    assert {each.attribute: each.unknown for each in told.columns} == {"age": 0, "zip": 1, "sex": 0}
    assert told.records == 1 + sum(size * classes for size, classes in told.sizes)


def test_what_a_model_of_the_whole_release_gives_up_is_told_under_its_own_name(
    spark: SparkSession, folder: Path
) -> None:
    # At this one node two patients and the canary's zip stand alone; of the other classes, two of some twenty-eight an
    # age group and a few of unknown sex, the average risk of 0.04 gives up those of unknown sex.
    node = {"age": 2, "zip": 2, "sex": 0}
    attributes = [
        each | ({"min_level": node[each["name"]], "max_level": node[each["name"]]} if each["name"] in node else {})
        for each in job_dict()["attributes"]
    ]
    privacy = [{"model": "k-anonymity", "k": 2}, {"model": "average-risk", "threshold": 0.04}]
    run(job_in(folder, attributes=attributes, privacy=privacy, max_suppression=0.5), spark, run_id="r1")
    told = explained(spark, folder).suppressed
    small = lost(node, k=2, l=1)["all"]
    unknown_sex = set(labels_of_patients(node).query("sex == 'null'").index)
    assert told.failed[0].records == len(small)
    assert told.records == len(small | unknown_sex)
    assert [each.model for each in told.failed] == ["k-anonymity", "models of the release as a whole"]
    assert told.failed[1].records > 0
    assert sum(each.records for each in told.failed) == told.records


def test_a_run_without_a_release_is_refused_with_its_own_reason(spark: SparkSession, folder: Path) -> None:
    with pytest.raises(NoReleaseError):
        run(job_in(folder, privacy=[{"model": "k-anonymity", "k": 500}]), spark, run_id="r1")
    with pytest.raises(InputError, match=r"Run r1 \(anonymize\) is failed and left no release to explain: k = 500"):
        explained(spark, folder)


def test_a_level_that_is_gone_is_refused(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder), spark, run_id="r1")
    metadata = f"file://{folder}/out/_anonspark"
    records = read_run(open_metadata(metadata), "r1")
    with pytest.raises(InputError, match="The input has changed since the run: 'zip' had a level 9"):
        explain(replace(records, levels={**records.levels, "zip": 9}), spark, metadata)


def test_adult_is_explained_as_brute_force_over_its_rows_says(
    spark: SparkSession, tmp_path: Path, adult: dict[str, Any], shared: Path
) -> None:
    run(AnonymizeJob.from_dict(adult, base=str(tmp_path)), spark, run_id="r1")
    told = explained(spark, tmp_path)
    names = list(told.levels)
    table = pd.read_csv(shared / "data/adult/adult.csv", sep=";", dtype=str, keep_default_na=False)
    labels: dict[str, list[pd.Series[str]]] = {}
    for name in names:
        with (shared / f"data/adult/hierarchies/{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter=";"))
        labels[name] = [table[name].map({row[0]: row[level] for row in rows}) for level in range(len(rows[0]))]

    def suppressed(levels: Mapping[str, int]) -> "pd.Series[bool]":
        at_node = pd.DataFrame({name: labels[name][levels[name]] for name in names})
        return at_node.groupby(names)[names[0]].transform("size") < 5

    here = suppressed(told.levels)
    assert told.suppressed.records == here.sum() == 1346
    assert told.limit == 1508
    assert (told.rows.now, told.base_classes.now, told.base_classes.run) == (30_162, 19_502, 19_502)
    for each in told.lower:
        there = suppressed({**told.levels, each.attribute: each.level}).sum()
        assert each.suppressed == there
        assert each.satisfied is bool(there <= 1508)
        assert each.satisfied or each.failed[0].records == there
    for blame in told.suppressed.columns:
        level, top = told.levels[blame.attribute], told.heights[blame.attribute]
        if level < top:
            for kept, higher in ((blame.kept_one_higher, level + 1), (blame.kept_generalized, top)):
                assert kept == (here & ~suppressed({**told.levels, blame.attribute: higher})).sum()
    sizes = pd.DataFrame({name: labels[name][told.levels[name]] for name in names})[here].groupby(names).size()
    assert dict(told.suppressed.sizes) == sizes.value_counts().to_dict()
    assert told.next_best[0].difference > 0
