"""From a table of people to the report of its release: every number is there, and nobody is."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from anonspark.errors import NoReleaseError
from anonspark.io.run_records import open_metadata, read_run
from anonspark.pipelines.run import run
from anonspark.report.content import document_of
from anonspark.report.html import as_html
from anonspark.report.pdf import as_pdf
from tests.pipelines.patients import N_ROWS, classes, job_dict, job_in, kept, patients, released, write_csv
from tests.report.records import Page

CANARY = "canary"
"""Within a value of every column, of one person and of half of them."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The patients; the first is a canary in every text, and every woman in her sex and her illness."""
    rows = patients()
    for row in rows:
        row[3] = {"F": f"F-{CANARY}"}.get(str(row[3]), row[3])
        row[4] = {"C18": f"C18-{CANARY}"}.get(str(row[4]), row[4])
    rows[0] = [f"Anna {CANARY}", "33", f"12{CANARY}", f"X-{CANARY}", f"Z-{CANARY}", "4711"]
    write_csv(tmp_path / "patients.csv", rows)
    return tmp_path


def attributes() -> list[dict[str, Any]]:
    """Those of the patients; illnesses and post codes have hierarchies that list their values."""
    tree = {"kind": "tree", "tree": {f"up-{CANARY}": [f"C18-{CANARY}", f"Z-{CANARY}"], "other": ["E11", "I63", "J45"]}}
    found: list[dict[str, Any]] = job_dict()["attributes"]
    return [each | ({"hierarchy": tree} if each["name"] == "diagnosis" else {}) for each in found]


def report_of(folder: Path) -> tuple[dict[str, Any], Page, str]:
    records = read_run(open_metadata(str(folder / "out" / "_anonspark")), "r1")
    html = as_html(document_of(records))
    assert as_pdf(document_of(records)).startswith(b"%PDF-")
    return dict(records.summary), Page(html), html


def shown(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"


def test_the_report_says_what_another_reader_counts_in_the_release(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder, attributes=attributes()), spark, run_id="r1")
    _, page, _ = report_of(folder)
    table = released(folder)
    sizes = classes(table).size()
    suppressed = len(table) - len(kept(table))
    assert page.facts["Records"] == str(len(table)) == str(N_ROWS)
    assert page.facts["Suppressed"] == f"{suppressed} ({shown(suppressed / N_ROWS)})"
    assert page.facts["Equivalence classes"] == str(len(sizes))
    assert page.facts["Smallest class"] == f"{sizes.min()} records"
    risk = {row[0]: row[1:] for row in page.tables["Risk of being found"]}
    assert risk["Prosecutor: highest"][1] == shown(1 / sizes.min())
    assert risk["Prosecutor: average"][1] == shown(len(sizes) / sizes.sum())
    assert risk["Prosecutor: lowest"][1] == shown(1 / sizes.max())
    alone = pd.read_csv(folder / "patients.csv", dtype=str, keep_default_na=False).groupby(["age", "zip", "sex"]).size()
    assert risk["Records that stand alone"][0] == shown((alone == 1).sum() / N_ROWS)
    by_size = {row[0]: [int(cell) for cell in row[1:]] for row in page.tables["Class sizes"][1:]}
    totals = [sum(column) for column in zip(*by_size.values(), strict=True)]
    assert totals == [len(alone), N_ROWS, len(sizes), sizes.sum()]


def test_every_number_of_the_summary_is_in_the_report(spark: SparkSession, folder: Path) -> None:
    run(job_in(folder, attributes=attributes()), spark, run_id="r1")
    told, page, _ = report_of(folder)
    risk = {row[0]: row[1:] for row in page.tables["Risk of being found"]}
    words = {"highest": "highest", "average": "average", "lowest": "lowest"}
    words["records_at_risk"] = "records above the threshold of 20%"
    for column, subject in enumerate(("input", "release")):
        for attacker in ("prosecutor", "journalist"):
            for measure, name in words.items():
                cell = risk[f"{attacker.title()}: {name}"][column]
                assert cell == shown(told["risk"][subject][attacker][measure])
        assert risk["Marketer: expected share found"][column] == shown(told["risk"][subject]["marketer"])
        assert risk["In a word"][column] == told["risk"][subject]["level"].replace("_", " ")
    levels = {row[0]: row[1] for row in page.tables["Generalization levels"][1:]}
    assert levels == {name: f"{level} of {told['heights'][name]}" for name, level in told["levels"].items()}
    metrics = {
        row[0].removesuffix(" (minimized)"): row[1] for row in page.tables["Metrics of the release, lower is better"]
    }
    assert metrics["Loss"] == page.facts["Loss"] == shown(told["score"])
    assert metrics["Precision loss"] == shown(told["metrics"]["precision"])
    assert metrics["Discernibility"] == f"{told['metrics']['discernibility']:,.0f}"
    assert float(metrics["Non-uniform entropy"].replace(",", "")) == pytest.approx(
        told["metrics"]["non_uniform_entropy"], rel=1e-4
    )
    assert page.facts["Nodes"] == f"{told['lattice']['nodes']:,}"
    assert page.facts["Output"] == f"{told['output']['uri']}, version {told['output']['version']}"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"search": {"recoding": "strict"}},
        {"max_suppression": 0, "privacy": [{"model": "k-anonymity", "k": 100}], "input": {
            "uri": "patients.csv", "format": "csv", "where": f"name != 'Anna {CANARY}'", "schema": {"age": "int"}}},
    ],
    ids=["released", "recoded", "failed"],
)  # fmt: skip
def test_nobody_is_in_the_report(spark: SparkSession, folder: Path, changes: dict[str, Any]) -> None:
    listed = [each | ({"max_level": 2} if each["name"] == "age" else {}) for each in attributes()]
    job = job_in(folder, **{"attributes": listed, **changes})
    if changes.get("max_suppression") == 0:
        with pytest.raises(NoReleaseError):
            run(job, spark, run_id="r1")
    else:
        run(job, spark, run_id="r1")
    _, page, html = report_of(folder)
    assert CANARY in (folder / "patients.csv").read_text(encoding="utf-8")
    assert CANARY not in html
    assert "4711" not in html
    assert "are not shown" in page.text
