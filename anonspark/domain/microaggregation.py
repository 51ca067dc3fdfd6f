"""Micro-aggregation: a quasi-identifier is released as one value a class, its mean, median or mode there.

Classes are formed first, by the other quasi-identifiers or by groups of this one too; as all records of a class get one
value, they stay as alike as they were.

Source: Domingo-Ferrer and Mateo-Sanz (2002), Practical Data-Oriented Microaggregation for Statistical Disclosure
Control, IEEE TKDE 14(1); SSE / SST measures what is lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray, FloatArray
from anonspark.domain.distinct import distinct_rows
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.domain.leaves import spelled_numbers
from anonspark.domain.policy import QuasiIdentifier
from anonspark.domain.recoding import HIDDEN, Recoding
from anonspark.domain.rules import DateRule, OrderRule, TableRule
from anonspark.errors import HierarchyError
from anonspark.vocabulary import MicroAggregation

ORDERED_RULES = (OrderRule, TableRule, DateRule)
"""Hierarchies whose leaves stand in an order of their own."""

ORDERED_TYPES = ("date", "timestamp")
"""Types that are no numbers, and whose texts stand in the order of the values."""

DIGITS = 12
"""Significant ones of a mean: what differs beyond them is rounding."""


@dataclass(frozen=True, slots=True)
class AggregationLoss:
    """What an attribute lost by being released as one value a class; suppressed records left out.

    Attributes:
        changed: Share of records that are released with another value than their own.
        sse_share: Squared distances of numbers to what they are released as, over those to their mean; from 0 up, None
            where they are no numbers or all the same.
    """

    changed: float
    sse_share: float | None


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The known values of one attribute in the released records, class by class and in the order of leaves.

    Attributes:
        of_class: Shape (n_cells,), ascending.
        leaves: Shape (n_cells,), ascending within each class.
        records: Shape (n_cells,).
    """

    of_class: CountArray
    leaves: CodeArray
    records: CountArray


def microaggregated(
    recoding: Recoding,
    hierarchies: tuple[GeneralizationHierarchy, ...],
    functions: Mapping[str, MicroAggregation],
    sizes: CountArray,
) -> tuple[Recoding, dict[str, AggregationLoss]]:
    """The same classes with one value each in some attributes, and what these lost, by attribute.

    Classes that come to the same labels are one class then. Nulls are left out of a class's value, which is null where
    there is nothing else.

    Args:
        recoding: The classes.
        hierarchies: One an attribute.
        functions: What an attribute is released as, by its name.
        sizes: Shape (n_raw_classes,): records.
    """
    codes, labels = list(recoding.codes), list(recoding.labels)
    losses = {}
    for axis, hierarchy in enumerate(hierarchies):
        function = functions.get(hierarchy.attribute)
        if function is None:
            continue
        numbers = numbers_of(hierarchy)
        cells = _cells(recoding, axis, hierarchy, sizes)
        texts = _released_as(function, cells, hierarchy, numbers, len(recoding.sizes))
        losses[hierarchy.attribute] = _loss(cells, texts, hierarchy, numbers)
        place = {label: code for code, label in enumerate(dict.fromkeys(texts))}
        codes[axis] = np.array([place[text] for text in texts], dtype=np.int32)
        labels[axis] = tuple(place)
    ids, first = distinct_rows(codes)
    class_of = np.where(recoding.released, np.append(ids, HIDDEN)[recoding.class_of], HIDDEN)
    merged = replace(
        recoding,
        class_of=class_of,
        codes=np.stack([column[first] for column in codes]),
        labels=tuple(labels),
        sizes=np.bincount(ids, weights=recoding.sizes, minlength=len(first)).astype(np.int64),
    )
    return merged, losses


def require_values_to_aggregate(attribute: QuasiIdentifier, hierarchy: GeneralizationHierarchy, data_type: str) -> None:
    """Refuse a mean of what are no numbers, and a median of what has no order.

    Args:
        attribute: With the function that it is released as.
        hierarchy: Of its values.
        data_type: Of the column, as Spark's `simpleString` prints it.

    Raises:
        HierarchyError: Naming the attribute and what it can be released as.
    """
    if attribute.microaggregation in (None, MicroAggregation.MODE) or numbers_of(hierarchy) is not None:
        return
    if attribute.microaggregation is MicroAggregation.MEAN:
        raise HierarchyError(
            attribute.name,
            "cannot make a mean of this column: not every value is a finite number; take microaggregation: mode.",
        )
    if not isinstance(attribute.rule, ORDERED_RULES) and not data_type.startswith(ORDERED_TYPES):
        raise HierarchyError(
            attribute.name,
            "gives this column no order, which a median needs where values are no numbers; give it an `order`, a csv "
            "or a `date` hierarchy, or take microaggregation: mode.",
        )


