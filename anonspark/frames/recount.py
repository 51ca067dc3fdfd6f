"""What was written against what was computed, on the cluster: what `domain/recount.py` does on the driver."""

from collections.abc import Sequence
from functools import reduce
from operator import and_

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from anonspark.domain.arrays import CountArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.encode import RawClasses
from anonspark.domain.hierarchy import Label
from anonspark.domain.model import PrivacyModel
from anonspark.domain.policy import Policy
from anonspark.domain.recount import require_as_computed, require_as_suppressed, require_safe, require_satisfied
from anonspark.domain.release import Release
from anonspark.frames.class_queries import add_judgement, grouped, with_groups
from anonspark.frames.combinations import ClusterCombinations, add_codes
from anonspark.frames.encoded import EncodedClasses, count_sizes, merged
from anonspark.frames.persisted import persisted
from anonspark.frames.persons import size_in_persons, with_persons
from anonspark.frames.population import matched_sizes
from anonspark.frames.recoded import RecodedClasses
from anonspark.search.judge import NO_CODES
from anonspark.vocabulary import SUPPRESSED, Suppression


def verify_combinations(
    written: DataFrame,
    encoded: EncodedClasses,
    safe_classes: DataFrame | None,
    policy: Policy,
    chosen: Release,
    population: RawClasses | ClusterCombinations | None = None,
    recoded: RecodedClasses | None = None,
) -> None:
    """Hold the combinations of a written release against the raw ones, and the models against what was written.

    Args:
        written: Combinations of the release as it was read back: q0, q1, ..., s0, ..., `records`.
        encoded: The raw classes.
        safe_classes: The groups of the classes that are released, g0, g1, ..., unless they have levels of their own.
        policy: What must hold.
        chosen: What was computed.
        population: Where a model counts its people.
        recoded: The raw classes with levels of their own, where they have such.

    Raises:
        VerificationError: Whatever differs; it tells counts only.
    """
    groups = [f"g{axis}" for axis in range(len(chosen.node))]
    labels: Sequence[Sequence[Label]] = [
        hierarchy.labels[level] for hierarchy, level in zip(chosen.hierarchies, chosen.node, strict=True)
    ]
    if recoded is not None:
        labels = recoded.labels
    keys = [*groups, *encoded.sensitive_codes]
    with persisted(_written_codes(written, labels, encoded)) as theirs:
        if recoded is not None:
            computed = recoded.with_labels().unionByName(_never_released(encoded, groups))
        elif safe_classes is not None:
            computed = _at_node(encoded, safe_classes, chosen)
        else:
            raise ValueError("a release at a node has safe classes")
        ours = _computed_codes(computed, labels, [*encoded.sensitive_codes, *encoded.person], policy)
        both = ours.select(*keys, F.col("records").alias("ours"), F.lit(0).cast("bigint").alias("theirs")).unionByName(
            theirs.select(*keys, F.lit(0).cast("bigint").alias("ours"), F.col("records").alias("theirs"))
        )
        summed = both.groupBy(*keys).agg(F.sum("ours").alias("ours"), F.sum("theirs").alias("theirs"))
        hidden = F.col("g0") == _starred_code(labels[0])
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
        kept = theirs.where(~hidden)
        counted_classes = grouped(kept, groups, encoded.sensitive_codes)
        if encoded.person:
            # Nobody is named in what was written; every combination was written as often as computed.
            counted_classes = with_persons(counted_classes, ours.where(~hidden), groups)
        for model in policy.models:
            if model.needs_population and population is not None:
                counted = matched_sizes(population, policy, chosen.hierarchies, chosen.node, merged(kept, groups))
                require_safe(_unsafe_of_people(model, *counted), model)
                continue
            found = counted_classes.transform(add_judgement(encoded, [model]))
            require_safe(found.agg(F.count_if("unsafe").alias("unsafe")).toArrow()["unsafe"][0].as_py(), model)
        if policy.release_models and safe_classes is not None:
            # A class that is labelled with nothing but `*` was written, and no reader can tell it from suppressed rows.
            size = size_in_persons(counted_classes)
            like_suppressed = safe_classes.where(_all_labelled_suppressed(labels)).select(size)
            counts = count_sizes(counted_classes.select(size).unionByName(like_suppressed), size)
            for release_model in policy.release_models:
                require_satisfied(release_model, counts)


