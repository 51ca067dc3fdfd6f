"""Bottom-up with look-back: climb until the models hold, then step to better neighbours.

A climb takes the step that costs least information for each record that it makes releasable (Datafly's greed with the
metric's own price). Once a node is within the limit, the search looks back: it moves to the best node one step up or
down for as long as that is better.

Source of the idea: Sweeney (2002), International Journal on Uncertainty, Fuzziness and Knowledge-based Systems 10(5).
"""

import numpy as np

from anonspark.domain.lattice import Node
from anonspark.search.checker import NodeChecker, NodeVerdict
from anonspark.search.incumbent import Found, Incumbent, Listener, Progress, ignore
from anonspark.search.objectives import Objective


class GreedySearch:
    """One climb of one lattice of any size, and the way back."""

    def __init__(
        self, checker: NodeChecker, objective: Objective, *, bound: float = -np.inf, on_progress: Listener = ignore
    ) -> None:
        """Take the checker, the score, and a score below which no node is; `on_progress` may raise to stop."""
        self._checker, self._objective, self._bound = checker, objective, bound
        self._on_progress = on_progress
        self._incumbent = Incumbent(checker.limit, checker.names)
        self._seen: dict[Node, NodeVerdict] = {}

    def run(self) -> Found:
        """Climb, then look back."""
        node = self._checker.lattice.bottom
        (verdict,) = self._check([node])
        while verdict.suppressed > self._checker.limit:
            steps = self._check(list(self._checker.lattice.successors(verdict.node)))
            if not steps:
                break
            here = verdict
            verdict = min(steps, key=lambda step: (self._price(here, step), self._incumbent.order(step.node)))
        while (best := self._incumbent.best) is not None:
            self._check([*self._checker.lattice.successors(best.node), *self._checker.lattice.predecessors(best.node)])
            if self._incumbent.best is best:
                break
        return self._incumbent.found(
            optimal=self._checker.lattice.size == len(self._seen), bound=min(self._bound, self._incumbent.score)
        )

    def _check(self, nodes: list[Node]) -> list[NodeVerdict]:
        fresh = [node for node in nodes if node not in self._seen]
        for verdict in self._checker.check(fresh, with_lost=self._objective.needs_lost) if fresh else []:
            self._incumbent.judge(verdict, self._objective.score)
            self._seen[verdict.node] = verdict.without_records()
        best = None if self._incumbent.best is None else self._incumbent.score
        left = self._checker.lattice.size - len(self._seen)
        self._on_progress(Progress(best, min(self._bound, self._incumbent.score), left, len(self._seen)))
        return [self._seen[node] for node in nodes]

    def _price(self, here: NodeVerdict, step: NodeVerdict) -> tuple[bool, float]:
        """Information for each record that is no longer suppressed; where there is none, the cheapest step."""
        won = here.suppressed - step.suppressed
        cost = self._objective.floor(step.node) - self._objective.floor(here.node)
        return (False, cost / won) if won > 0 else (True, cost)
