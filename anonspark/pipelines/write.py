"""A release on its way out: written where no reader looks, counted again, and only then published."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.policy import Policy
from anonspark.domain.recount import verify_release
from anonspark.domain.sources import TableTarget
from anonspark.errors import VerificationError
from anonspark.frames.aggregate import collect_classes
from anonspark.frames.casts import MALFORMED, add_malformed, flag_names, unmasked_cells
from anonspark.io.file_output import FileOutput
from anonspark.io.lease import Lease
from anonspark.io.outputs import DeltaOutput, Output, Published
from anonspark.pipelines.anonymize import Solution
from anonspark.pipelines.follow import Follower
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
    """Count the written rows again and hold them against what was computed; one pass over what was written.

    Raises:
        VerificationError: Whatever differs.
    """
    masked = policy.identifiers if policy.identifier_treatment is Suppression.MASK else ()
    unreadable = {UNREADABLE + mark: F.col(MALFORMED).getField(mark) for mark in flag_names(written)}
    flagged = written.transform(add_malformed({**unreadable, **unmasked_cells(masked)}))
    sensitive = [each.name for each in policy.sensitive]
    recounted = collect_classes(flagged, policy.names, sensitive, policy.search.memory_mb << 20)
    rows = {mark: count for mark, count in recounted.malformed.items() if mark in unreadable}
    if any(rows.values()):
        what = ", ".join(f"{count:,} {mark.removeprefix(UNREADABLE)}" for mark, count in rows.items() if count)
        raise VerificationError(f"Rows were written that cannot be read again ({what}); nothing was published.")
    marks = {mark: count for mark, count in recounted.malformed.items() if mark not in unreadable}
    verify_release(replace(recounted, malformed=marks), solution.raw, solution.classes, policy, solution.release)
