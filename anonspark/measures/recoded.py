"""What a release loses in which every class has levels of its own; the metrics of `utility`, record by record."""

from collections.abc import Sequence

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray, FloatArray
from anonspark.domain.classes import SizeCounts, as_arrays, size_counts
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.recoding import Recoding
from anonspark.measures.utility import average_class_size, discernibility
from anonspark.vocabulary import Metric


def costs_of_recoding(
    metric: Metric, hierarchies: Sequence[GeneralizationHierarchy], recoding: Recoding, sizes: CountArray
) -> list[float]:
    """A separable metric of each attribute, as `attribute_costs` has it for a node.

    Suppressed records lose all: a share of 1, the whole height, or what the last level loses.

    Args:
        metric: Loss, precision or non-uniform entropy.
        hierarchies: One an attribute.
        recoding: What was released.
        sizes: Shape (n_raw_classes,): records.
    """
    return [
        cost_of_levels(metric, hierarchy, leaves, levels, sizes, recoding.released)
        for hierarchy, leaves, levels in zip(hierarchies, recoding.raw_codes, recoding.levels, strict=True)
    ]


def cost_of_levels(
    metric: Metric,
    hierarchy: GeneralizationHierarchy,
    leaves: CodeArray,
    levels: CodeArray,
    sizes: CountArray,
    shown: BoolArray,
) -> float:
    """A separable metric of one attribute whose values stand at levels of their own.

    Args:
        metric: Loss, precision or non-uniform entropy.
        hierarchy: Of the attribute.
        leaves: Shape (n_rows,); all records of the table are in some row.
        levels: Shape (n_rows,): the last where they are suppressed.
        sizes: Shape (n_rows,): records.
        shown: Shape (n_rows,): which are released.
    """
    cost_of = {Metric.LOSS: _loss, Metric.PRECISION: _precision, Metric.NON_UNIFORM_ENTROPY: _entropy}[metric]
    return cost_of(hierarchy, leaves, levels, sizes, (shown, int(sizes[~shown].sum())))


def sizes_of_recoding(recoding: Recoding, n_records: int) -> dict[str, float]:
    """The metrics that depend on the sizes of classes alone."""
    return metrics_of_sizes(size_counts(recoding.sizes), n_records)


def metrics_of_sizes(counts: SizeCounts, n_records: int) -> dict[str, float]:
    """The metrics that depend on the sizes of released classes alone."""
    sizes, classes = as_arrays(counts)
    lost = n_records - int((sizes * classes).sum())
    squares = float((np.square(sizes, dtype=np.float64) * classes).sum())
    return {
        Metric.DISCERNIBILITY: discernibility(squares, lost, n_records),
        Metric.AVERAGE_CLASS_SIZE: average_class_size(int(classes.sum()), lost, n_records),
    }


_Shown = tuple[np.ndarray, int]
"""Which raw classes are released, and how many records are not."""


def _loss(
    hierarchy: GeneralizationHierarchy, leaves: CodeArray, levels: CodeArray, sizes: CountArray, shown: _Shown
) -> float:
    released, lost = shown
    covered = float((hierarchy.shares()[levels, leaves] * sizes)[released].sum()) + lost
    domain = hierarchy.domain_size
    return max((covered / int(sizes.sum()) - 1 / domain) / max(1 - 1 / domain, 1 / domain), 0.0)


def _precision(
    hierarchy: GeneralizationHierarchy, leaves: CodeArray, levels: CodeArray, sizes: CountArray, shown: _Shown
) -> float:
    del leaves
    released, lost = shown
    climbed = float((levels / max(hierarchy.height, 1) * sizes)[released].sum())
    return (climbed + lost) / int(sizes.sum())


def _entropy(
    hierarchy: GeneralizationHierarchy, leaves: CodeArray, levels: CodeArray, sizes: CountArray, shown: _Shown
) -> float:
    del shown
    records = np.bincount(leaves, weights=sizes, minlength=len(hierarchy.leaves))
    around: FloatArray = np.stack([np.bincount(groups, weights=records)[groups] for groups in hierarchy.groups])
    return float((np.log2(around[levels, leaves] / records[leaves]) * sizes).sum())
