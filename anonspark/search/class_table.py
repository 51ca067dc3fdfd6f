"""Class tables: the classes of a node as arrays, rolled up from those of a node below.

Source of the ideas: Prasser, Kohlmayer and Kuhn (2016), Software: Practice and Experience 46: roll-up, history of
class tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import local
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.classes import EquivalenceClasses, SensitiveHistograms
from anonspark.domain.lattice import Node
from anonspark.search.bundles import Bundles
from anonspark.search.judge import NO_CODES
from anonspark.search.kernels import group_classes, merge_histograms

Entry = TypeVar("Entry", np.bool_, np.int32)

WORTH_KEEPING = 0.5
"""Share of its source's classes up to which a table saves later ones more than it costs."""

LEAST_SLOT_BITS = 4

NEVER = np.iinfo(np.int64).max

MOST_TABLES = 64
"""More would make the look-up of the nearest one dearer than what it saves."""


@dataclass(slots=True, eq=False)
class ClassTable:
    """The classes of one node, rolled up from a source table; a base has none.

    Attributes:
        node: The levels.
        sizes: Shape (n_classes,): records.
        sensitive: Histograms by sensitive attribute.
        population: Shape (n_classes,): people of the population, where one is given. Classes of none but those, with
            no records, come last: the base has them last, and groups are numbered by first appearance.
        source: The table it was rolled up from.
        group: Shape (n_classes of the source,): the class that each of the source's is in.
        first: Shape (n_classes,): one class of the source in each class.
    """

    node: Node
    sizes: CountArray
    sensitive: Mapping[str, SensitiveHistograms]
    population: CountArray | None = None
    source: "ClassTable | None" = None
    group: CodeArray | None = None
    first: CodeArray | None = None
    own_packed: CodeArray | None = None

    @property
    def packed(self) -> CodeArray:
        """Leaves of one record a class, packed by `Bundles`, shape (n_bundles, n_classes); made when asked for."""
        if self.own_packed is None:
            if self.source is None or self.first is None:
                raise ValueError("a base table needs its leaves")
            self.own_packed = self.source.packed[:, self.first]
        return self.own_packed

    @property
    def n_bytes(self) -> int:
        """Memory of the table with the codes that it will make, its source left out."""
        pairs = sum(12 * len(each.values) + each.offsets.nbytes for each in self.sensitive.values())
        return 4 * (len(self.node) + 3) * len(self.sizes) + (0 if self.group is None else self.group.nbytes) + pairs

    def with_records(self) -> EquivalenceClasses:
        """The classes that models are asked about: those with records of the table. They have no codes."""
        if self.population is None:
            return EquivalenceClasses(NO_CODES, self.sizes, self.sensitive)
        n_classes = int(np.count_nonzero(self.sizes))
        sensitive = {
            name: replace(histograms, offsets=histograms.offsets[: n_classes + 1])
            for name, histograms in self.sensitive.items()
        }
        sizes, population = self.sizes[:n_classes], self.population[:n_classes]
        return EquivalenceClasses(NO_CODES, sizes, sensitive, population=population)

    def to_base(self, of_classes: npt.NDArray[Entry]) -> npt.NDArray[Entry]:
        """What is known of each class, for each base class."""
        table = self
        while table.source is not None and table.group is not None:
            of_classes, table = of_classes[table.group], table.source
        return of_classes


class Scratch(local):
    """Arrays that roll-ups write in; each thread has its own, which grows to the largest table it saw.

    Attributes:
        keys: Of classes.
        slots: The hash table. A slot below `used` is empty, so that nobody has to clear it.
        used: See `group_classes`.
        sizes: Of groups.
        first: Class of each group.
    """

    def __init__(self) -> None:
        """Nothing yet."""
        self.keys: CountArray = np.empty(0, dtype=np.int64)
        self.slots: CountArray = np.empty((0, 2), dtype=np.int64)
        self.used = 0
        self.sizes: CountArray = np.empty(0, dtype=np.int64)
        self.first: CodeArray = np.empty(0, dtype=np.int32)

    def table_for(self, n_classes: int) -> CountArray:
        """The hash table for so many classes, the other arrays at least as long."""
        if n_classes > len(self.keys):
            self.keys, self.sizes = np.empty(n_classes, dtype=np.int64), np.empty(n_classes, dtype=np.int64)
            self.first = np.empty(n_classes, dtype=np.int32)
        n_slots = 1 << max((2 * n_classes - 1).bit_length(), LEAST_SLOT_BITS)
        if n_slots > len(self.slots):
            self.slots, self.used = np.full((n_slots, 2), -1, dtype=np.int64), 0
        return self.slots[:n_slots]


