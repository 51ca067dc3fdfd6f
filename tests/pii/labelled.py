"""Labelled tables and how well predictions of their columns' types do; a folder has tables and a `labels.csv`.

`labels.csv` has the columns file, column and true_type. A label holds the types that are right, joined by |; `none`
among them says that silence is right too: such a column is no miss, nor a hit that anybody boasts of.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

Place = tuple[str, str]
"""File and column."""


@dataclass(frozen=True)
class Level:
    """How well one question was answered.

    `right` of `predicted` predictions hold; `needed` columns had to be found.
    """

    right: int
    predicted: int
    needed: int

    @property
    def precision(self) -> float:
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.needed if self.needed else 0.0

    @property
    def f1(self) -> float:
        total = self.predicted + self.needed
        return 2 * self.right / total if total else 0.0


@dataclass(frozen=True)
class Scores:
    """Personal or not; of the right root type; of the right type itself. And which columns went wrong, as
    (file, column, label, prediction).
    """

    binary: Level
    family: Level
    exact: Level
    decoys: int
    decoys_flagged: int
    errors: tuple[tuple[str, str, str, str], ...]

    def __str__(self) -> str:
        lines = [
            f"{name:6} precision {level.precision:.3f} recall {level.recall:.3f} F1 {level.f1:.3f}"
            for name, level in (("binary", self.binary), ("family", self.family), ("exact", self.exact))
        ]
        return "\n".join([*lines, f"decoys flagged {self.decoys_flagged} of {self.decoys}"])


def read_labels(folder: Path) -> dict[Place, str]:
    """The label of each column, from the folder's `labels.csv`."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
        return {(row["file"], row["column"]): row["true_type"] for row in csv.DictReader(lines)}


def best(detections: Iterable[tuple[str, str, str, float]], threshold: float = 0.8) -> dict[Place, str]:
    """The surest type of each column at or above the threshold, of (file, column, type, confidence)."""
    kept: dict[Place, tuple[str, float]] = {}
    for file, column, pii_type, confidence in detections:
        if confidence >= threshold and confidence > kept.get((file, column), ("", -1.0))[1]:
            kept[file, column] = (pii_type, confidence)
    return {place: pii_type for place, (pii_type, _) in kept.items()}


def score(labels: Mapping[Place, str], predictions: Mapping[Place, str], parents: Mapping[str, str | None]) -> Scores:
    """Hold predictions against labels; `parents` is the catalogue's tree, its roots are the families.

    Raises:
        KeyError: A prediction of a column that no label knows.
    """

    def root(pii_type: str) -> str:
        while (parent := parents.get(pii_type)) is not None:
            pii_type = parent
        return pii_type

    right = dict.fromkeys(("binary", "family", "exact"), 0)
    predicted = dict(right)
    errors = [(*place, labels[place], "-") for place in labels if _must(labels[place]) and place not in predictions]
    for place, prediction in predictions.items():
        label = labels[place].split("|")
        types = [pii_type for pii_type in label if pii_type != "none"]
        holds = {
            "binary": bool(types),
            "family": root(prediction) in map(root, types),
            "exact": prediction in types,
        }
        for level, held in holds.items():
            if held and types and "none" in label:
                continue  # nobody had to find it
            predicted[level] += 1
            right[level] += held
        if not holds["exact"]:
            errors.append((*place, labels[place], prediction))
    needed = sum(map(_must, labels.values()))
    decoys = [place for place, label in labels.items() if label == "none"]
    return Scores(
        **{level: Level(right[level], predicted[level], needed) for level in right},
        decoys=len(decoys),
        decoys_flagged=sum(place in predictions for place in decoys),
        errors=tuple(errors),
    )


def _must(label: str) -> bool:
    """Whether a column has to be found."""
    return "none" not in label.split("|")
