"""One run of a job file: read, find, stage, verify, publish, record; the whole of it once for a run id."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import time
from typing import Final
from uuid import uuid4

from pyspark.sql import DataFrame, SparkSession

from anonspark import __version__
from anonspark.config.job import AnonymizeJob
from anonspark.domain.encode import RawClasses
from anonspark.domain.hierarchy import Label
from anonspark.domain.policy import Policy
from anonspark.domain.sources import TableTarget
from anonspark.errors import EmptyTableError, RunCancelledError
from anonspark.frames.casts import require_well_formed
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.names import positions
from anonspark.io.failures import storage_errors
from anonspark.io.hierarchies import HierarchyFile, read_hierarchy_file
from anonspark.io.lease import Lease, lease, lease_holder, lease_uri
from anonspark.io.manifest import RunRow, begin_run, decide_rerun, fail_run, finish_run, last_state
from anonspark.io.metadata_tables import MetadataTables, metadata_tables
from anonspark.io.object_store import Storage, reachable_storage
from anonspark.io.outputs import Output, Published
from anonspark.io.tables import ReadTable, read_table
from anonspark.io.uris import normalize_uri
from anonspark.pipelines.anonymize import (
    Solution,
    count_classes,
    count_population,
    solve,
)
from anonspark.pipelines.apply import apply
from anonspark.pipelines.follow import Follower, Step, never, silent
from anonspark.pipelines.gate import Gate, gate_of
from anonspark.pipelines.record import record_solution
from anonspark.pipelines.summary import Summary, failed_summary, measure_risks, solution_part
from anonspark.pipelines.write import output_of, recount_written, write_release
from anonspark.vocabulary import OnMalformed, RunState

log = logging.getLogger(__name__)

Clock = Callable[[], float]
"""Seconds since 1970."""

TAG: Final = "anonspark-"


def run(
    job: AnonymizeJob,
    spark: SparkSession,
    *,
    run_id: str | None = None,
    tell: Callable[[Step], None] = silent,
    stop: Callable[[], bool] = never,
    clock: Clock = time,
) -> Summary:
    """Make the release that a job file asks for and publish it.

    A run id that is complete is told again and nothing is done; one that failed runs again. Whatever fails, the target
    keeps its version.

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
    target = normalized(job.target())
    metadata_uri = normalize_uri(job.metadata_uri)
    with storage_errors(metadata_uri, "metadata"):
        tables = metadata_tables(spark, metadata_uri)
        last = last_state(tables, run_id)
    with storage_errors(target.name, "output"):
        place = reachable_storage(spark, lease_uri(target, metadata_uri))
        alive = lease_holder(place, target.name, clock) == run_id
    told = decide_rerun(last, job.config_hash(), alive=alive)
    if told is not None:
        summary: Summary = json.loads(told)
        return summary
    with ExitStack() as held:
        with storage_errors(target.name, "output"):
            guard = held.enter_context(lease(place, target.name, run_id, clock))
        held.enter_context(interruptible(spark, TAG + run_id))
        with storage_errors(metadata_uri, "metadata"):
            record = begin_run(tables, _starting(job, spark, run_id, target, clock))
        follower = Follower(tell, stop)
        try:
            attempt = Attempt(job, spark, run_id, target, metadata_uri, tables, guard, follower)
            summary, record = attempt.complete(record)
        except BaseException as error:
            # Spark reports a job that was stopped from outside as a failure.
            cancelled = isinstance(error, KeyboardInterrupt) or follower.is_stopped()
            ended = RunCancelledError() if cancelled else error
            failed = failed_summary(run_id, job.job, ended) | {"timings_s": follower.timings()}
            record_failure(tables, record, _now(clock), ended, failed)
            if ended is not error:
                raise ended from error
            raise
        with storage_errors(metadata_uri, "metadata"):
            finish_run(tables, record, _now(clock), json.dumps(summary))
    return summary


