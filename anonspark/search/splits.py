"""How parts of raw classes split: which of the children that a lower level makes leave, and which level to lower."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses, SensitiveHistograms
from anonspark.domain.encode import histograms_of
from anonspark.domain.model import PrivacyModel
from anonspark.search.judge import NO_CODES

Merge = Callable[[SensitiveHistograms, CodeArray, int], SensitiveHistograms]
"""The histograms of groups of classes, given the group of each class and how many there are."""


def merged_by_sorting(histograms: SensitiveHistograms, group: CodeArray, n_groups: int) -> SensitiveHistograms:
    """What `merged_histograms` does compiled: Spark's workers compile nothing."""
    owners = group[histograms.class_of_each_pair()].astype(np.int64)
    merged = histograms_of(owners, n_groups, histograms.values.astype(np.int64), histograms.counts, histograms.n_values)
    return replace(merged, totals=histograms.totals, ancestors=histograms.ancestors)


TIE = 1e-9
"""Relative."""

SUPPRESSED_PART = 0
"""The part of the records that are not released; it needs not be safe."""


@dataclass(frozen=True, slots=True, eq=False)
class Children:
    """The groups that parts would fall into if one attribute were lowered by a level.

    Attributes:
        part: Shape (n_children,): the part that each would leave.
        classes: What models ask about; the codes are not used.
        saved: Shape (n_children,): loss that its records would save.
    """

    part: CountArray
    classes: EquivalenceClasses
    saved: FloatArray

    def decide(
        self, models: Sequence[PrivacyModel], n_parts: int, merge: Merge, *, strict: bool
    ) -> tuple[BoolArray, FloatArray]:
        """Which children would be split off, and what each part would gain.

        Returns:
            Shape (n_children,), and shape (n_parts,): not above 0 where a part cannot be split.
        """
        safe = satisfied_by_all(models, self.classes)
        whole: BoolArray = np.bincount(self.part[~safe], minlength=n_parts) == 0
        whole[SUPPRESSED_PART] = True
        if not strict and not whole.all():
            left = np.flatnonzero(~safe)
            ids, remaining = pd.factorize(self.part[left])
            together = merged_classes(self.classes, left, ids, len(remaining), merge)
            whole[remaining[satisfied_by_all(models, together)]] = True
        moved = safe & whole[self.part]
        gain = np.zeros(n_parts, dtype=np.float64)
        np.add.at(gain, self.part[moved], self.saved[moved])
        return moved, gain


def satisfied_by_all(models: Sequence[PrivacyModel], classes: EquivalenceClasses) -> BoolArray:
    """Which classes every model finds safe; shape (n_classes,)."""
    safe: BoolArray = np.ones(classes.n_classes, dtype=np.bool_)
    for model in models:
        safe &= model.satisfied(classes)
    return safe


def merged_classes(
    classes: EquivalenceClasses, rows: CountArray, ids: CountArray, n_ids: int, merge: Merge
) -> EquivalenceClasses:
    """Some of the classes put together, without codes."""
    sizes = np.bincount(ids, weights=classes.sizes[rows], minlength=n_ids).astype(np.int64)
    group = ids.astype(np.int32)
    sensitive = {name: merge(each.of_classes(rows), group, n_ids) for name, each in classes.sensitive.items()}
    return EquivalenceClasses(NO_CODES, sizes, sensitive)


def best_axes(gains: FloatArray, names: Sequence[str]) -> tuple[CountArray, BoolArray]:
    """The attribute that saves most in each part, the first by name of equals, and whether it saves anything.

    Gains that differ by no more than the order of summing are equal.

    Args:
        gains: Shape (n_attributes, n_parts).
        names: Of the attributes.
    """
    by_name = np.array(sorted(range(len(names)), key=lambda axis: names[axis]))
    most = gains.max(axis=0)
    return by_name[np.argmax(gains[by_name] >= most * (1 - TIE), axis=0)], most > 0
