"""The scores that a search minimizes, and what a verdict says about the scores of other nodes.

Every bound below is a consequence of two facts. Records that must be suppressed at a node must be suppressed at
every node below. And a class of a node is a union of classes of any node below.
"""

from typing import Protocol

import numpy as np

from anonspark.domain.arrays import FloatArray
from anonspark.domain.lattice import Lattice, Node
from anonspark.measures.utility import (
    BY_LEVEL,
    Leaves,
    SuppressedRecords,
    average_class_size,
    discernibility,
    whole,
)
from anonspark.search.bounds import Bounds, outer_sum
from anonspark.search.checker import NodeChecker, NodeVerdict
from anonspark.vocabulary import Metric

ROUNDING = 1e-9
"""Relative slack of a product that was added up as logarithms."""


class Objective(Protocol):
    """A score with its lower bounds.

    Attributes:
        needs_lost: Whether scores are computed from the suppressed records' leaves.
        two_sided: Whether a verdict can settle every node above, not only every node below.
    """

    needs_lost: bool
    two_sided: bool

    def start(self, bounds: Bounds) -> None:
        """Set the bounds before any node is checked."""
        ...

    def score(self, verdict: NodeVerdict) -> float:
        """The score of a node within the limit."""
        ...

    def floor(self, node: Node) -> float:
        """What a node costs with nothing suppressed, in the metric or, where that takes a check, in loss."""
        ...

    def learn(self, bounds: Bounds, verdict: NodeVerdict) -> None:
        """Raise the bounds of other nodes, each by what the verdict says of it."""
        ...

    def bound_below(self, verdict: NodeVerdict) -> float:
        """No node below has a lower score than this."""
        ...

    def bound_above(self, verdict: NodeVerdict) -> float:
        """No node above has a lower score than this."""
        ...


def objective_of(metric: Metric, checker: NodeChecker) -> Objective:
    """The objective of a metric."""
    if metric is Metric.DISCERNIBILITY:
        return Discernibility(checker)
    if metric is Metric.AVERAGE_CLASS_SIZE:
        return AverageClassSize(checker)
    return Separable(metric, checker)


class Separable:
    """Loss, precision and non-uniform entropy: sums over attributes.

    Suppressing a record never lowers such a score, so the cost with only the records that must be suppressed is a
    bound, for every node below at once.
    """

    needs_lost = True
    two_sided = False

    def __init__(self, metric: Metric, checker: NodeChecker) -> None:
        """Take the leaves from the checker."""
        self._metric, self._leaves, self._lattice = metric, checker.leaves, checker.lattice
        self._always_lost = checker.always_lost
        weights = np.array(checker.leaves.weights)
        self._factors = weights if metric is Metric.NON_UNIFORM_ENTROPY else weights / weights.sum()
        self._last: tuple[SuppressedRecords, list[FloatArray]] | None = None
        self._floors = [
            costs * factor for costs, factor in zip(self._by_level(self._always_lost), self._factors, strict=True)
        ]

    def start(self, bounds: Bounds) -> None:
        """The score with nothing suppressed but what no node can release."""
        bounds.score[...] = self._scores(self._always_lost, self._lattice.top)

    def score(self, verdict: NodeVerdict) -> float:
        """The score of a node within the limit."""
        if verdict.lost is None:
            raise ValueError("a separable score needs the suppressed records")
        by_level = self._by_level(verdict.lost)
        costs = [float(of_levels[level]) for of_levels, level in zip(by_level, verdict.node, strict=True)]
        return whole(self._metric, self._leaves.weights, costs)

    def floor(self, node: Node) -> float:
        """The score with nothing suppressed but what no node can release."""
        return float(sum(costs[level] for costs, level in zip(self._floors, node, strict=True)))

    def learn(self, bounds: Bounds, verdict: NodeVerdict) -> None:
        """What must be suppressed here must be suppressed below."""
        if verdict.certainly_lost is not None and verdict.certainly_lost.records:
            below = bounds.score[bounds.below(verdict.node)]
            np.maximum(below, self._scores(verdict.certainly_lost, verdict.node), out=below)

    def bound_below(self, verdict: NodeVerdict) -> float:  # noqa: ARG002  each node has its own bound, see `learn`
        """None that holds for all nodes at once and is worth having."""
        return -np.inf

    def bound_above(self, verdict: NodeVerdict) -> float:  # noqa: ARG002  each node has its own bound, see `start`
        """None that holds for all nodes at once and is worth having."""
        return -np.inf

    def _scores(self, lost: SuppressedRecords, top: tuple[int, ...]) -> np.ndarray:
        """Scores of all nodes up to `top` with these records suppressed."""
        return outer_sum(
            [
                costs[low : high + 1] * factor
                for costs, low, high, factor in zip(
                    self._by_level(lost), self._lattice.bottom, top, self._factors, strict=True
                )
            ]
        )

    def _by_level(self, lost: SuppressedRecords) -> list[FloatArray]:
        """Costs with these records suppressed; most often asked for twice, for the score and for the bounds."""
        if self._last is None or self._last[0] is not lost:
            self._last = lost, BY_LEVEL[self._metric](self._leaves, lost)
        return self._last[1]


