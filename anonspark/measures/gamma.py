"""Sums and products of gamma functions that lose no digits where their arguments are large, and roots by bisection."""

from collections.abc import Callable
from math import log, log1p
from typing import TypeVar

import numpy as np

from anonspark.domain.arrays import CountArray, FloatArray

Number = TypeVar("Number", float, FloatArray)

LARGE = 12.0
"""From here on the asymptotic series below are exact to the last digits of a float."""

BISECTIONS = 200
"""More than a float has digits, so that a root is as exact as its function."""


def harmonic(start: float, terms: int) -> float:
    """Sum of 1 / (start + i) over 0 <= i < terms: digamma(start + terms) - digamma(start).

    Args:
        start: Positive.
        terms: How many, at least 0; many cost no more than few.

    Source: Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 6.3.6 and 6.3.18.

    >>> round(harmonic(1.0, 4), 12)
    2.083333333333
    """
    total = 0.0
    while terms and start < LARGE:
        total += 1 / start
        start, terms = start + 1, terms - 1
    end = start + terms
    return total + log1p(terms / start) + _rest_of_digamma(end) - _rest_of_digamma(start)


def harmonics(start: float, terms: CountArray) -> FloatArray:
    """`harmonic` for several numbers of terms; shape (n,).

    >>> harmonics(1.0, np.array([0, 1, 2])).tolist()
    [0.0, 1.0, 1.5]
    """
    first = np.concatenate([[0.0], np.cumsum(1 / (start + np.arange(int(LARGE))))])
    total: FloatArray = first[np.minimum(terms, int(LARGE))]
    begin, rest = start + int(LARGE), np.maximum(terms - int(LARGE), 0)
    end = begin + rest
    return total + np.log1p(rest / begin) + _rest_of_digamma(end) - _rest_of_digamma(begin)


def log_gamma_ratio(start: float, step: float) -> float:
    """log(gamma(start + step) / gamma(start)) for a positive start and 0 <= step <= 1.

    Source: Abramowitz and Stegun (1964), 6.1.15 and 6.1.41.

    >>> round(log_gamma_ratio(3.0, 1.0) - log(3.0), 12)
    0.0
    """
    total = 0.0
    while start < LARGE:
        total -= log1p(step / start)
        start += 1
    end = start + step
    return (
        total
        + step * log(start)
        + (end - 0.5) * log1p(step / start)
        - step
        + _rest_of_log_gamma(end)
        - _rest_of_log_gamma(start)
    )


def root(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Where a continuous function is 0 between two points, None where it has one sign at both.

    >>> round(root(lambda x: x * x - 2, 0.0, 2.0), 12)
    1.414213562373
    """
    at_low, at_high = function(low), function(high)
    if at_low == 0 or at_high == 0:
        return low if at_low == 0 else high
    if (at_low < 0) == (at_high < 0):
        return None
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if (function(middle) < 0) == (at_low < 0):
            low = middle
        else:
            high = middle
    return high if abs(function(high)) < abs(function(low)) else low


def _rest_of_digamma(x: Number) -> Number:
    """digamma(x) - log(x)."""
    square = 1 / (x * x)
    return -1 / (2 * x) - square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))


def _rest_of_log_gamma(x: float) -> float:
    """log(gamma(x)) - (x - 1/2) log(x) + x - log(2 pi) / 2."""
    square = 1 / (x * x)
    return (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / x
