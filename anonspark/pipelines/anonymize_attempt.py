"""The job `anonymize`: the least lossy release of a table, from its files to its record."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from anonspark.config.job import AnonymizeJob
from anonspark.domain.encode import RawClasses
from anonspark.domain.hierarchy import Label
from anonspark.domain.policy import Policy
from anonspark.domain.sources import TableSource
from anonspark.frames.combinations import ClusterCombinations
from anonspark.io.hierarchies import HierarchyFile, read_hierarchy_file
from anonspark.io.object_store import Storage, reachable_storage
from anonspark.pipelines.anonymize import solve
from anonspark.pipelines.attempt import Attempt
from anonspark.pipelines.kept_hierarchies import HIERARCHIES
from anonspark.pipelines.release import ReleaseAttempt
from anonspark.pipelines.solution import Solution


class AnonymizeAttempt(ReleaseAttempt[AnonymizeJob]):
    """One attempt at finding a release."""

    def __init__(self, job: AnonymizeJob, attempt: Attempt) -> None:
        """No hierarchy file is read yet."""
        super().__init__(job, attempt)
        self.hierarchy_files: dict[str, HierarchyFile] = {}

    def policy(self) -> Policy:
        """As the job file says."""
        return self.job.to_policy(self.read_rows)

    def solve(
        self,
        raw: RawClasses | ClusterCombinations,
        policy: Policy,
        population: RawClasses | ClusterCombinations | None,
    ) -> tuple[Solution, list[str]]:
        """The release at the best lattice node."""
        return solve(raw, policy, self.attempt.follower, population), []

    def population_source(self) -> TableSource | None:
        """As the job file says."""
        return self.job.population_source()

    def read_rows(self, uri: str, sep: str) -> Sequence[Sequence[Label]]:
        """A hierarchy file's rows; the file is kept for the record."""
        file = self.hierarchy_files[uri] = read_hierarchy_file(self.attempt.spark, uri, sep)
        return file.rows

    def described(self) -> Mapping[str, object]:
        """The job's attributes and models, with the digests of hierarchy files by their URIs.

        `base` is where relative URIs of the job are seen from.
        """
        told = json.loads(self.job.canonical())
        return {
            **{key: told[key] for key in ("attributes", "privacy", "person_id")},
            "base": self.job.base if "://" in self.job.base else str(Path(self.job.base).absolute()),
            "hierarchy_files": {uri: file.sha256 for uri, file in self.hierarchy_files.items()},
        }

    def keep_hierarchies(self) -> None:
        """Copy the hierarchy files beside the metadata, each under its digest."""
        if not self.hierarchy_files:
            return
        storage = reachable_storage(self.attempt.spark, f"{self.attempt.metadata_uri}/{HIERARCHIES}")
        if storage is not None:
            copy_hierarchies(storage, [*self.hierarchy_files.values()])


def copy_hierarchies(storage: Storage, hierarchy_files: Sequence[HierarchyFile]) -> None:
    """Write each file as `<sha256>.csv`, unless it is there."""
    there = set(storage.children())
    for file in hierarchy_files:
        name = f"{file.sha256}.csv"
        if name not in there:
            storage.write(name, file.content)
            there.add(name)