class Discernibility:
    """Squares of kept classes, and the whole table for each suppressed record.

    A record that is released shares its class with at least the smallest safe class's number, and a suppressed one
    costs the whole table. Classes only grow upwards: what is kept at a node costs at least as much above.
    """

    needs_lost = False
    two_sided = True

    def __init__(self, checker: NodeChecker) -> None:
        """Take sizes and limits from the checker."""
        self._loss = Separable(Metric.LOSS, checker)
        self._leaves, self._lattice, self._n_records = checker.leaves, checker.lattice, checker.leaves.n_records
        # Where no class can be safe, a suppressed record costs less than one in a safe class would.
        self._smallest = min(checker.smallest_safe_class, self._n_records)

    def start(self, bounds: Bounds) -> None:
        """Every record in a class of the smallest safe size, or all in as many classes of one size as there can be.

        n^2 / J is the least sum of squares of J classes (Cauchy and Schwarz); of two classes on, a record is cheaper
        released than suppressed, and the only class of a table costs at least 3/4 of n^2, whatever is suppressed.
        """
        cells = _cells(self._leaves, self._lattice)
        even = float(self._n_records) ** 2 / np.maximum(cells, 4 / 3)
        np.maximum(even, float(self._n_records) * self._smallest, out=bounds.score)

    def floor(self, node: Node) -> float:
        """In loss: the sizes of the classes are not known."""
        return self._loss.floor(node)

    def score(self, verdict: NodeVerdict) -> float:
        """The score of a node within the limit."""
        return discernibility(verdict.kept_squares, verdict.suppressed, self._n_records)

    def learn(self, bounds: Bounds, verdict: NodeVerdict) -> None:
        """The same bound for all nodes on a side."""
        _learn_both_sides(self, bounds, verdict)

    def bound_below(self, verdict: NodeVerdict) -> float:
        """What must be suppressed costs the table, the rest the smallest safe class."""
        released = float(self._n_records - verdict.unavoidable)
        return released * self._smallest + float(verdict.unavoidable) * self._n_records

    def bound_above(self, verdict: NodeVerdict) -> float:
        """What is kept costs no less, the rest the smallest safe class."""
        return verdict.kept_squares + float(verdict.suppressed) * self._smallest


class AverageClassSize:
    """Records a class: the more safe classes, the better."""

    needs_lost = False
    two_sided = True

    def __init__(self, checker: NodeChecker) -> None:
        """Take sizes and limits from the checker."""
        self._loss = Separable(Metric.LOSS, checker)
        self._leaves, self._lattice, self._n_records = checker.leaves, checker.lattice, checker.leaves.n_records
        self._smallest = checker.smallest_safe_class
        self._can_suppress = checker.limit > 0

    def start(self, bounds: Bounds) -> None:
        """As many classes as the smallest safe size and the numbers of groups allow."""
        most = np.minimum(_cells(self._leaves, self._lattice), self._n_records // self._smallest)
        bounds.score[...] = self._n_records / np.maximum(most + int(self._can_suppress), 1)

    def floor(self, node: Node) -> float:
        """In loss: the sizes of the classes are not known."""
        return self._loss.floor(node)

    def score(self, verdict: NodeVerdict) -> float:
        """The score of a node within the limit."""
        return average_class_size(verdict.kept_classes, verdict.suppressed, self._n_records)

    def learn(self, bounds: Bounds, verdict: NodeVerdict) -> None:
        """The same bound for all nodes on a side."""
        _learn_both_sides(self, bounds, verdict)

    def bound_below(self, verdict: NodeVerdict) -> float:
        """A class splits into no more safe ones than it has room for."""
        return self._with_classes(verdict.capacity)

    def bound_above(self, verdict: NodeVerdict) -> float:
        """Safe classes only merge; suppressed records form new ones of at least the smallest safe size."""
        return self._with_classes(verdict.kept_classes + verdict.suppressed // self._smallest)

    def _with_classes(self, most: int) -> float:
        """The least score with at most so many safe classes."""
        return average_class_size(most, int(self._can_suppress), self._n_records)


def _cells(leaves: Leaves, lattice: Lattice) -> FloatArray:
    """Most classes that each node can have: the combinations of its groups; shape of the lattice."""
    counts = [
        np.log([len(np.unique(level)) for level in groups[low : high + 1]])
        for groups, low, high in zip(leaves.groups, lattice.bottom, lattice.top, strict=True)
    ]
    cells: FloatArray = np.exp(outer_sum(counts)) * (1 + ROUNDING)
    return cells


def _learn_both_sides(objective: Objective, bounds: Bounds, verdict: NodeVerdict) -> None:
    below, above = bounds.score[bounds.below(verdict.node)], bounds.score[bounds.above(verdict.node)]
    np.maximum(below, objective.bound_below(verdict), out=below)
    np.maximum(above, objective.bound_above(verdict), out=above)
