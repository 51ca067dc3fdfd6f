"""The scorer by a hand count, and the second labelled set against itself."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pii.labelled import best, read_labels, score

FOLDER = Path(__file__).parents[1] / "data" / "pii"
PARENTS = {"phone": None, "us_phone": "phone", "email": None, "name": None, "first_name": "name", "date": None}


def test_predictions_are_counted_on_three_levels() -> None:
    labels = {
        ("t", "mail"): "email",
        ("t", "tel"): "us_phone|phone",
        ("t", "who"): "name",
        ("t", "born"): "date",
        ("t", "seen"): "none|date",
        ("t", "maybe"): "none|email",
        ("t", "qty"): "none",
        ("t", "sku"): "none",
    }
    predictions = {
        ("t", "mail"): "email",  # exact
        ("t", "tel"): "email",  # personal, but another family
        ("t", "who"): "first_name",  # of the family
        ("t", "seen"): "date",  # right, but nobody asked
        ("t", "maybe"): "date",  # optional and wrong
        ("t", "qty"): "us_phone",  # a decoy
    }
    scores = score(labels, predictions, PARENTS)
    assert (scores.binary.right, scores.binary.predicted, scores.binary.needed) == (3, 4, 4)
    assert (scores.family.right, scores.family.predicted) == (2, 5)
    assert (scores.exact.right, scores.exact.predicted) == (1, 5)
    assert scores.exact.precision == pytest.approx(0.2)
    assert scores.exact.recall == pytest.approx(0.25)
    assert scores.exact.f1 == pytest.approx(2 * 0.2 * 0.25 / 0.45)
    assert (scores.decoys, scores.decoys_flagged) == (2, 1)
    assert ("t", "born", "date", "-") in scores.errors
    assert len(scores.errors) == 5


def test_the_surest_type_at_or_above_the_threshold_is_the_prediction() -> None:
    detections = [("t", "a", "email", 0.8), ("t", "a", "phone", 0.95), ("t", "b", "name", 0.79)]
    assert best(detections) == {("t", "a"): "phone"}


def test_it_agrees_with_the_scorer_of_the_shared_data(shared: Path, tmp_path: Path) -> None:
    labels = read_labels(shared / "data/pii")
    types = ["email", "name", "phone", "date", "credit_card", "none"]
    predictions = {
        place: kind
        for number, (place, label) in enumerate(labels.items())
        if (kind := label.split("|")[0] if number % 3 else types[number % len(types)]) != "none"
    }
    with (tmp_path / "found.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [(*place, kind, 0.9) for place, kind in predictions.items()]
        csv.writer(file).writerows([("file", "column", "pii_type", "confidence"), *rows])
    command = [sys.executable, shared / "data/pii/score.py", tmp_path / "found.csv"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with (shared / "data/pii/families.csv").open(encoding="utf-8", newline="") as lines:
        parents = {row["type"]: row["parent"] for row in csv.DictReader(lines)}
    scores = score(labels, predictions, parents)
    for level in (scores.binary, scores.family, scores.exact):
        assert f"F1 {level.f1:.3f}   ({level.right} right of {level.predicted} predicted)" in told


def test_the_second_set_labels_every_column_of_its_tables_with_types_that_exist(shared: Path) -> None:
    labels = read_labels(FOLDER)
    with (shared / "reference/pii_types.csv").open(encoding="utf-8", newline="") as lines:
        known = {row["id"] for row in csv.DictReader(lines)} | {"none"}
    assert {kind for label in labels.values() for kind in label.split("|")} <= known
    columns = []
    for file in sorted({file for file, _ in labels}):
        with (FOLDER / file).open(encoding="utf-8", newline="") as lines:
            header, *rows = csv.reader(lines)
        assert 60 <= len(rows) <= 200
        assert all(len(row) == len(header) for row in rows)
        columns += [(file, column) for column in header]
    assert sorted(columns) == sorted(labels)


def test_the_second_set_is_wide_and_two_fifths_of_it_are_decoys() -> None:
    labels = list(read_labels(FOLDER).values())
    assert len(labels) >= 180
    assert labels.count("none") >= 0.4 * len(labels)
