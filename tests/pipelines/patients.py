"""A small table of patients, its job, and what an independent reader finds in its release."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from deltalake import DeltaTable

from anonspark.config.job import AnonymizeJob

QUASI_IDENTIFIERS = ["age", "zip", "sex"]
COLUMNS = ["name", "age", "zip", "sex", "diagnosis", "cost"]
N_ROWS = 120


def patients() -> list[list[str | None]]:
    """120 rows: 7 zips, ages 20 to 59, some sexes unknown, and two patients whose likes nobody is."""
    rows: list[list[str | None]] = [
        [
            f"Name {place}",
            str(20 + place * 7 % 40),
            f"694{place % 7:02d}",
            None if place % 29 == 0 else "FM"[place % 2],
            ["C18", "E11", "I63", "J45"][place * place % 11 % 4],
            str(place),
        ]
        for place in range(N_ROWS - 2)
    ]
    return [*rows, ["Odd One", "97", "10001", "F", "C18", "1"], ["Odd Two", "3", "99999", "M", "E11", "2"]]


def write_csv(path: Path, rows: Iterable[Sequence[str | None]], columns: Sequence[str] = COLUMNS) -> Path:
    """A null is an empty field."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows])
    return path


def job_dict(**changes: Any) -> dict[str, Any]:
    """The job of the patients, relative to its folder; each change replaces a key."""
    return {
        "version": 1,
        "job": "anonymize",
        "input": {"uri": "patients.csv", "format": "csv", "schema": {"age": "int", "cost": "int"}},
        "output": {"uri": "out/released", "format": "delta"},
        "attributes": [
            {"name": "name", "type": "identifier"},
            {
                "name": "age",
                "type": "quasi_identifier",
                "hierarchy": {"kind": "intervals", "min": 0, "max": 100, "widths": [5, 20]},
            },
            {"name": "zip", "type": "quasi_identifier", "hierarchy": {"kind": "mask", "keep": [4, 3, 1]}},
            {"name": "sex", "type": "quasi_identifier"},
            {"name": "diagnosis", "type": "sensitive"},
        ],
        "privacy": [
            {"model": "k-anonymity", "k": 4},
            {"model": "l-diversity", "l": 2, "attribute": "diagnosis", "variant": "distinct"},
        ],
        "max_suppression": 0.05,
        **changes,
    }


def job_in(folder: Path, **changes: Any) -> AnonymizeJob:
    """The job, as if its file lay in the folder."""
    return AnonymizeJob.from_dict(job_dict(**changes), base=str(folder))


def released(folder: Path, name: str = "released") -> pd.DataFrame:
    """The release as another library reads it."""
    return DeltaTable(folder / "out" / name).to_pandas()


def version(folder: Path) -> int | None:
    """The release's version; None where there is none."""
    place = str(folder / "out/released")
    return DeltaTable(place).version() if DeltaTable.is_deltatable(place) else None


def multiset(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """The rows without their order."""
    return sorted(tuple(map(str, row)) for row in table.itertuples(index=False))


def kept(table: pd.DataFrame, quasi_identifiers: Sequence[str] = QUASI_IDENTIFIERS) -> pd.DataFrame:
    """Rows that are not suppressed."""
    return table[~(table[list(quasi_identifiers)] == "*").all(axis=1)]


def classes(table: pd.DataFrame, quasi_identifiers: Sequence[str] = QUASI_IDENTIFIERS) -> Any:
    """The equivalence classes of the rows that are not suppressed; null is a value."""
    return kept(table, quasi_identifiers).groupby(list(quasi_identifiers), dropna=False)


def states(folder: Path, run_id: str) -> list[str]:
    """Every state that a run came to, in order."""
    runs = DeltaTable(folder / "out/_anonspark/runs").to_pandas()
    mine = runs[runs["run_id"] == run_id]
    order = mine.assign(over=mine["state"] != "running").sort_values(["attempt", "over"])
    return list(order["state"])


def without_times(summary: Mapping[str, Any]) -> dict[str, Any]:
    """A summary without what differs from run to run."""
    told = {key: value for key, value in summary.items() if key not in ("run_id", "timings_s", "output", "metadata")}
    if "quality" not in told:
        return told
    return told | {"quality": {key: value for key, value in told["quality"].items() if key != "docs"}}