def _unsafe_of_people(model: PrivacyModel, sizes: CountArray, people: CountArray, classes: CountArray) -> int:
    """How many classes of so many records and people the model forbids."""
    safe = model.satisfied(EquivalenceClasses(NO_CODES, sizes, population=people))
    return int(classes[~safe].sum())


def _written_codes(written: DataFrame, labels: Sequence[Sequence[Label]], encoded: EncodedClasses) -> DataFrame:
    """The codes of what was written; a label or a value that cannot be there has one past the last."""
    starred = reduce(and_, [F.col(f"q{axis}").eqNullSafe(SUPPRESSED) for axis in range(len(labels))])
    codes: list[Column] = []
    for axis, of_axis in enumerate(labels):
        # The groups of unknown leaves stand last and are labelled `*` like a group that may be released.
        first = {label: code for code, label in reversed(list(enumerate(of_axis)))}
        code = np.array(list(first.values()), dtype=np.int32)
        written = written.transform(add_codes(f"q{axis}", list(first), code, f"g{axis}"))
        found = F.coalesce(f"g{axis}", F.lit(len(of_axis)))
        codes.append(F.when(starred, _starred_code(of_axis)).otherwise(found).alias(f"g{axis}"))
    for place, order in enumerate(encoded.orders.values()):
        code = np.arange(len(order.values), dtype=np.int32)
        written = written.transform(add_codes(f"s{place}", order.values, code, f"c{place}"))
        codes.append(F.coalesce(f"c{place}", F.lit(len(order.values))).alias(f"s{place}"))
    return written.select(*codes, "records")


def _at_node(encoded: EncodedClasses, safe_classes: DataFrame, chosen: Release) -> DataFrame:
    """The raw classes by their groups at the node, and whether they are `released`."""
    groups = [f"g{axis}" for axis in range(len(chosen.node))]
    kept = [(name, "int") for name in encoded.sensitive_codes] + [(name, "bigint") for name in encoded.person]
    kept += [("inadmissible", "boolean"), ("records", "bigint")]
    rows = with_groups(encoded.table, encoded, chosen.node, kept)
    rows = rows.join(safe_classes.select(*groups, F.lit(True).alias("safe")), groups, "left")
    return rows.withColumn("released", F.col("safe").isNotNull() & ~F.col("inadmissible"))


def _never_released(encoded: EncodedClasses, groups: Sequence[str]) -> DataFrame:
    """The raw classes with a value that a hierarchy does not know; they have no labels."""
    no_labels = [F.lit(0).alias(group) for group in groups]
    hidden = encoded.table.where("inadmissible")
    return hidden.select(*no_labels, *encoded.sensitive_codes, F.lit(False).alias("released"), "records")


def _computed_codes(
    rows: DataFrame, labels: Sequence[Sequence[Label]], told_apart: Sequence[str], policy: Policy
) -> DataFrame:
    """The codes of what must have been written."""
    groups = [f"g{axis}" for axis in range(len(labels))]
    if policy.suppression is Suppression.DROP:
        rows = rows.where("released")
    hidden = ~F.col("released") | _all_labelled_suppressed(labels)
    codes = [
        F.when(hidden, _starred_code(of_axis)).otherwise(F.col(group)).alias(group)
        for group, of_axis in zip(groups, labels, strict=True)
    ]
    return rows.select(*codes, *told_apart, "records")


def _all_labelled_suppressed(labels: Sequence[Sequence[Label]]) -> Column:
    """Whether the labels of groups g0, g1, ... are nothing but `*`."""
    starred = [
        F.col(f"g{axis}").isin([code for code, label in enumerate(of_axis) if label == SUPPRESSED])
        for axis, of_axis in enumerate(labels)
    ]
    return reduce(and_, starred)


def _starred_code(labels: Sequence[Label]) -> int:
    """What an attribute's code is in a row of nothing but `*`."""
    return len(labels) + 1
