"""A release from its input to the metadata tables: read, solve, stage, verify, publish, record."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Generic, TypeVar

from pyspark.sql import DataFrame

from anonspark.config.release_job import ReleaseJob
from anonspark.domain.encode import RawClasses
from anonspark.domain.policy import Policy
from anonspark.domain.sources import TableSource, TableTarget
from anonspark.errors import InputError
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.names import positions
from anonspark.io.failures import storage_errors
from anonspark.io.outputs import Published
from anonspark.io.tables import ReadTable, read_table
from anonspark.io.uris import normalize_uri
from anonspark.pipelines.anonymize import count_classes, count_population
from anonspark.pipelines.apply import apply
from anonspark.pipelines.attempt import Attempt, Outcome, judge_malformed
from anonspark.pipelines.gate import Gate, gate_of
from anonspark.pipelines.record import record_solution
from anonspark.pipelines.solution import Solution
from anonspark.pipelines.summary import measure_risks, solution_part
from anonspark.pipelines.write import output_of, recount_written, write_release

Job = TypeVar("Job", bound=ReleaseJob)


class ReleaseAttempt(ABC, Generic[Job]):
    """One attempt at a release, under the lease of its target."""

    def __init__(self, job: Job, attempt: Attempt) -> None:
        """Take what to do and what to do it with, and see whether this run has published before."""
        self.job, self.attempt, self.target = job, attempt, normalized(job.target())
        with storage_errors(self.target.name, "output"):
            self.output = output_of(attempt.spark, self.target, attempt.run_id)
            self.published = self.output.published()

    @abstractmethod
    def policy(self) -> Policy:
        """What to protect and how."""

    @abstractmethod
    def solve(
        self,
        raw: RawClasses | ClusterCombinations,
        policy: Policy,
        population: RawClasses | ClusterCombinations | None,
    ) -> tuple[Solution, list[str]]:
        """The release to write, and what its readers must be warned of."""

    @abstractmethod
    def population_source(self) -> TableSource | None:
        """The table of everybody whom the release could be about, where one is given."""

    @abstractmethod
    def described(self) -> Mapping[str, object]:
        """The attributes and models, with what it takes to make their hierarchies again."""

    def source(self) -> TableSource:
        """The table to read."""
        return self.job.source()

    def source_of(self, published: Published) -> TableSource:
        """What this run read before it published: where that replaced the input, the version before.

        Raises:
            InputError: The release replaced files, which have no versions.
        """
        return source_before(self.source(), self.target, published, self.attempt.run_id)

    def told_of(self, solution: Solution, source: ReadTable) -> Mapping[str, object]:  # noqa: ARG002  for kinds of job
        """What else the summary tells."""
        return {}

    def keep_hierarchies(self) -> None:
        """Copy beside the metadata what `described` names and is not there."""

    def complete(self) -> Outcome:
        """Everything from reading to the metadata."""
        with ExitStack() as held:
            return self._complete(held)

    def _complete(self, held: ExitStack) -> Outcome:
        job, attempt, follower = self.job, self.attempt, self.attempt.follower
        follower.enter("read", "opening the input")
        target, published = self.target, self.published
        gate = gate_of(job, attempt.spark, attempt.run_id, target.name, attempt.metadata_uri)
        policy = self.policy()
        source = read_table(attempt.spark, self.source() if published is None else self.source_of(published))
        positions(source.table, [*policy.names, *(each.name for each in policy.sensitive), *policy.identifiers])
        with storage_errors(source.description):
            raw = count_classes(source.flagged, policy, follower, held)
            population = self.count_population(policy, held)
        warnings = judge_malformed(job.source(), raw.malformed, raw.n_records)
        solution, told = self.solve(raw, policy, population)
        with storage_errors(target.name, "output"):
            if published is None:
                published = self.write(source, policy, solution, gate)
            else:
                gate.recall()
        follower.finish()
        follower.enter("publish", "recording the run")
        risks = measure_risks(solution, policy, population)
        with storage_errors(attempt.metadata_uri, "metadata"):
            record_solution(attempt.tables, attempt.run_id, policy, solution, risks, self.described())
            self.keep_hierarchies()
        return Outcome(
            told={
                **solution_part(solution, risks),
                "output": {"uri": target.name, "version": published.version},
                **({} if gate.part is None else {"quality": gate.part}),
                **self.told_of(solution, source),
            },
            warnings=warnings + told + gate.warnings + in_place_warnings(job.in_place),
            input_rows=solution.release.n_records,
            input_version=source.version,
            output_version=published.version,
        )

    def write(self, source: ReadTable, policy: Policy, solution: Solution, gate: Gate) -> Published:
        """Write the release, verify and judge it where the job says so, and publish it."""
        follower = self.attempt.follower
        follower.enter("apply", f"writing {solution.release.n_records:,} records")
        released = apply(source.table, policy, solution.release, solution.safe_classes, solution.recoded)

        def check(written: DataFrame) -> None:
            follower.enter("verify" if self.job.verify else "gate", "measuring the written release")
            facts = recount_written(written, policy, solution, verify=self.job.verify)
            if gate.is_asked:
                follower.enter("gate", "holding the release against its expectations")
                gate.judge(facts, policy, solution.release, source.table, written)

        gate.prepare()
        wanted = self.job.verify or gate.is_asked
        return write_release(released, self.output, self.attempt.guard, follower, check if wanted else None)

    def count_population(self, policy: Policy, held: ExitStack) -> RawClasses | ClusterCombinations | None:
        """The combinations of the population table, where there is one."""
        source = self.population_source()
        if source is None:
            return None
        population = read_table(self.attempt.spark, source)
        return count_population(population, policy, self.attempt.follower, held)


def source_before(source: TableSource, target: TableTarget, published: Published, run_id: str) -> TableSource:
    """What a run read before it published: where that replaced the input, the version before.

    Raises:
        InputError: The release replaced files, which have no versions.
    """
    if source.version is not None or not same_place(source.name, target.name):
        return source
    if published.version is None:
        raise InputError(
            f"Run {run_id} has replaced {target.name}, its own input, by its release and was "
            "interrupted before that was recorded; the release is whole, and there is nothing left to measure it "
            "against.",
            field="input",
        )
    return replace(source, version=published.version - 1)


def normalized(target: TableTarget) -> TableTarget:
    """The target with the one spelling of its URI."""
    return target if target.uri is None else replace(target, uri=normalize_uri(target.uri))


def same_place(one: str | None, other: str) -> bool:
    """Whether two URIs or names of tables are one place."""
    return one is not None and normalize_uri(one) == normalize_uri(other)


def in_place_warnings(in_place: bool) -> list[str]:
    """What an overwritten input still shows."""
    if not in_place:
        return []
    return [
        "The output replaced its own input: earlier versions, the change feed and file statistics still hold the "
        "originals until VACUUM removes them."
    ]
