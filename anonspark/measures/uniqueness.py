"""How many of the people who stand alone in a table stand alone in its population too.

A record that is unique in the table need not be the only one of its kind in the population. Estimators guess from the
sizes of the table's classes how many are.
"""

import numpy as np

from anonspark.domain.arrays import CountArray, FloatArray
from anonspark.domain.classes import SizeCounts, as_arrays

NEGLIGIBLE = 100.0
"""Chances below e^-100 are none."""


def zayatz_uniques(counts: SizeCounts, population_size: int) -> float:
    """Estimated share of records that are unique in the population; 0.0 where there is no class of one.

    The chance that a record alone in its class is alone in the population is, by Bayes' rule,
    h(1) f_1 / sum_i h(i) f_i: f_i is the share of classes of size i, taken for the population's from the table's, and
    h(i) the chance that a class of i people shows up in the table with exactly one of them (hypergeometric). The
    records of classes of one, times this chance, over all records is the answer.

    Args:
        counts: The sizes of classes with how many there are of each.
        population_size: People of whom the table is a sample without replacement, at least its records.

    Source: Zayatz (1991), Estimation of the Percent of Unique Population Elements on a Microdata File Using the
    Sample, US Bureau of the Census, Statistical Research Division Report 91/08.

    >>> zayatz_uniques([(1, 2), (2, 1)], 4)
    0.5
    >>> round(zayatz_uniques([(1, 2), (2, 1)], 8), 4)
    0.3182
    """
    values, classes = as_arrays(counts)
    if not len(values) or values[0] != 1:
        return 0.0
    n_records = int((values * classes).sum())
    alone = classes[0]
    expected = (classes * _chance_of_one(values, n_records, population_size)).sum()
    chance = alone * n_records / population_size / expected
    return float(alone * chance / n_records)


def _chance_of_one(sizes: CountArray, n_records: int, population_size: int) -> FloatArray:
    """Chance that a class of the population has exactly one record in the table; shape (n_sizes,).

    i n / N times the product of (N - n - j) / (N - 1 - j) over j < i - 1: one is drawn, the others are not. Each factor
    is at most exp(-(n - 1) / (N - 1)), so that large classes have a chance of 0 for all that it matters.
    """
    matters = int(NEGLIGIBLE * (population_size - 1) / max(n_records - 1, 1)) + 1
    others = np.arange(min(int(sizes.max()) - 1, matters), dtype=np.float64)
    missed = np.maximum(population_size - n_records - others, 0.0) / (population_size - 1 - others)
    not_drawn = np.concatenate([[1.0], np.cumprod(missed)])
    chances = sizes * (n_records / population_size) * not_drawn[np.minimum(sizes, len(not_drawn)) - 1]
    return np.where(sizes <= len(not_drawn), chances, 0.0)
