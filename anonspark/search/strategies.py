"""Which search finds the node."""

from dataclasses import replace

import numpy as np

from anonspark.domain.lattice import Node
from anonspark.search.best_first import BestFirstSearch
from anonspark.search.checker import NodeChecker
from anonspark.search.greedy import GreedySearch
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.incumbent import Found, Incumbent, Listener, ignore
from anonspark.search.objectives import Objective, objective_of
from anonspark.search.optimal import OptimalSearch
from anonspark.search.parts import bound_by_parts
from anonspark.vocabulary import Metric, Strategy

MOST_EXACT = 1 << 20
"""Nodes up to which `auto` proves the optimum; a check of a larger lattice spends most of its time on bounds."""


def chosen_strategy(strategy: Strategy, lattice_size: int) -> Strategy:
    """The strategy that `auto` stands for, or the one that was asked for.

    >>> chosen_strategy(Strategy.AUTO, 12_960), chosen_strategy(Strategy.AUTO, 10**12)
    (<Strategy.OPTIMAL: 'optimal'>, <Strategy.BEST_FIRST: 'best_first'>)
    """
    if strategy is not Strategy.AUTO:
        return strategy
    return Strategy.OPTIMAL if lattice_size <= MOST_EXACT else Strategy.BEST_FIRST


def find_node(
    strategy: Strategy,
    checker: NodeChecker,
    metric: Metric,
    *,
    time_limit_s: float | None = None,
    on_progress: Listener = ignore,
) -> Found:
    """The best node that the strategy finds.

    Args:
        strategy: How to search.
        checker: Judges nodes.
        metric: The score.
        time_limit_s: Seconds after which the best node so far is returned, once there is one.
        on_progress: Told of every check; may raise to stop.
    """
    objective = objective_of(metric, checker)
    chosen = chosen_strategy(strategy, checker.lattice.size)
    if chosen is Strategy.OPTIMAL:
        return OptimalSearch(checker, objective, time_limit_s=time_limit_s, on_progress=on_progress).run()
    if chosen is Strategy.MONDRIAN:
        # The top of the lattice says whether there is a release at all.
        return _judged(checker, checker.lattice.top, objective)
    bound = -np.inf
    if isinstance(checker, InMemoryChecker):
        # The bound is worth a tenth of the time: it says how much could still be won.
        share = None if time_limit_s is None else time_limit_s / 10
        bound = bound_by_parts(checker, metric, time_limit_s=share)
    if chosen is Strategy.GREEDY:
        return GreedySearch(checker, objective, bound=bound, on_progress=on_progress).run()
    return BestFirstSearch(checker, objective, bound=bound, time_limit_s=time_limit_s, on_progress=on_progress).run()


def judge_node(checker: NodeChecker, node: Node, metric: Metric) -> Found:
    """What a release at one node is worth; nothing is searched, so there are no verdicts to record."""
    return replace(_judged(checker, node, objective_of(metric, checker)), verdicts=())


def _judged(checker: NodeChecker, node: Node, objective: Objective) -> Found:
    incumbent = Incumbent(checker.limit, checker.names)
    for verdict in checker.check([node], with_lost=objective.needs_lost):
        incumbent.judge(verdict, objective.score)
    return incumbent.found(optimal=False, bound=-np.inf)
