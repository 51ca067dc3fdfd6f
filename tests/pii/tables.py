"""Profiles of columns without Spark, as the engine would collect them."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from anonspark.domain.pii import ColumnProfile
from anonspark.vocabulary import DataKind


def profile_of(path: str, values: Iterable[object], kind: DataKind = DataKind.TEXT) -> ColumnProfile:
    """The profile of a column with these cells; None and empty texts are null, as in the engine's CSV."""
    cells = [None if value is None or value == "" else str(value) for value in values]
    counts = Counter(cell for cell in cells if cell is not None).most_common()
    return ColumnProfile(
        path,
        kind,
        len(cells),
        sum(cell is None for cell in cells),
        tuple(value for value, _ in counts),
        tuple(count for _, count in counts),
    )


def profiles_of(columns: Mapping[str, Sequence[object]]) -> list[ColumnProfile]:
    """The profiles of a table of texts."""
    return [profile_of(name, values) for name, values in columns.items()]


def read_columns(path: Path) -> dict[str, list[str]]:
    """The columns of a CSV file, all as texts; the separator is the commonest sign of the header."""
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    rows = list(csv.DictReader(lines, delimiter=max(",;|\t", key=lines[0].count)))
    return {column: [row[column] or "" for row in rows] for column in rows[0]}
