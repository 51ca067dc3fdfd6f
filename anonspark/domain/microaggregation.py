"""Micro-aggregation: a quasi-identifier is released as one value a class, its mean, median or mode there.

Classes are formed first, by the other quasi-identifiers or by groups of this one too; as all records of a class get one
value, they stay as alike as they were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from anonspark.domain.aggregation import Aggregation, AggregationLoss
from anonspark.domain.arrays import CountArray, FloatArray
from anonspark.domain.distinct import distinct_rows
from anonspark.domain.hierarchy import GeneralizationHierarchy
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


def aggregations_of(
    hierarchies: Sequence[GeneralizationHierarchy], functions: Mapping[str, MicroAggregation]
) -> dict[int, Aggregation]:
    """How attributes are released as one value a class, by their place.

    Args:
        hierarchies: One an attribute.
        functions: What an attribute is released as, by its name.
    """
    return {
        axis: Aggregation(functions[hierarchy.attribute], tuple(hierarchy.leaves), numbers_of(hierarchy))
        for axis, hierarchy in enumerate(hierarchies)
        if hierarchy.attribute in functions
    }


def microaggregated(
    recoding: Recoding, aggregations: Mapping[int, Aggregation], sizes: CountArray
) -> tuple[Recoding, dict[int, AggregationLoss]]:
    """The same classes with one value each in some attributes, and what these lost, by their place.

    Classes that come to the same labels are one class then.

    Args:
        recoding: The classes.
        aggregations: By the place of the attribute.
        sizes: Shape (n_raw_classes,): records.
    """
    codes, labels, losses = list(recoding.codes), list(recoding.labels), {}
    shown = np.flatnonzero(recoding.released)
    of_shown, records = recoding.class_of[shown], sizes[shown]
    for axis, aggregation in aggregations.items():
        leaves = recoding.raw_codes[axis][shown]
        texts = aggregation.values(of_shown, leaves, records, len(recoding.sizes))
        losses[axis] = aggregation.loss(*aggregation.lost(leaves, records, [texts[of_row] for of_row in of_shown]))
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
