"""A generalization hierarchy for the values of one column, by whatever rule the job names."""

from collections.abc import Mapping

from anonspark.domain.categories import list_masks, list_order, list_rows, list_tree
from anonspark.domain.complete import ListedLevels, complete, with_root
from anonspark.domain.dates import list_dates
from anonspark.domain.derived import list_cuts, list_derived
from anonspark.domain.extremes import list_extremes
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.domain.intervals import list_intervals
from anonspark.domain.leaves import in_order, is_numeric
from anonspark.domain.rules import (
    CutsRule,
    DateRule,
    DerivedRule,
    HierarchyRule,
    IntervalRule,
    MaskRule,
    OrderRule,
    TableRule,
    TopBottomRule,
    TreeRule,
)


def build_hierarchy(
    attribute: str, rule: HierarchyRule, values: Mapping[Label, int], data_type: str
) -> GeneralizationHierarchy:
    """The hierarchy of a column's values; the same for the same values in any order.

    A listed table keeps its rows as the first leaves, then comes null, then what it does not know. Every other kind has
    the column's distinct values as leaves: numbers ascending, an order's values in that order, else by code point, and
    null last.

    Args:
        attribute: The column.
        rule: How its values are generalized.
        values: Records of each distinct value, in Spark's cast to string; None is null.
        data_type: The column's type before the cast, as Spark's `simpleString` prints it.

    Raises:
        HierarchyError: If the rule makes no hierarchy, or the values do not fit it.

    >>> build_hierarchy("zip", MaskRule((1,)), {"10": 4, "12": 1, "20": 7}, "string").labels[1:]
    (('1*', '2*'), ('*',))
    """
    numeric = is_numeric(data_type)
    null = None in values
    if isinstance(rule, TableRule):
        listed = list_rows(attribute, rule, values, numeric=numeric)
        known = len(rule.rows)
        return complete(attribute, listed, known if null and None not in listed.leaves else None)
    leaves = in_order(values, numeric=numeric or isinstance(rule, IntervalRule | TopBottomRule | CutsRule))
    return with_root(attribute, list_levels(attribute, rule, leaves, values, data_type), null=null)


def list_levels(
    attribute: str,
    rule: IntervalRule | TopBottomRule | MaskRule | DateRule | TreeRule | OrderRule | CutsRule | DerivedRule,
    leaves: tuple[str, ...],
    values: Mapping[Label, int],
    data_type: str,
) -> ListedLevels:
    """Levels 1, 2, ... as the rule lists them, without null and `*`."""
    match rule:
        case IntervalRule():
            return list_intervals(attribute, rule, leaves, values)
        case TopBottomRule():
            return list_extremes(attribute, rule, leaves, values)
        case MaskRule():
            return list_masks(attribute, rule, leaves)
        case DateRule():
            return list_dates(attribute, rule, leaves, values)
        case TreeRule():
            return list_tree(attribute, rule, leaves, values)
        case OrderRule():
            return list_order(attribute, rule, leaves, values)
        case CutsRule():
            return list_cuts(attribute, rule, leaves, values)
        case DerivedRule():
            return list_derived(attribute, rule, leaves, values, data_type)