@dataclass(slots=True)
class Attempt:
    """One attempt at a run, under the lease of its target."""

    job: AnonymizeJob
    spark: SparkSession
    run_id: str
    target: TableTarget
    metadata_uri: str
    tables: MetadataTables
    guard: Lease
    follower: Follower
    hierarchy_files: list[HierarchyFile] = field(default_factory=list)

    def complete(self, record: RunRow) -> tuple[Summary, RunRow]:
        """Everything from reading to the metadata; returns the summary and the record filled in."""
        with ExitStack() as held:
            return self._complete(record, held)

    def _complete(self, record: RunRow, held: ExitStack) -> tuple[Summary, RunRow]:
        job, follower = self.job, self.follower
        follower.enter("read", "opening the input")
        gate = gate_of(job, self.spark, self.run_id, self.target.name, self.metadata_uri)
        warnings: list[str] = []
        policy = job.to_policy(self.read_rows)
        source = read_table(self.spark, job.source())
        positions(source.table, [*policy.names, *(each.name for each in policy.sensitive), *policy.identifiers])
        with storage_errors(source.description):
            raw = count_classes(source.flagged, policy, follower, held)
            population = self.count_population(policy, held)
        warnings += self.judge_malformed(raw)
        solution = solve(raw, policy, follower, population)
        record = replace(record, input_version=source.version, input_rows=solution.release.n_records)
        with storage_errors(self.target.name, "output"):
            output = output_of(self.spark, self.target, self.run_id)
            published = output.published()
            if published is None:
                published = self.write(output, source, policy, solution, gate)
            else:
                gate.recall()
        follower.finish()
        follower.enter("publish", "recording the run")
        risks = measure_risks(solution, policy, population)
        with storage_errors(self.metadata_uri, "metadata"):
            record_solution(self.tables, self.run_id, policy, solution, risks, self.described())
            self.keep_hierarchies()
        follower.leave()
        summary: Summary = {
            "run_id": self.run_id,
            "job": job.job,
            "status": str(RunState.COMPLETED),
            **solution_part(solution, risks),
            "timings_s": follower.timings(),
            "output": {"uri": self.target.name, "version": published.version},
            "metadata": {"uri": self.metadata_uri},
            **({} if gate.part is None else {"quality": gate.part}),
            "warnings": warnings + gate.warnings + in_place_warnings(job),
        }
        return summary, replace(record, output_version=published.version)

    def write(self, output: Output, source: ReadTable, policy: Policy, solution: Solution, gate: Gate) -> Published:
        """Write the release, verify and judge it where the job says so, and publish it."""
        self.follower.enter("apply", f"writing {solution.release.n_records:,} records")
        released = apply(source.table, policy, solution.release, solution.safe_classes, solution.recoded)

        def check(written: DataFrame) -> None:
            self.follower.enter("verify" if self.job.verify else "gate", "measuring the written release")
            facts = recount_written(written, policy, solution, verify=self.job.verify)
            if gate.is_asked:
                self.follower.enter("gate", "holding the release against its expectations")
                gate.judge(facts, policy, solution.release, source.table, written)

        gate.prepare()
        wanted = self.job.verify or gate.is_asked
        return write_release(released, output, self.guard, self.follower, check if wanted else None)

    def read_rows(self, uri: str, sep: str) -> Sequence[Sequence[Label]]:
        """A hierarchy file's rows; the file is kept for the record."""
        file = read_hierarchy_file(self.spark, uri, sep)
        self.hierarchy_files.append(file)
        return file.rows

    def count_population(self, policy: Policy, held: ExitStack) -> RawClasses | ClusterCombinations | None:
        """The combinations of the population table, where there is one."""
        source = self.job.population_source()
        if source is None:
            return None
        population = read_table(self.spark, source)
        return count_population(population, policy, self.follower, held)

    def judge_malformed(self, raw: RawClasses | ClusterCombinations) -> list[str]:
        """Refuse malformed rows, or tell that they are left out."""
        if self.job.source().malformed is OnMalformed.FAIL:
            require_well_formed(raw.malformed)
        if not raw.n_records:
            raise EmptyTableError(self.job.source().name)
        rows = {mark: count for mark, count in raw.malformed.items() if count}
        return [f"{count:,} rows left out: {mark.strip()}" for mark, count in rows.items()]

    def described(self) -> dict[str, object]:
        """The job's attributes and models, with the digests of hierarchy files."""
        told = json.loads(self.job.canonical())
        files = {file.uri: file.sha256 for file in self.hierarchy_files}
        return {**{key: told[key] for key in ("attributes", "privacy", "person_id")}, "hierarchy_files": files}

    def keep_hierarchies(self) -> None:
        """Copy the hierarchy files beside the metadata, each under its digest."""
        storage = reachable_storage(self.spark, f"{self.metadata_uri}/hierarchies") if self.hierarchy_files else None
        if storage is not None:
            copy_hierarchies(storage, self.hierarchy_files)


def copy_hierarchies(storage: Storage, hierarchy_files: Sequence[HierarchyFile]) -> None:
    """Write each file as `<sha256>.csv`, unless it is there."""
    there = set(storage.children())
    for file in hierarchy_files:
        name = f"{file.sha256}.csv"
        if name not in there:
            storage.write(name, file.content)
            there.add(name)


def normalized(target: TableTarget) -> TableTarget:
    """The target with the one spelling of its URI."""
    return target if target.uri is None else replace(target, uri=normalize_uri(target.uri))


def in_place_warnings(job: AnonymizeJob) -> list[str]:
    """What an overwritten input still shows."""
    if not job.in_place:
        return []
    return [
        "The output replaced its own input: earlier versions, the change feed and file statistics still hold the "
        "originals until VACUUM removes them."
    ]


def record_failure(
    tables: MetadataTables, record: RunRow, at: datetime, error: BaseException, summary: Summary
) -> None:
    """Record how a run ended; where even that fails, its own error is the one to tell."""
    try:
        fail_run(tables, record, at, error, json.dumps(summary))
    except Exception as second:  # noqa: BLE001  whatever it is, it must not hide the first
        log.warning("run %s: its failure could not be recorded (%s)", record.run_id, type(second).__name__)


def stop_spark_work(spark: SparkSession, run_id: str) -> None:
    """Stop what Spark does for a run at this moment; asked from another thread, whose `stop` says so too."""
    spark.interruptTag(TAG + run_id)


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


def _starting(job: AnonymizeJob, spark: SparkSession, run_id: str, target: TableTarget, clock: Clock) -> RunRow:
    return RunRow(
        run_id=run_id,
        job=job.job,
        state=RunState.RUNNING,
        at=_now(clock),
        config_hash=job.config_hash(),
        config=job.canonical(),
        input_uri=job.source().name,
        output_uri=target.name,
        engine_version=__version__,
        spark_version=spark.version,
    )


def _now(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock(), UTC)
