"""Local recoding: every class gets levels of its own, as low as the models allow.

A part is a set of raw classes that are released alike, at one level an attribute. It splits by lowering one attribute
by one level. All parts are split at once, round by round, each by the attribute that saves most loss, until none can
be. From the top of the lattice this is Mondrian on hierarchies; from a node it takes back what the node generalized too
far, and releases suppressed records of which enough are alike.

A strict split succeeds only where every group is safe, so that no two classes overlap. A relaxed one leaves the groups
that are not safe together at the higher level, if they are safe there.

The models must be convex (`domain/model.py`): two safe classes of one label are a safe class, so it does not matter
when parts come to the same labels. The job file refuses others.

Source: LeFevre, DeWitt and Ramakrishnan (2006), ICDE; Fung, Wang and Yu (2005), ICDE.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Lattice, Node
from anonspark.domain.model import PrivacyModel
from anonspark.search.splits import (
    SUPPRESSED_PART,
    Children,
    Merge,
    best_axes,
    merged_by_sorting,
    merged_classes,
    satisfied_by_all,
)
from anonspark.vocabulary import SUPPRESSED


def ignore(n_parts: int) -> None:
    """Follow nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What is released alike.

    Attributes:
        of_class: Shape (n_classes,): the part of each raw class.
        levels: Shape (n_parts, n_attributes): the node of each part.
    """

    of_class: CountArray
    levels: CodeArray

    @property
    def released(self) -> BoolArray:
        """Which raw classes are released; shape (n_classes,)."""
        released: BoolArray = self.of_class != SUPPRESSED_PART
        return released

    def level_of_each_class(self, axis: int) -> CodeArray:
        """The level of an attribute in each raw class; shape (n_classes,)."""
        level: CodeArray = self.levels[self.of_class, axis]
        return level


@dataclass(frozen=True, slots=True, eq=False)
class RecodingRules:
    """What splitting has to know of hierarchies and lattice; no value of the table.

    Attributes:
        names: Of the attributes, which decide between equal gains.
        groups: Shape (n_levels, n_leaves) each: the group of each leaf.
        costs: Shape (n_levels, n_leaves) each: loss of one record, scaled and weighted as the metric is.
        starred: Shape (n_groups,) each: which groups of the top are labelled `*`.
        bottom: The lowest levels.
        top: The highest levels.
    """

    names: tuple[str, ...]
    groups: tuple[CodeArray, ...]
    costs: tuple[FloatArray, ...]
    starred: tuple[BoolArray, ...]
    bottom: Node
    top: Node


def rules_of(
    hierarchies: Sequence[GeneralizationHierarchy], lattice: Lattice, weights: Sequence[float] | None = None
) -> RecodingRules:
    """The rules of hierarchies, whose leaves the codes of raw classes are."""
    costs = []
    for hierarchy, weight in zip(hierarchies, weights or [1.0] * len(hierarchies), strict=True):
        domain = hierarchy.domain_size
        costs.append(hierarchy.shares() * (weight / max(1 - 1 / domain, 1 / domain)))
    labels = [hierarchy.labels[level] for hierarchy, level in zip(hierarchies, lattice.top, strict=True)]
    return RecodingRules(
        tuple(hierarchy.attribute for hierarchy in hierarchies),
        tuple(hierarchy.groups for hierarchy in hierarchies),
        tuple(costs),
        tuple(np.array([label == SUPPRESSED for label in of_axis], dtype=np.bool_) for of_axis in labels),
        lattice.bottom,
        lattice.top,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    """What lowering one attribute would do.

    Attributes:
        rows: Raw classes of the parts that can be lowered.
        child: The new group of each; shape (n_rows,).
        moved: Whether its group is split off; shape (n_rows,).
        gain: Loss that each part saves, not above 0 where it cannot be split; shape (n_parts,).
    """

    rows: CountArray
    child: CountArray
    moved: BoolArray
    gain: FloatArray


class LocalRecoding:
    """Splits parts of raw classes until no part can be split."""

    def __init__(
        self,
        classes: EquivalenceClasses,
        rules: RecodingRules,
        models: Sequence[PrivacyModel],
        *,
        strict: bool,
        merge: Merge = merged_by_sorting,
        on_round: Callable[[int], None] = ignore,
    ) -> None:
        """Take raw classes (level 0); `on_round` is told the number of parts and may raise to stop."""
        self._classes, self._rules, self._models, self._strict = classes, rules, tuple(models), strict
        self._groups, self._costs = rules.groups, rules.costs
        self._on_round, self._merge = on_round, merge
        self._records = classes.sizes.astype(np.float64)
        self._full_cost = np.array([costs.max() for costs in self._costs])
        everything = np.arange(classes.n_classes)
        # Suppressed records are of different classes where the lattice does not end in one group for all.
        self._at_top = self._ids(everything, rules.top)

    def from_node(self, node: Node) -> Parts:
        """The classes of a node, as far as they can be split; unsafe ones start as suppressed."""
        return self.split(self.at(node))

    def at(self, node: Node) -> Parts:
        """The safe classes of a node, and of the top for what is left; the suppressed part stands at the top."""
        of_class = np.full(self._classes.n_classes, SUPPRESSED_PART, dtype=np.int64)
        levels = [self._rules.top]
        for start in (node, self._rules.top):
            rows = np.flatnonzero(self._admissible() & (of_class == SUPPRESSED_PART))
            ids = self._ids(rows, start)
            n_ids = int(ids.max(initial=-1)) + 1
            safe = self._safe(rows, ids, n_ids)
            if start == self._rules.top and node != start:
                safe[np.unique(ids[self._is_starred(rows)])] = False
            part_of_id = np.where(safe, len(levels) - 1 + np.cumsum(safe), SUPPRESSED_PART)
            of_class[rows] = part_of_id[ids]
            levels += [start] * int(safe.sum())
        return Parts(of_class, np.array(levels, dtype=np.int32))

    def _ids(self, rows: CountArray, node: Node) -> CountArray:
        """The class of each raw class at a node, numbered from 0."""
        ids = np.zeros(len(rows), dtype=np.int64)
        for groups, level, leaves in zip(self._groups, node, self._classes.codes, strict=True):
            row = groups[level][leaves[rows]]
            ids = pd.factorize(ids * (int(row.max(initial=0)) + 1) + row)[0].astype(np.int64)
        return ids

    def _is_starred(self, rows: CountArray) -> BoolArray:
        """Which raw classes have nothing but `*` at the top: they would look suppressed."""
        starred: BoolArray = np.ones(len(rows), dtype=np.bool_)
        rules = self._rules
        for of_groups, groups, level, leaves in zip(
            rules.starred, rules.groups, rules.top, self._classes.codes, strict=True
        ):
            starred &= of_groups[groups[level][leaves[rows]]]
        return starred

    def split(self, parts: Parts) -> Parts:
        """The parts, split until none can be."""
        active = np.ones(len(parts.levels), dtype=np.bool_)
        while active.any():
            self._on_round(len(parts.levels))
            splits = [self._lowered(parts, axis, active) for axis in range(len(self._groups))]
            chosen, worth = best_axes(np.stack([split.gain for split in splits]), self._rules.names)
            if not worth.any():
                break
            parts, active = self._apply(parts, splits, chosen, worth)
        return parts

    def _lowered(self, parts: Parts, axis: int, active: BoolArray) -> _Split:
        """Every active part with one attribute a level lower."""
        n_parts, low = len(parts.levels), self._rules.bottom[axis]
        candidates = active & (parts.levels[:, axis] > low)
        rows = np.flatnonzero(candidates[parts.of_class] & self._admissible())
        part, leaves = parts.of_class[rows], self._classes.codes[axis][rows]
        level = parts.levels[part, axis]
        groups, n_ids = self._groups[axis], int(self._at_top.max(initial=-1)) + 1
        alike = np.where(part == SUPPRESSED_PART, self._at_top[rows], n_ids + part)
        child, pairs = pd.factorize(alike * (int(groups.max(initial=0)) + 1) + groups[level - 1, leaves])
        part_of_child = np.zeros(len(pairs), dtype=np.int64)
        part_of_child[child] = part
        saved: FloatArray = np.bincount(
            child, weights=self._records[rows] * self._saved(axis, leaves, level, part), minlength=len(pairs)
        ).astype(np.float64)
        children = Children(part_of_child, merged_classes(self._classes, rows, child, len(pairs), self._merge), saved)
        moved, gain = children.decide(self._models, n_parts, self._merge, strict=self._strict)
        return _Split(rows, child.astype(np.int64), moved[child], gain)

    def _saved(self, axis: int, leaves: CodeArray, level: CodeArray, part: CountArray) -> FloatArray:
        """Loss that one record of each raw class saves."""
        costs = self._costs[axis]
        saved: FloatArray = costs[level, leaves] - costs[level - 1, leaves]
        hidden = part == SUPPRESSED_PART
        if hidden.any():
            # A suppressed record wins in this attribute alone: all others stand at the top.
            saved[hidden] = self._full_cost[axis] - costs[level[hidden] - 1, leaves[hidden]]
        return saved

    def _apply(
        self, parts: Parts, splits: Sequence[_Split], chosen: CountArray, worth: BoolArray
    ) -> tuple[Parts, BoolArray]:
        """The parts after each was split by its best attribute, and which of them changed."""
        of_class, levels = parts.of_class.copy(), [parts.levels]
        changed = worth.copy()
        n_parts = len(parts.levels)
        for axis, split in enumerate(splits):
            part = parts.of_class[split.rows]
            going = split.moved & worth[part] & (chosen[part] == axis)
            if not going.any():
                continue
            ids, _ = pd.factorize(split.child[going])
            n_new = int(ids.max()) + 1
            parents = np.zeros(n_new, dtype=np.int64)
            parents[ids] = part[going]
            lowered = parts.levels[parents].copy()
            lowered[:, axis] -= 1
            of_class[split.rows[going]] = n_parts + ids
            levels.append(lowered)
            n_parts += n_new
        found = Parts(of_class, np.concatenate(levels))
        active = np.ones(n_parts, dtype=np.bool_)
        active[: len(changed)] = changed
        return found, active & (np.bincount(of_class, minlength=n_parts) > 0)

    def _admissible(self) -> BoolArray:
        if self._classes.inadmissible is None:
            return np.ones(self._classes.n_classes, dtype=np.bool_)
        return ~self._classes.inadmissible

    def _safe(self, rows: CountArray, ids: CountArray, n_ids: int) -> BoolArray:
        """Whether raw classes that are put together are safe; shape (n_ids,)."""
        return satisfied_by_all(self._models, merged_classes(self._classes, rows, ids, n_ids, self._merge))
