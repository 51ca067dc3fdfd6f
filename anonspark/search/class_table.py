"""Class tables: the classes of a node as arrays, rolled up from those of a node below.

Source of the ideas: Prasser, Kohlmayer and Kuhn (2016), Software: Practice and Experience 46: roll-up, history of
class tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.classes import SensitiveHistograms
from anonspark.domain.lattice import Node
from anonspark.search.kernels import EMPTY, group_classes, merge_histograms

Entry = TypeVar("Entry", np.bool_, np.int32)

KEY_BITS = 63
"""Keys are signed 64-bit integers."""

WAYPOINT_ATTRIBUTES = (2, 4)
"""Numbers of attributes that waypoints have above the bottom."""

WORTH_KEEPING = 0.5
"""Share of its source's classes up to which a table saves later ones more than it costs."""

MOST_TABLES = 64
"""More would make the look-up of the nearest one dearer than what it saves."""


@dataclass(slots=True, eq=False)
class ClassTable:
    """The classes of one node, rolled up from a source table; a base has none.

    Attributes:
        node: The levels.
        sizes: Shape (n_classes,): records.
        sensitive: Histograms by sensitive attribute.
        source: The table it was rolled up from.
        group: Shape (n_classes of the source,): the class that each of the source's is in.
        first: Shape (n_classes,): one class of the source in each class.
    """

    node: Node
    sizes: CountArray
    sensitive: Mapping[str, SensitiveHistograms]
    source: "ClassTable | None" = None
    group: CodeArray | None = None
    first: CodeArray | None = None
    own_leaves: CodeArray | None = None

    @property
    def leaves(self) -> CodeArray:
        """Codes of the used leaves of one record a class, shape (n_attributes, n_classes); made when asked for."""
        if self.own_leaves is None:
            if self.source is None or self.first is None:
                raise ValueError("a base table needs its leaves")
            self.own_leaves = self.source.leaves[:, self.first]
        return self.own_leaves

    @property
    def n_bytes(self) -> int:
        """Memory of the table, its leaves counted, histograms and source left out."""
        return 4 * (len(self.node) + 3) * len(self.sizes) + (0 if self.group is None else self.group.nbytes)

    def to_base(self, of_classes: npt.NDArray[Entry]) -> npt.NDArray[Entry]:
        """What is known of each class, for each base class."""
        table = self
        while table.source is not None and table.group is not None:
            of_classes, table = of_classes[table.group], table.source
        return of_classes


class KeyParts:
    """What each leaf adds to a class's key at each level, all attributes and levels in one row."""

    def __init__(self, groups: Sequence[CodeArray], seed: int = 0) -> None:
        """Take the groups of the used leaves, shape (n_levels, n_leaves) for each attribute."""
        dense = [np.stack([np.unique(level, return_inverse=True)[1] for level in levels]) for levels in groups]
        counts = [level_codes.max(axis=1) + 1 for level_codes in dense]
        self.exact = prod(int(of_attribute.max()) for of_attribute in counts) < 1 << KEY_BITS
        rng = np.random.default_rng(seed)
        parts, stride = [], 1
        for level_codes, of_attribute in zip(dense, counts, strict=True):
            radix = int(of_attribute.max())
            digits = np.arange(radix) * stride if self.exact else rng.integers(0, 1 << KEY_BITS, radix)
            parts.append(digits[level_codes].ravel())
            stride = stride * radix if self.exact else 1
        self.parts: CountArray = np.concatenate(parts).astype(np.int64)
        self.groups: CodeArray = np.concatenate([level_codes.ravel() for level_codes in dense]).astype(np.int32)
        self._begins = np.cumsum([0, *(level_codes.size for level_codes in dense)])[:-1]
        self._widths = np.array([level_codes.shape[1] for level_codes in dense])
        self._several = [(of_attribute > 1).tolist() for of_attribute in counts]

    def columns(self, node: Node) -> CountArray:
        """The attributes that tell classes apart at a node: those of one group do not."""
        return np.array([index for index, level in enumerate(node) if self._several[index][level]], dtype=np.int64)

    def starts(self, node: Node, columns: CountArray) -> CountArray:
        """Where the leaves of the columns begin at the node's levels."""
        starts: CountArray = self._begins[columns] + np.array(node, dtype=np.int64)[columns] * self._widths[columns]
        return starts


