"""A lattice node applied to a table: labels for values, unsafe classes suppressed, identifiers treated."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, IntegralType, StringType

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.hierarchy import Label
from anonspark.frames.local_rows import local_rows
from anonspark.frames.lookups import MOST_BROADCAST, add_matches
from anonspark.frames.names import distinct_value, numbered, positions
from anonspark.vocabulary import SUPPRESSED, Suppression

KEY_BITS: Final = 62
"""Of a class key; one bit stays free below the sign."""

ROWS_A_BUNDLE: Final = 1 << 12
"""Attributes of few values are looked up together, in a table of all combinations of at most so many rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Generalization:
    """One attribute at the node's level.

    Attributes:
        attribute: The column.
        leaves: Raw values as text, shape (n_leaves,); None is null. Values that are not listed are unsafe.
        labels: What each is released as, shape (n_leaves,).
        groups: The group of each, shape (n_leaves,): what classes are told apart by.
        constant: The label of every value, None where there are several groups.
    """

    attribute: str
    leaves: Sequence[Label]
    labels: Sequence[Label]
    groups: CodeArray
    constant: Label = None

    @property
    def is_hidden(self) -> bool:
        """Whether every value, listed or not, is released as `*`.

        Any other label could be false for a value that is not listed, and as a literal it would stand in the query
        plan, which event logs keep.
        """
        return self.constant == SUPPRESSED

    @property
    def is_raw(self) -> bool:
        """Whether every listed value is released as it is."""
        return all(leaf == label for leaf, label in zip(self.leaves, self.labels, strict=True))


def release(
    table: DataFrame,
    generalizations: Sequence[Generalization],
    safe_classes: CodeArray | DataFrame,
    identifiers: Sequence[str],
    *,
    suppression: Suppression,
    identifier_treatment: Suppression,
    labels_of_classes: Sequence[pa.Array] | None = None,
) -> DataFrame:
    """The released table; lazy. Quasi-identifiers are texts, other columns keep type, name and order.

    The labels of each attribute and the keys of the safe classes are broadcast. A value or a class that was not counted
    beforehand is suppressed.

    Args:
        table: The raw table.
        generalizations: One a quasi-identifier.
        safe_classes: Shape (n_attributes, n_safe_classes): the groups of the classes that may be released; or, where
            these are too many for the driver, rows of g0, g1, ..., of which there is one at least, and of the labels
            r0, r1, ... where each class has its own.
        identifiers: Columns that are masked or dropped.
        suppression: Of the rows of other classes.
        identifier_treatment: Of the identifiers.
        labels_of_classes: Where each class has labels of its own: one array an attribute, shape (n_safe_classes,), none
            where the rows of the classes have them; what the generalizations say of labels is not used then.
    """
    at = positions(table, [generalization.attribute for generalization in generalizations])
    hidden = positions(table, identifiers)
    labelled, keys = _with_labels(table, generalizations)
    is_safe, labelled = _with_safety(labelled, keys, safe_classes, labels_of_classes or ())
    prefix = "l" if labels_of_classes is None else "r"
    if suppression is Suppression.DROP:
        labelled = labelled.where(is_safe)
        is_safe = F.lit(True)
    cells: list[Column] = []
    for position, name in enumerate(table.columns):
        cell = F.col(f"c{position}")
        if position in at:
            label = F.col(f"{prefix}{at.index(position)}")
            cell = label if suppression is Suppression.DROP else F.when(is_safe, label).otherwise(F.lit(SUPPRESSED))
        elif position in hidden:
            if identifier_treatment is Suppression.DROP:
                continue
            cell = F.lit(SUPPRESSED)
        cells.append(cell.alias(name))
    return labelled.select(*cells)


def _with_labels(table: DataFrame, generalizations: Sequence[Generalization]) -> tuple[DataFrame, "_Keys"]:
    """The numbered table with a label (l0, ...) for each attribute, and parts of the class keys (b0k0, ...)."""
    values = {f"q{index}": distinct_value(table, each.attribute) for index, each in enumerate(generalizations)}
    wide = numbered(table).withColumns(values)
    types = {name: wide.schema[name].dataType for name in values}
    hidden = {f"l{index}": F.lit(SUPPRESSED) for index, each in enumerate(generalizations) if each.is_hidden}
    raw = {
        f"l{index}": F.col(f"q{index}").cast("string")
        for index, each in enumerate(generalizations)
        if each.is_raw and not each.is_hidden
    }
    if hidden or raw:
        wide = wide.withColumns({**hidden, **raw})
    keys = _pack(generalizations, [_kind(data_type) for data_type in types.values()])
    for bundle in keys.bundles:
        names = {f"q{index}": f"v{index}" for index in bundle}
        wide = wide.transform(add_matches(_labels(generalizations, bundle, keys), names, types, by_hash=True))
    return wide, keys


