"""What was written against what was computed, on the cluster: what `domain/recount.py` does on the driver."""

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from anonspark.domain.hierarchy import Label
from anonspark.domain.policy import Policy
from anonspark.domain.recount import (
    require_as_computed,
    require_as_suppressed,
    require_masked,
    require_models_hold,
)
from anonspark.domain.release import Release
from anonspark.domain.written import WrittenFacts
from anonspark.frames.class_queries import with_groups
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.persisted import persisted
from anonspark.frames.written import (
    ComputedRelease,
    all_labelled_suppressed,
    count_facts,
    is_suppressed,
    starred_code,
    written_codes,
)
from anonspark.vocabulary import Suppression


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
    encoded, recoded, labels = computed.encoded, computed.recoded, computed.labels
    keys = [*computed.groups, *encoded.sensitive_codes]
    if recoded is not None:
        rows = recoded.with_labels().unionByName(_never_released(encoded, computed.groups))
    elif computed.safe_classes is not None:
        rows = _at_node(encoded, computed.safe_classes, computed.chosen)
    else:
        raise ValueError("a release at a node has safe classes")
    ours = _computed_codes(rows, labels, encoded.sensitive_codes, computed.policy)
    both = ours.select(*keys, F.col("records").alias("ours"), F.lit(0).cast("bigint").alias("theirs")).unionByName(
        theirs.select(*keys, F.lit(0).cast("bigint").alias("ours"), F.col("records").alias("theirs"))
    )
    summed = both.groupBy(*keys).agg(F.sum("ours").alias("ours"), F.sum("theirs").alias("theirs"))
    hidden = is_suppressed(labels)
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


def _at_node(encoded: EncodedClasses, safe_classes: DataFrame, chosen: Release) -> DataFrame:
    """The raw classes by their groups at the node, and whether they are `released`."""
    groups = [f"g{axis}" for axis in range(len(chosen.node))]
    kept = [*((name, "int") for name in encoded.sensitive_codes), ("inadmissible", "boolean"), ("records", "bigint")]
    rows = with_groups(encoded.table, encoded, chosen.node, kept)
    rows = rows.join(safe_classes.select(*groups, F.lit(True).alias("safe")), groups, "left")
    return rows.withColumn("released", F.col("safe").isNotNull() & ~F.col("inadmissible"))


def _never_released(encoded: EncodedClasses, groups: Sequence[str]) -> DataFrame:
    """The raw classes with a value that a hierarchy does not know; they have no labels."""
    no_labels = [F.lit(0).alias(group) for group in groups]
    hidden = encoded.table.where("inadmissible")
    return hidden.select(*no_labels, *encoded.sensitive_codes, F.lit(False).alias("released"), "records")


def _computed_codes(
    rows: DataFrame, labels: Sequence[Sequence[Label]], sensitive_codes: Sequence[str], policy: Policy
) -> DataFrame:
    """The codes of what must have been written."""
    groups = [f"g{axis}" for axis in range(len(labels))]
    if policy.suppression is Suppression.DROP:
        rows = rows.where("released")
    hidden = ~F.col("released") | all_labelled_suppressed(labels)
    codes = [
        F.when(hidden, starred_code(of_axis)).otherwise(F.col(group)).alias(group)
        for group, of_axis in zip(groups, labels, strict=True)
    ]
    return rows.select(*codes, *sensitive_codes, "records")
