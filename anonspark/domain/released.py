"""A released column as it is found: which group of its hierarchy each label stands for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.vocabulary import SUPPRESSED


@dataclass(frozen=True, slots=True, eq=False)
class ReleasedColumn:
    """The labels of a column in the rows of a release that are not suppressed, and the column that they come from.

    Attributes:
        hierarchy: Whose leaves are the values of the original, and more where it is listed.
        originals: Shape (n_leaves,): records of the original with each leaf.
        levels: Shape (n_labels,): the level that each label stands at; the last of a suppressed cell.
        leaves: Shape (n_labels,): some leaf of its group.
        records: Shape (n_labels,): released records.
        shown: Shape (n_labels,): false for a suppressed cell, a `*` that is no label of the hierarchy.
        n_suppressed: Records of the original that are released with no column at all, in rows of `*` or left out.
        common_level: The level at which all labels stand, None where there is none.
    """

    hierarchy: GeneralizationHierarchy
    originals: CountArray
    levels: CodeArray
    leaves: CodeArray
    records: CountArray
    shown: BoolArray
    n_suppressed: int
    common_level: int | None


def place_labels(
    hierarchy: GeneralizationHierarchy,
    originals: CountArray,
    labels: Sequence[Label],
    records: CountArray,
    n_suppressed: int,
) -> tuple[ReleasedColumn, BoolArray]:
    """Find each label in the hierarchy.

    A label may stand at several levels. A release that generalizes the whole column to one level is read so: all labels
    stand at the lowest level that has them all. Where no level has, each stands at the lowest that has it.

    Args:
        hierarchy: Of the original's values.
        originals: Shape (n_leaves,): records of the original with each leaf.
        labels: Distinct ones of the rows that are not suppressed.
        records: Shape (n_labels,): of each.
        n_suppressed: Other records of the original.

    Returns:
        The column, and which labels no level has, whose places mean nothing; shape (n_labels,).
    """
    first_leaf = [_first_leaf_of_each_label(hierarchy, level) for level in range(hierarchy.height + 1)]
    found = [[of_level.get(label, -1) for label in labels] for of_level in first_leaf]
    leaves = np.array(found, dtype=np.int32).reshape(len(first_leaf), len(labels))
    has = leaves >= 0
    anywhere: BoolArray = np.any(has, axis=0)
    common = next((level for level in range(len(has)) if has[level].all()), None)
    levels = np.argmax(has, axis=0) if common is None else np.full(len(labels), common)
    starred = ~anywhere & np.array([label == SUPPRESSED for label in labels], dtype=np.bool_)
    column = ReleasedColumn(
        hierarchy,
        originals,
        np.where(anywhere, levels, hierarchy.height).astype(np.int32),
        np.where(anywhere, leaves[levels, np.arange(len(labels))], 0).astype(np.int32),
        records,
        anywhere,
        n_suppressed,
        common,
    )
    return column, ~anywhere & ~starred


def _first_leaf_of_each_label(hierarchy: GeneralizationHierarchy, level: int) -> dict[Label, int]:
    """A leaf below each label of a level; leaves that the rule does not know are grouped as `*` and left out."""
    known = np.flatnonzero(~hierarchy.unknown)
    groups, first = np.unique(hierarchy.groups[level, known], return_index=True)
    labels = hierarchy.labels[level]
    found: dict[Label, int] = {}
    for group, leaf in zip(groups.tolist(), known[first].tolist(), strict=True):
        found.setdefault(labels[group], leaf)
    return found
