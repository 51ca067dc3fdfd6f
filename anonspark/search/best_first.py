"""A search for lattices that are too large to hold: beams from the top down, then beams around the best node.

Near the top classes are few and large, and the nodes that can be released are all there. A beam goes down step by step
and keeps the best nodes of each sum of levels; a beam of one is the plain greedy descent. What a beam keeps is ranked
by score plus a price for each suppressed record: a node that has used up the limit leads no further, so a price finds
better nodes than the score alone (on a table of 24 attributes a beam of 16 with a price found 0.663 where a beam of
1,024 without one found 0.671). Beams with several widths and prices follow each other, each from what is known already.
Then single attributes of the best node are raised again and beams go down from there, until nothing improves.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

import numpy as np

from anonspark.domain.lattice import Node
from anonspark.search.checker import NodeChecker, NodeVerdict
from anonspark.search.incumbent import Found, Incumbent, Listener, Progress, ignore
from anonspark.search.objectives import Objective


@dataclass(frozen=True, slots=True)
class Beam:
    """How wide a beam is, and what all records suppressed would add to a rank, in scores of the top."""

    width: int
    price: float


BEAMS: Final = (Beam(1, 0), Beam(4, 1), Beam(16, 2), Beam(64, 4))
"""From the top, one after the other."""

BEAMS_AROUND: Final = (Beam(4, 0), Beam(4, 2))
"""From beside the best node."""

WIDER: Final = 4
"""With time left, each further beam is so many times as wide."""

NODES_A_BATCH: Final = 64
"""Between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class _Rank:
    """What is known of a node: whether it or a node below may be released, its score if so, its suppressed records."""

    hopeful: bool
    score: float | None
    suppressed: int

    def key(self, price: float) -> tuple[bool, float]:
        """Nodes within the limit come first, by score and price; others by how far they are from it."""
        if self.score is None:
            return True, float(self.suppressed)
        return False, self.score + price * self.suppressed


class BestFirstSearch:
    """One search of one lattice of any size; the time limit alone can make two runs of it differ."""

    def __init__(
        self,
        checker: NodeChecker,
        objective: Objective,
        *,
        bound: float = -np.inf,
        time_limit_s: float | None = None,
        on_progress: Listener = ignore,
    ) -> None:
        """Take the checker, the score, and a score below which no node is; `on_progress` may raise to stop."""
        self._checker, self._objective, self._bound = checker, objective, bound
        self._on_progress = on_progress
        self._deadline = None if time_limit_s is None else monotonic() + time_limit_s
        self._incumbent = Incumbent(checker.limit, checker.names)
        self._ranks: dict[Node, _Rank] = {}
        self._of_all = 0.0
        self._complete = False

    def run(self) -> Found:
        """Beams from the top, beams around the best node, and wider ones from the top while there is time."""
        self._start()
        for beam in BEAMS:
            self._run_beam([self._checker.lattice.top], beam)
        self._improve()
        if self._deadline is not None:
            width = BEAMS[-1].width * WIDER
            while not self._over():
                for price in (2.0, 0.0):
                    self._run_beam([self._checker.lattice.top], Beam(width, price))
                self._improve()
                width *= WIDER
        score = self._incumbent.score
        bound = score if self._complete else min(self._bound, score)
        return self._incumbent.found(optimal=self._complete, bound=bound)

    def _start(self) -> None:
        """The top says what a record is worth, and a bound for all nodes."""
        (verdict,) = self._checker.check([self._checker.lattice.top], with_lost=self._objective.needs_lost)
        self._bound = max(self._bound, self._objective.bound_below(verdict))
        self._ranks[verdict.node] = self._learn(verdict)
        highest = self._objective.score(verdict) if verdict.suppressed <= self._checker.limit else 1.0
        self._of_all = highest / max(self._checker.leaves.n_records, 1)

    def _over(self) -> bool:
        return self._complete or self._late() or self._incumbent.best is None

    def _late(self) -> bool:
        return self._deadline is not None and monotonic() > self._deadline and self._incumbent.best is not None

    def _improve(self) -> None:
        """Beams around the best node until none finds a better one."""
        while not self._over() and (best := self._incumbent.best) is not None:
            for beam in BEAMS_AROUND:
                for start in self._around(best.node):
                    self._run_beam([start], beam)
            if self._incumbent.best is best:
                return

    def _run_beam(self, starts: Sequence[Node], beam: Beam) -> None:
        """Down from some nodes; a beam from the top that left nothing out has seen every node that can be released."""
        if self._complete or self._late():
            return
        layer, lattice, cut = list(starts), self._checker.lattice, False
        price = beam.price * self._of_all
        while layer:
            if not self._judge(layer):
                return
            hopeful = [node for node in layer if self._ranks[node].hopeful]
            hopeful.sort(key=lambda node: (*self._ranks[node].key(price), self._incumbent.order(node)))
            cut |= len(hopeful) > beam.width
            layer = list(dict.fromkeys(low for node in hopeful[: beam.width] for low in lattice.predecessors(node)))
        self._complete |= not cut and starts[0] == lattice.top

    def _judge(self, nodes: Iterable[Node]) -> bool:
        """Check what was not checked before; returns whether there was time for all."""
        fresh = [node for node in nodes if node not in self._ranks]
        for begin in range(0, len(fresh), NODES_A_BATCH):
            if self._late():
                return False
            batch = fresh[begin : begin + NODES_A_BATCH]
            for verdict in self._checker.check(batch, with_lost=self._objective.needs_lost):
                self._ranks[verdict.node] = self._learn(verdict)
            best = None if self._incumbent.best is None else self._incumbent.score
            left = self._checker.lattice.size - len(self._ranks)
            self._on_progress(Progress(best, min(self._bound, self._incumbent.score), left, len(self._ranks)))
        return True

    def _learn(self, verdict: NodeVerdict) -> _Rank:
        self._incumbent.judge(verdict, self._objective.score)
        within = verdict.suppressed <= self._checker.limit
        score = self._objective.score(verdict) if within else None
        return _Rank(verdict.unavoidable <= self._checker.limit, score, verdict.suppressed)

    def _around(self, node: Node) -> Iterator[Node]:
        """The node with one attribute raised, by every number of levels."""
        for axis, high in enumerate(self._checker.lattice.top):
            for level in range(node[axis] + 1, high + 1):
                yield (*node[:axis], level, *node[axis + 1 :])
