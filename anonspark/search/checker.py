"""What a search asks about one lattice node."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from anonspark.domain.lattice import Lattice, Node
from anonspark.measures.utility import Leaves, SuppressedRecords


@dataclass(frozen=True, slots=True, eq=False)
class NodeVerdict:
    """The classes of one node, judged.

    Attributes:
        node: The levels.
        suppressed: Records of unsafe classes: what a release at this node suppresses.
        unavoidable: Records that the node and every node below must suppress at least.
        kept_classes: Safe classes.
        kept_squares: Sum of the squared sizes of the safe classes.
        capacity: Most safe classes that the node or any node below can have.
        lost: The suppressed records; None where not asked for, or the limit is passed.
        certainly_lost: Those of them that every node below suppresses too; None likewise.
    """

    node: Node
    suppressed: int
    unavoidable: int
    kept_classes: int
    kept_squares: float
    capacity: int
    lost: SuppressedRecords | None = None
    certainly_lost: SuppressedRecords | None = None

    def without_records(self) -> "NodeVerdict":
        """What is worth keeping of many verdicts: all but the suppressed records, of which each leaf has a count."""
        return replace(self, lost=None, certainly_lost=None)


@dataclass(slots=True)
class Effort:
    """What a search has asked for: evaluations on all quasi-identifiers, and on fewer columns."""

    checked: int = 0
    projections: int = 0


class NodeChecker(Protocol):
    """Judges nodes, in memory or on the cluster.

    Attributes:
        lattice: The nodes that may be asked about.
        names: The attributes, in the order of a node's levels.
        leaves: What scores are computed from.
        always_lost: Records that no node can release.
        limit: Most records that a release may suppress.
        smallest_safe_class: No safe class has fewer records.
        monotone: Whether whatever contains a safe class is safe, for every model.
        effort: Counts, kept by the checker.
        batch: How many nodes are best asked about at a time.
    """

    lattice: Lattice
    names: tuple[str, ...]
    leaves: Leaves
    always_lost: SuppressedRecords
    limit: int
    smallest_safe_class: int
    monotone: bool
    effort: Effort
    batch: int

    def check(self, nodes: Sequence[Node], *, with_lost: bool) -> list[NodeVerdict]:
        """Judge nodes, in one batch; `with_lost` asks for the suppressed records of those within the limit."""
        ...

    def project(self, nodes: Sequence[Node]) -> list[NodeVerdict]:
        """Judge nodes above checked ones, in one batch, for pruning only; a column of one group is left out."""
        ...