class ClassTables:
    """The class tables that later ones are rolled up from: the base, waypoints, and those of nodes that were checked.

    A waypoint has the levels of the node that was asked for in the attributes that tell most classes apart, and is
    at the bottom in the others. It is made when its levels are asked for the second time, so it costs no more than
    it saves.
    """

    def __init__(self, base: ClassTable, keys: KeyParts, most_bytes: int, information: Sequence[float]) -> None:
        """Take the raw classes, the memory that other tables may hold, and how much each attribute tells apart."""
        self._keys = keys
        self._base, self._recent = base, [base]
        self._nodes = np.zeros((MOST_TABLES, len(base.node)), dtype=np.int16)
        self._left = most_bytes
        by_information = sorted(range(len(information)), key=lambda axis: -information[axis])
        self._prefixes = [
            frozenset(by_information[:length]) for length in WAYPOINT_ATTRIBUTES if length < len(by_information)
        ]
        self._waypoints: dict[Node, ClassTable | None] = {}
        self.made = 0

    def at(self, node: Node) -> ClassTable:
        """The classes of a node, rolled up from the smallest table at or below it."""
        return self.rolled_up(self.nearest(node), node)

    def nearest(self, node: Node) -> ClassTable:
        """The smallest table at or below a node, itself perhaps."""
        below = (self._nodes[: len(self._recent)] <= np.array(node, dtype=np.int16)).all(axis=1)
        return min((self._recent[index] for index in np.flatnonzero(below)), key=lambda table: len(table.sizes))

    def rolled_up(self, source: ClassTable, node: Node) -> ClassTable:
        """The classes of a node at or above the source's; safe to be called from several threads."""
        return source if source.node == node else roll_up(source, node, self._keys)

    def is_projection(self, node: Node) -> bool:
        """Whether a node's classes are told apart by fewer columns than there are."""
        return len(self._keys.columns(node)) < len(node)

    def waypoint(self, node: Node) -> ClassTable:
        """The smallest table at or below a node, waypoints on the way made first."""
        source = self.nearest(node)
        if source.node == node:
            return source
        for attributes in self._prefixes:
            stop = tuple(
                level if axis in attributes else low
                for axis, (level, low) in enumerate(zip(node, self._base.node, strict=True))
            )
            if stop in self._waypoints:
                table = self._waypoints[stop]
                if table is None and self._left > 0:
                    table = roll_up(source if _at_or_below(source.node, stop) else self._base, stop, self._keys)
                    self._waypoints[stop] = table
                    self._left -= table.n_bytes
                    self.made += 1
                if table is not None and len(table.sizes) < len(source.sizes):
                    source = table
            else:
                self._waypoints[stop] = None
        return source

    def remember(self, table: ClassTable) -> None:
        """Keep a table that is much smaller than its source; without the source, which may have to make room."""
        source = table.source
        if source is not None and len(table.sizes) > WORTH_KEEPING * len(source.sizes):
            return
        if source is not None and source.source is not None and table.group is not None:
            table.own_leaves, table.group = table.leaves, table.to_base(np.arange(len(table.sizes), dtype=np.int32))
            table.source, table.first = self._base, None
        if len(self._recent) == MOST_TABLES or (self._left < 0 and len(self._recent) > 1):
            self._left += self._recent.pop(1).n_bytes
            self._nodes[1:-1] = self._nodes[2:].copy()
        self._nodes[len(self._recent)] = table.node
        self._recent.append(table)
        self._left -= table.n_bytes


def _at_or_below(node: Node, other: Node) -> bool:
    return all(level <= limit for level, limit in zip(node, other, strict=True))


def roll_up(source: ClassTable, node: Node, keys: KeyParts) -> ClassTable:
    """The classes of a node at or above the source's."""
    columns = keys.columns(node)
    n_rows = len(source.sizes)
    bits = max((2 * n_rows - 1).bit_length(), 4)
    group, first = np.empty(n_rows, dtype=np.int32), np.empty(n_rows, dtype=np.int32)
    sizes = np.empty(n_rows, dtype=np.int64)
    n_groups = group_classes(
        columns,
        keys.starts(node, columns),
        keys.parts,
        keys.groups,
        keys.exact,
        source.leaves,
        source.sizes,
        np.full((1 << bits, 2), EMPTY),
        64 - bits,
        group,
        sizes,
        first,
    )
    sensitive = {name: _merged(histograms, group, n_groups) for name, histograms in source.sensitive.items()}
    return ClassTable(node, sizes[:n_groups].copy(), sensitive, source, group, first[:n_groups].copy())


def _merged(histograms: SensitiveHistograms, group: CodeArray, n_groups: int) -> SensitiveHistograms:
    offsets, values, counts = merge_histograms(
        group, n_groups, histograms.offsets, histograms.values, histograms.counts, histograms.n_values
    )
    return SensitiveHistograms(offsets, values, counts, histograms.totals, histograms.ancestors)
