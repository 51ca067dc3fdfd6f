"""The job `anonymize`: read, find, stage, verify, publish, and leave what was found in the metadata tables."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from pyspark.sql import DataFrame

from anonspark.config.job import AnonymizeJob
from anonspark.domain.encode import RawClasses
from anonspark.domain.hierarchy import Label
from anonspark.domain.policy import Policy
from anonspark.domain.sources import TableTarget
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.names import positions
from anonspark.io.failures import storage_errors
from anonspark.io.hierarchies import HierarchyFile, read_hierarchy_file
from anonspark.io.object_store import Storage, reachable_storage
from anonspark.io.outputs import Output, Published
from anonspark.io.tables import ReadTable, read_table
from anonspark.io.uris import normalize_uri
from anonspark.pipelines.anonymize import Solution, count_classes, count_population, solve
from anonspark.pipelines.apply import apply
from anonspark.pipelines.attempt import Attempt, Outcome, judge_malformed
from anonspark.pipelines.record import record_solution
from anonspark.pipelines.summary import measure_risks, solution_part
from anonspark.pipelines.write import output_of, verify_written, write_release


@dataclass(slots=True)
class ReleaseAttempt:
    """One attempt at a release, under the lease of its target."""

    job: AnonymizeJob
    attempt: Attempt
    hierarchy_files: list[HierarchyFile] = field(default_factory=list)

    def complete(self) -> Outcome:
        """Everything from reading to the metadata."""
        with ExitStack() as held:
            return self._complete(held)

    def _complete(self, held: ExitStack) -> Outcome:
        job, attempt, follower = self.job, self.attempt, self.attempt.follower
        follower.enter("read", "opening the input")
        policy = job.to_policy(self.read_rows)
        source, target = read_table(attempt.spark, job.source()), normalized(job.target())
        positions(source.table, [*policy.names, *(each.name for each in policy.sensitive), *policy.identifiers])
        with storage_errors(source.description):
            raw = count_classes(source.flagged, policy, follower, held)
            population = self.count_population(policy, held)
        warnings = judge_malformed(job.source(), raw.malformed, raw.n_records)
        solution = solve(raw, policy, follower, population)
        with storage_errors(target.name, "output"):
            output = output_of(attempt.spark, target, attempt.run_id)
            version = (output.published() or self.write(output, source, policy, solution)).version
        follower.finish()
        follower.enter("publish", "recording the run")
        risks = measure_risks(solution, policy, population)
        with storage_errors(attempt.metadata_uri, "metadata"):
            record_solution(attempt.tables, attempt.run_id, policy, solution, risks, self.described())
            self.keep_hierarchies()
        return Outcome(
            told={**solution_part(solution, risks), "output": {"uri": target.name, "version": version}},
            warnings=warnings + in_place_warnings(job),
            input_rows=solution.release.n_records,
            input_version=source.version,
            output_version=version,
        )

    def write(self, output: Output, source: ReadTable, policy: Policy, solution: Solution) -> Published:
        """Write the release, verify it where the job says so, and publish it."""
        follower = self.attempt.follower
        follower.enter("apply", f"writing {solution.release.n_records:,} records")
        released = apply(source.table, policy, solution.release, solution.safe_classes, solution.recoded)

        def verify(written: DataFrame) -> None:
            verify_written(written, policy, solution)

        return write_release(released, output, self.attempt.guard, follower, verify if self.job.verify else None)

    def read_rows(self, uri: str, sep: str) -> Sequence[Sequence[Label]]:
        """A hierarchy file's rows; the file is kept for the record."""
        file = read_hierarchy_file(self.attempt.spark, uri, sep)
        self.hierarchy_files.append(file)
        return file.rows

    def count_population(self, policy: Policy, held: ExitStack) -> RawClasses | ClusterCombinations | None:
        """The combinations of the population table, where there is one."""
        source = self.job.population_source()
        if source is None:
            return None
        population = read_table(self.attempt.spark, source)
        return count_population(population, policy, self.attempt.follower, held)

    def described(self) -> dict[str, object]:
        """The job's attributes and models, with the digests of hierarchy files."""
        told = json.loads(self.job.canonical())
        files = {file.uri: file.sha256 for file in self.hierarchy_files}
        return {**{key: told[key] for key in ("attributes", "privacy", "person_id")}, "hierarchy_files": files}

    def keep_hierarchies(self) -> None:
        """Copy the hierarchy files beside the metadata, each under its digest."""
        if not self.hierarchy_files:
            return
        storage = reachable_storage(self.attempt.spark, f"{self.attempt.metadata_uri}/hierarchies")
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
