"""What a convex criterion says about all the ways to split a class.

A criterion that is a convex function of a class's shares, safe up to a limit, has a mean over the parts of a class
that is at least its value on the whole (Jensen). Safe parts are at most at the limit and suppressed ones at most at
the worst value, so a whole above the limit needs suppressed records. This is the monotonicity that stays when
records may be suppressed.
"""

import numpy as np

from anonspark.domain.arrays import CountArray, FloatArray

ROUNDING = 1e-9
"""Relative slack: a bound may be too low by this much, never too high."""


def records_beyond(sizes: CountArray, values: FloatArray, limit: float, worst: float) -> CountArray:
    """Least number of records to suppress in each class, however it is split; shape (n_classes,).

    Args:
        sizes: Records of each class.
        values: The convex criterion of each class.
        limit: A class is safe up to this value.
        worst: Largest value that the criterion has on any class.

    >>> records_beyond(np.array([10, 10]), np.array([0.2, 0.6]), limit=0.2, worst=1.0).tolist()
    [0, 5]
    """
    if worst <= limit:
        return np.zeros(len(sizes), dtype=np.int64)
    needed = sizes * (values - limit) / (worst - limit)
    whole = np.ceil(needed * (1 - ROUNDING) - ROUNDING).astype(np.int64)
    return np.where(values > limit, np.clip(whole, 1, sizes), 0)
