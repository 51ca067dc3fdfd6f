"""A lower bound of the best score in a lattice of any size, from exact searches of parts of it.

With all attributes but some raised to their top, a node suppresses no more than before. So the best node of the lattice
of some attributes costs no more, in these attributes, than the best node of all. The attributes are divided into parts
that an exact search can hold, and the parts' optima add up.

It holds for scores that are sums over attributes and for models that are monotone; others are left out of the search,
which only lowers the bound.
"""

from collections.abc import Sequence
from time import monotonic

import numpy as np

from anonspark.domain.lattice import Lattice
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.incumbent import Listener, ignore
from anonspark.search.objectives import objective_of
from anonspark.search.optimal import OptimalSearch
from anonspark.vocabulary import Metric

NODES_A_PART = 1 << 14
"""A search of so many nodes takes a second where there are some ten thousand classes."""

SEPARABLE = (Metric.LOSS, Metric.PRECISION, Metric.NON_UNIFORM_ENTROPY)


def bound_by_parts(
    checker: InMemoryChecker, metric: Metric, *, time_limit_s: float | None = None, on_progress: Listener = ignore
) -> float:
    """A score below which no node of the lattice is; infinite where no node is within the limit."""
    if metric not in SEPARABLE:
        return -np.inf
    deadline = None if time_limit_s is None else monotonic() + time_limit_s
    weights = np.array(checker.leaves.weights)
    total = 0.0
    for part in parts(checker.lattice):
        left = None if deadline is None else max(deadline - monotonic(), 0.0)
        search = _search_of(checker, metric, part, left, on_progress)
        found = search.run()
        share = 1.0 if metric is Metric.NON_UNIFORM_ENTROPY else weights[list(part)].sum() / weights.sum()
        total += found.bound * share
    return float(total)


def parts(lattice: Lattice) -> list[tuple[int, ...]]:
    """Attributes of several levels, so many together as make no more than `NODES_A_PART` nodes, the highest first.

    >>> parts(Lattice((0, 0, 0), (9, 0, 3)))
    [(0, 2)]
    """
    shape = lattice.shape
    found: list[list[int]] = []
    sizes: list[int] = []
    for axis in sorted((axis for axis in range(len(shape)) if shape[axis] > 1), key=lambda axis: -shape[axis]):
        fitting = [place for place, size in enumerate(sizes) if size * shape[axis] <= NODES_A_PART]
        if fitting:
            found[fitting[0]].append(axis)
            sizes[fitting[0]] *= shape[axis]
        else:
            found.append([axis])
            sizes.append(shape[axis])
    return [tuple(sorted(part)) for part in found]


def _search_of(
    checker: InMemoryChecker, metric: Metric, part: Sequence[int], time_limit_s: float | None, on_progress: Listener
) -> OptimalSearch:
    """The exact search with all other attributes at their top, and at no price."""
    lattice = checker.lattice
    bottom = tuple(low if axis in part else lattice.top[axis] for axis, low in enumerate(lattice.bottom))
    weights = [weight if axis in part else 0.0 for axis, weight in enumerate(checker.leaves.weights)]
    narrowed = checker.narrowed(Lattice(bottom, lattice.top), weights)
    return OptimalSearch(narrowed, objective_of(metric, narrowed), time_limit_s=time_limit_s, on_progress=on_progress)
