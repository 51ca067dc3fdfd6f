"""A lattice node applied to a table: labels for values, unsafe classes suppressed, identifiers treated."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.hierarchy import Label
from anonspark.frames.names import label_of, numbered, positions
from anonspark.vocabulary import SUPPRESSED, Suppression

KEY_BITS: Final = 62
"""Of a class key; one bit stays free below the sign."""


@dataclass(frozen=True, slots=True, eq=False)
class Generalization:
    """One attribute at the node's level.

    Attributes:
        attribute: The column.
        leaves: Raw values as text, shape (n_leaves,); None is null. Values that are not listed are unsafe.
        labels: What each is released as, shape (n_leaves,).
        groups: The group of each, shape (n_leaves,): what classes are told apart by.
        constant: The label of every value, listed or not; None where there are several groups.
    """

    attribute: str
    leaves: Sequence[Label]
    labels: Sequence[Label]
    groups: CodeArray
    constant: Label = None


def release(
    table: DataFrame,
    generalizations: Sequence[Generalization],
    safe_classes: CodeArray,
    identifiers: Sequence[str],
    *,
    suppression: Suppression,
    identifier_treatment: Suppression,
) -> DataFrame:
    """The released table; lazy. Quasi-identifiers are texts, other columns keep type, name and order.

    The labels of each attribute and the keys of the safe classes are broadcast. A value or a class that was not counted
    beforehand is suppressed.

    Args:
        table: The raw table.
        generalizations: One a quasi-identifier.
        safe_classes: Shape (n_attributes, n_safe_classes): the groups of the classes that may be released.
        identifiers: Columns that are masked or dropped.
        suppression: Of the rows of other classes.
        identifier_treatment: Of the identifiers.
    """
    at = positions(table, [generalization.attribute for generalization in generalizations])
    hidden = positions(table, identifiers)
    labelled, keys = _with_labels(table, generalizations)
    is_safe, labelled = _with_safety(labelled, keys, safe_classes)
    if suppression is Suppression.DROP:
        labelled = labelled.where(is_safe)
        is_safe = F.lit(True)
    cells: list[Column] = []
    for position, name in enumerate(table.columns):
        cell = F.col(f"c{position}")
        if position in at:
            label = F.col(f"l{at.index(position)}")
            cell = label if suppression is Suppression.DROP else F.when(is_safe, label).otherwise(F.lit(SUPPRESSED))
        elif position in hidden:
            if identifier_treatment is Suppression.DROP:
                continue
            cell = F.lit(SUPPRESSED)
        cells.append(cell.alias(name))
    return labelled.select(*cells)


def _with_labels(table: DataFrame, generalizations: Sequence[Generalization]) -> tuple[DataFrame, "_Keys"]:
    """The numbered table with a label (l0, ...) for each attribute, and a part of the class key (p0, ...) for most."""
    texts = {f"q{index}": label_of(table, each.attribute) for index, each in enumerate(generalizations)}
    wide = numbered(table).withColumns(texts)
    keys = _pack(generalizations)
    for index, each in enumerate(generalizations):
        if each.constant is not None:
            wide = wide.withColumn(f"l{index}", F.lit(each.constant))
            continue
        labels = _labels(table.sparkSession, each, index, keys.factors[index])
        same = F.col(f"q{index}") == F.col(f"v{index}")
        if None in each.leaves:
            same = F.col(f"q{index}").eqNullSafe(F.col(f"v{index}"))
        wide = wide.join(F.broadcast(labels), same, "left")
    return wide, keys


def _labels(spark: SparkSession, generalization: Generalization, index: int, factor: int) -> DataFrame:
    """Raw value, label and key part of each leaf."""
    return spark.createDataFrame(
        pa.table(
            {
                f"v{index}": pa.array(generalization.leaves, pa.string()),
                f"l{index}": pa.array(generalization.labels, pa.string()),
                f"p{index}": pa.array(generalization.groups.astype(np.int64) * factor),
            }
        )
    )


def _with_safety(wide: DataFrame, keys: "_Keys", safe_classes: CodeArray) -> tuple[Column, DataFrame]:
    """Whether a row's class is safe, as an expression over the table that is returned with it."""
    if not keys.members:
        return F.lit(safe_classes.shape[1] > 0), wide
    names = [f"k{key}" for key in range(len(keys.members))]
    sums = [reduce(lambda left, right: left + right, [F.col(f"p{index}") for index in each]) for each in keys.members]
    known = wide.sparkSession.createDataFrame(
        pa.table({f"s{key}": pa.array(values) for key, values in enumerate(keys.of_classes(safe_classes))})
    )
    matches = [F.col(name) == F.col(f"s{key}") for key, name in enumerate(names)]
    joined = wide.withColumns(dict(zip(names, sums, strict=True))).join(F.broadcast(known), matches, "left")
    return F.col("s0").isNotNull(), joined


@dataclass(frozen=True, slots=True, eq=False)
class _Keys:
    """Groups of several attributes packed into 64-bit numbers, so that classes are joined by a few numbers.

    Attributes:
        members: The attributes in each key.
        factors: What an attribute's group is multiplied by; 0 where it is in no key.
    """

    members: list[list[int]]
    factors: list[int]

    def of_classes(self, codes: CodeArray) -> list[CountArray]:
        """The keys of classes; one array of shape (n_classes,) a key."""
        return [
            np.sum([codes[index].astype(np.int64) * self.factors[index] for index in each], axis=0, dtype=np.int64)
            for each in self.members
        ]


def _pack(generalizations: Sequence[Generalization]) -> _Keys:
    """Keys that hold the groups of every attribute that has more than one."""
    members: list[list[int]] = []
    factors = [0] * len(generalizations)
    product = 1 << KEY_BITS
    for index, each in enumerate(generalizations):
        if each.constant is not None:
            continue
        radix = int(each.groups.max(initial=0)) + 1
        if product * radix > 1 << KEY_BITS:
            members.append([])
            product = 1
        factors[index] = product
        product *= radix
        members[-1].append(index)
    return _Keys(members, factors)
