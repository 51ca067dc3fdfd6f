"""How much two columns tell about each other."""

from math import sqrt

import numpy as np

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.distinct import distinct_rows


def cramers_v(first: CodeArray, second: CodeArray, counts: CountArray) -> float:
    """Cramer's V of two columns, corrected for the association that chance alone shows; 0 none, 1 full.

    A column of one value is associated with nothing.

    Args:
        first: Shape (n_rows,): codes of values.
        second: The same of the other column.
        counts: Shape (n_rows,): records.

    Source: Bergsma (2013), A Bias-Correction for Cramer's V and Tschuprow's T, Journal of the Korean Statistical
    Society 42(3).

    >>> cramers_v(np.array([0, 1], np.int32), np.array([0, 1], np.int32), np.array([50, 50]))
    1.0
    """
    n_records = int(counts.sum())
    if n_records < 2:
        return 0.0
    rows, columns = (_records(codes, counts) for codes in (first, second))
    n_rows, n_columns = int(np.count_nonzero(rows)), int(np.count_nonzero(columns))
    cell, at = distinct_rows([first, second])
    observed = np.bincount(cell, weights=counts)
    # Only cells with records are looked at: a table of two columns with many values is mostly empty.
    squared = float((observed**2 / np.maximum(rows[first[at]] * columns[second[at]], 1)).sum()) - 1
    by_chance = (n_rows - 1) * (n_columns - 1) / (n_records - 1)
    smaller = min(size - (size - 1) ** 2 / (n_records - 1) for size in (n_rows, n_columns)) - 1
    if smaller <= 0:
        return 0.0
    return min(sqrt(max(squared - by_chance, 0.0) / smaller), 1.0)


def _records(codes: CodeArray, counts: CountArray) -> CountArray:
    return np.bincount(codes, weights=counts)
