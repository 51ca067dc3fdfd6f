"""How far sets of columns tell records apart, and which few columns are enough for it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from anonspark.domain.arrays import CodeArray, CountArray, FloatArray

ORDERS: Final = 16
"""Random orders of the columns over which contributions are averaged; each is also taken backwards."""


@dataclass(frozen=True, slots=True)
class Identification:
    """What a set of columns tells of the records of a table; shares in [0, 1].

    Attributes:
        distinction: Combinations of values among the records; the average chance of picking the right record of those
            that look alike.
        separation: Pairs of records that differ in one of the columns at least.
        unique: Records that no other one looks like.

    Source: Motwani and Xu (2007), Efficient Algorithms for Masking and Finding Quasi-Identifiers, VLDB, for the first
    two.
    """

    distinction: float
    separation: float
    unique: float


def identification(sizes: CountArray) -> Identification:
    """What the sizes of equivalence classes come to; nothing is told apart where there are no records.

    Args:
        sizes: Shape (n_classes,): records of each.

    >>> identification(np.array([1, 1, 2]))
    Identification(distinction=0.75, separation=0.8333333333333334, unique=0.5)
    """
    n_records = int(sizes.sum())
    if not n_records:
        return Identification(0.0, 0.0, 0.0)
    pairs = n_records * (n_records - 1)
    alike = int((sizes.astype(np.int64) * (sizes - 1)).sum())
    unique = int((sizes == 1).sum()) / n_records
    return Identification(len(sizes) / n_records, 1 - alike / pairs if pairs else 1.0, unique)


@dataclass(frozen=True, slots=True)
class Grouping:
    """Records in the groups that some columns tell apart.

    Attributes:
        groups: Shape (n_records,): the group of each record, from 0.
        n_groups: How many there are.
    """

    groups: CodeArray
    n_groups: int

    def refined(self, codes: CodeArray) -> "Grouping":
        """The groups that one more column tells apart; its codes are of shape (n_records,)."""
        if self.n_groups == len(codes):
            return self
        keys = self.groups.astype(np.int64) * (int(codes.max()) + 1) + codes
        values, groups = np.unique(keys, return_inverse=True)
        return Grouping(groups.astype(np.int32), len(values))

    def sizes(self) -> CountArray:
        """Records of each group."""
        return np.bincount(self.groups, minlength=self.n_groups).astype(np.int64)


def all_alike(codes: Sequence[CodeArray]) -> Grouping:
    """The records of some columns while nothing tells them apart."""
    n_records = len(codes[0]) if codes else 0
    return Grouping(np.zeros(n_records, dtype=np.int32), min(1, n_records))


def told_apart(codes: Sequence[CodeArray], columns: Collection[int]) -> Identification:
    """What some of the columns tell.

    Args:
        codes: Shape (n_records,) each: the value of each record, from 0.
        columns: Which of them.
    """
    grouping = all_alike(codes)
    for column in columns:
        grouping = grouping.refined(codes[column])
    return identification(grouping.sizes())


def identifying_set(codes: Sequence[CodeArray], columns: Sequence[int], share: float = 0.95) -> tuple[int, ...]:
    """Few columns that tell nearly as much as all: each is needed for it, though a smaller other set may be too.

    The column that makes the most new groups is taken until the distinction reaches its share of what all columns
    reach; then every column without which it still does is left out again, those that were taken first last.

    Args:
        codes: Shape (n_records,) each: the value of each record, from 0.
        columns: Those to choose from.
        share: Of the distinction of all columns, in (0, 1].

    Source: the greedy algorithm of Motwani and Xu (2007), section 3, with distinction instead of separation.

    >>> a, b, both = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0, 1, 2, 3])
    >>> identifying_set([a, b, both], [0, 1, 2]), identifying_set([a, b], [0, 1])
    ((2,), (0, 1))
    """
    goal = share * told_apart(codes, columns).distinction - 1e-12
    chosen: list[int] = []
    grouping = all_alike(codes)
    while identification(grouping.sizes()).distinction < goal:
        finer = {column: grouping.refined(codes[column]) for column in columns if column not in chosen}
        best = max(finer, key=lambda column: finer[column].n_groups)
        chosen.append(best)
        grouping = finer[best]
    for column in reversed(chosen[:-1]):
        others = [other for other in chosen if other != column]
        if told_apart(codes, others).distinction >= goal:
            chosen = others
    return tuple(chosen)


def contributions(codes: Sequence[CodeArray], rng: np.random.Generator, orders: int = ORDERS) -> FloatArray:
    """What each column adds to the distinction of all: Shapley values, estimated over random orders of the columns.

    They sum to what all columns tell together beyond nothing, and each is the mean of what its column adds to the
    columns before it. An order is also taken backwards, as a column's gains early and late in it even out.

    Args:
        codes: Shape (n_records,) each: the value of each record, from 0.
        rng: Draws the orders.
        orders: How many; twice as many passes over the codes are made.

    Returns:
        Shape (n_columns,): shares of the distinction, which is a fraction of the records.

    Source: Castro, Gomez and Tejada (2009), Polynomial calculation of the Shapley value based on sampling, Computers
    and Operations Research 36(5).
    """
    gains = np.zeros(len(codes), dtype=np.float64)
    n_records = len(codes[0]) if codes else 0
    if not n_records:
        return gains
    for _ in range(orders):
        forward = rng.permutation(len(codes))
        for order in (forward, forward[::-1]):
            grouping = all_alike(codes)
            for column in order:
                finer = grouping.refined(codes[column])
                gains[column] += finer.n_groups - grouping.n_groups
                grouping = finer
                if grouping.n_groups == n_records:
                    break
    shares: FloatArray = gains / (2 * orders * n_records)
    return shares
