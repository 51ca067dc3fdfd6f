"""The report of a scan and of a transformation: everything of the summary is in it, and no value."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from anonspark.errors import InputError
from anonspark.io.run_records import RunRecords
from anonspark.report.content import document_of
from anonspark.report.html import as_html
from anonspark.report.pdf import as_pdf
from anonspark.vocabulary import RunState
from tests.report.privacy_records import (
    DETECTIONS,
    TREATMENTS,
    URI,
    detection,
    ended,
    failed,
    scan_summary,
    scanned,
    treated,
    treated_summary,
)
from tests.report.records import Page
from tests.report.test_pdf import squeezed, text_of, texts_of

HOSTILE = "<script>alert(1)</script>\"'&$x_{</svg></style><img src=x onerror=alert(1)>"


def page_of(records: RunRecords) -> Page:
    return Page(as_html(document_of(records)))


def test_a_scan_says_what_was_found_how_sure_that_is_and_why() -> None:
    page = page_of(scanned())
    assert page.tables["Tables"][1:] == [[URI, "1,000", "8"], ["file:///in/wards.csv", "12", "0"]]
    found = {row[0]: row[1:] for row in page.tables[f"Found in {URI}"][1:]}
    assert [*found] == [each["column"] for each in DETECTIONS]
    assert found["contact.e_mail"] == ["Email", "99%, high", "980", "a***@e***.com"]
    assert found["contact.phones[]"] == ["Us Phone", "85%, medium", "1,712", "(***) ***-**12"]
    assert found["religion"] == ["Religious", "95%, high", "about 870", "none"]
    why = {row[0]: row[1:] for row in page.tables[f"Why these of {URI}"][1:]}
    assert why["notes"] == ["parts of its texts", "17 phones in texts."]
    assert why["zip"] == [
        "its name and its values", "The name is one for us_zip. 98.5 % of 1,000 values have its shape."
    ]  # fmt: skip
    assert page.facts["Columns with personal data"] == "8"
    assert page.facts["Rows looked at"] == "1,012"
    assert "8 columns of 2 tables hold personal data of 8 types." in page.text
    assert "Output" not in page.facts


def test_a_regulation_has_its_score_its_violations_and_each_of_its_types() -> None:
    # Critical: name, email, date of birth, zip (3 each); warnings: phones below 0.9 and the age (1 each).
    page = page_of(scanned())
    assert page.facts["HIPAA"] == "0 of 100, not compliant"
    assert page.facts["Left"] == "4 critical and 3 warnings"
    severities = {row[0]: row[1] for row in page.tables["Violations"][1:]}
    assert severities == {
        "patient_name": "critical", "contact.e_mail": "critical", "born": "critical", "zip": "critical",
        "contact.phones[]": "warning", "age": "warning", "notes": "warning",
    }  # fmt: skip
    assert page.tables["Left, and outside HIPAA"][1:] == [["religion", "Religious"]]
    types = {row[0]: row[1:] for row in page.tables["The types of HIPAA"][1:]}
    assert len(types) == 18 + 2
    assert (types["Phone"], types["Ssn"], types["Us Zip"]) == (["2", "0", "2"], ["0", "0", "0"], ["1", "0", "1"])


def test_every_regulation_is_told_in_a_line() -> None:
    rows = {row[0]: row[1:] for row in page_of(scanned()).tables["How it stands with each regulation"][1:]}
    assert [*rows] == ["HIPAA", "GDPR", "PCI-DSS", "CCPA", "Financial", "SOX", "GLBA"]
    assert rows["HIPAA"] == ["7", "4", "3", "0", "not compliant"]
    assert rows["PCI-DSS"] == ["0", "0", "0", "100", "nothing of it was found"]
    assert "How it stands with each regulation" not in page_of(treated()).tables


def test_a_transformation_says_what_was_done_with_which_key_and_what_is_left() -> None:
    page = page_of(treated())
    done = {row[0]: row[1:] for row in page.tables["Treated columns"][1:]}
    assert done["contact.e_mail"] == ["Email", "hash", "980", "rule 1 (priority 10) for email"]
    assert done["born"] == ["Date Of Birth", "generalize (to: month)", "980", "rule 3 (priority 0) for date_of_birth"]
    assert len(done) == len(TREATMENTS)
    assert page.tables["Keys"][1:] == [["k-2026-01/v3", "contact.e_mail"]]
    assert [row[0] for row in page.tables["Findings without an action"][1:]] == ["notes", "religion"]
    left = {row[0]: row[-1] for row in page.tables["Still found"][1:]}
    assert left == {"contact.phones[]": "mask", "religion": "nothing was done"}
    # Detected 4 x 3 + 3 x 1; left: the month of birth, the age that is kept, the notes: 100 x (1 - 5 / 15) = 66.7.
    assert page.facts["HIPAA"] == "66 of 100, not compliant"
    violations = {row[0]: row[1] for row in page.tables["Violations"][1:]}
    assert violations == {
        "born": "critical", "contact.phones[]": "warning, treated", "age": "warning", "notes": "warning"
    }  # fmt: skip
    assert page.facts["Still found"] == "2"
    assert (
        "5 columns of 1,000 rows treated, 1 kept on purpose; 2 columns with personal data stayed as they are."
        in page.text
    )
    assert page.facts["Versions"] == "anonspark 0.1.0, Spark 4.1.4"


def test_nothing_left_is_said_in_words() -> None:
    page = page_of(treated(pending=[], remaining=[], compliance={**treated_summary()["compliance"], "violations": [],
                                                                  "score": 100, "compliant": True}))  # fmt: skip
    assert "Nothing: every finding has an action." in page.text
    assert "nothing in it looks like personal data" in page.text
    assert "Nothing that HIPAA asks for is left." in page.text
    assert page.facts["HIPAA"] == "100 of 100, compliant"
    assert page.facts["Left"] == "nothing critical and no warning"


def test_without_a_profile_nothing_is_said_about_a_regulation() -> None:
    summary = {key: value for key, value in scan_summary().items() if key not in ("profile", "compliance")}
    page = page_of(ended(summary))
    assert "No profile was named" in page.text
    assert "Left" not in page.facts


def test_each_table_of_a_scan_can_stand_with_a_regulation_for_itself() -> None:
    summary = scan_summary()
    table = {**summary["tables"][0], "profile": "hipaa", "compliance": summary.pop("compliance")}
    page = page_of(ended({**summary, "tables": [table]}))
    assert f"Compliance with HIPAA: {URI}" in page.text
    assert page.facts["HIPAA"] == "0 of 100, not compliant"


def test_a_scan_that_finds_nothing_and_a_written_table_that_nobody_looked_at_have_reports() -> None:
    empty = scanned(tables=[{"uri": URI, "rows_scanned": 5, "detections": []}])
    assert "No personal data was found in 1 table." in page_of(empty).text
    assert "was not looked at again" in page_of(treated(remaining=None)).text
    nothing = page_of(treated(treatments=[], pending=[], remaining=[]))
    assert "No column was treated." in nothing.text


def test_types_of_several_columns_are_drawn() -> None:
    found = [detection(f"mail{place}", "email", 0.95 if place else 0.8) for place in range(3)]
    records = scanned(tables=[{"uri": URI, "rows_scanned": 5, "detections": found}])
    [chart] = [block for part in document_of(records).sections for block in part.blocks if hasattr(block, "draw")]
    assert chart.description == (
        "A bar for each type of personal data. Found with 90% and more: 2 columns; less sure: 1 column. Email has "
        "most, 3 columns."
    )
    many = [detection(f"c{kind}_{place}", f"type{kind}") for kind in range(40) for place in range(2)]
    drawn = page_of(scanned(tables=[{"uri": URI, "rows_scanned": 5, "detections": many}]))
    assert "16 other types" in drawn.text


@pytest.mark.parametrize("job", ["detect-pii", "transform-pii"])
def test_a_run_that_failed_says_why(job: str) -> None:
    page = page_of(failed(job))
    assert "There is no key at env:HASH_KEY." in page.text
    assert ("Nothing was released" in page.text) == (job == "transform-pii")
    assert "No result" in page.text


def test_a_run_that_goes_on_has_no_report_yet() -> None:
    records = scanned()
    with pytest.raises(InputError, match="has not ended"):
        document_of(replace(records, run=replace(records.run, state=RunState.RUNNING)))


def test_names_are_text_and_never_markup() -> None:
    found = detection(HOSTILE, "email", sample=HOSTILE, evidence=[HOSTILE])
    scan = scanned(tables=[{"uri": HOSTILE, "rows_scanned": 5, "detections": [found, found]}], warnings=[HOSTILE])
    wrong = {"column": HOSTILE, "pii_type": "email", "severity": "critical", "unresolved": True, "sentence": HOSTILE,
             "advice": HOSTILE}  # fmt: skip
    judged = {"score": 0, "compliant": False, "violations": [wrong], "coverage": []}
    done = {"column": HOSTILE, "pii_type": HOSTILE, "action": "hash", "because": HOSTILE, "key_id": HOSTILE, "rows": 1}
    change = treated(treatments=[done], pending=[found], remaining=[found], compliance=judged, profile=HOSTILE)
    for records in (scan, change):
        page = page_of(records)
        assert {tag for tag, _ in page.elements} & {"script", "img", "iframe", "link", "object", "form"} == set()
        assert [name for _, own in page.elements for name in own if name.startswith("on")] == []
        assert HOSTILE in "".join(page.texts)
        assert as_pdf(document_of(records)).startswith(b"%PDF-")


@pytest.mark.parametrize("records", [scanned(), treated(), failed()], ids=["scan", "treated", "failed"])
def test_all_that_the_page_says_is_on_paper(records: RunRecords, tmp_path: Path) -> None:
    document = document_of(records)
    text = text_of(as_pdf(document), tmp_path)
    body = squeezed(re.sub(rf"{re.escape(document.subtitle)} +page \d+ of \d+", "", text))
    assert [said for said in texts_of(document) if squeezed(said) not in body] == []


def test_a_password_in_the_place_of_a_vault_is_not_in_the_report() -> None:
    records = treated()
    settings = {**records.config["settings"], "vault": {"uri": "postgresql://app:hunter2@db.example/vault"}}
    html = as_html(document_of(replace(records, config={**records.config, "settings": settings})))
    assert "hunter2" not in html
    assert "db.example" in html
