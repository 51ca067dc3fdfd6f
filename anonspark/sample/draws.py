"""Draws that give the same bytes for a seed on every platform and with every version of numpy.

Only the raw stream of a bit generator is frozen by numpy's policy; a `Generator`'s methods may change, and sums and
logarithms of floats differ between processors. So everything here is raw bits and integer arithmetic.

Source: NumPy Enhancement Proposal 19.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from anonspark.domain.arrays import BoolArray, CountArray

Weights: TypeAlias = Sequence[Sequence[int]] | npt.NDArray[np.int64]
"""One row a group, one weight a value; only their ratios within a row matter."""


def below(bits: np.random.PCG64, limit: int, size: int) -> CountArray:
    """Even draws from 0, 1, ..., limit - 1, where limit < 2**31; shape (size,)."""
    high = np.asarray(bits.random_raw(size)) >> np.uint64(32)
    return ((high * np.uint64(limit)) >> np.uint64(32)).astype(np.int64)


def draw(bits: np.random.PCG64, weights: Weights, group: CountArray) -> CountArray:
    """For each member of `group` a value's index, drawn by the weights of its group; shape of `group`.

    >>> draw(np.random.PCG64(1), [[1, 0, 0], [0, 0, 7]], np.array([0, 1, 1])).tolist()
    [0, 2, 2]
    """
    ends = np.cumsum(np.asarray(weights, dtype=np.int64), axis=1)
    high = (np.asarray(bits.random_raw(len(group))) >> np.uint64(32)).astype(np.int64)
    drawn = np.empty(len(group), dtype=np.int64)
    for row, end in enumerate(ends):
        members = group == row
        drawn[members] = np.searchsorted(end, (high[members] * end[-1]) >> 32, side="right")
    return drawn


def band(value: CountArray, starts: Sequence[int]) -> CountArray:
    """Which band each value lies in, where band i begins at starts[i].

    >>> band(np.array([0, 17, 18, 90]), (0, 18, 65)).tolist()
    [0, 0, 1, 2]
    """
    return np.searchsorted(np.asarray(starts), value, side="right").astype(np.int64) - 1


def one_in(bits: np.random.PCG64, often: int, size: int) -> BoolArray:
    """True about once in `often`; shape (size,)."""
    return np.equal(below(bits, often, size), 0)
