"""The best node that a search has seen, and what it tells when it ends."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from anonspark.domain.lattice import Node
from anonspark.search.checker import NodeVerdict

TIE = 1e-9
"""Scores within this relative distance are ties."""

MOST_RECORDED = 100_000
"""Verdicts that are kept for the record of a run."""

Order = tuple[int, tuple[int, ...]]
"""Sum of levels, then levels in the order of attribute names: the lower one wins a tie."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is: the best score so far, the least bound of what is open, and how much is open."""

    best: float | None
    bound: float
    open_nodes: int
    checked: int


Listener = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Follow nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search found.

    Attributes:
        best: The verdict on the best node; None where no node is within the limit.
        score: Its score.
        optimal: Whether every node was settled.
        bound: No node has a lower score than this.
        nearest: Of the nodes past the limit, the one that suppresses least.
        verdicts: The nodes that were checked, in order, each with its score where it has one; the first
            `MOST_RECORDED` of them.
    """

    best: NodeVerdict | None
    score: float
    optimal: bool
    bound: float
    nearest: NodeVerdict | None
    verdicts: tuple[tuple[NodeVerdict, float | None], ...]


@dataclass(slots=True)
class Incumbent:
    """The best node so far, by score, then fewest suppressed records, then the order of nodes.

    Attributes:
        limit: Most records that a release may suppress.
        names: The attributes, in the order of a node's levels.
        score: Of the best node; infinite where there is none.
        best: The best node.
        nearest: Of the nodes past the limit, the one that suppresses least.
        verdicts: The first nodes, each with its score where it has one.
    """

    limit: int
    names: tuple[str, ...]
    score: float = np.inf
    best: NodeVerdict | None = None
    nearest: NodeVerdict | None = None
    verdicts: list[tuple[NodeVerdict, float | None]] = field(default_factory=list)
    _by_name: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Put the attributes in the order of their names."""
        self._by_name = sorted(range(len(self.names)), key=self.names.__getitem__)

    def judge(self, verdict: NodeVerdict, score_of: Callable[[NodeVerdict], float]) -> bool:
        """Record a verdict; returns whether its node is the best so far."""
        if verdict.suppressed > self.limit:
            self._record(verdict, None)
            if self.nearest is None or verdict.suppressed < self.nearest.suppressed:
                self.nearest = verdict
            return False
        score = score_of(verdict)
        self._record(verdict, score)
        if not self.is_beaten_by(score, verdict):
            return False
        self.score, self.best = score, verdict.without_records()
        return True

    def is_beaten_by(self, score: float, verdict: NodeVerdict) -> bool:
        """Whether a node within the limit is better."""
        if self.best is None:
            return True
        if abs(score - self.score) > TIE * abs(self.score):
            return score < self.score
        return self._tie(verdict) < self._tie(self.best)

    def order(self, node: Node) -> Order:
        """What decides ties of nodes that suppress as many records."""
        return sum(node), tuple([node[axis] for axis in self._by_name])

    def found(self, *, optimal: bool, bound: float) -> Found:
        """The end of the search."""
        return Found(self.best, self.score, optimal, bound, self.nearest, tuple(self.verdicts))

    def _record(self, verdict: NodeVerdict, score: float | None) -> None:
        if len(self.verdicts) < MOST_RECORDED:
            self.verdicts.append((verdict.without_records(), score))

    def _tie(self, verdict: NodeVerdict) -> tuple[int, Order]:
        return verdict.suppressed, self.order(verdict.node)
