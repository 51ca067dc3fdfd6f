"""The lattice of generalizations: one level for each quasi-identifier."""

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


def lattice_of(hierarchies: tuple[GeneralizationHierarchy, ...]) -> Lattice:
    """The lattice of whole hierarchies, without bounds on levels."""
    return Lattice((0,) * len(hierarchies), tuple(hierarchy.height for hierarchy in hierarchies))
