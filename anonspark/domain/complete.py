"""From the levels that a rule lists to a whole hierarchy: null, unknown leaves and the root."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label, Level, from_levels
from anonspark.vocabulary import SUPPRESSED


@dataclass(frozen=True, slots=True, eq=False)
class ListedLevels:
    """What a rule says about the leaves.

    Attributes:
        leaves: The values; without null, unless a file lists it.
        levels: Levels 1, 2, ... over the known leaves only, in their order.
        unknown: Shape (n_leaves,): leaves about which the rule says nothing; all known where not given.
    """

    leaves: tuple[Label, ...]
    levels: tuple[Level, ...]
    unknown: BoolArray | None = None

    @property
    def unknown_mask(self) -> BoolArray:
        """Shape (n_leaves,)."""
        return np.zeros(len(self.leaves), dtype=np.bool_) if self.unknown is None else self.unknown


def with_root(attribute: str, listed: ListedLevels, *, null: bool) -> GeneralizationHierarchy:
    """The hierarchy of levels that a rule computes: `*` on top unless the last level is constant, null as last leaf.

    Constant is said of the values of this table: one year of birth dates needs no `*` above the year.
    """
    levels = listed.levels
    if not levels or len(levels[-1].labels) != 1:
        n_known = int((~listed.unknown_mask).sum())
        levels = (*levels, Level(np.zeros(n_known, dtype=np.int32), (SUPPRESSED,)))
    return complete(
        attribute, ListedLevels(listed.leaves, levels, listed.unknown), len(listed.leaves) if null else None
    )


def complete(attribute: str, listed: ListedLevels, null_at: int | None) -> GeneralizationHierarchy:
    """Add null and place the unknown leaves; no level is added.

    Below the last level null stays null and an unknown leaf is a group of its own, labelled `*` so that no release can
    show it. Both are in the last level's group where it has only one.

    Args:
        attribute: The column.
        listed: The levels of the known leaves; they nest.
        null_at: Position that null takes among the leaves, or None where there is no null to add.
    """
    leaves, unknown = list(listed.leaves), listed.unknown_mask
    is_null = np.zeros(len(leaves), dtype=np.bool_)
    if null_at is not None:
        leaves.insert(null_at, None)
        unknown, is_null = np.insert(unknown, null_at, False), np.insert(is_null, null_at, True)
    known = ~(unknown | is_null)
    raw = Level(np.arange(len(leaves), dtype=np.int32), tuple(leaves))
    levels = [raw]
    like = null_companions(listed.levels) if null_at is not None else [None] * len(listed.levels)
    for level, companion in zip(listed.levels, like, strict=True):
        groups, labels = np.zeros(len(leaves), dtype=np.int32), list(level.labels)
        groups[known] = level.groups
        if level is not listed.levels[-1] or len(labels) != 1:
            groups[is_null] = len(labels) if companion is None else companion
            labels += [None] * (null_at is not None and companion is None)
            groups[unknown] = len(labels) + np.arange(int(unknown.sum()))
            labels += [SUPPRESSED] * int(unknown.sum())
        levels.append(Level(groups, tuple(labels)))
    return from_levels(attribute, levels, unknown=unknown)


def null_companions(levels: Sequence[Level]) -> list[int | None]:
    """The group that null joins at each level because a file labels leaves with null there; None: a group of its own.

    A release could not tell two groups labelled null apart, so null goes the way of the leaves it has met.
    """
    companion: int | None = None
    groups: list[int | None] = []
    for level in levels:
        if companion is None and None in level.labels:
            companion = first_leaf(level.groups, level.labels.index(None))
        groups.append(None if companion is None else int(level.groups[companion]))
    return groups


def first_leaf(groups: CodeArray, group: int) -> int:
    """Position of the first leaf of a group."""
    return int(np.argmax(groups == group))
