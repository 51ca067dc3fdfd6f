"""From a table of people to the report of what was found in it: nobody is in it."""

import csv
from pathlib import Path

from pyspark.sql import SparkSession

from anonspark.config.load import load_job
from anonspark.io.run_records import open_metadata, read_run
from anonspark.pipelines.run import run
from anonspark.report.content import document_of
from anonspark.report.html import as_html
from anonspark.report.pdf import as_pdf
from tests.report.records import Page

N_ROWS = 60


def rows() -> list[dict[str, str]]:
    """People whose every value is one that no other text holds."""
    return [
        {
            "full_name": f"Quenna{chr(97 + place % 26)} Zzyx{chr(97 + place // 26)}ington",
            "email": f"quennaf{place}@zzyx{place}.example.com",
            "phone": f"212-555-01{place:02d}",
            "remarks": f"spoke to her on 646-555-01{place:02d} about order x-{place}",
            "amount": f"{place * 7 % 13}",
        }
        for place in range(N_ROWS)
    ]


def test_the_report_of_a_scan_names_columns_and_types_and_no_value(spark: SparkSession, tmp_path: Path) -> None:
    table = rows()
    with (tmp_path / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*table[0]])
        writer.writeheader()
        writer.writerows(table)
    text = (
        f"version: 1\njob: detect-pii\ninput: {{uri: {tmp_path}/people.csv}}\nprofile: hipaa\ndeep_scan: true\n"
        f"metadata: {{uri: {tmp_path}/_anonspark}}\n"
    )
    told = run(load_job(text, ""), spark, run_id="r1")
    document = document_of(read_run(open_metadata(str(tmp_path / "_anonspark")), "r1"))
    html = as_html(document)
    page = Page(html)
    [found] = [cells for title, cells in page.tables.items() if title.startswith("Found in")]
    types = {row[0]: row[1] for row in found[1:]}
    assert types["email"] == "Email"
    assert {"full_name", "phone", "remarks"} <= types.keys()
    assert "amount" not in types
    assert page.facts["Rows looked at"] == f"{N_ROWS}"
    assert page.facts["HIPAA"] == "0 of 100, not compliant"
    assert [each["column"] for each in told["compliance"]["violations"] if each["severity"] == "critical"]
    assert as_pdf(document).startswith(b"%PDF-")
    # Every word of a value that has four characters or more, in the page or in what the run kept.
    words = {word for row in table for name in ("full_name", "email", "phone") for word in row[name].split()}
    parts = {part for row in table for part in (row["email"].split("@")[0], row["remarks"].split()[4])}
    assert [word for word in words | parts if word in html or word in str(told)] == []
