"""A generalization hierarchy: which group each leaf value of an attribute is in, level by level."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from anonspark.domain.arrays import BoolArray, CodeArray, FloatArray
from anonspark.vocabulary import SUPPRESSED

Label = str | None
"""A value as it stands in a release; None is a null, which below the last level stays a null."""


@dataclass(frozen=True, slots=True, eq=False)
class GeneralizationHierarchy:
    """Groups of leaves at each level; level 0 is raw, and every group lies within one group of the next level.

    A label may stand at several levels, so a group is named by its level and its code, never by its label.

    Attributes:
        attribute: The column it generalizes.
        groups: Shape (n_levels, n_leaves): code of the group of each leaf; row 0 is 0, 1, 2, ...
        labels: One tuple a level: the label of each group.
        domain_size: |D| of the loss metric: leaves that count, in the table or not.
        unknown: Shape (n_leaves,): leaves that the rule does not know; their records are suppressed at every level.
    """

    attribute: str
    groups: CodeArray
    labels: tuple[tuple[Label, ...], ...]
    domain_size: int
    unknown: BoolArray

    @property
    def height(self) -> int:
        """The last level."""
        return len(self.labels) - 1

    @property
    def leaves(self) -> tuple[Label, ...]:
        """The raw values, in the order of their codes."""
        return self.labels[0]

    def label_of_each_leaf(self, level: int) -> list[Label]:
        """What each leaf is released as at a level; shape (n_leaves,)."""
        labels = self.labels[level]
        return [labels[group] for group in self.groups[level].tolist()]

    def labels_of_known_leaves(self, level: int) -> frozenset[Label]:
        """The labels of a level that a record can be released with."""
        labels = self.labels[level]
        return frozenset(labels[group] for group in np.unique(self.groups[level][~self.unknown]).tolist())

    def shares(self) -> FloatArray:
        """Share of the domain that each leaf's group covers; shape (n_levels, n_leaves), in (0, 1].

        Source: Iyengar (2002), KDD: the loss metric's (leaves below the generalized value) / |D|.
        """
        known = ~self.unknown
        shares = np.empty(self.groups.shape, dtype=np.float64)
        for level, groups in enumerate(self.groups):
            members = np.bincount(groups[known], minlength=len(self.labels[level]))
            shares[level] = members[groups] / self.domain_size
        shares[:, self.unknown] = 1.0
        return shares


def raised_to(hierarchy: GeneralizationHierarchy, level: int) -> GeneralizationHierarchy:
    """The hierarchy with `*` above its last level as often as it takes to have the level.

    >>> raised_to(from_labels("zip", [["10", "11"], ["1*", "1*"]]), 2).labels[2]
    ('*',)
    """
    missing = max(level - hierarchy.height, 0)
    roots = np.zeros((missing, hierarchy.groups.shape[1]), dtype=np.int32)
    return replace(
        hierarchy,
        groups=np.concatenate([hierarchy.groups, roots]),
        labels=(*hierarchy.labels, *[(SUPPRESSED,)] * missing),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """The groups of some leaves at one level.

    Attributes:
        groups: Shape (n_leaves,): code of the group of each leaf.
        labels: Shape (n_groups,): the label of each group.
    """

    groups: CodeArray
    labels: tuple[Label, ...]


def group_by_label(labels: "Sequence[Label] | pa.Array") -> Level:
    """Leaves of equal label are one group; groups are numbered in order of first appearance.

    >>> group_by_label(["1*", None, "1*"]).groups.tolist()
    [0, 1, 0]
    """
    column = labels if isinstance(labels, pa.Array) else pa.array(labels, pa.string())
    encoded = column.dictionary_encode(null_encoding="encode")
    return Level(encoded.indices.to_numpy(zero_copy_only=False), tuple(encoded.dictionary.to_pylist()))


def from_labels(
    attribute: str,
    levels: Sequence[Sequence[Label]],
    *,
    domain_size: int | None = None,
    unknown: BoolArray | None = None,
) -> GeneralizationHierarchy:
    """A hierarchy from one label a leaf and level; equal labels of a level are one group.

    Args:
        attribute: The column it generalizes.
        levels: One sequence a level, each of length n_leaves; level 0 holds distinct values.
        domain_size: |D|; the number of leaves that are known where not given.
        unknown: Leaves whose records are suppressed at every level; none where not given.

    >>> from_labels("zip", [["10", "11", "20"], ["1*", "1*", "2*"], ["*", "*", "*"]]).groups.tolist()
    [[0, 1, 2], [0, 0, 1], [0, 0, 0]]
    """
    return from_levels(
        attribute, [group_by_label(labels) for labels in levels], domain_size=domain_size, unknown=unknown
    )


def from_levels(
    attribute: str,
    levels: Sequence[Level],
    *,
    domain_size: int | None = None,
    unknown: BoolArray | None = None,
) -> GeneralizationHierarchy:
    """A hierarchy from its levels, level 0 first; arguments as for `from_labels`."""
    groups = np.stack([level.groups for level in levels]).astype(np.int32, copy=False)
    unknown = np.zeros(groups.shape[1], dtype=np.bool_) if unknown is None else unknown
    size = int((~unknown).sum()) if domain_size is None else domain_size
    return GeneralizationHierarchy(attribute, groups, tuple(level.labels for level in levels), max(size, 1), unknown)
