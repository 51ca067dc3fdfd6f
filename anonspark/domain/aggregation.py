"""One value that stands for a class: its mean, median or mode, and what is lost by it.

Source: Domingo-Ferrer and Mateo-Sanz (2002), Practical Data-Oriented Microaggregation for Statistical Disclosure
Control, IEEE TKDE 14(1); SSE / SST measures what is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray, FloatArray
from anonspark.domain.hierarchy import Label
from anonspark.vocabulary import MicroAggregation

DIGITS = 12
"""Significant ones of a mean: what differs beyond them is rounding."""


@dataclass(frozen=True, slots=True)
class AggregationLoss:
    """What an attribute lost by being released as one value a class; suppressed records left out.

    Attributes:
        changed: Share of records that are released with another value than their own.
        sse_share: Squared distances of numbers to what they are released as, over those to their mean; from 0 up, None
            where they are no numbers or all the same.
    """

    changed: float
    sse_share: float | None


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The known values of one attribute in released records, class by class and in the order of leaves.

    Attributes:
        of_class: Shape (n_cells,), ascending.
        leaves: Shape (n_cells,), ascending within each class.
        records: Shape (n_cells,).
    """

    of_class: CountArray
    leaves: CodeArray
    records: CountArray


@dataclass(frozen=True, slots=True, eq=False)
class Aggregation:
    """How one attribute is released as one value a class.

    Nulls are left out of a class's value, which is null where there is nothing else.

    Attributes:
        function: Which value.
        leaves: The attribute's values, by code.
        numbers: Shape (n_leaves,): see `numbers_of`.
    """

    function: MicroAggregation
    leaves: tuple[Label, ...]
    numbers: FloatArray | None

    @property
    def known(self) -> BoolArray:
        """Which leaves are no null; shape (n_leaves,)."""
        return np.array([leaf is not None for leaf in self.leaves], dtype=np.bool_)

    def values(self, class_of: CountArray, leaves: CodeArray, records: CountArray, n_classes: int) -> list[Label]:
        """The text that each class is released as, from rows of released records.

        Args:
            class_of: Shape (n_rows,).
            leaves: Shape (n_rows,).
            records: Shape (n_rows,).
            n_classes: How many classes there are.
        """
        found: list[Label] = [None] * n_classes
        cells = self._cells(class_of, leaves, records)
        classes, starts = np.unique(cells.of_class, return_index=True)
        if not len(classes):
            return found
        if self.function is MicroAggregation.MEAN and self.numbers is not None:
            sums = np.add.reduceat(self.numbers[cells.leaves] * cells.records, starts)
            texts = [as_text(mean) for mean in sums / np.add.reduceat(cells.records, starts)]
        elif self.function is MicroAggregation.MODE:
            most = np.lexsort((cells.leaves, -cells.records, cells.of_class))[starts]
            texts = [str(self.leaves[leaf]) for leaf in cells.leaves[most]]
        else:
            texts = [self._between(low, high) for low, high in zip(*_middle(cells, starts), strict=True)]
        for of_class, text in zip(classes.tolist(), texts, strict=True):
            found[of_class] = text
        return found

    def lost(
        self, leaves: CodeArray, records: CountArray, shown: Sequence[Label]
    ) -> tuple[CodeArray, CountArray, CountArray, FloatArray]:
        """What rows of released records lose, nulls left out, by leaf; what `loss` adds up.

        Args:
            leaves: Shape (n_rows,).
            records: Shape (n_rows,).
            shown: What each row is released as; n_rows texts.

        Returns:
            Leaves; their records; those that are released as another value; the squares of how far these are from it,
            0 where they are no numbers. Four arrays of one length.
        """
        rows = np.flatnonzero(self.known[leaves])
        own, counts, n_leaves = leaves[rows], records[rows], len(self.leaves)
        if self.numbers is None:
            texts = np.array(self.leaves, dtype=object)
            changed, squares = texts[own] != np.array(shown, dtype=object)[rows], np.zeros(len(rows))
        else:
            released = np.array([float("nan") if text is None else float(text) for text in shown])[rows]
            changed, squares = self.numbers[own] != released, np.square(self.numbers[own] - released)
        of_leaf, of_changed, of_squares = (
            np.bincount(own, weights=sums, minlength=n_leaves) for sums in (counts, counts * changed, counts * squares)
        )
        there = np.flatnonzero(of_leaf)
        whole, moved = of_leaf[there].astype(np.int64), of_changed[there].astype(np.int64)
        return there.astype(np.int32), whole, moved, of_squares[there].astype(np.float64)

    def loss(self, leaves: CodeArray, records: CountArray, changed: CountArray, squares: FloatArray) -> AggregationLoss:
        """What was lost over all rows.

        Args:
            leaves: Shape (n_rows,): no null.
            records: Shape (n_rows,).
            changed: Shape (n_rows,): those that are released as another value.
            squares: Shape (n_rows,): their squared distances, summed up.
        """
        n_records = max(int(records.sum()), 1)
        share_changed = float(changed.sum()) / n_records
        if self.numbers is None or not len(leaves):
            return AggregationLoss(share_changed, None)
        values = self.numbers[leaves]
        mean = float((values * records).sum()) / n_records
        around_mean = float((np.square(values - mean) * records).sum())
        return AggregationLoss(share_changed, float(squares.sum()) / around_mean if around_mean else None)

    def _cells(self, class_of: CountArray, leaves: CodeArray, records: CountArray) -> _Cells:
        rows = np.flatnonzero(self.known[leaves])
        n_leaves = len(self.leaves)
        keys, key_of_row = np.unique(class_of[rows] * n_leaves + leaves[rows], return_inverse=True)
        summed = np.bincount(key_of_row, weights=records[rows], minlength=len(keys)).astype(np.int64)
        of_class, of_leaf = np.divmod(keys, n_leaves)
        return _Cells(of_class, of_leaf.astype(np.int32), summed)

    def _between(self, low: int, high: int) -> str:
        """The middle of two values where they are numbers, else the lower."""
        if low != high and self.numbers is not None:
            return as_text((self.numbers[low] + self.numbers[high]) / 2)
        return str(self.leaves[low])


def _middle(cells: _Cells, starts: CountArray) -> tuple[CodeArray, CodeArray]:
    """The leaves of the middle record of each class, two where their number is even; shapes (n_classes,)."""
    up_to = np.cumsum(cells.records)
    before = up_to[starts] - cells.records[starts]
    totals = np.add.reduceat(cells.records, starts)
    lower = np.searchsorted(up_to, before + (totals + 1) // 2)
    upper = np.searchsorted(up_to, before + totals // 2 + 1)
    return cells.leaves[lower], cells.leaves[upper]


def as_text(number: float) -> str:
    """A number as it is released.

    >>> as_text(31.0), as_text(1e6 / 3)
    ('31', '333333.333333')
    """
    return np.format_float_positional(number + 0.0, precision=DIGITS, fractional=False, trim="-")
