"""The records of a small run, written down by hand, and what a reader finds in a page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from anonspark.io.manifest import RunRow
from anonspark.io.run_records import NodeRecord, RunRecords, UtilityRecord
from anonspark.vocabulary import RunState

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)

BEGUN = RunRow(
    "r1", "anonymize", RunState.RUNNING, NOON, config_hash="c0ffee", attempt=1, input_uri="file:///in/patients.csv",
    output_uri="file:///out/released", engine_version="0.1.0", spark_version="4.1.4",
)  # fmt: skip

ENDED = replace(
    BEGUN, state=RunState.COMPLETED, at=NOON + timedelta(seconds=95), input_rows=1000, input_version=7, output_version=3
)


def attribute(name: str, role: str = "quasi_identifier", **changes: Any) -> dict[str, Any]:
    """An attribute as the canonical settings have it."""
    usual = {"weight": 1.0, "min_level": 0, "max_level": None, "hierarchy": None, "microaggregation": None}
    return {"name": name, "type": role, **usual, **changes}


def config(**changes: Any) -> dict[str, Any]:
    """The settings: three quasi-identifiers of heights 3, 3 and 1."""
    ages = {"kind": "intervals", "min": 0.0, "max": 100.0, "widths": [5.0, 20.0], "outside": "error"}
    return {
        "version": 1,
        "job": "anonymize",
        "input": {"uri": "patients.csv", "format": "csv", "where": None, "schema": {"age": "int"}},
        "output": {"uri": "released", "format": "delta", "partition_by": []},
        "attributes": [
            attribute("name", "identifier"),
            attribute("age", hierarchy=ages),
            attribute("zip", hierarchy={"kind": "mask", "keep": [4, 2], "symbol": "*"}),
            attribute("sex"),
            attribute("illness", "sensitive"),
        ],
        "privacy": [
            {"model": "k-anonymity", "k": 6},
            {"model": "l-diversity", "l": 2, "attribute": "illness", "variant": "distinct", "c": None},
        ],
        "max_suppression": 0.05,
        "suppression": "mask",
        "identifiers": "mask",
        "metric": "loss",
        "search": {"strategy": "auto", "time_limit_s": None, "memory_mb": 2048, "recoding": None},
        "population": None,
        "person_id": None,
        "risk_threshold": 0.2,
        "verify": True,
        **changes,
    }


def attackers(highest: float, average: float, lowest: float, at_risk: float) -> dict[str, float]:
    return {"highest": highest, "average": average, "lowest": lowest, "records_at_risk": at_risk}


def summary(**changes: Any) -> dict[str, Any]:
    """1,000 records, 40 of them suppressed; classes of 6, 54 and 900."""
    return {
        "run_id": "r1",
        "job": "anonymize",
        "status": "completed",
        "rows": 1000,
        "suppressed": 40,
        "levels": {"age": 1, "zip": 2, "sex": 0},
        "heights": {"age": 3, "zip": 3, "sex": 1},
        "metric": "loss",
        "score": 0.3125,
        "optimal": True,
        "classes": {"kept": 3, "smallest": 6, "largest": 900, "average": 320.0},
        "metrics": {"loss": 0.3125, "discernibility": 852952.0},
        "lattice": {"nodes": 32, "checked": 6, "projections": 11, "share_checked": 0.1875, "base_classes": 700,
                    "checker": "in_memory"},
        "risk": {
            "input": {"prosecutor": attackers(1.0, 0.7, 0.1, 0.9), "journalist": attackers(0.5, 0.35, 0.05, 0.45),
                      "marketer": 0.68, "unique_fraction": 0.61, "level": "very_high"},
            "release": {"prosecutor": attackers(1 / 6, 0.003125, 1 / 900, 0.0),
                        "journalist": attackers(0.125, 0.0021, 0.0007, 0.012),
                        "marketer": 0.00271, "unique_fraction": 0.00004, "level": "medium"},
        },
        "timings_s": {"read": 1.25, "search": 71.0, "publish": 0.0, "total": 95.0},
        "output": {"uri": "file:///out/released", "version": 3},
        "metadata": {"uri": "file:///out/_anonspark"},
        "warnings": [],
        **changes,
    }  # fmt: skip


NODES = (
    NodeRecord({"age": 1, "zip": 2, "sex": 0}, True, 40, 0.3125),
    NodeRecord({"age": 2, "zip": 1, "sex": 0}, True, 31, 0.375),
    NodeRecord({"age": 1, "zip": 3, "sex": 1}, True, 12, 0.5),
    NodeRecord({"age": 3, "zip": 3, "sex": 1}, True, 0, 1.0),
    NodeRecord({"age": 1, "zip": 1, "sex": 0}, False, 77, None),
    NodeRecord({"age": 0, "zip": 2, "sex": 0}, False, 450, None),
)

UTILITY = (
    UtilityRecord(None, "loss", 0.3125),
    UtilityRecord(None, "discernibility", 852952.0),
    UtilityRecord("sex", "loss", 0.04),
    UtilityRecord("age", "loss", 0.0875),
    UtilityRecord("zip", "loss", 0.81),
)


def completed(**changes: Any) -> RunRecords:
    """A run with a release."""
    records = RunRecords(
        run=ENDED,
        states=(BEGUN, ENDED),
        config=config(),
        summary=summary(),
        solution={"derived": {"sex": [["*"]]}, "hierarchy_files": {}},
        levels={"age": 1, "zip": 2, "sex": 0},
        nodes=NODES,
        histogram={"input": ((1, 610), (2, 90), (10, 21)), "release": ((6, 1), (54, 1), (900, 1))},
        utility=UTILITY,
    )
    return replace(records, **changes)


def failed(**changes: Any) -> RunRecords:
    """A run for which nothing satisfied the models."""
    ended = replace(BEGUN, state=RunState.FAILED, at=NOON + timedelta(seconds=2), error_type="NoReleaseError")
    miss = {"levels": {"age": 2, "zip": 2, "sex": 1}, "suppressed": 77, "limit": 50, "max_suppression": 0.077}
    told = {"type": "NoReleaseError", "message": "No lattice node satisfies the policy.", "field": "privacy"}
    found = {"run_id": "r1", "job": "anonymize", "status": "failed", "error": told, "nearest_miss": miss}
    return replace(RunRecords(ended, (BEGUN, ended), config(), found), **changes)


class Page(HTMLParser):
    """The elements and texts of a page, and its tables by title: rows of cells, the header first."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.facts: dict[str, str] = {}
        self._rows: list[list[str]] = []
        self._title = self._name = self._cell = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "table":
            self._rows = []
        if tag == "tr":
            self._rows.append([])
        if tag in ("td", "th", "caption", "dt", "dd"):
            self._cell = ""

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        self._cell += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._rows[-1].append(self._cell)
        if tag == "caption":
            self._title = self._cell
        if tag == "table":
            self.tables[self._title] = self._rows
        if tag == "dt":
            self._name = self._cell
        if tag == "dd":
            self.facts.setdefault(self._name, self._cell)

    @property
    def text(self) -> str:
        """All texts, blanks as one."""
        return " ".join(" ".join(self.texts).split())
