"""What a release loses: the five metrics, per attribute and whole; lower is better.

A metric of the separable kind is a sum over attributes of a cost that depends on the attribute's level and on which
records are suppressed, so it is known for every level at once. `lost` is whatever is suppressed; with nothing
suppressed the cost is a lower bound for every set of suppressed records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from anonspark.domain.arrays import CodeArray, CountArray, FloatArray
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Node
from anonspark.vocabulary import Metric


@dataclass(frozen=True, eq=False)  # without slots, which leave no place for what is computed once
class Leaves:
    """The values of the quasi-identifiers that occur in the table, at every level; one array an attribute.

    Attributes:
        records: Shape (n_leaves,) each: records of the whole table with the value.
        groups: Shape (n_levels, n_leaves) each: the group of the value.
        shares: Shape (n_levels, n_leaves) each: share of the domain that the group covers.
        domain_sizes: |D| of each attribute.
        weights: Weight of each attribute, as given.
    """

    records: tuple[CountArray, ...]
    groups: tuple[CodeArray, ...]
    shares: tuple[FloatArray, ...]
    domain_sizes: tuple[int, ...]
    weights: tuple[float, ...]

    @cached_property
    def n_records(self) -> int:
        """Records of the whole table."""
        return int(self.records[0].sum())

    @cached_property
    def entropies(self) -> tuple[FloatArray, ...]:
        """Sum of f log2 f over the records f of the groups at each level; shape (n_levels,) each."""
        return tuple(_sums_of_logs(groups, records) for groups, records in zip(self.groups, self.records, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class SuppressedRecords:
    """Suppressed records, counted by leaf of each attribute: all that a separable metric needs to know of them.

    Attributes:
        records: How many.
        by_leaf: One array an attribute, shape (n_leaves,), each summing to at most `records`: records of which
            only the number is known are in none.
    """

    records: int
    by_leaf: tuple[CountArray, ...]


def leaves_of(
    hierarchies: Sequence[GeneralizationHierarchy],
    used: Sequence[CodeArray],
    records: Sequence[CountArray],
    weights: Sequence[float],
) -> Leaves:
    """The leaves with the codes `used` and their `records`, one array an attribute."""
    pairs = list(zip(hierarchies, used, strict=True))
    return Leaves(
        records=tuple(records),
        groups=tuple(np.ascontiguousarray(hierarchy.groups[:, codes]) for hierarchy, codes in pairs),
        shares=tuple(np.ascontiguousarray(hierarchy.shares()[:, codes]) for hierarchy, codes in pairs),
        domain_sizes=tuple(hierarchy.domain_size for hierarchy in hierarchies),
        weights=tuple(weights),
    )


def loss_by_level(leaves: Leaves, lost: SuppressedRecords) -> list[FloatArray]:
    """Loss of each attribute at each of its levels, in [0, 1]; one array of shape (n_levels,) an attribute.

    The mean share of the domain that a released value covers, 1 for a suppressed one, scaled so that raw is 0.
    Records of which only the number is known are taken to be those that lose least.

    Source: Iyengar (2002), KDD.
    """
    costs = []
    for records, shares, domain, known in zip(
        leaves.records, leaves.shares, leaves.domain_sizes, lost.by_leaf, strict=True
    ):
        n_records = records.sum()
        covered = shares @ (records - known) + known.sum()
        if unnamed := lost.records - int(known.sum()):
            covered = covered + unnamed * (1.0 - shares.max(axis=1))
        costs.append(np.maximum((covered / n_records - 1 / domain) / max(1 - 1 / domain, 1 / domain), 0.0))
    return costs


def precision_by_level(leaves: Leaves, lost: SuppressedRecords) -> list[FloatArray]:
    """Precision loss of each attribute at each level, in [0, 1]: the share of its height that was climbed.

    A suppressed value climbs all of it.

    Source: Sweeney (2002), International Journal on Uncertainty, Fuzziness and Knowledge-based Systems 10(5).
    """
    share_lost = lost.records / leaves.n_records
    costs = []
    for groups in leaves.groups:
        height = len(groups) - 1
        climbed = np.arange(height + 1) / max(height, 1)
        costs.append((1 - share_lost) * climbed + share_lost)
    return costs


def entropy_by_level(leaves: Leaves, lost: SuppressedRecords) -> list[FloatArray]:
    """Non-uniform entropy of each attribute at each level, in bits over all records.

    -log2 of the chance to guess the raw value from the generalized one, plus, for suppressed records, -log2 of the
    chance to guess the generalized value from `*` among them.

    Source: De Waal and Willenborg (1999), Netherlands Official Statistics 14; Gionis and Tassa (2009), IEEE TKDE 21(2).
    """
    costs = []
    for groups, of_groups, known in zip(leaves.groups, leaves.entropies, lost.by_leaf, strict=True):
        cost = of_groups - of_groups[0]
        if lost.records:
            n_known = float(known.sum())
            cost += n_known * np.log2(max(n_known, 1.0)) - _sums_of_logs(groups, known)
        costs.append(cost)
    return costs


def _sums_of_logs(groups: CodeArray, records: CountArray) -> FloatArray:
    """Sum of f log2 f over the records f of the groups at each level, 0 for f = 0; shape (n_levels,).

    The same to the last bit for the same counts in any order, which sorting makes sure of.
    """
    n_levels, n_groups = len(groups), int(groups.max(initial=0)) + 1
    places = groups + (np.arange(n_levels) * n_groups)[:, np.newaxis]
    weights = np.broadcast_to(records, groups.shape)
    counts = np.bincount(places.ravel(), weights=weights.ravel(), minlength=n_levels * n_groups)
    counts = np.sort(counts.reshape(n_levels, n_groups), axis=1)
    sums: FloatArray = (counts * np.log2(np.maximum(counts, 1.0))).sum(axis=1)
    return sums


BY_LEVEL = {
    Metric.LOSS: loss_by_level,
    Metric.PRECISION: precision_by_level,
    Metric.NON_UNIFORM_ENTROPY: entropy_by_level,
}
"""The separable metrics; loss and precision are means over attributes, entropy is a sum."""


def whole(metric: Metric, weights: Sequence[float], costs: Sequence[float]) -> float:
    """A separable metric of the release from its cost in each attribute: a weighted mean, for entropy a sum."""
    total = sum(weight * cost for weight, cost in zip(weights, costs, strict=True))
    return float(total if metric is Metric.NON_UNIFORM_ENTROPY else total / sum(weights))


def discernibility(kept_squares: float, suppressed: int, n_records: int) -> float:
    """Sum over records of the size of the set that hides each: its class, or the table if suppressed.

    Source: Bayardo and Agrawal (2005), ICDE.
    """
    return kept_squares + float(suppressed) * n_records


def average_class_size(kept_classes: int, suppressed: int, n_records: int) -> float:
    """Records a class, all suppressed ones being one class.

    Source: LeFevre, DeWitt and Ramakrishnan (2006), ICDE (there divided by k).
    """
    return n_records / max(kept_classes + (1 if suppressed else 0), 1)


def attribute_costs(metric: Metric, leaves: Leaves, lost: SuppressedRecords, node: Node) -> list[float]:
    """A separable metric of each attribute at a node."""
    by_level = BY_LEVEL[metric](leaves, lost)
    return [float(costs[level]) for costs, level in zip(by_level, node, strict=True)]
