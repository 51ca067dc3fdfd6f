"""How well columns are told apart: labels that were written before anything was tuned."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from anonspark.config.built_in_patterns import load_built_in
from anonspark.config.pii_knowledge import load_knowledge
from anonspark.domain.arrays import CodeArray
from anonspark.domain.attribute_kinds import ColumnStatistics
from anonspark.pii.attributes import Known, judge
from anonspark.pii.match import find_pii
from anonspark.pii.qi_ranking import Ranking, rank
from anonspark.pipelines.detect_qi import WEAK_EVIDENCE
from anonspark.sample.hospital import generate
from anonspark.vocabulary import DetectionMode, Identity
from tests.pii.tables import profile_of

LABELS = Path(__file__).parents[1] / "data" / "qi" / "labels.csv"
Columns = dict[str, list[str | None]]


def labels() -> dict[str, dict[str, set[str]]]:
    found: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for row in csv.DictReader(LABELS.read_text(encoding="utf-8").splitlines()):
        found[row["table"]][row["column"]] = set(row["classification"].split("|"))
    return found


def columns_of(name: str, shared: Path | None) -> Columns:
    if name == "hospital":
        table = generate(5000)
        cells = {column: table.column(column).to_pylist() for column in table.column_names}
        return {column: [None if cell is None else str(cell) for cell in of] for column, of in cells.items()}
    assert shared is not None
    data = shared / "data"
    path = data / name / f"{name}.csv" if (data / name).is_dir() else data / "pii" / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";" if name in ("adult", "cup") else ","))
    return {column: [row[at] or None for row in rows[1:6001]] for at, column in enumerate(rows[0])}


def ranking_of(columns: Columns, mode: DetectionMode) -> Ranking:
    profiles = {name: profile_of(name, cells) for name, cells in columns.items()}
    findings = {
        each.column: each for each in find_pii(list(profiles.values()), load_knowledge(), threshold=WEAK_EVIDENCE)
    }
    known = Known(load_built_in())
    statistics = {
        name: ColumnStatistics(
            name,
            profile.kind,
            profile.cells,
            profile.nulls,
            len(profile.values),
            0.0,
            float(np.mean([len(value) for value in profile.values] or [0])),
        )
        for name, profile in profiles.items()
    }
    verdicts = {name: judge(profiles[name], statistics[name], findings.get(name), known) for name in profiles}
    codes = {name: codes_of(cells) for name, cells in columns.items()}
    return rank(verdicts, statistics, codes, mode, np.random.default_rng(7), max_quasi_identifiers=100)


def codes_of(cells: list[str | None]) -> CodeArray:
    places = {cell: place for place, cell in enumerate(dict.fromkeys(cells))}
    return np.array([places[cell] for cell in cells], np.int32)


def scores(
    tables: list[str], mode: DetectionMode, shared: Path | None, *, renamed: bool = False
) -> dict[str, tuple[float, float]]:
    """Recall and precision of each classification; a column of two labels counts only where it is wrong."""
    counts: Counter[tuple[str, str]] = Counter()
    for table in tables:
        columns = columns_of(table, shared)
        names = {f"c{place}" if renamed else column: column for place, column in enumerate(columns)}
        ranking = ranking_of({name: columns[column] for name, column in names.items()}, mode)
        for found in ranking.attributes:
            wanted, got = labels()[table][names[found.name]], str(found.classification)
            if len(wanted) == 1:
                counts[next(iter(wanted)), "needed"] += 1
                counts[got, "hits"] += {got} == wanted
            if wanted == {got} or got not in wanted:
                counts[got, "told"] += 1
                counts[got, "right"] += got in wanted
    return {
        kind: (counts[kind, "hits"] / counts[kind, "needed"], counts[kind, "right"] / max(1, counts[kind, "told"]))
        for kind in ("DI", "QI", "SI")
    }


@pytest.mark.parametrize("mode", DetectionMode)
def test_each_mode_tells_the_columns_of_the_sample(mode):
    found = scores(["hospital"], mode, None)
    assert found["DI"] == found["QI"] == found["SI"] == (1.0, 1.0)


@pytest.mark.parametrize("mode", DetectionMode)
def test_each_mode_tells_the_columns_of_real_tables(mode, shared):
    found = scores(list(labels()), mode, shared)
    assert found["DI"][0] >= 0.95
    assert found["QI"][0] >= 0.85
    assert min(found["DI"][1], found["QI"][1]) >= 0.8


def test_mode_ml_finds_quasi_identifiers_whose_names_say_nothing(shared):
    recall, _ = scores(list(labels()), DetectionMode.ML, shared, renamed=True)["QI"]
    assert recall >= 0.6


def test_every_type_of_the_catalogue_is_something_to_an_attacker():
    known = load_built_in()
    assert set(known.of_types) == set(load_knowledge().catalogue.types)
    assert set(known.of_types.values()) <= set(Identity)


def test_there_are_many_patterns_and_each_has_a_name_of_its_own():
    listed = load_built_in().listed()
    assert len(listed) >= 120
    assert len({each.name for each in listed}) == len(listed)
    assert all(each.column_patterns and each.built_in for each in listed)
