"""What was written against what was computed, on the cluster: what `domain/recount.py` does on the driver."""

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from anonspark.domain.recount import (
    require_as_computed,
    require_as_suppressed,
    require_masked,
    require_models_hold,
)
from anonspark.domain.written import WrittenFacts
from anonspark.frames.computed import ComputedRelease, is_suppressed
from anonspark.frames.persisted import persisted
from anonspark.frames.written import count_facts, written_codes


def verify_combinations(written: DataFrame, computed: ComputedRelease, unmasked: Mapping[str, int]) -> WrittenFacts:
    """Hold the combinations of a written release against the raw ones, and the models against what was written.

    Args:
        written: Combinations of the release as it was read back: q0, q1, ..., s0, ..., `records`.
        computed: What must have been written.
        unmasked: Rows by identifier that is not masked.

    Returns:
        What was counted, all of it as it must be.

    Raises:
        VerificationError: Whatever differs; it tells counts only.
    """
    require_masked(unmasked)
    with persisted(written_codes(written, computed)) as theirs:
        _compare_combinations(theirs, computed)
        facts = count_facts(theirs, computed, unmasked)
    require_models_hold(facts, computed.policy)
    return facts


def measure_combinations(written: DataFrame, computed: ComputedRelease, unmasked: Mapping[str, int]) -> WrittenFacts:
    """Count what a quality gate asks about, whatever was written; see `measure_release`, and for arguments above."""
    with persisted(written_codes(written, computed)) as theirs:
        return count_facts(theirs, computed, unmasked)


def _compare_combinations(theirs: DataFrame, computed: ComputedRelease) -> None:
    """Each combination of labels and sensitive values must have been written as often as it was computed."""
    keys, ours = [*computed.groups, *computed.encoded.sensitive_codes], computed.rows()
    both = ours.select(*keys, F.col("records").alias("ours"), F.lit(0).cast("bigint").alias("theirs")).unionByName(
        theirs.select(*keys, F.lit(0).cast("bigint").alias("ours"), F.col("records").alias("theirs"))
    )
    summed = both.groupBy(*keys).agg(F.sum("ours").alias("ours"), F.sum("theirs").alias("theirs"))
    hidden = is_suppressed(computed.labels)
    (told,) = (
        summed.agg(
            F.sum(F.when(hidden, F.col("theirs")).otherwise(0)).alias("starred"),
            F.sum(F.when(hidden, F.col("ours")).otherwise(0)).alias("hidden"),
            F.count_if(F.col("ours") != F.col("theirs")).alias("differences"),
        )
        .toArrow()
        .to_pylist()
    )
    require_as_suppressed(told["starred"] or 0, told["hidden"] or 0)
    require_as_computed(told["differences"])
