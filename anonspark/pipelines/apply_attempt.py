"""The job `apply`: a table released at the levels that an earlier run found for another."""

from collections.abc import Mapping

from anonspark.config.apply import ApplyJob
from anonspark.domain.encode import RawClasses
from anonspark.domain.policy import Policy
from anonspark.domain.sources import TableSource
from anonspark.errors import UnsafeClassesError
from anonspark.frames.combinations import ClusterCombinations
from anonspark.pipelines.anonymize import Solution, solve
from anonspark.pipelines.attempt import Attempt
from anonspark.pipelines.release import ReleaseAttempt
from anonspark.pipelines.saved import SavedSolution, read_solution
from anonspark.vocabulary import OnUnsafe


class ApplyAttempt(ReleaseAttempt[ApplyJob]):
    """One attempt at releasing a table at the levels of a solution."""

    def __init__(self, job: ApplyJob, attempt: Attempt) -> None:
        """Read the solution.

        Raises:
            InputError: There is none of that run.
        """
        super().__init__(job, attempt)
        self.saved: SavedSolution = read_solution(attempt.spark, attempt.tables, attempt.metadata_uri, job.solution)

    def policy(self) -> Policy:
        """As the solution says."""
        return self.saved.policy

    def solve(
        self,
        raw: RawClasses | ClusterCombinations,
        policy: Policy,
        population: RawClasses | ClusterCombinations | None,
    ) -> tuple[Solution, list[str]]:
        """The release at the solution's node.

        Raises:
            UnsafeClassesError: Classes are unsafe there, and the job does not have them suppressed.
        """
        solution = solve(raw, policy, self.attempt.follower, population, self.saved.levels)
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

    def population_source(self) -> TableSource | None:
        """As the solution says."""
        return self.saved.job.population_source()

    def described(self) -> Mapping[str, object]:
        """As the solution says, and whose it is."""
        return {**self.saved.described, "applied": self.job.solution}
