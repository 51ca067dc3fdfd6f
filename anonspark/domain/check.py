"""What makes rows of labels a hierarchy: they are rectangular, name each leaf once, and nest.

No message here holds a label or a value of the data; a line of a file is named by its number, counted from 1.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np

from anonspark.domain.arrays import CodeArray
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label, Level
from anonspark.domain.leaves import counted, told
from anonspark.errors import HierarchyError


def require_rectangular(attribute: str, rows: Sequence[Sequence[Label]]) -> None:
    """Every row has a leaf and as many levels as the first row.

    Raises:
        HierarchyError: With the first line that differs.
    """
    if not rows:
        raise HierarchyError(attribute, "is empty; write one line a leaf: its value, then its label at each level.")
    width = len(rows[0])
    if width == 0:
        raise HierarchyError(attribute, "has no columns; write one line a leaf: its value, then its labels.")
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            raise HierarchyError(attribute, uneven_line(number, len(row), width))


def uneven_line(number: int, columns: int, expected: int) -> str:
    """The sentence about a line with too few or too many columns."""
    return (
        f"is not rectangular: line {number} has {counted(columns, 'column')}, expected {expected} as in line 1; give "
        "every leaf a label at every level."
    )


def require_one_row_a_leaf(attribute: str, leaves: Level) -> None:
    """No leaf stands in two lines.

    Raises:
        HierarchyError: With the first line that repeats one.
    """
    if len(leaves.labels) == len(leaves.groups):
        return
    lines = _first_of_each_group(leaves.groups)[leaves.groups]
    repeated = int(np.argmax(lines != np.arange(len(lines))))
    raise HierarchyError(
        attribute, f"names a leaf twice: line {repeated + 1} repeats the leaf of line {lines[repeated] + 1}; keep one."
    )


def first_split(lower: CodeArray, upper: CodeArray) -> tuple[int, int] | None:
    """Positions of two leaves that share a group at a level but not at the next; None where the levels nest.

    >>> first_split(np.array([0, 1, 0]), np.array([0, 0, 1]))
    (0, 2)
    >>> first_split(np.array([0, 1, 0]), np.array([0, 0, 0]))
    """
    firsts = _first_of_each_group(lower)[lower]
    parted = upper[firsts] != upper
    if not parted.any():
        return None
    second = int(np.argmax(parted))
    return int(firsts[second]), second


def require_nested_lines(attribute: str, levels: Sequence[Level]) -> None:
    """Lines that agree at a level agree at every higher one.

    Raises:
        HierarchyError: With the first two lines that part again.
    """
    for number, (lower, upper) in enumerate(pairwise(levels)):
        split = first_split(lower.groups, upper.groups)
        if split is not None:
            first, second = split
            raise HierarchyError(
                attribute,
                f"is not nested: lines {first + 1} and {second + 1} agree at level {number} and differ at level "
                f"{number + 1}; give them one label there, or two at level {number}.",
            )


def require_nested_labels(attribute: str, levels: Sequence[Level]) -> None:
    """Labels that a rule makes have one parent each.

    Raises:
        HierarchyError: With the number of the level where one has two.
    """
    for number, (lower, upper) in enumerate(pairwise(levels), start=1):
        if first_split(lower.groups, upper.groups) is not None:
            raise HierarchyError(
                attribute,
                f"is not nested: a label of level {number} stands under two labels of level {number + 1}; give each "
                "group a label of its own.",
            )


def missing_values(
    attribute: str, missing: Collection[str], known: Collection[Label], values: Mapping[Label, int]
) -> HierarchyError:
    """The error about values of the column that a listed hierarchy lacks.

    Args:
        attribute: The column.
        missing: Its values that are not listed.
        known: The leaves that are.
        values: Records of each distinct value of the column, null among them.
    """
    distinct = len(values) - (None in values)
    trimmed = {leaf.strip() for leaf in known if leaf is not None}
    blank = sum(value.strip() in trimmed for value in missing)
    hint = ""
    if blank:
        hint = f" {blank} of them would match without the blanks around them: neither side is trimmed."
    elif len(missing) == distinct:
        hint = " None matches: are the leaves this column's values, written as its type prints them?"
    return HierarchyError(
        attribute, f"misses {told(missing, values)}; add them or set hierarchy.unknown: suppress.{hint}"
    )


def level_bounds(hierarchy: GeneralizationHierarchy, min_level: int, max_level: int | None) -> tuple[int, int]:
    """The lowest and the highest level that a search may use.

    Raises:
        HierarchyError: If a bound is not a level of the hierarchy, or the lower one is above the upper one.
    """
    highest = hierarchy.height if max_level is None else max_level
    for name, bound in (("min_level", min_level), ("max_level", highest)):
        if not 0 <= bound <= hierarchy.height:
            raise HierarchyError(
                hierarchy.attribute,
                f"has levels 0 to {hierarchy.height}, but {name} is {bound}; choose one of its levels.",
            )
    if min_level > highest:
        raise HierarchyError(
            hierarchy.attribute,
            f"cannot be used: min_level {min_level} is above max_level {highest}; swap or widen them.",
        )
    return min_level, highest


def _first_of_each_group(groups: CodeArray) -> CodeArray:
    """Position of the first leaf of each group; shape (n_groups,)."""
    firsts = np.zeros(int(groups.max(initial=-1)) + 1, dtype=np.int32)
    # Of several writes to one place numpy keeps the last, so going backwards keeps the first leaf.
    firsts[groups[::-1]] = np.arange(len(groups) - 1, -1, -1, dtype=np.int32)
    return firsts
