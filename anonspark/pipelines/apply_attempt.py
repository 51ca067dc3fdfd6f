"""The job `apply`: a table released at the levels that an earlier run found for another."""

from collections.abc import Mapping
from dataclasses import replace

from anonspark.config.apply import ApplyJob
from anonspark.domain.classes import as_arrays
from anonspark.domain.encode import RawClasses
from anonspark.domain.policy import Policy
from anonspark.domain.release import spread
from anonspark.domain.sources import TableSource
from anonspark.errors import EmptyTableError, UnsafeClassesError
from anonspark.frames.combinations import ClusterCombinations
from anonspark.io.failures import storage_errors
from anonspark.io.tables import ReadTable, read_table, table_exists
from anonspark.pipelines.anonymize import solve
from anonspark.pipelines.append import appended, released_classes, released_until, require_appendable
from anonspark.pipelines.attempt import Attempt, Outcome
from anonspark.pipelines.release import ReleaseAttempt
from anonspark.pipelines.saved import SavedSolution, read_solution
from anonspark.pipelines.solution import Solution
from anonspark.vocabulary import OnUnsafe, WriteMode


class ApplyAttempt(ReleaseAttempt[ApplyJob]):
    """One attempt at releasing a table at the levels of a solution."""

    def __init__(self, job: ApplyJob, attempt: Attempt) -> None:
        """Read the solution, and see whether there is a release to append to.

        Raises:
            InputError: There is no solution of that run, or which rows are new is not known.
        """
        super().__init__(job, attempt)
        self.saved: SavedSolution = read_solution(attempt.spark, attempt.tables, attempt.metadata_uri, job.solution)
        with storage_errors(self.target.name, "output"):
            self.appends = self.target.mode is WriteMode.APPEND and table_exists(attempt.spark, self.target)
        self.since: int | None = None
        self.base_version: int | None = None
        if self.appends and self.published is not None and self.published.version is not None:
            self.base_version = self.published.version - 1
            self.appends = self.base_version >= 0  # else this very run made the release
        if self.appends:
            require_appendable(self.saved.policy)
            self.since = released_until(attempt, job.source(), self.target)

    def complete(self) -> Outcome:
        """The release; where there is nothing new, that."""
        try:
            return super().complete()
        except EmptyTableError:
            if self.since is None:
                raise
        with storage_errors(self.target.name, "output"):
            source = read_table(self.attempt.spark, self.source())
            there = read_table(self.attempt.spark, TableSource(self.target.uri, self.target.table, self.target.format))
        return Outcome(
            told={
                "rows": 0,
                "suppressed": 0,
                "levels": dict(self.saved.levels),
                "source": {"from_version": self.since, "to_version": source.version, "rows": 0},
                "output": {"uri": self.target.name, "version": there.version},
            },
            warnings=[f"There are no new rows since version {self.since} of the input; nothing was appended."],
            input_rows=0,
            input_version=source.version,
            output_version=there.version,
        )

    def policy(self) -> Policy:
        """As the solution says."""
        return self.saved.policy

    def source(self) -> TableSource:
        """The table, or what is new in it."""
        return replace(self.job.source(), since=self.since)

    def solve(
        self,
        raw: RawClasses | ClusterCombinations,
        policy: Policy,
        population: RawClasses | ClusterCombinations | None,
    ) -> tuple[Solution, list[str]]:
        """The release at the solution's node.

        Raises:
            UnsafeClassesError: Classes are unsafe there, and the job does not have them suppressed.
            UnionUnsafeError: Classes that are released already would be unsafe.
        """
        solution = solve(raw, policy, self.attempt.follower, population, self.saved.levels)
        if self.appends:
            solution = appended(solution, self.released(policy), policy)
        suppressed, records = solution.release.suppressed, solution.release.n_records
        if suppressed and self.job.unsafe is OnUnsafe.REFUSE:
            raise UnsafeClassesError(suppressed, records)
        limit = policy.suppression_limit(records)
        if suppressed <= limit:
            return solution, []
        return solution, [
            f"{suppressed:,} of {records:,} records are suppressed, and the solution was searched with at most "
            f"{policy.max_suppression:.4g} of the records: this data may have better levels of its own."
        ]

    def released(self, policy: Policy) -> RawClasses:
        """What is released already."""
        self.attempt.follower.enter("classes", "counting what is released already")
        with storage_errors(self.target.name, "output"):
            return released_classes(self.attempt, self.target, self.base_version, policy)

    def told_of(self, solution: Solution, source: ReadTable) -> Mapping[str, object]:
        """Of an append: what was read, and the classes of old and new records together."""
        if solution.base is None or solution.union is None:
            return {}
        sizes, classes = as_arrays(solution.union)
        return {
            "source": {
                "from_version": self.since,
                "to_version": source.version,
                "rows": solution.release.n_records,
            },
            "union": {
                "rows_released_before": solution.base.n_records,
                "records": int((sizes * classes).sum()),
                "classes": {"kept": int(classes.sum()), **spread(solution.union)},
            },
        }

    def population_source(self) -> TableSource | None:
        """As the solution says."""
        return self.saved.job.population_source()

    def described(self) -> Mapping[str, object]:
        """As the solution says, and whose it is."""
        return {**self.saved.described, "applied": self.job.solution}
