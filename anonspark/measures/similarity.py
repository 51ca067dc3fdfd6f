"""How far the distribution of a released column is from that of the original."""

from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import CountArray, FloatArray
from anonspark.domain.released import ReleasedColumn


@dataclass(frozen=True, slots=True)
class Distances:
    """Between two distributions over the same values; 0 where they are equal, 1 where they have nothing in common.

    Attributes:
        total_variation: Half the sum of differences: the share of records that would have to change.
        jensen_shannon: Root of the Jensen-Shannon divergence in bits, a metric.
        earth_mover: Mean number of places that records would have to move over all places but one; None without order.
    """

    total_variation: float
    jensen_shannon: float
    earth_mover: float | None


def as_an_analyst_reads(column: ReleasedColumn, n_starred: int) -> FloatArray:
    """The share of each leaf in the rows of a release, as far as it tells; shape (n_leaves,), all zero without rows.

    A label's records are spread over the leaves below it evenly, and suppressed ones over all leaves. The release says
    nothing about shares within a label, so that the even one, which assumes least, is what its readers have: to spread
    by the original's own shares would call every release alike to it.

    Args:
        column: Its labels.
        n_starred: Rows of nothing but `*`; those that were left out are none.
    """
    known = ~column.hierarchy.unknown
    shares = np.zeros(len(known), dtype=np.float64)
    if not known.any():
        return shares
    shares[known] = (int(column.records[~column.shown].sum()) + n_starred) / known.sum()
    for level in np.unique(column.levels[column.shown]):
        here = column.shown & (column.levels == level)
        groups = column.hierarchy.groups[level]
        n_groups = int(groups.max()) + 1
        records = np.bincount(groups[column.leaves[here]], weights=column.records[here], minlength=n_groups)
        members = np.bincount(groups[known], minlength=n_groups)
        shares[known] += (records / np.maximum(members, 1))[groups[known]]
    total = shares.sum()
    return shares / total if total else shares


def distances(original: CountArray, released: FloatArray, order: CountArray | None = None) -> Distances:
    """Distances of a released distribution from the original one.

    Args:
        original: Shape (n_leaves,): records.
        released: Shape (n_leaves,): shares.
        order: The leaves from the first to the last, where they have an order.

    Source: Lin (1991), Divergence Measures Based on the Shannon Entropy, IEEE Transactions on Information Theory 37(1);
    Endres and Schindelin (2003), ibid. 49(7), for its root; Li, Li and Venkatasubramanian (2007), t-Closeness, ICDE,
    for the ordered earth mover's distance.

    >>> distances(np.array([1, 1]), np.array([1.0, 0.0]), np.array([0, 1]))
    Distances(total_variation=0.5, jensen_shannon=0.5579230452841438, earth_mover=0.5)
    """
    shares = original / max(original.sum(), 1)
    middle = (shares + released) / 2
    divergence = (_divergence(shares, middle) + _divergence(released, middle)) / 2
    moved = None
    if order is not None:
        moved = float(np.abs(np.cumsum((shares - released)[order])).sum() / max(len(order) - 1, 1))
    return Distances(
        float(np.abs(shares - released).sum() / 2),
        float(np.sqrt(min(max(divergence, 0.0), 1.0))),
        moved,
    )


def _divergence(shares: FloatArray, middle: FloatArray) -> float:
    """Kullback-Leibler divergence in bits, of shares from what is above zero wherever they are."""
    there = shares > 0
    return float((shares[there] * np.log2(shares[there] / middle[there])).sum())
