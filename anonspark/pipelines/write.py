"""A release on its way out: written where no reader looks, counted again, and only then published."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.encode import RawClasses
from anonspark.domain.policy import Policy
from anonspark.domain.recount import require_masked, verify_release
from anonspark.domain.sources import TableTarget
from anonspark.errors import VerificationError
from anonspark.frames.aggregate import collect_classes, combinations
from anonspark.frames.casts import MALFORMED, add_malformed, flag_names, unmasked_cells
from anonspark.frames.combinations import count_marks
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.persisted import persisted
from anonspark.frames.recount import verify_combinations
from anonspark.io.file_output import FileOutput
from anonspark.io.lease import Lease
from anonspark.io.outputs import DeltaOutput, Output, Published
from anonspark.pipelines.anonymize import Solution
from anonspark.pipelines.follow import Follower
from anonspark.pipelines.groups import released_groups
from anonspark.vocabulary import Suppression, TableFormat

UNREADABLE: Final = "unreadable "
"""Before the mark of a row that was written and cannot be read, which no identifier's name can be taken for."""


def output_of(spark: SparkSession, target: TableTarget, run_id: str) -> Output:
    """How a run writes this target."""
    if target.format is TableFormat.DELTA:
        return DeltaOutput(spark, target, run_id)
    return FileOutput(spark, target, run_id)


def write_release(
    released: DataFrame,
    output: Output,
    guard: Lease,
    follower: Follower,
    verify: Callable[[DataFrame], None] | None,
) -> Published:
    """Stage, verify, publish; whatever fails before the last moment, the target keeps what it held.

    Args:
        released: What to write.
        output: Where to.
        guard: The lease of the target; one that guards nothing forbids to clean up, as another run may be at work.
        follower: Told of every step.
        verify: Raises if what was written is wrong; None where nobody asks.
    """
    if guard.fence:
        output.discard_orphans()
    staged = output.stage(released)
    try:
        if verify is not None:
            follower.enter("verify", "measuring the written release")
            verify(staged.read())
        follower.enter("publish", "publishing")
        return staged.publish(guard.check)
    except BaseException:
        if output.published() is None:
            staged.discard()
        raise


def verify_written(written: DataFrame, policy: Policy, solution: Solution) -> None:
    """Count the written rows again and hold them against what was computed.

    One pass over what was written, a second one where it has millions of combinations.

    Raises:
        VerificationError: Whatever differs.
    """
    masked = policy.identifiers if policy.identifier_treatment is Suppression.MASK else ()
    unreadable = {UNREADABLE + mark: F.col(MALFORMED).getField(mark) for mark in flag_names(written)}
    flagged = written.transform(add_malformed({**unreadable, **unmasked_cells(masked)}))
    sensitive = [each.name for each in policy.sensitive]
    if isinstance(solution.classes, EncodedClasses):
        with persisted(combinations(flagged, policy.names, sensitive)) as counted:
            require_masked(_require_readable(count_marks(flagged, counted), unreadable))
            recoded = None if solution.recoded is None else solution.recoded[0]
            safe_classes = None if recoded else released_groups(solution, written.sparkSession)
            verify_combinations(
                counted, solution.classes, safe_classes, policy, solution.release, solution.people, recoded
            )
    elif isinstance(solution.raw, RawClasses):
        recounted = collect_classes(flagged, policy.names, sensitive, policy.search.memory_mb << 20)
        marks = _require_readable(recounted.malformed, unreadable)
        verify_release(replace(recounted, malformed=marks), solution.raw, solution.classes, policy, solution.release)


def _require_readable(malformed: Mapping[str, int], unreadable: Collection[str]) -> dict[str, int]:
    """The marked rows without those that cannot be read, of which there must be none."""
    rows = {mark: count for mark, count in malformed.items() if mark in unreadable and count}
    if rows:
        what = ", ".join(f"{count:,} {mark.removeprefix(UNREADABLE)}" for mark, count in rows.items())
        raise VerificationError(f"Rows were written that cannot be read again ({what}); nothing was published.")
    return {mark: count for mark, count in malformed.items() if mark not in unreadable}
