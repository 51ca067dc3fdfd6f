"""One column of a release and of its original, as far as a hierarchy or its lack lets them be compared."""

from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray
from anonspark.domain.builders import build_hierarchy
from anonspark.domain.encode import RawColumn
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label, from_labels
from anonspark.domain.leaves import in_order, is_numeric, records_of, told
from anonspark.domain.microaggregation import numbers_of
from anonspark.domain.released import ReleasedColumn, place_labels
from anonspark.domain.rules import DateRule, DerivedRule, HierarchyRule, OrderRule
from anonspark.errors import HierarchyError
from anonspark.vocabulary import SUPPRESSED


@dataclass(frozen=True, slots=True)
class MeasuredAttribute:
    """A quasi-identifier of a release; the rule that it was generalized by is None where nobody knows one."""

    name: str
    rule: HierarchyRule | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredColumn:
    """A column, ready to be measured.

    Attributes:
        name: Of the column.
        released: Its labels in a hierarchy; where none is known every value and label stands for itself.
        told: Whether the labels tell what they stand for: otherwise distances are all that can be measured.
        order: The leaves from the first to the last; None where they have no order.
        warning: What a reader must know.
    """

    name: str
    released: ReleasedColumn
    told: bool
    order: CountArray | None
    warning: str | None = None


def measured_column(
    attribute: MeasuredAttribute,
    before: RawColumn,
    after: RawColumn,
    counts_before: CountArray,
    counts_after: CountArray,
    suppressed: int,
) -> MeasuredColumn:
    """A column with its hierarchy.

    Args:
        attribute: The column and its rule.
        before: Its values in the original.
        after: Its labels in the rows that are not suppressed.
        counts_before: Shape (n_rows_before,): records of each combination of the original.
        counts_after: Shape (n_rows_after,): records of each combination of these rows.
        suppressed: Records of the original that are in none of them.

    Raises:
        HierarchyError: The rule makes no hierarchy of the values, or does not have a label.
    """
    values = before.records(counts_before)
    labels = after.records(counts_after)
    given = attribute.rule is not None and not isinstance(attribute.rule, DerivedRule)
    hierarchy = (
        _without_levels(attribute.name, values, before.data_type)
        if attribute.rule is None
        else build_hierarchy(attribute.name, attribute.rule, values, before.data_type)
    )
    column, strange = _placed(hierarchy, values, labels, suppressed)
    if not strange.any():
        return MeasuredColumn(attribute.name, column, True, order_of(attribute.rule, hierarchy))
    if given:
        missing = [label for label, is_strange in zip(labels, strange.tolist(), strict=True) if is_strange]
        raise HierarchyError(
            attribute.name,
            f"has no label for what is released as {told(missing, labels)}; give the one that the release was made "
            "with, or leave it out.",
        )
    flat = _without_levels(attribute.name, values | dict.fromkeys(labels, 0) | values, before.data_type)
    column, _ = _placed(flat, values, labels, suppressed)
    warning = (
        f"Column '{attribute.name}' was changed and has no hierarchy to tell by: its loss, precision and entropy are "
        "not measured, and for distances each label stands for itself."
    )
    return MeasuredColumn(attribute.name, column, False, order_of(None, flat), warning)


def order_of(rule: HierarchyRule | None, hierarchy: GeneralizationHierarchy) -> CountArray | None:
    """The leaves in their order: numbers by size with null first, dates and listed orders as they stand; else None.

    Shape (n_leaves,).
    """
    numbers = numbers_of(hierarchy)
    if numbers is not None and not np.isnan(numbers).all():
        return np.argsort(np.where(np.isnan(numbers), -np.inf, numbers), kind="stable")
    return np.arange(len(hierarchy.leaves)) if isinstance(rule, DateRule | OrderRule) else None


def _placed(
    hierarchy: GeneralizationHierarchy, values: dict[Label, int], labels: dict[Label, int], suppressed: int
) -> tuple[ReleasedColumn, BoolArray]:
    originals = records_of(hierarchy.leaves, dict.fromkeys(hierarchy.leaves, 0) | values)
    return place_labels(hierarchy, originals, list(labels), records_of(labels, labels), suppressed)


def _without_levels(attribute: str, values: dict[Label, int], data_type: str) -> GeneralizationHierarchy:
    """Each value by itself, and all of them as `*`."""
    null: tuple[Label, ...] = (None,) if None in values else ()
    leaves = (*in_order(values, numeric=is_numeric(data_type)), *null)
    return from_labels(attribute, [leaves, [SUPPRESSED] * len(leaves)])
