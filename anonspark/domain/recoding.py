"""A release in which every class has levels of its own, down to the raw classes that it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray
from anonspark.domain.distinct import distinct_rows
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label

HIDDEN = -1
"""The class of records that are suppressed."""


@dataclass(frozen=True, slots=True, eq=False)
class Recoding:
    """Which raw class is released as what.

    A label may stand at several levels, so labels have codes of their own, one for each text.

    Attributes:
        raw_codes: Shape (n_attributes, n_raw_classes): leaves.
        levels: Shape (n_attributes, n_raw_classes): the level of each; of a suppressed one the last.
        class_of: Shape (n_raw_classes,): the class, HIDDEN where it is suppressed.
        codes: Shape (n_attributes, n_classes): codes of labels.
        labels: One tuple an attribute: the label of each code.
        sizes: Shape (n_classes,): records.
        mean_levels: Of each attribute, over the released records.
        strict: Whether no two classes overlap.
    """

    raw_codes: CodeArray
    levels: CodeArray
    class_of: CountArray
    codes: CodeArray
    labels: tuple[tuple[Label, ...], ...]
    sizes: CountArray
    mean_levels: tuple[float, ...]
    strict: bool

    @property
    def released(self) -> BoolArray:
        """Which raw classes are released; shape (n_raw_classes,)."""
        shown: BoolArray = self.class_of != HIDDEN
        return shown

    def label_of_each_class(self, axis: int) -> pa.Array:
        """The label of an attribute in each released raw class, in the order of the raw classes."""
        codes = self.codes[axis][self.class_of[self.released]]
        return pa.array(self.labels[axis], pa.string()).take(pa.array(codes))


def recoding_of(
    hierarchies: Sequence[GeneralizationHierarchy],
    raw_codes: CodeArray,
    sizes: CountArray,
    levels: CodeArray,
    released: BoolArray,
    *,
    strict: bool,
) -> Recoding:
    """The classes that come of levels for each raw class: raw classes of the same labels are one.

    Args:
        hierarchies: One an attribute.
        raw_codes: Shape (n_attributes, n_raw_classes): leaves.
        sizes: Shape (n_raw_classes,): records.
        levels: Shape (n_attributes, n_raw_classes).
        released: Shape (n_raw_classes,).
        strict: Whether no two classes overlap.
    """
    shown = np.flatnonzero(released)
    columns, labels = [], []
    for hierarchy, leaves, of_class in zip(hierarchies, raw_codes, levels, strict=True):
        code_of_text: dict[Label, int] = {}
        codes = np.empty(len(shown), dtype=np.int32)
        for level in np.unique(of_class[shown]):
            here = of_class[shown] == level
            texts = [code_of_text.setdefault(label, len(code_of_text)) for label in hierarchy.labels[level]]
            codes[here] = np.array(texts, dtype=np.int32)[hierarchy.groups[level, leaves[shown[here]]]]
        columns.append(codes)
        labels.append(tuple(code_of_text))
    ids, first = distinct_rows(columns)
    class_of = np.full(len(sizes), HIDDEN, dtype=np.int64)
    class_of[shown] = ids
    records = np.bincount(ids, weights=sizes[shown], minlength=len(first)).astype(np.int64)
    return Recoding(
        raw_codes,
        levels,
        class_of,
        np.stack([codes[first] for codes in columns]),
        tuple(labels),
        records,
        tuple(float((row[shown] * sizes[shown]).sum() / max(records.sum(), 1)) for row in levels),
        strict,
    )
