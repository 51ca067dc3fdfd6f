"""The run record: what ran with which settings, how it ended, and what it found."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.errors import AnonsparkError, InputError, RunCancelledError, RunConflictError
from anonspark.io.metadata_schema import SCHEMAS
from anonspark.io.metadata_tables import MetadataTables, arrow_rows
from anonspark.vocabulary import RunState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One state of a run, a row of the table `runs`.

    Attributes:
        run_id: The run.
        job: `anonymize`, `risk`, ...
        state: What it has come to.
        at: When, with time zone.
        config_hash: Digest of the job's settings; a rerun must have the same.
        config: The settings as JSON, without secrets.
        attempt: Counts the starts of this run from 1; `begin_run` sets it.
        input_uri: Where the table was read, or its name in the catalog.
        input_version: Its Delta version, if it has one.
        input_rows: Its rows, once counted.
        output_uri: Where the release went, or its name in the catalog.
        output_version: The version that the run published.
        engine_version: Of anonspark.
        spark_version: Of Spark.
        error_type: The class of the error that ended the run.
        error_message: Its sentence, if it is one of our own, which hold no values of the data.
        summary: The run's summary as JSON, told again on a rerun.
    """

    run_id: str
    job: str
    state: RunState
    at: datetime
    config_hash: str
    config: str | None = None
    attempt: int = 0
    input_uri: str | None = None
    input_version: int | None = None
    input_rows: int | None = None
    output_uri: str | None = None
    output_version: int | None = None
    engine_version: str | None = None
    spark_version: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    summary: str | None = None


def begin_run(tables: MetadataTables, run: RunRow) -> RunRow:
    """Record that a run starts, once more if it started before; returns it with the number of this attempt."""
    last = last_state(tables, run.run_id)
    started = replace(run, state=RunState.RUNNING, attempt=last.attempt + 1 if last else 1)
    write_state(tables, started)
    return started


def finish_run(tables: MetadataTables, run: RunRow, at: datetime, summary: str) -> RunRow:
    """Record that a run is complete, with what the caller has filled in since it began."""
    ended = replace(run, state=RunState.COMPLETED, at=at, summary=summary)
    write_state(tables, ended)
    return ended


def fail_run(
    tables: MetadataTables, run: RunRow, at: datetime, error: BaseException, summary: str | None = None
) -> RunRow:
    """Record how a run failed or that it was cancelled.

    Of errors that are not our own only the class is kept: Spark's sentences can hold cells.
    """
    cancelled = isinstance(error, RunCancelledError | KeyboardInterrupt)
    ended = replace(
        run,
        state=RunState.CANCELLED if cancelled else RunState.FAILED,
        at=at,
        error_type=type(error).__name__,
        error_message=error.message if isinstance(error, AnonsparkError) else None,
        summary=summary,
    )
    write_state(tables, ended)
    return ended


def write_state(tables: MetadataTables, run: RunRow) -> None:
    """Append a state; every attempt has two steps of its own, the start and the end."""
    step = 2 * run.attempt - (run.state is RunState.RUNNING)
    tables.append("runs", f"{run.run_id}/runs", step, arrow_rows("runs", run.run_id, [asdict(run)]))
    log.info("run %s: %s", run.run_id, run.state)


def append_rows(
    tables: MetadataTables, name: str, run_id: str, rows: Iterable[Mapping[str, object]], step: int = 1
) -> None:
    """Append what a run found to `solutions`, `lattice_nodes`, `class_histogram`, `risk` or `utility`.

    A repeat of a step changes nothing, so the rows of a step must follow from the job's settings and input alone, and
    are best written once the release is published.
    """
    table = arrow_rows(name, run_id, rows)
    if table.num_rows:
        tables.append(name, f"{run_id}/{name}", step, table)


def last_state(tables: MetadataTables, run_id: str) -> RunRow | None:
    """What a run has come to; None if it never began."""
    return max(map(run_row, tables.rows_of("runs", run_id)), key=order_of_states, default=None)


def order_of_states(row: RunRow) -> tuple[int, bool]:
    """Sorts the states of a run: every attempt has a start and an end."""
    return row.attempt, row.state is not RunState.RUNNING


def run_row(row: Mapping[str, Any]) -> RunRow:
    """A row as it was stored; columns of a newer schema are left out."""
    known = {name: value for name, value in row.items() if name in RunRow.__dataclass_fields__}
    at = known["at"]
    if isinstance(at, datetime) and at.tzinfo is None:  # Spark hands out local time, the driver's library UTC
        known["at"] = at.astimezone(UTC)
    return RunRow(**{**known, "state": RunState(row["state"])})


def last_states(runs: DataFrame) -> DataFrame:
    """The last state of every run, in the columns of `runs`; what the view of that name shows."""
    newest = F.max_by(F.struct(*runs.columns), F.struct("attempt", F.col("state") != RunState.RUNNING.value))
    return runs.groupBy("run_id").agg(newest.alias("run")).select("run.*")


def read_metadata(spark: SparkSession, metadata_uri: str, name: str) -> DataFrame:
    """A metadata table below a URI; empty with its columns if no run has written it."""
    try:
        table = spark.read.format("delta").load(f"{metadata_uri.rstrip('/')}/{name}")
        table.schema  # noqa: B018  Connect looks for the table only now
    except AnalysisException:
        return spark.createDataFrame([], SCHEMAS[name])
    return table


def decide_rerun(last: RunRow | None, config_hash: str, *, alive: bool) -> str | None:
    """Whether a run may start, by what it came to before.

    Args:
        last: Its last state.
        config_hash: Of the settings it is to run with now.
        alive: Whether it holds the lease of its target.

    Returns:
        The summary to tell again, where the run is complete and nothing is to be done; None where it is to run.

    Raises:
        InputError: The run id was used with other settings.
        RunConflictError: The run is going on.
    """
    if last is None:
        return None
    if last.config_hash != config_hash:
        raise InputError(
            f"Run {last.run_id} was started before with other settings; use another run id, or the same job file.",
            field="run_id",
        )
    if last.state is RunState.RUNNING and alive:
        raise RunConflictError(f"Run {last.run_id} is going on; wait for its end or cancel it.", field="run_id")
    return (last.summary or "{}") if last.state is RunState.COMPLETED else None
