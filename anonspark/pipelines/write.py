"""A release on its way out: written where no reader looks, counted again, and only then published."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.encode import RawClasses
from anonspark.domain.policy import Policy
from anonspark.domain.recount import measure_release, verify_release
from anonspark.domain.sources import TableTarget
from anonspark.domain.written import WrittenFacts
from anonspark.errors import VerificationError
from anonspark.frames.aggregate import collect_classes, combinations
from anonspark.frames.casts import MALFORMED, add_malformed, flag_names, unmasked_cells
from anonspark.frames.combinations import count_marks
from anonspark.frames.computed import ComputedRelease
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.persisted import persisted
from anonspark.frames.recount import measure_combinations, verify_combinations
from anonspark.io.delta_log import Published
from anonspark.io.file_output import FileOutput
from anonspark.io.lease import Lease
from anonspark.io.outputs import DeltaOutput, Output
from anonspark.pipelines.follow import Follower
from anonspark.pipelines.groups import released_groups
from anonspark.pipelines.solution import Solution
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
    check: Callable[[DataFrame], None] | None,
    input_version: int | None = None,
) -> Published:
    """Stage, check, publish; whatever fails before the last moment, the target keeps what it held.

    Args:
        released: What to write.
        output: Where to.
        guard: The lease of the target; one that guards nothing forbids to clean up, as another run may be at work.
        follower: Told of every step.
        check: Raises if what was written is wrong; None where nobody asks.
        input_version: Of the Delta table that the release is made of, for a rerun.
    """
    if guard.fence:
        output.discard_orphans()
    staged = output.stage(released)
    try:
        if check is not None:
            check(staged.read())
        follower.enter("publish", "publishing")
        return staged.publish(guard.check, input_version)
    except BaseException:
        if output.published() is None:
            staged.discard()
        raise


def recount_written(written: DataFrame, policy: Policy, solution: Solution, *, verify: bool) -> WrittenFacts:
    """Count the written rows again, and hold them against what was computed where that is asked for.

    One pass over what was written, a second one where it has millions of combinations.

    Raises:
        VerificationError: Whatever differs, or rows that cannot be read; only where `verify` is set.
    """
    masked = policy.identifiers if policy.identifier_treatment is Suppression.MASK else ()
    unreadable = {UNREADABLE + mark: F.col(MALFORMED).getField(mark) for mark in flag_names(written)}
    flagged = written.transform(add_malformed({**unreadable, **unmasked_cells(masked)}))
    sensitive = [each.name for each in policy.sensitive]

    def unmasked(marks: Mapping[str, int]) -> dict[str, int]:
        if verify:
            _require_readable({mark: count for mark, count in marks.items() if mark in unreadable})
        return {mark: count for mark, count in marks.items() if mark not in unreadable}

    if isinstance(solution.classes, EncodedClasses):
        with persisted(combinations(flagged, policy.names, sensitive, only_counted=masked)) as counted:
            recoded = None if solution.recoded is None else solution.recoded[0]
            safe_classes = None if recoded else released_groups(solution, written.sparkSession)
            computed = ComputedRelease(
                solution.classes, safe_classes, policy, solution.release, solution.people, recoded
            )
            recount = verify_combinations if verify else measure_combinations
            return recount(counted.where(~F.col("bad")), computed, unmasked(count_marks(flagged, counted)))
    if not isinstance(solution.raw, RawClasses):
        raise TypeError("the combinations of a release in memory must be there")
    recounted = collect_classes(flagged, policy.names, sensitive, policy.search.memory_mb << 20, masked)
    recounted = replace(recounted, malformed=unmasked(recounted.malformed))
    judge = verify_release if verify else measure_release
    return judge(recounted, solution.raw, solution.classes, policy, solution.release, solution.base)


def _require_readable(unreadable: Mapping[str, int]) -> None:
    """Refuse rows that cannot be read, by what is wrong with them."""
    rows = {mark: count for mark, count in unreadable.items() if count}
    if rows:
        what = ", ".join(f"{count:,} {mark.removeprefix(UNREADABLE)}" for mark, count in rows.items())
        raise VerificationError(f"Rows were written that cannot be read again ({what}); nothing was published.")
