"""What a run left in the metadata tables, read back: the one reader of reports and explanations."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pyspark.sql import SparkSession

from anonspark.errors import InputError, LocationError, did_you_mean
from anonspark.io.failures import storage_errors
from anonspark.io.manifest import RunRow, order_of_states, run_row
from anonspark.io.metadata_tables import DriverTables, MetadataTables, metadata_tables
from anonspark.io.object_store import Storage
from anonspark.io.uris import normalize_uri, scheme_of

MOST_NAMED = 5
"""Runs that are named where the one that was asked for is not there."""

SizeCounts = tuple[tuple[int, int], ...]
"""Class sizes, ascending, and the number of classes of each."""


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A lattice node that a search looked at.

    Attributes:
        levels: By quasi-identifier.
        satisfied: Whether every model holds with as few suppressed records as the job allows.
        suppressed: Records that a release at this node suppresses.
        score: What the search minimized; None of a node that is not satisfied.
    """

    levels: Mapping[str, int]
    satisfied: bool
    suppressed: int
    score: float | None


@dataclass(frozen=True, slots=True)
class RiskRecord:
    """One number of the risk of the input or of the release, a probability."""

    subject: str
    attacker: str
    measure: str
    value: float


@dataclass(frozen=True, slots=True)
class UtilityRecord:
    """One metric of a column, or of the whole release where no column is named."""

    column: str | None
    metric: str
    value: float


@dataclass(frozen=True, slots=True)
class RunRecords:
    """A run, from its start to what it found.

    Attributes:
        run: Its last state.
        states: Every state, in order: a start and an end of each attempt.
        config: The job's settings with every default written out; empty where they were not kept.
        summary: What the run told when it ended; empty as long as it has not.
        solution: Attributes, models, derived hierarchies and digests of hierarchy files; empty without a release.
        levels: The chosen node, by quasi-identifier; empty without a release.
        nodes: What the search looked at, satisfied ones first, by score, then the others by suppressed records.
        histogram: Class sizes by subject, `input` or `release`.
        risk: Of the input and of the release.
        utility: Of the release and of each column.
    """

    run: RunRow
    states: tuple[RunRow, ...]
    config: Mapping[str, Any]
    summary: Mapping[str, Any]
    solution: Mapping[str, Any] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    nodes: tuple[NodeRecord, ...] = ()
    histogram: Mapping[str, SizeCounts] = field(default_factory=dict)
    risk: tuple[RiskRecord, ...] = ()
    utility: tuple[UtilityRecord, ...] = ()

    @property
    def started(self) -> datetime:
        """When the last attempt began."""
        return next(state.at for state in self.states if state.attempt == self.run.attempt)


def read_run(tables: MetadataTables, run_id: str) -> RunRecords:
    """Everything that a run left behind.

    Raises:
        InputError: There is no such run; the sentence names one with nearly that id, or the last ones.
    """
    states = tuple(sorted(map(run_row, tables.rows_of("runs", run_id)), key=order_of_states))
    if not states:
        raise unknown_run(tables, run_id)
    run = states[-1]
    found = next(iter(tables.rows_of("solutions", run_id)), {})
    return RunRecords(
        run=run,
        states=states,
        config=_object(run.config),
        summary=_object(run.summary),
        solution=_object(found.get("solution")),
        levels=_levels(found.get("levels")),
        nodes=_nodes(tables.rows_of("lattice_nodes", run_id)),
        histogram=_histogram(tables.rows_of("class_histogram", run_id)),
        risk=tuple(
            RiskRecord(row["subject"], row["attacker"], row["measure"], row["value"])
            for row in tables.rows_of("risk", run_id)
        ),
        utility=tuple(
            UtilityRecord(row["column"], row["metric"], row["value"]) for row in tables.rows_of("utility", run_id)
        ),
    )


def with_settings_of_solution(tables: MetadataTables, records: RunRecords) -> RunRecords:
    """A run that applied the solution of another one, with that one's attributes and models among its settings.

    Other runs stay as they are.
    """
    applied = records.config.get("solution")
    if records.run.job != "apply" or not applied:
        return records
    searched = with_settings_of_solution(tables, read_run(tables, applied))
    own = {key: value for key, value in records.config.items() if value is not None and value != []}
    return replace(records, config={**searched.config, **own})


def unknown_run(tables: MetadataTables, run_id: str) -> InputError:
    """The error about a run that is not there."""
    rows = tables.cells_of("runs", ("run_id", "at"))
    last: dict[str, Any] = {}
    for row in sorted(rows, key=lambda row: row["at"], reverse=True):
        last.setdefault(row["run_id"], row["at"])
    if not last:
        return InputError(
            f"There is no run '{run_id}', as no run has left anything there; see metadata.uri of the job, which is "
            "_anonspark beside the output where none is given.",
            field="metadata",
        )
    named = ", ".join(list(last)[:MOST_NAMED])
    hint = did_you_mean(run_id, last) or f"; the last {'ones are' if len(last) > 1 else 'one is'} {named}."
    return InputError(f"There is no run '{run_id}'{hint}", field="run")


def open_metadata(uri: str, spark: SparkSession | None = None) -> MetadataTables:
    """The metadata tables below a URI; those of this machine need no Spark session.

    Raises:
        LocationError: There is nothing, or it cannot be reached.
    """
    place = normalize_uri(uri)
    if is_of_this_machine(place):
        storage = Storage(place.removeprefix("file://"))
        with storage_errors(place, "metadata"):
            there = storage.children()
        if "runs" not in there:
            raise LocationError(
                f"There are no metadata tables at {place}; see metadata.uri of the job, which is _anonspark beside the "
                "output where none is given.",
                field="metadata",
            )
        return DriverTables(storage)
    if spark is None:
        raise ValueError("a Spark session is needed to reach " + scheme_of(place))
    with storage_errors(place, "metadata"):
        return metadata_tables(spark, place)


def is_of_this_machine(uri: str) -> bool:
    """Whether metadata tables can be read without a Spark session.

    >>> is_of_this_machine("out/_anonspark"), is_of_this_machine("s3://bucket/_anonspark")
    (True, False)
    """
    return scheme_of(uri) == "file"


def _object(text: str | None) -> Mapping[str, Any]:
    found = json.loads(text or "{}")
    return found if isinstance(found, dict) else {}


def _levels(cell: Mapping[str, int] | Sequence[tuple[str, int]] | None) -> dict[str, int]:
    """A map, which Spark hands out as one and Arrow as pairs."""
    return dict(cell or {})


def _nodes(rows: Sequence[Mapping[str, Any]]) -> tuple[NodeRecord, ...]:
    nodes = [NodeRecord(_levels(row["levels"]), row["satisfied"], row["suppressed"], row["score"]) for row in rows]

    def order(node: NodeRecord) -> tuple[bool, float, int, int, list[int]]:
        by_name = [level for _, level in sorted(node.levels.items())]
        return not node.satisfied, node.score or 0.0, node.suppressed, sum(by_name), by_name

    return tuple(sorted(nodes, key=order))


def _histogram(rows: Sequence[Mapping[str, Any]]) -> dict[str, SizeCounts]:
    subjects = {row["subject"] for row in rows}
    return {
        subject: tuple(sorted((row["class_size"], row["classes"]) for row in rows if row["subject"] == subject))
        for subject in subjects
    }
