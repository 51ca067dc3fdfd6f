"""Categories: listed leaf by leaf, drawn as a tree, put in order, or masked as codes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import compress, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anonspark.domain.arrays import BoolArray
from anonspark.domain.check import (
    missing_values,
    require_nested_labels,
    require_nested_lines,
    require_one_row_a_leaf,
    require_rectangular,
)
from anonspark.domain.complete import ListedLevels
from anonspark.domain.hierarchy import Label, Level, group_by_label
from anonspark.domain.leaves import in_order
from anonspark.domain.rules import MaskRule, OrderRule, TableRule, Tree, TreeRule
from anonspark.errors import HierarchyError
from anonspark.vocabulary import OnUnknown


def list_rows(attribute: str, rule: TableRule, values: Mapping[Label, int], *, numeric: bool) -> ListedLevels:
    """All rows in their own order, then the values that no row names, if those are to be suppressed.

    Raises:
        HierarchyError: If the rows are no hierarchy, or miss values and that is an error.
    """
    require_rectangular(attribute, rule.rows)
    columns = [group_by_label(labels) for labels in zip(*rule.rows, strict=True)]
    require_one_row_a_leaf(attribute, columns[0])
    require_nested_lines(attribute, columns)
    leaves = columns[0].labels
    missing = unlisted(attribute, leaves, values, rule.unknown)
    unknown = np.zeros(len(leaves) + len(missing), dtype=np.bool_)
    unknown[len(leaves) :] = True
    return ListedLevels((*leaves, *in_order(missing, numeric=numeric)), tuple(columns[1:]), unknown)


def list_tree(attribute: str, rule: TreeRule, leaves: tuple[str, ...], values: Mapping[Label, int]) -> ListedLevels:
    """Level 1 is the label right above a leaf; a short branch repeats its topmost label.

    Raises:
        HierarchyError: If a leaf stands twice in the tree, or values are missing from it and that is an error.
    """
    branches: dict[str, tuple[str, ...]] = {}
    for leaf, above in branches_of(rule.tree):
        if leaf in branches:
            raise HierarchyError(attribute, "has a tree that names a leaf twice; keep it in one branch.")
        branches[leaf] = above
    height = max(map(len, branches.values()), default=0)
    unknown = marked(leaves, unlisted(attribute, branches, values, rule.unknown))
    known = [branches[leaf] for leaf in compress(leaves, (~unknown).tolist())]
    require_nested_labels(attribute, levels_of_branches([*branches.values()], height))
    return ListedLevels(leaves, levels_of_branches(known, height), unknown)


def levels_of_branches(branches: Sequence[tuple[str, ...]], height: int) -> tuple[Level, ...]:
    """The levels of leaves whose labels are given from the nearest to the topmost."""
    return tuple(group_by_label([above[min(level, len(above) - 1)] for above in branches]) for level in range(height))


def branches_of(tree: Tree, above: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each leaf with the labels above it, the nearest first.

    >>> list(branches_of({"office": {"desk": ("clerk",)}, "shop": ("smith",)}))
    [('clerk', ('desk', 'office')), ('smith', ('shop',))]
    """
    if isinstance(tree, Mapping):
        for label, below in tree.items():
            yield from branches_of(below, (label, *above))
    else:
        for leaf in tree:
            yield leaf, above


def list_order(attribute: str, rule: OrderRule, leaves: tuple[str, ...], values: Mapping[Label, int]) -> ListedLevels:
    """Neighbours merged `fanout` at a time until all are one group: A..B, and E alone where it is left over.

    The leaves stand in the rule's order, so that their codes are ranks; unknown ones follow.

    Raises:
        HierarchyError: If a value stands twice in the order, or is missing from it and that is an error.
    """
    rank = {leaf: position for position, leaf in enumerate(rule.order)}
    if len(rank) != len(rule.order):
        raise HierarchyError(attribute, "has an order that names a value twice; keep one.")
    if rule.fanout < 2:
        raise HierarchyError(attribute, f"merges {rule.fanout} neighbours at a level; fanout must be at least 2.")
    missing = unlisted(attribute, rank, values, rule.unknown)
    ordered = (
        *sorted((leaf for leaf in leaves if leaf in rank), key=rank.__getitem__),
        *in_order(missing, numeric=False),
    )
    ranks = np.array([rank[leaf] for leaf in ordered if leaf in rank], dtype=np.int64)
    names = names_of_neighbours(rule)
    require_nested_labels(attribute, [group_by_label(labels) for labels in names])
    levels = [group_by_label([labels[position] for position in ranks.tolist()]) for labels in names]
    return ListedLevels(ordered, tuple(levels), marked(ordered, missing))


def names_of_neighbours(rule: OrderRule) -> list[list[str]]:
    """The label of every value of an order at level 1, 2, ... up to the one that holds all.

    >>> names_of_neighbours(OrderRule(("A", "B", "C")))
    [['A..B', 'A..B', 'C'], ['A..C', 'A..C', 'A..C']]
    """
    order, size, levels = rule.order, rule.fanout, list[list[str]]()
    while size < len(order) * rule.fanout:
        blocks = [order[start : start + size] for start in range(0, len(order), size)]
        levels.append([block[0] if len(block) == 1 else f"{block[0]}..{block[-1]}" for block in blocks for _ in block])
        size *= rule.fanout
    return levels


def list_masks(attribute: str, rule: MaskRule, leaves: tuple[str, ...]) -> ListedLevels:
    """The first `keep` characters of each code, every other one a symbol: a code's length stays visible.

    So codes that agree at a level have equal lengths, and agree at every higher one.

    Raises:
        HierarchyError: If fewer and fewer characters are not kept, or the symbol is not one character.
    """
    if len(rule.symbol) != 1:
        raise HierarchyError(attribute, "replaces each hidden character by one symbol; give one character as symbol.")
    if any(kept < 0 for kept in rule.keep) or any(lower <= upper for lower, upper in pairwise(rule.keep)):
        raise HierarchyError(
            attribute, "is not nested: each level must keep fewer characters than the one before, down to 0."
        )
    codes = pa.array(leaves, pa.string())
    lengths = pc.utf8_length(codes)
    levels = []
    for kept in rule.keep:
        hidden = pc.binary_repeat(rule.symbol, pc.max_element_wise(pc.subtract(lengths, kept), 0))
        levels.append(group_by_label(pc.binary_join_element_wise(pc.utf8_slice_codeunits(codes, 0, kept), hidden, "")))
    return ListedLevels(leaves, tuple(levels))


def unlisted(
    attribute: str, listed: Collection[Label], values: Mapping[Label, int], on_unknown: OnUnknown
) -> tuple[str, ...]:
    """The values of the column that a rule does not list; null never counts.

    Raises:
        HierarchyError: If there are any, unless they are to be suppressed.
    """
    known = frozenset(listed)
    missing = tuple(value for value in values if value is not None and value not in known)
    if missing and on_unknown is not OnUnknown.SUPPRESS:
        raise missing_values(attribute, missing, known, values)
    return missing


def marked(leaves: tuple[str, ...], chosen: Collection[str]) -> BoolArray:
    """Which leaves are among the chosen ones; shape (n_leaves,)."""
    members = frozenset(chosen)
    return np.fromiter((leaf in members for leaf in leaves), dtype=np.bool_, count=len(leaves))
