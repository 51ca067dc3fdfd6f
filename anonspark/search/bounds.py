"""What is known of every node, checked or not: lower bounds of its score and of its suppressed records."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from anonspark.domain.arrays import CountArray, FloatArray
from anonspark.domain.lattice import Lattice, Node

Number = TypeVar("Number", np.int64, np.float64)


class Bounds:
    """Two arrays of the lattice's shape, and a total order of its nodes.

    Attributes:
        score: Lower bound of each node's score; inf where the node is settled and need not be looked at again.
        suppressed: Lower bound of the records that each node suppresses.
        order: Distinct for each node: by sum of levels, then by levels in the order of attribute names.
    """

    def __init__(self, lattice: Lattice, names: Sequence[str]) -> None:
        """Bounds of a lattice of which nothing is known."""
        self._bottom, shape = lattice.bottom, lattice.shape
        self.score: FloatArray = np.full(shape, -np.inf)
        self.suppressed: CountArray = np.zeros(shape, dtype=np.int64)
        digits: list[CountArray] = [np.empty(0, dtype=np.int64)] * len(shape)
        stride = 1
        for axis in sorted(range(len(shape)), key=lambda axis: names[axis], reverse=True):
            digits[axis] = np.arange(shape[axis]) * stride
            stride *= shape[axis]
        self.order: CountArray = outer_sum([steps + np.arange(len(steps)) * stride for steps in digits])

    def below(self, node: Node) -> tuple[slice, ...]:
        """The node and every node below, as an index of the arrays."""
        return tuple(slice(0, level - low + 1) for level, low in zip(node, self._bottom, strict=True))

    def above(self, node: Node) -> tuple[slice, ...]:
        """The node and every node above, as an index of the arrays."""
        return tuple(slice(level - low, None) for level, low in zip(node, self._bottom, strict=True))

    def at(self, node: Node) -> tuple[int, ...]:
        """The node itself, as an index of the arrays."""
        return tuple(level - low for level, low in zip(node, self._bottom, strict=True))

    def node(self, flat: int) -> Node:
        """The node at a position of the flattened arrays."""
        index = np.unravel_index(flat, self.score.shape)
        return tuple(int(step) + low for step, low in zip(index, self._bottom, strict=True))


def outer_sum(arrays: Sequence[npt.NDArray[Number]]) -> npt.NDArray[Number]:
    """The sum of one element an array, for all combinations; one axis an array."""
    axes = [array.reshape((-1,) + (1,) * (len(arrays) - axis - 1)) for axis, array in enumerate(arrays)]
    return reduce(add, axes)
