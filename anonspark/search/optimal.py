"""The exact search: the best node of the whole lattice, and the proof that no other is better.

A node is settled when it was checked, or when its lower bounds say that it cannot win. The search first halves the
range between the least bound and the best score until a good node is known, then settles what is left from the top
of the open nodes downwards. A node that fails for all nodes below is first climbed from: its classes are few, so
nodes above it cost little, and the highest one that still fails settles most.
"""

import logging
from collections.abc import Sequence
from time import monotonic

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray
from anonspark.domain.lattice import Node
from anonspark.search.bounds import Bounds
from anonspark.search.checker import NodeChecker, NodeVerdict
from anonspark.search.incumbent import TIE, Found, Incumbent, Listener, Progress, ignore
from anonspark.search.objectives import Objective

log = logging.getLogger(__name__)

ROUNDING = 1e-12
"""Relative slack for sums that were added up in another order."""

NODES_A_CHOICE = 8
"""Candidates looked at for each node of a batch."""

GOOD_ENOUGH = 0.01
"""The halving ends when the range is this share of the best score."""


class OptimalSearch:
    """One search of one lattice."""

    def __init__(
        self,
        checker: NodeChecker,
        objective: Objective,
        *,
        time_limit_s: float | None = None,
        on_progress: Listener = ignore,
    ) -> None:
        """Take the checker and the score; `on_progress` is called after every check and may raise to stop."""
        self._checker, self._objective = checker, objective
        self._on_progress = on_progress
        self._deadline = None if time_limit_s is None else monotonic() + time_limit_s
        self._bounds = Bounds(checker.lattice, checker.names)
        objective.start(self._bounds)
        self._flat_score = self._bounds.score.ravel()
        self._flat_suppressed = self._bounds.suppressed.ravel()
        self._flat_order = self._bounds.order.ravel()
        self._open: CountArray = np.arange(self._flat_score.size)
        self._incumbent = Incumbent(checker.limit, checker.names)
        self._low, self._target = -np.inf, np.inf
        self._halving = not objective.two_sided

    def run(self) -> Found:
        """Check nodes until every node is settled or the time is up."""
        self._check([self._checker.lattice.top])
        while len(self._settle()) and not self._late():
            improved = self._check(self._next())
            if self._halving and not improved:
                self._low = max(self._low, self._target)
        return self._found()

    def _found(self) -> Found:
        return self._incumbent.found(optimal=not len(self._open), bound=self._bound())

    def _bound(self) -> float:
        """No node has a lower score."""
        return min(float(self._flat_score[self._open].min(initial=np.inf)), self._incumbent.score)

    def _late(self) -> bool:
        return self._deadline is not None and monotonic() > self._deadline and self._incumbent.best is not None

    def _settle(self) -> CountArray:
        """Drop from the open nodes those that cannot win any more."""
        score, suppressed = self._flat_score[self._open], self._flat_suppressed[self._open]
        best = self._incumbent.score
        keep: BoolArray = suppressed <= self._checker.limit
        keep &= score < np.inf
        if (winner := self._incumbent.best) is not None:
            fewest, first = winner.suppressed, self._bounds.order[self._bounds.at(winner.node)]
            order = self._flat_order[self._open]
            wins_ties = (suppressed < fewest) | ((suppressed == fewest) & (order < first))
            keep &= (score < best * (1 - ROUNDING)) | ((score <= best * (1 + TIE)) & wins_ties)
        self._open = self._open[keep]
        return self._open

    def _next(self) -> list[Node]:
        """The highest open nodes, while halving the highest of those with a bound in the lower half of the range.

        Where a verdict can settle the nodes above too, the middle one.
        """
        candidates = self._open
        if self._objective.two_sided:
            middle = len(candidates) // 2
            return [self._bounds.node(int(candidates[np.argpartition(self._flat_order[candidates], middle)[middle]]))]
        if self._halving:
            score, best = self._flat_score[self._open], self._incumbent.score
            self._low = max(self._low, float(score.min()))
            while best - self._low > GOOD_ENOUGH * best:
                self._target = (self._low + best) / 2
                lower = self._open[score <= self._target]
                if len(lower):
                    candidates = lower
                    break
                self._low = self._target
            else:
                self._halving = False
        return self._highest(candidates, 1 if self._halving else self._checker.batch)

    def _highest(self, candidates: CountArray, wanted: int) -> list[Node]:
        """The highest node, and further ones of which none lies below another."""
        order = self._flat_order[candidates]
        if wanted == 1:
            return [self._bounds.node(int(candidates[np.argmax(order)]))]
        chosen: list[Node] = []
        some = min(NODES_A_CHOICE * wanted, len(candidates))
        highest = candidates[np.argpartition(order, -some)[-some:]]
        for flat in highest[np.argsort(-self._flat_order[highest])]:
            node = self._bounds.node(int(flat))
            if not any(all(low <= high for low, high in zip(node, other, strict=True)) for other in chosen):
                chosen.append(node)
        return chosen[:wanted]

    def _check(self, nodes: Sequence[Node]) -> bool:
        """Check nodes and learn from them; returns whether one is the best so far."""
        verdicts = self._checker.check(nodes, with_lost=self._objective.needs_lost)
        improvements = [self._learn(verdict) for verdict in verdicts]
        return any(improvements)

    def _learn(self, verdict: NodeVerdict) -> bool:
        """Settle what a verdict settles; returns whether its node is the best so far."""
        node = verdict.node
        improved = self._incumbent.judge(verdict, self._objective.score)
        self._bounds.score[self._bounds.at(node)] = np.inf
        if self._fails_below(verdict):
            verdict = self._climb(verdict)
            self._bounds.score[self._bounds.below(verdict.node)] = np.inf
        elif self._too_dear(self._objective.bound_above(verdict)):
            self._bounds.score[self._bounds.above(node)] = np.inf
        else:
            self._objective.learn(self._bounds, verdict)
            below = self._bounds.suppressed[self._bounds.below(node)]
            np.maximum(below, verdict.unavoidable, out=below)
        best = None if self._incumbent.best is None else self._incumbent.score
        self._on_progress(Progress(best, self._bound(), len(self._open), self._checker.effort.checked))
        return improved

    def _fails_below(self, verdict: NodeVerdict) -> bool:
        """Whether neither the node nor any node below can win."""
        return verdict.unavoidable > self._checker.limit or self._too_dear(self._objective.bound_below(verdict))

    def _too_dear(self, bound: float) -> bool:
        return self._incumbent.best is not None and bound > self._incumbent.score * (1 + TIE)

    def _climb(self, verdict: NodeVerdict) -> NodeVerdict:
        """The verdict on a node as high as possible that still fails for all nodes below."""
        top = self._checker.lattice.top
        for axis in self._climbing_order(verdict.node):
            for level in dict.fromkeys((top[axis], verdict.node[axis] + 1)):
                node = (*verdict.node[:axis], level, *verdict.node[axis + 1 :])
                (higher,) = self._checker.project([node])
                if self._fails_below(higher):
                    verdict = higher
                    break
        return verdict

    def _climbing_order(self, node: Node) -> list[int]:
        """Attributes below their top, those first that win many nodes for little information lost."""
        leaves, lattice, names = self._checker.leaves, self._checker.lattice, self._checker.names

        def cost(axis: int) -> tuple[float, str]:
            records = np.bincount(leaves.groups[axis][node[axis]], weights=leaves.records[axis])
            shares = records[records > 0] / leaves.n_records
            entropy = -float((shares * np.log(shares)).sum())
            nodes_won = (lattice.top[axis] - lattice.bottom[axis] + 1) / (node[axis] - lattice.bottom[axis] + 1)
            return entropy / np.log(nodes_won), names[axis]

        return sorted((axis for axis in range(len(node)) if node[axis] < lattice.top[axis]), key=cost)
