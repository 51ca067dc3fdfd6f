"""The action `k_anonymize`: the engine's search for a release over the columns that have it."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from anonspark.config.locations import resolve
from anonspark.config.transform_pii import TransformPiiJob
from anonspark.domain.paths import parse_path
from anonspark.domain.policy import Policy, QuasiIdentifier
from anonspark.domain.treatments import KAnonymize, Treatment
from anonspark.errors import ColumnNotFoundError
from anonspark.io.hierarchies import read_hierarchy_rows
from anonspark.models.k_anonymity import KAnonymity
from anonspark.pipelines.anonymize import count_classes, solve
from anonspark.pipelines.apply import apply
from anonspark.pipelines.attempt import Attempt
from anonspark.pipelines.solution import Solution
from anonspark.pipelines.write import recount_written
from anonspark.vocabulary import AttributeRole

ONLY_K = (
    "k-anonymity hides who a row is about, not what it says: where all rows of a class share a diagnosis, it is told. "
    "The job anonymize knows l-diversity and t-closeness."
)


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A table whose columns are k-anonymous together.

    Attributes:
        table: Lazy.
        policy: What was asked.
        solution: What was found.
    """

    table: DataFrame
    policy: Policy
    solution: Solution

    def verify(self, written: DataFrame) -> None:
        """Count the classes of the written table again.

        Raises:
            VerificationError: They are not what was computed.
        """
        recount_written(written, self.policy, self.solution, verify=True)

    def told(self) -> dict[str, Any]:
        """Its part of the summary."""
        found = self.solution.release.to_dict()
        kept = ("suppressed", "levels", "heights", "score", "optimal", "classes")
        return {
            "k": max(model.k for model in self.policy.models if isinstance(model, KAnonymity)),
            "quasi_identifiers": list(self.policy.names),
            **{key: found[key] for key in kept if key in found},
        }


def k_anonymized(
    table: DataFrame, treatments: Sequence[Treatment], job: TransformPiiJob, attempt: Attempt, held: ExitStack
) -> Anonymous | None:
    """The table with its columns that have the action generalized together; None where none has it.

    Of several settings the strictest counts: the largest k, the least suppression, and all columns that any names.

    Raises:
        ColumnNotFoundError: A quasi-identifier is not in what is left of the table.
        NoReleaseError: There is no such release.
    """
    policy = policy_of(treatments, job, attempt)
    if policy is None:
        return None
    for name in policy.names:
        if name not in table.columns:
            raise ColumnNotFoundError(name, table.columns)
    raw = count_classes(table, policy, attempt.follower, held)
    solution = solve(raw, policy, attempt.follower)
    released = apply(table, policy, solution.release, solution.safe_classes, solution.recoded)
    return Anonymous(released, policy, solution)


def policy_of(treatments: Sequence[Treatment], job: TransformPiiJob, attempt: Attempt) -> Policy | None:
    """What the treatments ask of the engine."""
    actions = {
        parse_path(each.column).column: each.action for each in treatments if isinstance(each.action, KAnonymize)
    }
    asked = [action for action in actions.values() if isinstance(action, KAnonymize)]
    if not asked:
        return None
    names = dict.fromkeys([*actions, *(name for action in asked for name in action.quasi_identifiers)])
    described: Mapping[str, QuasiIdentifier] = {
        attribute.name: attribute.to_quasi_identifier(
            lambda uri, sep: read_hierarchy_rows(attempt.spark, resolve(uri, job.base), sep)
        )
        for attribute in job.of_type(AttributeRole.QUASI_IDENTIFIER)
        if attribute.name in names
    }
    return Policy(
        quasi_identifiers=tuple(described.get(name, QuasiIdentifier(name)) for name in names),
        models=(KAnonymity(max(action.k for action in asked)),),
        max_suppression=min(action.max_suppression for action in asked),
    )
