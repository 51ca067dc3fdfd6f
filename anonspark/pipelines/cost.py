"""What a run will cost, to an order of magnitude, from what docs/benchmarks.md measured on two cores.

Nobody knows beforehand how many nodes a search has to check. Eight in ten exact searches of that page take between a
tenth of what is said here and ten times as long; whole jobs lie within a factor of two.
"""

from dataclasses import dataclass
from math import floor, log10, sqrt
from typing import Final

from anonspark.vocabulary import Strategy

BASIS: Final = "docs/benchmarks.md, measured on 2 cores; an order of magnitude"

RUN_S: Final = 1.5
"""Any run, however small: sections Whole job and Cost, without the search."""

ROW_S: Final = 0.8e-6
"""A row that is read twice, written and verified: ten million rows in the same sections."""

CLASS_S: Final = 5e-6
"""A class on its way to the driver and back: the two tables of ten million rows in section Whole job."""

CHECK_S: Final = 25e-9
"""A class at a checked node in memory: the median of section Search."""

RECODED_CLASS_S: Final = 5e-6
"""A class that gets levels of its own: Mondrian in section Strategies."""

CHECKS: Final = {Strategy.GREEDY: 300, Strategy.BEST_FIRST: 3_000, Strategy.MONDRIAN: 1}
"""Nodes that a strategy checks: section Strategies. The exact search checks about the square root of all."""

CLUSTER_CHECK_S: Final = 0.6
"""A checked node where the classes stay on the cluster: docs/adr/0004, adult."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds and nodes, each to one digit.

    Attributes:
        checks: Nodes that the search will look at.
        search_s: Seconds of the search.
        job_s: Seconds of everything else.
        basis: Where that comes from.
    """

    checks: int
    search_s: float
    job_s: float
    basis: str = BASIS


def rough_cost(
    n_records: int, n_classes: int, strategy: Strategy, n_nodes: int, *, recoded: bool, on_cluster: bool
) -> Cost:
    """What a run will cost.

    Args:
        n_records: Of the table.
        n_classes: Of the raw table.
        strategy: As chosen, not `auto`.
        n_nodes: Of the lattice.
        recoded: Whether classes get levels of their own.
        on_cluster: Whether the classes stay there.
    """
    checks = min(CHECKS.get(strategy, sqrt(n_nodes)), n_nodes)
    search = checks * CLUSTER_CHECK_S if on_cluster else checks * n_classes * CHECK_S
    search += n_classes * RECODED_CLASS_S * recoded
    job = RUN_S + n_records * ROW_S + n_classes * CLASS_S
    return Cost(max(round(one_digit(checks)), 1), one_digit(search), one_digit(job))


def one_digit(number: float) -> float:
    """A positive number to its first digit: more would promise what nobody knows.

    >>> one_digit(1234.5), one_digit(0.0666)
    (1000.0, 0.07)
    """
    return round(number, -floor(log10(number)))
