"""Criteria that cap the share of each sensitive value in a class: p_i <= c_i for every value i.

Such a criterion is linear in the shares, so convex: a union of classes within the caps is within them. Of a class with
n_i > c_i m records of value i among m, parts can only be released when x records are left out, x_i <= x of them of
value i, with n_i - x_i <= c_i (m - x). So x >= (n_i - c_i m) / (1 - c_i), however the class is split.
"""

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray, FloatArray
from anonspark.domain.classes import SensitiveHistograms
from anonspark.models.convexity import ROUNDING

TOLERANCE = 1e-12
"""A share of exactly its cap must not fail by rounding."""


def within_caps(histograms: SensitiveHistograms, caps: FloatArray) -> BoolArray:
    """Which classes have no value above its cap; shape (n_classes,).

    Args:
        histograms: Of the classes, each with a record.
        caps: Shape (n_values,): largest share of each value.
    """
    return np.logical_and.reduceat(_are_within(histograms, caps), histograms.offsets[:-1])


def largest_shares(histograms: SensitiveHistograms) -> FloatArray:
    """Share of the most frequent value of each class; shape (n_classes,)."""
    return np.asarray(np.maximum.reduceat(histograms.shares(), histograms.offsets[:-1]), dtype=np.float64)


def records_above_caps(histograms: SensitiveHistograms, caps: FloatArray) -> CountArray:
    """Least number of records to suppress in each class, however it is split; shape (n_classes,).

    What the value that is most above its cap needs; 0 for a class within its caps, at least 1 for others. Arguments as
    for `within_caps`.
    """
    starts = histograms.offsets[:-1]
    sizes = np.repeat(np.add.reduceat(histograms.counts, starts), histograms.distinct())
    of_values = caps[histograms.values]
    beyond = (histograms.counts - of_values * sizes) / np.maximum(1.0 - of_values, TOLERANCE)
    whole = np.ceil(beyond * (1 - ROUNDING) - ROUNDING)
    needed = np.where(_are_within(histograms, caps), 0, np.clip(whole, 1, sizes)).astype(np.int64)
    return np.maximum.reduceat(needed, starts)


def _are_within(histograms: SensitiveHistograms, caps: FloatArray) -> BoolArray:
    """Which pairs of class and value are at most at the value's cap; shape (n_pairs,)."""
    within: BoolArray = histograms.shares() <= caps[histograms.values] + TOLERANCE
    return within
