"""t-closeness with equal, ordered and hierarchical ground distance.

Source: Li, Li and Venkatasubramanian (2007), t-Closeness, ICDE.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses, SensitiveHistograms
from anonspark.domain.model import Demand
from anonspark.models.convexity import records_beyond
from anonspark.vocabulary import Distance, ModelName

TOLERANCE = 1e-12
"""A distance of exactly t must not fail by rounding."""

CELLS_A_BLOCK = 1 << 20
"""Dense shares are made this many at a time: 8 MiB, whatever the number of classes and values."""


@dataclass(frozen=True, slots=True)
class TCloseness:
    """The sensitive values of every class are distributed as in the whole table, up to an earth mover's distance of t.

    The distance is a maximum of linear functions of the class's shares, so convex: merging safe classes is safe. Not
    monotone with suppression: a safe class merged with an unsafe one can be unsafe, and then loses more records.
    """

    t: float
    attribute: str
    distance: Distance = Distance.EQUAL
    name: ClassVar[ModelName] = ModelName.T_CLOSENESS
    monotone: ClassVar[bool] = False
    convex: ClassVar[bool] = True
    needs_population: ClassVar[bool] = False
    smallest_safe_class: ClassVar[int] = 1

    @property
    def demands(self) -> tuple[Demand, ...]:
        """A distance of at most t."""
        return (Demand("distance", self.t, at_least=False),)

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        return distances(classes.sensitive[self.attribute], self.distance) <= self.t + TOLERANCE

    def observed(self, classes: EquivalenceClasses) -> tuple[FloatArray, ...]:
        """Distance of each class from the whole table."""
        return (distances(classes.sensitive[self.attribute], self.distance),)

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """Records of the most distant value that it takes to pull the parts away; shape (n_classes,)."""
        histograms = classes.sensitive[self.attribute]
        found = distances(histograms, self.distance)
        worst = _worst_distance(histograms, self.distance)
        return records_beyond(classes.sizes, found, limit=self.t + TOLERANCE, worst=worst)


def distances(histograms: SensitiveHistograms, distance: Distance) -> FloatArray:
    """Earth mover's distance of each class from the whole table, in [0, 1]; shape (n_classes,)."""
    if distance is Distance.EQUAL:
        excess = np.maximum(histograms.shares() - histograms.total_shares()[histograms.values], 0.0)
        return np.asarray(np.add.reduceat(excess, histograms.offsets[:-1]), dtype=np.float64)
    found = np.empty(len(histograms.offsets) - 1, dtype=np.float64)
    for rows, shares in _blocks(histograms):
        found[rows] = _dense_distances(shares, histograms, distance)
    return found


def _dense_distances(shares: FloatArray, histograms: SensitiveHistograms, distance: Distance) -> FloatArray:
    """The same from all shares, shape (n_rows, n_values)."""
    difference = histograms.total_shares() - shares
    if distance is Distance.ORDERED:
        moved: FloatArray = np.abs(np.cumsum(difference, axis=1)).sum(axis=1)
        return moved / max(histograms.n_values - 1, 1)
    if histograms.ancestors is None:
        raise ValueError("the hierarchical distance needs a hierarchy of the sensitive attribute")
    return _hierarchical(difference, histograms.ancestors)


def _hierarchical(extra: FloatArray, ancestors: CodeArray) -> FloatArray:
    """Mass that moves within each inner node, weighted by the node's height; shape (n_rows,).

    Args:
        extra: q - p of each value, shape (n_rows, n_values).
        ancestors: Shape (n_levels, n_values), the last level constant.
    """
    height = len(ancestors) - 1
    cost = np.zeros(len(extra), dtype=np.float64)
    below = np.arange(ancestors.shape[1])
    for level in range(1, height + 1):
        # One column a group of the level below; `parents` is the group that each lies in.
        n_below = int(below.max()) + 1
        parents = np.empty(n_below, dtype=np.int64)
        parents[below] = ancestors[level]
        membership = np.zeros((n_below, int(parents.max()) + 1))
        membership[np.arange(n_below), parents] = 1.0
        surplus, deficit = np.maximum(extra, 0.0) @ membership, np.maximum(-extra, 0.0) @ membership
        cost += level / height * np.minimum(surplus, deficit).sum(axis=1)
        extra, below = surplus - deficit, ancestors[level]
    return cost


def _worst_distance(histograms: SensitiveHistograms, distance: Distance) -> float:
    """Largest distance of any class: a convex function is largest where one value has all the records."""
    if distance is Distance.EQUAL:
        return float(1.0 - histograms.total_shares().min())
    if distance is Distance.HIERARCHICAL:
        return 1.0
    values = np.arange(histograms.n_values)
    ends = np.eye(histograms.n_values)[[values[0], values[-1]]]
    return float(_dense_distances(ends, histograms, distance).max())


def _blocks(histograms: SensitiveHistograms) -> Iterator[tuple[slice, FloatArray]]:
    """All shares of some classes at a time: rows, and shape (n_rows, n_values)."""
    n_classes = len(histograms.offsets) - 1
    shares, rows_a_block = histograms.shares(), max(CELLS_A_BLOCK // histograms.n_values, 1)
    owners = histograms.class_of_each_pair()
    for start in range(0, n_classes, rows_a_block):
        stop = min(start + rows_a_block, n_classes)
        pairs = slice(histograms.offsets[start], histograms.offsets[stop])
        dense = np.zeros((stop - start, histograms.n_values))
        dense[owners[pairs] - start, histograms.values[pairs]] = shares[pairs]
        yield slice(start, stop), dense
