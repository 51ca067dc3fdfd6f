"""The lattice of generalizations: one level for each quasi-identifier."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from anonspark.domain.hierarchy import GeneralizationHierarchy

Node = tuple[int, ...]
"""A lattice node: the level of each quasi-identifier, in the order of the policy."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """All nodes between a lowest and a highest one, both included."""

    bottom: Node
    top: Node

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of levels of each attribute."""
        return tuple(high - low + 1 for low, high in zip(self.bottom, self.top, strict=True))

    @property
    def size(self) -> int:
        """Number of nodes.

        >>> Lattice((0, 1), (2, 3)).size
        9
        """
        return prod(self.shape)

    def successors(self, node: Node) -> Iterator[Node]:
        """The nodes one level up in one attribute.

        >>> list(Lattice((0, 0), (1, 2)).successors((1, 1)))
        [(1, 2)]
        """
        for axis, high in enumerate(self.top):
            if node[axis] < high:
                yield (*node[:axis], node[axis] + 1, *node[axis + 1 :])

    def predecessors(self, node: Node) -> Iterator[Node]:
        """The nodes one level down in one attribute.

        >>> list(Lattice((0, 0), (1, 2)).predecessors((1, 1)))
        [(0, 1), (1, 0)]
        """
        for axis, low in enumerate(self.bottom):
            if node[axis] > low:
                yield (*node[:axis], node[axis] - 1, *node[axis + 1 :])


def lattice_of(hierarchies: tuple[GeneralizationHierarchy, ...]) -> Lattice:
    """The lattice of whole hierarchies, without bounds on levels."""
    return Lattice((0,) * len(hierarchies), tuple(hierarchy.height for hierarchy in hierarchies))