def numbers_of(hierarchy: GeneralizationHierarchy) -> FloatArray | None:
    """The number of each leaf, NaN for null and for values that are never released; None where others are no numbers.

    Shape (n_leaves,).
    """
    numbers, spelled_otherwise = spelled_numbers([leaf or "" for leaf in hierarchy.leaves])
    is_null = np.array([leaf is None for leaf in hierarchy.leaves], dtype=np.bool_)
    asked = ~hierarchy.unknown & ~is_null
    is_number = ~spelled_otherwise & np.isfinite(numbers)
    return np.where(asked, numbers, np.nan) if is_number[asked].all() else None


def _cells(recoding: Recoding, axis: int, hierarchy: GeneralizationHierarchy, sizes: CountArray) -> _Cells:
    is_null = np.array([leaf is None for leaf in hierarchy.leaves], dtype=np.bool_)
    leaves = recoding.raw_codes[axis]
    rows = np.flatnonzero(recoding.released & ~is_null[leaves])
    n_leaves = len(hierarchy.leaves)
    keys, key_of_row = np.unique(recoding.class_of[rows] * n_leaves + leaves[rows], return_inverse=True)
    records = np.bincount(key_of_row, weights=sizes[rows], minlength=len(keys)).astype(np.int64)
    of_class, of_leaf = np.divmod(keys, n_leaves)
    return _Cells(of_class, of_leaf.astype(np.int32), records)


def _released_as(
    function: MicroAggregation,
    cells: _Cells,
    hierarchy: GeneralizationHierarchy,
    numbers: FloatArray | None,
    n_classes: int,
) -> list[Label]:
    """The text that each class is released as."""
    found: list[Label] = [None] * n_classes
    classes, starts = np.unique(cells.of_class, return_index=True)
    if not len(classes):
        return found
    if function is MicroAggregation.MEAN and numbers is not None:
        sums = np.add.reduceat(numbers[cells.leaves] * cells.records, starts)
        texts = [as_text(mean) for mean in sums / np.add.reduceat(cells.records, starts)]
    elif function is MicroAggregation.MODE:
        most = np.lexsort((cells.leaves, -cells.records, cells.of_class))[starts]
        texts = [str(hierarchy.leaves[leaf]) for leaf in cells.leaves[most]]
    else:
        lower, upper = _middle(cells, starts)
        texts = [
            as_text((numbers[low] + numbers[high]) / 2)
            if low != high and numbers is not None
            else str(hierarchy.leaves[low])
            for low, high in zip(lower, upper, strict=True)
        ]
    for of_class, text in zip(classes.tolist(), texts, strict=True):
        found[of_class] = text
    return found


def _middle(cells: _Cells, starts: CountArray) -> tuple[CodeArray, CodeArray]:
    """The leaves of the middle record of each class, two where their number is even; shapes (n_classes,)."""
    up_to = np.cumsum(cells.records)
    before = up_to[starts] - cells.records[starts]
    totals = np.add.reduceat(cells.records, starts)
    lower = np.searchsorted(up_to, before + (totals + 1) // 2)
    upper = np.searchsorted(up_to, before + totals // 2 + 1)
    return cells.leaves[lower], cells.leaves[upper]


def as_text(number: float) -> str:
    """A number as it is released.

    >>> as_text(31.0), as_text(1e6 / 3)
    ('31', '333333.333333')
    """
    return np.format_float_positional(number + 0.0, precision=DIGITS, fractional=False, trim="-")


def _loss(
    cells: _Cells, texts: list[Label], hierarchy: GeneralizationHierarchy, numbers: FloatArray | None
) -> AggregationLoss:
    n_records = max(int(cells.records.sum()), 1)
    own = np.array(hierarchy.leaves, dtype=object)[cells.leaves]
    released = np.array(texts, dtype=object)[cells.of_class]
    differs: BoolArray = own != released
    if numbers is None or not len(own):
        return AggregationLoss(float(cells.records[differs].sum()) / n_records, None)
    values = numbers[cells.leaves]
    shown = np.array([float("nan") if text is None else float(text) for text in texts])[cells.of_class]
    mean = float((values * cells.records).sum()) / n_records
    around_mean = float((np.square(values - mean) * cells.records).sum())
    around_shown = float((np.square(values - shown) * cells.records).sum())
    changed = float(cells.records[values != shown].sum()) / n_records
    return AggregationLoss(changed, around_shown / around_mean if around_mean else None)
