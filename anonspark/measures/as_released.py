"""The separable metrics of a release of which only the rows are known, as `utility` and `recoded` tell them.

They follow from how often each value and each label of a column occurs, so no record has to be found again.
"""

from math import fsum

import numpy as np

from anonspark.domain.arrays import CountArray, FloatArray
from anonspark.domain.released import ReleasedColumn
from anonspark.measures.recoded import cost_of_levels
from anonspark.vocabulary import Metric


def costs_as_released(column: ReleasedColumn, *, full_domain: bool) -> dict[Metric, float | None]:
    """Loss, precision and non-uniform entropy of one column.

    Args:
        column: Its labels, each at its level.
        full_domain: Whether the release generalizes every column to one level. Its suppressed records then lose entropy
            on top of what that level loses, as at a node of the lattice; otherwise as at the last level.

    Returns:
        Entropy is None where more records have a label than the original has records below it: their values were not
        generalized but changed, and nobody knows from what.
    """
    # Suppressed records are one more row, which is not shown.
    levels = np.append(column.levels, column.hierarchy.height)
    leaves = np.append(column.leaves, 0)
    records = np.append(column.records, column.n_suppressed)
    shown = np.append(column.shown, False)
    costs: dict[Metric, float | None] = {
        metric: cost_of_levels(metric, column.hierarchy, leaves, levels, records, shown)
        for metric in (Metric.LOSS, Metric.PRECISION)
    }
    costs[Metric.NON_UNIFORM_ENTROPY] = _entropy(column, full_domain=full_domain)
    return costs


def mean_level(column: ReleasedColumn) -> float:
    """How far the records that are not suppressed were generalized, on average."""
    return float((column.levels * column.records).sum() / max(column.records.sum(), 1))


def _entropy(column: ReleasedColumn, *, full_domain: bool) -> float | None:
    """Sum over all records of log2 (records like the released value / records like the raw one).

    The raw values need not be known record by record: their sum over the whole table is that of the original.
    """
    below, shown_with_label = _records_below(column), column.records * column.shown
    if (shown_with_label > below).any():
        return None
    # Suppressed records stand at the level of all others, or at the last.
    level = column.hierarchy.height if column.common_level is None or not full_domain else column.common_level
    groups = column.hierarchy.groups[level]
    n_groups = int(groups.max(initial=0)) + 1
    originals = np.bincount(groups, weights=column.originals, minlength=n_groups)
    shown = np.bincount(groups[column.leaves], weights=shown_with_label, minlength=n_groups)
    hidden = np.maximum(originals - shown, 0.0)
    terms = [
        _logs(shown_with_label, below),
        _logs(hidden, originals),
        -_logs(column.originals, column.originals),
    ]
    if full_domain:
        total = np.array([hidden.sum()])
        terms += [_logs(total, total), -_logs(hidden, hidden)]
    # Rounded once, so that a column that was not changed loses nothing at all.
    return max(fsum(np.concatenate(terms)), 0.0)


def _records_below(column: ReleasedColumn) -> FloatArray:
    """Records of the original in the group of each label; shape (n_labels,)."""
    below = np.zeros(len(column.levels), dtype=np.float64)
    for level in np.unique(column.levels):
        here = column.levels == level
        groups = column.hierarchy.groups[level]
        below[here] = np.bincount(groups, weights=column.originals)[groups[column.leaves[here]]]
    return below


def _logs(records: CountArray | FloatArray, of: CountArray | FloatArray) -> FloatArray:
    """Records times log2 of counts, 0 where there are none; shape (n,)."""
    return np.asarray(records * np.log2(np.maximum(of, 1.0)), dtype=np.float64)