def _labels(generalizations: Sequence[Generalization], bundle: Sequence[int], keys: "_Keys") -> pa.Table:
    """Every combination of the leaves of a bundle's attributes, with their labels and their part of each key."""
    sizes = [len(generalizations[index].leaves) for index in bundle]
    places = np.indices(sizes).reshape(len(sizes), -1)
    columns: dict[str, pa.Array] = {}
    parts = {key: np.zeros(places.shape[1], dtype=np.int64) for key in keys.of_bundle(bundle)}
    for index, place in zip(bundle, places, strict=True):
        each = generalizations[index]
        columns[f"v{index}"] = pa.array(each.leaves, pa.string()).take(pa.array(place))
        if not each.is_raw:
            columns[f"l{index}"] = pa.array(each.labels, pa.string()).take(pa.array(place))
        parts[keys.key_of[index]] += each.groups[place].astype(np.int64) * keys.factors[index]
    columns |= {f"b{bundle[0]}k{key}": pa.array(part) for key, part in parts.items()}
    return pa.table(columns)


def _with_safety(
    wide: DataFrame, keys: "_Keys", safe_classes: CodeArray | DataFrame, labels: Sequence[pa.Array]
) -> tuple[Column, DataFrame]:
    """Whether a row's class is safe, as an expression over the table that is returned with it, and labels (r0, ...)."""
    if not keys.bundles:
        return F.lit(isinstance(safe_classes, DataFrame) or safe_classes.shape[1] > 0), wide
    sums = {}
    for key in range(keys.n_keys):
        parts = [F.col(f"b{bundle[0]}k{key}") for bundle in keys.bundles if key in keys.of_bundle(bundle)]
        sums[f"k{key}"] = reduce(add, parts)
    if isinstance(safe_classes, DataFrame):
        texts = [name for name in safe_classes.columns if name.startswith("r") and name[1:].isdigit()]
        safe = safe_classes.select(*keys.of_rows(), *texts)
    else:
        known = {f"s{key}": pa.array(values) for key, values in enumerate(keys.of_classes(safe_classes))}
        known |= {f"r{index}": of_classes for index, of_classes in enumerate(labels)}
        safe = local_rows(wide.sparkSession, pa.table(known))
        if safe_classes.shape[1] <= MOST_BROADCAST:
            safe = F.broadcast(safe)
    matches = [F.col(f"k{key}") == F.col(f"s{key}") for key in range(keys.n_keys)]
    return F.col("s0").isNotNull(), wide.withColumns(sums).join(safe, matches, "left")


@dataclass(frozen=True, slots=True, eq=False)
class _Keys:
    """Groups of several attributes packed into 64-bit numbers, so that classes are joined by a few numbers.

    Attributes:
        bundles: The attributes that are looked up together; hidden ones are in none.
        key_of: The key that holds an attribute.
        factors: What its group is multiplied by there.
    """

    bundles: list[list[int]]
    key_of: dict[int, int]
    factors: dict[int, int]

    @property
    def n_keys(self) -> int:
        """How many keys there are."""
        return max(self.key_of.values(), default=-1) + 1

    def of_bundle(self, bundle: Sequence[int]) -> list[int]:
        """The keys that a bundle has parts of."""
        return sorted({self.key_of[index] for index in bundle})

    def of_classes(self, codes: CodeArray) -> list[CountArray]:
        """The keys of classes; one array of shape (n_classes,) a key."""
        keys = [np.zeros(codes.shape[1], dtype=np.int64) for _ in range(self.n_keys)]
        for index, key in self.key_of.items():
            keys[key] += codes[index].astype(np.int64) * self.factors[index]
        return keys

    def of_rows(self) -> list[Column]:
        """The keys of classes that are rows of g0, g1, ..., as s0, s1, ..."""
        keys = []
        for key in range(self.n_keys):
            terms = [
                F.col(f"g{index}") * F.lit(self.factors[index]).cast("bigint")
                for index, of_index in self.key_of.items()
                if of_index == key
            ]
            keys.append(reduce(add, terms).alias(f"s{key}"))
        return keys


def _kind(data_type: DataType) -> int:
    """What is looked up together: numbers by themselves and texts by their hash, which takes much less time."""
    if isinstance(data_type, IntegralType):
        return 2
    return 0 if isinstance(data_type, StringType) else 1


def _pack(generalizations: Sequence[Generalization], kinds: Sequence[int]) -> _Keys:
    """Keys that hold the groups of every attribute that is not hidden; few look-ups, of small tables first."""
    several = [index for index, each in enumerate(generalizations) if not each.is_hidden]
    bundles: list[list[int]] = []
    rows = 1
    for index in sorted(several, key=lambda index: (kinds[index], len(generalizations[index].leaves), index)):
        n_leaves = max(len(generalizations[index].leaves), 1)
        if not bundles or rows * n_leaves > ROWS_A_BUNDLE or kinds[index] != kinds[bundles[-1][-1]]:
            bundles.append([])
            rows = 1
        bundles[-1].append(index)
        rows *= n_leaves
    key_of, factors = {}, {}
    key, product = 0, 1
    for index in several:
        radix = int(generalizations[index].groups.max(initial=0)) + 1
        if product * radix > 1 << KEY_BITS:
            key, product = key + 1, 1
        key_of[index], factors[index] = key, product
        product *= radix
    return _Keys(bundles, key_of, factors)
