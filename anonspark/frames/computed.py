"""A release whose classes stay on the cluster, as it was computed: what must have been written."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from anonspark.domain.arrays import CodeArray
from anonspark.domain.encode import RawClasses
from anonspark.domain.hierarchy import Label
from anonspark.domain.policy import Policy
from anonspark.domain.release import Release
from anonspark.frames.class_queries import with_groups
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.recoded import RecodedClasses
from anonspark.vocabulary import SUPPRESSED, Suppression


@dataclass(frozen=True, slots=True, eq=False)
class ComputedRelease:
    """A release whose classes stay on the cluster, as it was computed.

    Attributes:
        encoded: The raw classes.
        safe_classes: The groups of the classes that are released, g0, g1, ..., unless they have levels of their own.
        policy: What must hold.
        chosen: What was computed.
        population: Where a model counts its people.
        recoded: The raw classes with levels of their own, where they have such.
    """

    encoded: EncodedClasses
    safe_classes: DataFrame | None
    policy: Policy
    chosen: Release
    population: RawClasses | ClusterCombinations | None = None
    recoded: RecodedClasses | None = None

    @property
    def groups(self) -> list[str]:
        """The columns of labels' codes."""
        return [f"g{axis}" for axis in range(len(self.chosen.node))]

    @property
    def labels(self) -> Sequence[Sequence[Label]]:
        """One sequence an attribute: the label of each code."""
        if self.recoded is not None:
            return self.recoded.labels
        return [
            hierarchy.labels[level] for hierarchy, level in zip(self.chosen.hierarchies, self.chosen.node, strict=True)
        ]

    def allowed_codes(self) -> list[CodeArray]:
        """The codes of labels that a record can be released with, one array an attribute; a query where recoded."""
        if self.recoded is not None:
            return self.recoded.used_codes()
        return [
            np.unique(hierarchy.groups[level][~hierarchy.unknown])
            for hierarchy, level in zip(self.chosen.hierarchies, self.chosen.node, strict=True)
        ]

    def rows(self) -> DataFrame:
        """The codes of labels and of sensitive values that must have been written, `person` and `records`; lazy."""
        encoded = self.encoded
        if self.recoded is not None:
            found = self.recoded.with_labels().unionByName(_never_released(encoded, self.groups))
        elif self.safe_classes is not None:
            found = _at_node(encoded, self.safe_classes, self.chosen)
        else:
            raise ValueError("a release at a node has safe classes")
        return _codes(found, self.labels, [*encoded.sensitive_codes, *encoded.person], self.policy)


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


def _codes(rows: DataFrame, labels: Sequence[Sequence[Label]], told_apart: Sequence[str], policy: Policy) -> DataFrame:
    """The codes of what must have been written."""
    groups = [f"g{axis}" for axis in range(len(labels))]
    if policy.suppression is Suppression.DROP:
        rows = rows.where("released")
    hidden = ~F.col("released") | all_labelled_suppressed(labels)
    codes = [
        F.when(hidden, starred_code(of_axis)).otherwise(F.col(group)).alias(group)
        for group, of_axis in zip(groups, labels, strict=True)
    ]
    return rows.select(*codes, *told_apart, "records")


def all_labelled_suppressed(labels: Sequence[Sequence[Label]]) -> Column:
    """Whether the labels of groups g0, g1, ... are nothing but `*`."""
    starred = [
        F.col(f"g{axis}").isin([code for code, label in enumerate(of_axis) if label == SUPPRESSED])
        for axis, of_axis in enumerate(labels)
    ]
    return reduce(and_, starred)


def is_suppressed(labels: Sequence[Sequence[Label]]) -> Column:
    """Whether codes are those of a row of nothing but `*`."""
    return F.col("g0") == starred_code(labels[0])


def starred_code(labels: Sequence[Label]) -> int:
    """What an attribute's code is in a row of nothing but `*`."""
    return len(labels) + 1