class ClassTables:
    """The class tables that later ones are rolled up from: the base, and those of nodes that were checked."""

    def __init__(self, base: ClassTable, bundles: Bundles, most_bytes: int) -> None:
        """Take the raw classes and the memory that other tables may hold."""
        self._bundles, self._scratch = bundles, Scratch()
        self._base, self._recent = base, [base]
        self._nodes = np.zeros((MOST_TABLES, len(base.node)), dtype=np.int16)
        self._lengths = np.full(MOST_TABLES, len(base.sizes), dtype=np.int64)
        self._left = most_bytes

    def at(self, node: Node) -> ClassTable:
        """The classes of a node, rolled up from the smallest table at or below it."""
        return self.rolled_up(self.nearest(node), node)

    def nearest(self, node: Node) -> ClassTable:
        """The smallest table at or below a node, itself perhaps."""
        n_tables = len(self._recent)
        above = (self._nodes[:n_tables] > np.array(node, dtype=np.int16)).any(axis=1)
        return self._recent[int(np.where(above, NEVER, self._lengths[:n_tables]).argmin())]

    def rolled_up(self, source: ClassTable, node: Node) -> ClassTable:
        """The classes of a node at or above the source's; safe to be called from several threads."""
        return source if source.node == node else roll_up(source, node, self._bundles, self._scratch)

    def is_projection(self, node: Node) -> bool:
        """Whether a node's classes are told apart by fewer columns than there are."""
        return not all(self._bundles.tells_apart(axis, level) for axis, level in enumerate(node))

    def remember(self, table: ClassTable) -> None:
        """Keep a table that is much smaller than its source; without the source, which may have to make room."""
        source = table.source
        if source is not None and len(table.sizes) > WORTH_KEEPING * len(source.sizes):
            return
        if source is not None and source.source is not None and table.group is not None:
            table.own_packed, table.group = table.packed, table.to_base(np.arange(len(table.sizes), dtype=np.int32))
            table.source, table.first = self._base, None
        if len(self._recent) == MOST_TABLES or (self._left < 0 and len(self._recent) > 1):
            self._left += self._recent.pop(1).n_bytes
            self._nodes[1:-1], self._lengths[1:-1] = self._nodes[2:].copy(), self._lengths[2:].copy()
        self._nodes[len(self._recent)], self._lengths[len(self._recent)] = table.node, len(table.sizes)
        self._recent.append(table)
        self._left -= table.n_bytes


def roll_up(source: ClassTable, node: Node, bundles: Bundles, scratch: Scratch) -> ClassTable:
    """The classes of a node at or above the source's."""
    keys, slots = bundles.keys(node), scratch.table_for(len(source.sizes))
    group = np.empty(len(source.sizes), dtype=np.int32)
    n_groups = group_classes(
        keys.bundles,
        keys.starts,
        keys.strides,
        keys.groups,
        keys.cells,
        source.packed,
        source.sizes,
        scratch.keys,
        slots,
        scratch.used,
        group,
        scratch.sizes,
        scratch.first,
    )
    scratch.used += len(group)
    sensitive = {name: merged_histograms(histograms, group, n_groups) for name, histograms in source.sensitive.items()}
    sizes, first = scratch.sizes[:n_groups].copy(), scratch.first[:n_groups].copy()
    population = None if source.population is None else _summed(source.population, group, n_groups)
    return ClassTable(node, sizes, sensitive, population, source, group, first)


def _summed(population: CountArray, group: CodeArray, n_groups: int) -> CountArray:
    return np.bincount(group, weights=population, minlength=n_groups).astype(np.int64)


def merged_histograms(histograms: SensitiveHistograms, group: CodeArray, n_groups: int) -> SensitiveHistograms:
    """The histograms of groups of classes, given the group of each class."""
    offsets, values, counts = merge_histograms(
        group, n_groups, histograms.offsets, histograms.values, histograms.counts, histograms.n_values
    )
    return SensitiveHistograms(offsets, values, counts, histograms.totals, histograms.ancestors)
