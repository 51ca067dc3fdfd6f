"""The scores that a search minimizes, and what a verdict says about the scores of other nodes.

Every bound below is a consequence of two facts. Records that must be suppressed at a node must be suppressed at every node
below. And a class of a node is a union of classes of any node below.
"""

from typing import Protocol

import numpy as np

from anonspark.measures.utility import (
    BY_LEVEL,
    Leaves,
    SuppressedRecords,
    attribute_costs,
    average_class_size,
    discernibility,
    whole,
)
from anonspark.search.bounds import Bounds, outer_sum
from anonspark.search.checker import NodeChecker, NodeVerdict
from anonspark.vocabulary import Metric


class Objective(Protocol):
    """A score with its lower bounds.

    Attributes:
        needs_lost: Whether scores are computed from the suppressed records' leaves.
    """

    needs_lost: bool

    def start(self, bounds: Bounds) -> None:
        """Set the bounds before any node is checked."""
        ...

    def score(self, verdict: NodeVerdict) -> float:
        """The score of a node within the limit."""
        ...

    def learn(self, bounds: Bounds, verdict: NodeVerdict) -> None:
        """Raise the bounds of the nodes below and above."""
        ...

    def suppression_limit(self, best: float) -> float:
        """Most records that a node with at most this score can suppress."""
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

    Suppressing a record never lowers such a score, so the cost with only the records that must be suppressed is a bound, for
    every node below at once.
    """

    needs_lost = True

    def __init__(self, metric: Metric, checker: NodeChecker) -> None:
        """Take the leaves from the checker."""
        self._metric, self._leaves, self._lattice = metric, checker.leaves, checker.lattice
        self._always_lost = checker.always_lost
        weights = np.array(checker.leaves.weights)
        self._factors = weights if metric is Metric.NON_UNIFORM_ENTROPY else weights / weights.sum()

    def start(self, bounds: Bounds) -> None:
        """The score with nothing suppressed but what no node can release."""
        bounds.score[...] = self._scores(self._always_lost, self._lattice.top)

    def score(self, verdict: NodeVerdict) -> float:
        """The score of a node within the limit."""
        if verdict.lost is None:
            raise ValueError("a separable score needs the suppressed records")
        return whole(self._metric, self._leaves, attribute_costs(self._metric, self._leaves, verdict.lost, verdict.node))

    def learn(self, bounds: Bounds, verdict: NodeVerdict) -> None:
        """What must be suppressed here must be suppressed below."""
        if verdict.certainly_lost is not None and verdict.certainly_lost.records:
            below = bounds.score[bounds.below(verdict.node)]
            np.maximum(below, self._scores(verdict.certainly_lost, verdict.node), out=below)

    def suppression_limit(self, best: float) -> float:  # noqa: ARG002  which records they are decides
        """No limit of its own."""
        return np.inf

    def _scores(self, lost: SuppressedRecords, top: tuple[int, ...]) -> np.ndarray:
        """Scores of all nodes up to `top` with these records suppressed."""
        by_level = BY_LEVEL[self._metric](self._leaves, lost)
        return outer_sum(
            [
                costs[low : high + 1] * factor
                for costs, low, high, factor in zip(by_level, self._lattice.bottom, top, self._factors, strict=True)
            ]
        )


class Discernibility:
    """Squares of kept classes, and the whole table for each suppressed record.

    A record that is released shares its class with at least the smallest safe class's number, so a suppressed one, which costs
    the table's, costs that much more. Classes only grow upwards: what is kept at a node costs at least as much above.
    """

    needs_lost = False

    def __init__(self, checker: NodeChecker) -> None:
        """Take sizes and limits from the checker."""
        self._n_records, self._smallest = checker.leaves.n_records, checker.smallest_safe_class
        self._monotone = checker.monotone

    def start(self, bounds: Bounds) -> None:
        """Every record in a class of the smallest safe size."""
        bounds.score[...] = float(self._n_records) * self._smallest

    def score(self, verdict: NodeVerdict) -> float:
        """The score of a node within the limit."""
        return discernibility(verdict.kept_squares, verdict.suppressed, self._n_records)

    def learn(self, bounds: Bounds, verdict: NodeVerdict) -> None:
        """Kept squares carry upwards, suppressed records downwards."""
        above = bounds.score[bounds.above(verdict.node)]
        np.maximum(above, verdict.kept_squares + float(verdict.suppressed) * self._smallest, out=above)
        below = bounds.score[bounds.below(verdict.node)]
        extra = float(verdict.unavoidable) * (self._n_records - self._smallest)
        np.maximum(below, float(self._n_records) * self._smallest + extra, out=below)

    def suppression_limit(self, best: float) -> float:
        """What is left of the score when every other record is in a class of the smallest size."""
        return (best - float(self._n_records) * self._smallest) / max(self._n_records - self._smallest, 1)


class AverageClassSize:
    """Records a class: the more safe classes, the better."""

    needs_lost = False

    def __init__(self, checker: NodeChecker) -> None:
        """Take sizes and limits from the checker."""
        self._n_records, self._smallest = checker.leaves.n_records, checker.smallest_safe_class

    def start(self, bounds: Bounds) -> None:
        """As many classes as the smallest safe size allows."""
        bounds.score[...] = self._with_classes(self._n_records // self._smallest)

    def score(self, verdict: NodeVerdict) -> float:
        """The score of a node within the limit."""
        return average_class_size(verdict.kept_classes, verdict.suppressed, self._n_records)

    def learn(self, bounds: Bounds, verdict: NodeVerdict) -> None:
        """Below, a class splits into no more safe ones than it has room for; above, only suppressed records form new ones."""
        below = bounds.score[bounds.below(verdict.node)]
        np.maximum(below, self._with_classes(verdict.capacity), out=below)
        above = bounds.score[bounds.above(verdict.node)]
        np.maximum(above, self._with_classes(verdict.kept_classes + verdict.suppressed // self._smallest), out=above)

    def suppression_limit(self, best: float) -> float:
        """What is left when there are just enough classes, all of the smallest size."""
        return self._n_records - self._smallest * (self._n_records / best - 1)

    def _with_classes(self, most: int) -> float:
        """The least score with at most so many safe classes."""
        return average_class_size(most, 1, self._n_records)
