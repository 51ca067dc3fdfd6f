"""One run of a job file, whatever its kind: the whole of it once for a run id, and how it ended."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from time import time
from typing import Final
from uuid import uuid4

from pyspark.sql import SparkSession

from anonspark import __version__
from anonspark.config.job_file import JobFile
from anonspark.errors import RunCancelledError
from anonspark.io.failures import storage_errors
from anonspark.io.lease import lease, lease_holder, lease_uri, run_lease_uri
from anonspark.io.manifest import RunRow, begin_run, decide_rerun, fail_run, finish_run, last_state
from anonspark.io.metadata_tables import MetadataTables, metadata_tables
from anonspark.io.object_store import reachable_storage
from anonspark.io.uris import normalize_uri
from anonspark.pipelines.attempt import Attempt, Outcome
from anonspark.pipelines.follow import Follower, Step, never, silent
from anonspark.pipelines.kinds import complete
from anonspark.pipelines.release import normalized
from anonspark.pipelines.summary import Summary, failed_summary
from anonspark.vocabulary import RunState

log = logging.getLogger(__name__)

Clock = Callable[[], float]
"""Seconds since 1970."""

TAG: Final = "anonspark-"


def run(
    job: JobFile,
    spark: SparkSession,
    *,
    run_id: str | None = None,
    tell: Callable[[Step], None] = silent,
    stop: Callable[[], bool] = never,
    clock: Clock = time,
) -> Summary:
    """Do what a job file asks for.

    A run id that is complete is told again and nothing is done; one that failed runs again. Whatever fails, a table to
    write keeps its version. A kind of job that writes none takes a lease of the run itself, so that one run id is not
    at work twice.

    Args:
        job: What to do.
        spark: The session to do it in.
        run_id: Names the run; a new one where not given.
        tell: Called with every step and with news within one.
        stop: Asked before and within every step; the run is cancelled when it says so. `stop_spark_work` ends the
            Spark job that is under way.
        clock: Of the run record and the lease.

    Raises:
        AnonsparkError: See `errors.py`; `exit_code` says of which kind.
    """
    run_id = run_id or str(uuid4())
    metadata_uri = normalize_uri(job.metadata_uri)
    target = job.target()
    target = None if target is None else normalized(target)
    leased, field = (f"run {run_id}", "metadata") if target is None else (target.name, "output")
    with storage_errors(metadata_uri, "metadata"):
        tables = metadata_tables(spark, metadata_uri)
        last = last_state(tables, run_id)
    with storage_errors(leased, field):
        uri = run_lease_uri(run_id, metadata_uri) if target is None else lease_uri(target, metadata_uri)
        place = reachable_storage(spark, uri)
        alive = lease_holder(place, leased, clock) == run_id
    told = decide_rerun(last, job.config_hash(), alive=alive)
    if told is not None:
        summary: Summary = json.loads(told)
        return summary
    with ExitStack() as held:
        with storage_errors(leased, field):
            guard = held.enter_context(lease(place, leased, run_id, clock))
        held.enter_context(interruptible(spark, TAG + run_id))
        with storage_errors(metadata_uri, "metadata"):
            record = begin_run(tables, _starting(job, spark, run_id, clock))
        follower = Follower(tell, stop)
        try:
            outcome = complete(job, Attempt(spark, run_id, metadata_uri, tables, guard, follower))
            follower.leave()
        except BaseException as error:
            # Spark reports a job that was stopped from outside as a failure.
            cancelled = isinstance(error, KeyboardInterrupt) or follower.is_stopped()
            ended = RunCancelledError() if cancelled else error
            failed = failed_summary(run_id, job.job, ended) | {"timings_s": follower.timings()}
            record_failure(tables, record, _now(clock), ended, failed)
            if ended is not error:
                raise ended from error
            raise
        summary = {
            "run_id": run_id,
            "job": job.job,
            "status": str(RunState.COMPLETED),
            **outcome.told,
            "timings_s": follower.timings(),
            "metadata": {"uri": metadata_uri},
            "warnings": outcome.warnings,
        }
        with storage_errors(metadata_uri, "metadata"):
            finish_run(tables, _filled_in(record, outcome), _now(clock), json.dumps(summary))
    return summary


def record_failure(
    tables: MetadataTables, record: RunRow, at: datetime, error: BaseException, summary: Summary
) -> None:
    """Record how a run ended; where even that fails, its own error is the one to tell."""
    try:
        fail_run(tables, record, at, error, json.dumps(summary))
    except Exception as second:  # noqa: BLE001  whatever it is, it must not hide the first
        log.warning("run %s: its failure could not be recorded (%s)", record.run_id, type(second).__name__)


def stop_spark_work(spark: SparkSession, run_id: str) -> None:
    """Stop what Spark does for a run at this moment; asked from another thread, while the run's `stop` says so too.

    A session that is no Connect client keeps the tags of each thread apart (measured with Spark 4.1: `interruptTag` of
    another thread's tag stops nothing), so all that such a session does is stopped; give runs side by side sessions of
    their own.
    """
    spark.interruptTag(TAG + run_id)
    if isinstance(spark, SparkSession):  # a Connect client is of another class
        spark.interruptAll()


@contextmanager
def interruptible(spark: SparkSession, tag: str) -> Iterator[None]:
    """Tag the Spark work of the block, and stop what still runs when the block is left by an error or Ctrl-C."""
    spark.addTag(tag)
    try:
        yield
    except BaseException:
        spark.interruptTag(tag)
        raise
    finally:
        spark.removeTag(tag)


def _starting(job: JobFile, spark: SparkSession, run_id: str, clock: Clock) -> RunRow:
    target = job.target()
    return RunRow(
        run_id=run_id,
        job=job.job,
        state=RunState.RUNNING,
        at=_now(clock),
        config_hash=job.config_hash(),
        config=job.canonical(),
        input_uri=job.source().name,
        output_uri=None if target is None else normalized(target).name,
        engine_version=__version__,
        spark_version=spark.version,
    )


def _filled_in(record: RunRow, outcome: Outcome) -> RunRow:
    return replace(
        record,
        input_version=outcome.input_version,
        input_rows=outcome.input_rows,
        output_version=outcome.output_version,
    )


def _now(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock(), UTC)
