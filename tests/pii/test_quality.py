"""How much of the labelled development files is found, by the scorer that comes with them."""

import csv
import re
import subprocess
import sys

import pytest

from anonspark.config.pii_knowledge import load_knowledge
from anonspark.pii.match import find_pii
from tests.pii.tables import profiles_of, read_columns

# Types of these files that the catalogue finds by regex, without the ones that it says need a name, and closed shapes.
TOLD_BY_VALUES = {
    "email", "ssn", "us_phone", "phone", "ipv4", "credit_card", "uuid", "url", "user_agent", "blood_type"
}  # fmt: skip


@pytest.fixture(scope="module")
def labelled(shared):
    folder = shared / "data" / "pii"
    labels = list(csv.DictReader((folder / "labels.csv").read_text(encoding="utf-8").splitlines()))
    tables = {name: read_columns(folder / name) for name in dict.fromkeys(row["file"] for row in labels)}
    return folder, labels, tables


def score(folder, labels, detections, tmp_path):
    """Family F1, exact F1 and the flagged decoys, as the scorer prints them."""
    found, expected = tmp_path / "found.csv", tmp_path / "labels.csv"
    for path, header, rows in (
        (found, ("file", "column", "pii_type", "confidence"), detections),
        (expected, ("file", "column", "true_type"), labels),
    ):
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])
    command = [sys.executable, folder / "score.py", found, "--labels", expected]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    f1 = {level: float(value) for level, value in re.findall(r"^(\w+) +precision.*F1 ([\d.]+)", told, re.MULTILINE)}
    flagged = re.search(r"decoys flagged (\d+)/", told)
    return f1["family"], f1["exact"], int(flagged[1])


def found_in(tables, *, renamed=False):
    knowledge = load_knowledge()
    for name, columns in tables.items():
        called = {column: f"c{at}" if renamed else column for at, column in enumerate(columns, start=1)}
        real = {new: old for old, new in called.items()}
        for finding in find_pii(profiles_of({called[old]: cells for old, cells in columns.items()}), knowledge):
            yield name, real[finding.column], finding.pii_type, finding.confidence


def test_the_development_files_reach_the_figures_of_the_issue_and_no_decoy_is_flagged(labelled, tmp_path):
    folder, labels, tables = labelled
    expected = [(row["file"], row["column"], row["true_type"]) for row in labels]
    family, exact, flagged = score(folder, expected, found_in(tables), tmp_path)
    assert family >= 0.90
    assert exact >= 0.80
    assert flagged == 0


def test_values_alone_tell_the_types_that_have_a_validator_or_a_specific_pattern(labelled, tmp_path):
    folder, labels, tables = labelled
    expected = []
    for row in labels:
        kinds = set(row["true_type"].split("|"))
        told = kinds & TOLD_BY_VALUES
        # A column of another type may stay silent where its name says nothing.
        label = row["true_type"] if told or "none" in kinds else f"none|{row['true_type']}"
        expected.append((row["file"], row["column"], label))
    family, _, flagged = score(folder, expected, found_in(tables, renamed=True), tmp_path)
    assert family >= 0.90
    assert flagged == 0
