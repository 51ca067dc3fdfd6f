"""Class tables: the classes of a node as arrays, rolled up from those of a node below.

Source of the ideas: Prasser, Kohlmayer and Kuhn (2016), Software: Practice and Experience 46: roll-up, history of class tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray
from anonspark.domain.classes import SensitiveHistograms
from anonspark.domain.lattice import Node
from anonspark.search.kernels import EMPTY, group_classes, merge_histograms

KEY_BITS = 63
"""Keys are signed 64-bit integers."""

MOST_TABLES = 256
"""More would make the look-up of the nearest one dearer than what it saves."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassTable:
    """The classes of one node, each with the leaves of one of its records.

    Attributes:
        node: The levels.
        leaves: Shape (n_attributes, n_classes): codes of used leaves.
        sizes: Shape (n_classes,): records.
        sensitive: Histograms by sensitive attribute.
        source: The table it was rolled up from; None for the base.
        group: Shape (n_classes of the source,): the class that each of the source's is in.
    """

    node: Node
    leaves: CodeArray
    sizes: CountArray
    sensitive: Mapping[str, SensitiveHistograms]
    source: "ClassTable | None" = None
    group: CodeArray | None = None

    @property
    def n_bytes(self) -> int:
        """Memory that it holds beside its source, histograms left out."""
        return self.leaves.nbytes + self.sizes.nbytes + (0 if self.group is None else self.group.nbytes)

    def to_base(self, chosen: BoolArray) -> BoolArray:
        """Which base classes lie in the chosen ones."""
        table = self
        while table.source is not None and table.group is not None:
            chosen, table = chosen[table.group], table.source
        return chosen


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
        return self._begins[columns] + np.array(node, dtype=np.int64)[columns] * self._widths[columns]


class ClassTables:
    """The class tables of nodes that were asked for, the base first; the oldest make room for new ones."""

    def __init__(self, base: ClassTable, keys: KeyParts, most_bytes: int) -> None:
        """Take the raw classes and the memory that other tables may hold."""
        self._keys = keys
        self._tables = [base]
        self._nodes = np.array([base.node])
        self._most_bytes, self._bytes = most_bytes, 0

    def at(self, node: Node) -> ClassTable:
        """The classes of a node, rolled up from the smallest table at or below it."""
        below = np.flatnonzero((self._nodes <= node).all(axis=1))
        source = min((self._tables[index] for index in below), key=lambda table: len(table.sizes))
        if source.node == node:
            return source
        table = roll_up(source, node, self._keys)
        self._remember(table)
        return table

    def is_projection(self, node: Node) -> bool:
        """Whether a node's classes are told apart by fewer columns than there are."""
        return len(self._keys.columns(node)) < len(node)

    def _remember(self, table: ClassTable) -> None:
        self._tables.append(table)
        self._bytes += table.n_bytes
        while len(self._tables) > 2 and (len(self._tables) > MOST_TABLES or self._bytes > self._most_bytes):
            self._bytes -= self._tables.pop(1).n_bytes
        self._nodes = np.array([kept.node for kept in self._tables])


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
        np.full(1 << bits, EMPTY),
        np.empty(1 << bits, dtype=np.int64),
        64 - bits,
        group,
        sizes,
        first,
    )
    sensitive = {name: _merged(histograms, group, n_groups) for name, histograms in source.sensitive.items()}
    return ClassTable(node, source.leaves[:, first[:n_groups]], sizes[:n_groups].copy(), sensitive, source, group)


def _merged(histograms: SensitiveHistograms, group: CodeArray, n_groups: int) -> SensitiveHistograms:
    offsets, values, counts = merge_histograms(
        group, n_groups, histograms.offsets, histograms.values, histograms.counts, histograms.n_values
    )
    return SensitiveHistograms(offsets, values, counts, histograms.totals, histograms.ancestors)
