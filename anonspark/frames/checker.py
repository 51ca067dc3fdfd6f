"""The checker on the cluster: nodes are judged on classes that no driver can hold, many nodes in one Spark job.

The raw classes stay on the cluster. The classes of a checked node are mostly far fewer; where they fit the driver they
are brought there, and nodes above are rolled up from them in memory, without a Spark job.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from math import prod

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from anonspark.domain.arrays import BoolArray, CountArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Lattice, Node
from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.frames.batches import AskedNode, classes_of
from anonspark.frames.chunks import chunks
from anonspark.frames.class_queries import (
    add_judgement,
    by_place,
    classes_of_nodes,
    counts_of_safe_sizes,
    give_up_below,
    lost_by_place,
    sums_by_node,
    unsafe_classes,
    with_groups,
)
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.persisted import persisted
from anonspark.frames.persons import PERSONS
from anonspark.frames.unsafe import portions, unsafe_of
from anonspark.measures.utility import SuppressedRecords
from anonspark.search.checker import Effort, NodeVerdict
from anonspark.search.class_table import ClassTable
from anonspark.search.held import HeldTables, verdict_on
from anonspark.search.judge import judge, smallest_kept

NODES_A_JOB = 16
"""A job costs about as much as the evaluation of some nodes, and a larger batch checks more nodes in vain."""

BYTES_A_PAIR = 16
"""Of a class and one of its sensitive values, on the driver."""

NOTHING_LOST = -1
"""As a limit: no node's suppressed records are asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """One node as the cluster counted it.

    Attributes:
        verdict: Without the suppressed records.
        classes: How many classes it has.
        pairs: How many classes and sensitive values there are together.
    """

    verdict: NodeVerdict
    classes: int
    pairs: int


class ClusterChecker:
    """Judges nodes on the cluster; see `NodeChecker`."""

    def __init__(
        self,
        encoded: EncodedClasses,
        hierarchies: Sequence[GeneralizationHierarchy],
        models: Sequence[PrivacyModel],
        lattice: Lattice,
        limit: int,
        *,
        release_models: Sequence[ReleaseModel] = (),
        cache_bytes: int = 256 << 20,
    ) -> None:
        """Take the raw classes; the classes of checked nodes are kept on the driver up to `cache_bytes`."""
        self.lattice = lattice
        self.names = tuple(hierarchy.attribute for hierarchy in hierarchies)
        self.models, self.release_models = tuple(models), tuple(release_models)
        self.limit = limit
        self.monotone = all(model.monotone for model in models) and not release_models
        self.smallest_safe_class = max((model.smallest_safe_class for model in models), default=1)
        self.effort = Effort()
        self.batch = NODES_A_JOB
        self.leaves = encoded.leaves
        self.encoded = encoded
        self.jobs = 0
        self._bundles = encoded.bundles
        self._most_pairs = prod(each.n_values for each in encoded.sensitive.values()) if encoded.sensitive else 0
        self._starts = np.cumsum([0, *self._bundles.sizes()])
        self._held = HeldTables(self._bundles, cache_bytes)
        self._always = np.zeros(self._starts[-1], dtype=np.int64)
        if encoded.any_inadmissible:
            hidden = encoded.table.where(F.col("inadmissible"))
            for chunk in self._chunks(by_place(hidden, encoded.codes, self._starts[:-1]), 1):
                self._always[chunk["place"].to_numpy()] += chunk["records"].to_numpy()
        self.always_lost = self._suppressed(self._always)

    def check(self, nodes: Sequence[Node], *, with_lost: bool) -> list[NodeVerdict]:
        """Judge nodes: at most one job for all, one to bring small classes here, and one for suppressed records."""
        self.effort.checked += len(nodes)
        return self._verdicts(nodes, self.limit if with_lost else NOTHING_LOST)

    def project(self, nodes: Sequence[Node]) -> list[NodeVerdict]:
        """Judge nodes without their suppressed records."""
        for node in nodes:
            if all(self._bundles.tells_apart(axis, level) for axis, level in enumerate(node)):
                self.effort.checked += 1
            else:
                self.effort.projections += 1
        return self._verdicts(nodes, NOTHING_LOST)

    def classes_at(self, node: Node) -> tuple[EquivalenceClasses, BoolArray] | None:
        """The classes of a node and which of them are safe, as in memory; None where they do not fit the driver.

        Classes whose persons count stay where these are.
        """
        if self.encoded.person:
            return None
        table = self._held.at(node)
        if table is None:
            with persisted(self._judged([node])) as classes:
                (sums,) = self._sums(classes, [node])
                if self._bytes_of(sums) > self._held.most_bytes:
                    return None
                ((_, table),) = self._collect_tables(classes, [node], [0], _pairs_a_class([sums]))
        leaves = self._bundles.unpack(table.packed[:, : np.count_nonzero(table.sizes)])
        codes = np.stack(
            [groups[level][row] for groups, level, row in zip(self.encoded.groups, node, leaves, strict=True)]
        )
        at_node = replace(table.with_records(), codes=codes)
        return at_node, ~judge(self.models, at_node, self.release_models).unsafe

    def safe_classes_at(self, node: Node) -> DataFrame:
        """The classes that a release at a node keeps, as rows: their groups, g0, g1, ..., and their sizes; lazy.

        These are `records` and, where records name theirs, `persons`.
        """
        safe = self._given_up(self._judged([node]), [node]).where(~F.col("unsafe"))
        sizes = [name for name in ("records", PERSONS) if name in safe.columns]
        return with_groups(safe, self.encoded, node, [(name, "bigint") for name in sizes])

    def lost_at(self, node: Node) -> SuppressedRecords:
        """The records that a release at a node suppresses."""
        (verdict,) = self._verdicts([node], self.leaves.n_records)
        return self.always_lost if verdict.lost is None else verdict.lost

    def _verdicts(self, nodes: Sequence[Node], lost_up_to: int) -> list[NodeVerdict]:
        """Judge nodes, with the suppressed records of those that suppress no more than so many."""
        held = {node: table for node in nodes if (table := self._held.at(node)) is not None}
        held |= self._hold_few([node for node in nodes if node not in held])
        found = {
            node: verdict_on(table, self.models, self.always_lost.records, self.release_models)
            for node, table in held.items()
        }
        elsewhere = [node for node in nodes if node not in held]
        with ExitStack() as stack:
            unsafe: Iterable[tuple[Node, pa.Table]] = ()
            if elsewhere:
                classes = self._given_up(stack.enter_context(persisted(self._judged(elsewhere))), elsewhere)
                sums = self._sums(classes, elsewhere)
                found |= {each.verdict.node: each.verdict for each in sums}
                within = {node for node in elsewhere if found[node].suppressed <= lost_up_to}
                held |= self._hold(classes, elsewhere, self._that_fit(sums), _pairs_a_class(sums))
                left = [number for number, node in enumerate(elsewhere) if node in within and node not in held]
                unsafe = self._unsafe_elsewhere(classes, elsewhere, left) if left else ()
            asked = [node for node in nodes if found[node].suppressed <= lost_up_to]
            here = (
                (node, unsafe_of(held[node], self.models, self._bundles, self.release_models))
                for node in asked
                if node in held
            )
            found |= self._with_lost({node: found[node] for node in asked}, chain(here, unsafe))
        return [found[node] for node in nodes]

    def _classes(self, nodes: Sequence[Node]) -> DataFrame:
        """The classes of nodes, numbered in their order."""
        asked = [AskedNode(number, self._bundles.representatives(node)) for number, node in enumerate(nodes)]
        return classes_of_nodes(self.encoded, asked)

    def _judged(self, nodes: Sequence[Node]) -> DataFrame:
        return self._classes(nodes).transform(add_judgement(self.encoded, self.models))

    def _given_up(self, judged: DataFrame, nodes: Sequence[Node]) -> DataFrame:
        """Judged classes, the smallest unsafe too as far as models of the whole release ask for it; one job then."""
        if not self.release_models:
            return judged
        self.jobs += 1
        counts = counts_of_safe_sizes(judged)
        smallest = [smallest_kept(self.release_models, counts.get(number, [])) for number in range(len(nodes))]
        return judged.transform(give_up_below(smallest))

    def _hold_few(self, nodes: Sequence[Node]) -> dict[Node, ClassTable]:
        """Bring here nodes that cannot have more classes than fit, uncounted: one job instead of two."""
        chosen: list[Node] = []
        left = self._held.most_bytes // 2
        for node in nodes:
            n_rows = self.encoded.n_classes + self.encoded.n_people_classes
            most = min(self._bundles.keys(node).cells or n_rows, n_rows)
            n_bytes = most * (self._bytes_a_class() + self._most_pairs * BYTES_A_PAIR)
            if n_bytes <= left:
                chosen.append(node)
                left -= n_bytes
        if not chosen or self.encoded.person:
            return {}
        with persisted(self._classes(chosen)) as classes:
            return self._hold(classes, chosen, range(len(chosen)), self._most_pairs)

    def _bytes_a_class(self) -> int:
        """On the driver, without pairs: codes, size, and where its pairs begin."""
        return 4 * len(self._bundles.members) + 8 * len(self.encoded.sums) + 8 * len(self.encoded.sensitive)

    def _sums(self, classes: DataFrame, nodes: Sequence[Node]) -> list[_Sums]:
        self.jobs += 1
        rows = {row["node"]: row for row in sums_by_node(classes, self.smallest_safe_class).toArrow().to_pylist()}
        return [self._sums_of(node, rows.get(number)) for number, node in enumerate(nodes)]

    def _sums_of(self, node: Node, row: dict[str, int] | None) -> _Sums:
        """A row of the sums; None where every record is inadmissible."""
        always = self.always_lost.records
        if row is None:
            return _Sums(NodeVerdict(node, always, always, 0, 0.0, 0), 0, 0)
        verdict = NodeVerdict(
            node=node,
            suppressed=row["suppressed"] + always,
            unavoidable=row["unavoidable"] + always,
            kept_classes=row["kept_classes"],
            kept_squares=float(row["kept_squares"]),
            capacity=row["capacity"],
        )
        return _Sums(verdict, row["classes"], row["pairs"])

    def _that_fit(self, sums: Sequence[_Sums]) -> list[int]:
        """The nodes whose classes may come here, the smallest first, up to half of what may be kept.

        None where persons count: who is in two classes of a node is one in the class above, which their numbers do not
        tell.
        """
        chosen: list[int] = []
        if self.encoded.person:
            return chosen
        left = self._held.most_bytes // 2
        for number in sorted(range(len(sums)), key=lambda number: sums[number].classes):
            left -= self._bytes_of(sums[number])
            if left >= 0:
                chosen.append(number)
        return chosen

    def _bytes_of(self, sums: _Sums) -> int:
        return sums.classes * self._bytes_a_class() + sums.pairs * BYTES_A_PAIR

    def _hold(
        self, classes: DataFrame, nodes: Sequence[Node], numbers: Sequence[int], pairs_a_class: int
    ) -> dict[Node, ClassTable]:
        """Bring the classes of some nodes here and keep them."""
        found = dict(self._collect_tables(classes, nodes, numbers, pairs_a_class)) if numbers else {}
        for table in found.values():
            self._held.hold(table)
        return found

    def _collect_tables(
        self, classes: DataFrame, nodes: Sequence[Node], numbers: Sequence[int], pairs_a_class: int
    ) -> list[tuple[Node, ClassTable]]:
        wanted = classes.where(F.col("node").isin(list(numbers))).drop("unsafe", "unavoidable")
        n_keys = len(self.encoded.codes) + 1
        n_cells = n_keys + len(self.encoded.sums) + 2 * pairs_a_class
        rows = pa.concat_tables(self._chunks(wanted, n_keys, n_cells))
        found = []
        for number in numbers:
            of_node = rows.filter(pc.equal(rows["node"], number))
            if self.encoded.people is not None:
                with_records = pc.greater(of_node["records"], 0)
                of_node = pa.concat_tables([of_node.filter(with_records), of_node.filter(pc.invert(with_records))])
            known = classes_of(of_node, self.encoded.sensitive)
            packed = np.stack([of_node[code].to_numpy() for code in self.encoded.codes])
            table = ClassTable(nodes[number], known.sizes, known.sensitive, known.population, own_packed=packed)
            found.append((nodes[number], table))
        return found

    def _unsafe_elsewhere(
        self, classes: DataFrame, nodes: Sequence[Node], numbers: Sequence[int]
    ) -> Iterator[tuple[Node, pa.Table]]:
        n_codes = len(self.encoded.codes)
        for chunk in self._chunks(unsafe_classes(classes, numbers, n_codes), n_codes + 1):
            for number in numbers:
                yield nodes[number], chunk.filter(pc.equal(chunk["node"], number)).drop_columns("node")

    def _with_lost(
        self, found: Mapping[Node, NodeVerdict], unsafe: Iterable[tuple[Node, pa.Table]]
    ) -> dict[Node, NodeVerdict]:
        """The verdicts with their suppressed records, counted on the raw classes; one job for all nodes."""
        counts = {node: np.stack([self._always, np.zeros_like(self._always)]) for node in found}
        nodes = list(found)
        for portion in portions(unsafe):
            asked = [
                (AskedNode(nodes.index(node), self._bundles.representatives(node)), keys) for node, keys in portion
            ]
            for chunk in self._chunks(lost_by_place(self.encoded, asked, self._starts[:-1]), 3):
                numbers, places = chunk["node"].to_numpy(), chunk["place"].to_numpy()
                doubtful = 1 - chunk["certain"].to_numpy().astype(np.int64)
                for number in np.unique(numbers):
                    rows = numbers == number
                    counts[nodes[number]][doubtful[rows], places[rows]] += chunk["records"].to_numpy()[rows]
        return {node: self._told(verdict, *counts[node]) for node, verdict in found.items()}

    def _told(self, verdict: NodeVerdict, certain: CountArray, doubtful: CountArray) -> NodeVerdict:
        """A verdict with the records of classes that are lost as a whole below too, and of other unsafe ones."""
        lost = self._suppressed(certain + doubtful)
        if self.monotone:
            return replace(verdict, lost=lost, certainly_lost=lost)
        known = self._suppressed(certain)
        return replace(verdict, lost=lost, certainly_lost=SuppressedRecords(verdict.unavoidable, known.by_leaf))

    def _suppressed(self, counts: CountArray) -> SuppressedRecords:
        # Leaves that only people have come last, and no record has them.
        of_axes = zip(self._bundles.by_leaf(counts), self.leaves.records, strict=True)
        by_leaf = tuple(of_axis[: len(records)] for of_axis, records in of_axes)
        return SuppressedRecords(int(by_leaf[0].sum()), by_leaf)

    def _chunks(self, table: DataFrame, n_keys: int, cells_a_row: int | None = None) -> Iterator[pa.Table]:
        for chunk in chunks(table, n_keys, cells_a_row):
            self.jobs += 1
            yield chunk


def _pairs_a_class(sums: Sequence[_Sums]) -> int:
    """Sensitive values that a class has on average, rounded up."""
    return -(-sum(each.pairs for each in sums) // max(sum(each.classes for each in sums), 1))
