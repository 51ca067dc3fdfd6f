"""Local recoding of classes that no driver can hold: what `search/recoding.py` does in memory.

How a part splits depends on its own raw classes alone. So small parts are split to the end by Spark's workers, each in
one piece, with the code that runs in memory; the few large ones are split level by level, all attributes of all of them
in one query a round, of which sums over their children come to the driver.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from anonspark.domain.arrays import CountArray
from anonspark.domain.lattice import Node
from anonspark.domain.model import PrivacyModel
from anonspark.frames.batches import AskedNode
from anonspark.frames.chunks import chunks
from anonspark.frames.class_queries import admissible, safe_classes
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.part_batches import (
    FIXED,
    PlacedParts,
    Shape,
    children_of_large_parts,
    classes_of_rows,
    finished,
    placed,
    with_keys,
    with_top_groups,
)
from anonspark.frames.persisted import persisted
from anonspark.frames.recoded import shape_of
from anonspark.search.recoding import RecodingRules
from anonspark.search.split_tree import SplitTree
from anonspark.search.splits import SUPPRESSED_PART, Children, best_axes, merged_by_sorting

MOST_A_WORKER = 1 << 18
"""Raw classes that a worker splits in one piece; some hundred bytes each."""

LEAST_BUCKETS = 16
"""So that all cores have work."""

Stop = Callable[[int], None]


@dataclass(slots=True, eq=False)
class ClusterRecoding:
    """Splits parts of raw classes until no part can be split.

    Attributes:
        encoded: The raw classes.
        rules: Of their leaves.
        models: Convex, as in memory.
        strict: Whether no two classes may overlap.
        on_round: Told the number of large parts; may raise to stop.
        jobs: Queries so far.
    """

    encoded: EncodedClasses
    rules: RecodingRules
    models: Sequence[PrivacyModel]
    strict: bool
    on_round: Stop
    jobs: int = 0
    shape: Shape = field(init=False)

    def __post_init__(self) -> None:
        """What the workers have to know of the table."""
        self.shape = shape_of(self.encoded)

    def from_node(self, node: Node, held: ExitStack) -> DataFrame:
        """The raw classes with the levels that they are released at, from the classes of a node down.

        Args:
            node: Where to start.
            held: Frees the rows when it is closed.

        Returns:
            Rows of codes, sensitive codes, levels l0, l1, ..., `released` and `records`; without inadmissible classes.
        """
        with persisted(self._started(node)) as started:
            tree = self._large_parts(started, node)
            status = self._split_large(started, tree) if tree.starts.size else np.empty(0, dtype=np.int64)
            n_rows = started.count()
            self.jobs += 1
            found = held.enter_context(persisted(self._finished(started, tree, status, node, n_rows)))
            found.count()  # before what it is computed from is freed
            self.jobs += 1
        return found

    def _started(self, node: Node) -> DataFrame:
        """The raw classes, the name of their first part, 0 where they are suppressed, and whether it is at the top."""
        codes, top = self.encoded.codes, self.rules.top
        keys = [f"k{at}" for at in range(len(codes))]
        safe = safe_classes(self.encoded, self.models, self._asked(node)).withColumn("part", F.xxhash64(*keys))
        rows = self._keyed(admissible(self.encoded), node).join(safe, keys, "left").drop(*keys)
        kept = [*codes, *self.encoded.sensitive_codes, "records"]
        at_node = rows.where(F.col("part").isNotNull()).select(*kept, "part", F.lit(False).alias("at_top"))
        left = rows.where(F.col("part").isNull()).select(*kept)
        if node == top:
            return at_node.union(left.select(*kept, F.lit(0).cast("bigint"), F.lit(False)))
        of_left = replace(self.encoded, table=left.withColumn("inadmissible", F.lit(False)), people=None)
        safe_at_top = safe_classes(of_left, self.models, self._asked(top)).transform(
            with_top_groups(self.shape, self.rules)
        )
        named = safe_at_top.where(~F.col("starred")).select(*keys, F.xxhash64(F.lit("top"), *keys).alias("part"))
        hidden = self._keyed(left, top).join(named, keys, "left").drop(*keys)
        part = F.coalesce("part", F.lit(0).cast("bigint"))
        return at_node.union(hidden.select(*kept, part, F.col("part").isNotNull()))

    def _keyed(self, table: DataFrame, node: Node) -> DataFrame:
        return table.transform(with_keys(self._asked(node)))

    def _asked(self, node: Node) -> AskedNode:
        return AskedNode(0, self.encoded.bundles.representatives(node))

    def _large_parts(self, started: DataFrame, node: Node) -> SplitTree:
        """The parts that one worker cannot take."""
        sizes = started.groupBy("part", "at_top").agg(F.count(F.lit(1)).alias("rows"))
        large = sizes.where((F.col("rows") > MOST_A_WORKER) | (F.col("part") == 0)).toArrow()
        self.jobs += 1
        names, at_top = large["part"].to_numpy(), large["at_top"].to_numpy(zero_copy_only=False)
        counts = dict(zip(names.tolist(), large["rows"].to_pylist(), strict=True))
        starts = np.sort(names[names != 0])
        is_top = dict(zip(names.tolist(), at_top.tolist(), strict=True))
        levels = [self.rules.top, *(self.rules.top if is_top[name] else node for name in starts.tolist())]
        places = np.arange(1, len(starts) + 1)
        if counts.get(0, 0) > MOST_A_WORKER:
            at = int(np.searchsorted(starts, 0))
            starts, places = np.insert(starts, at, 0), np.insert(places, at, SUPPRESSED_PART)
        return SplitTree(self.rules, starts, places, levels)

    def _split_large(self, started: DataFrame, tree: SplitTree) -> CountArray:
        """Split the large parts until each is small or cannot be split; returns which are done, by place."""
        waiting = set(tree.places.tolist())
        rows_of = dict.fromkeys(waiting, MOST_A_WORKER + 1)
        done: set[int] = set()
        while waiting:
            self.on_round(len(tree.levels))
            active = sorted(waiting)
            sums = self._children(started, tree, active)
            chosen, worth, moved = self._decided(tree, active, sums)
            waiting = set()
            for at, place in enumerate(active):
                if not worth[at]:
                    done.add(place)
                    continue
                keys, rows, all_rows = moved[at, int(chosen[at])]
                targets = tree.split(place, int(chosen[at]), keys)
                rows_of |= dict(zip(targets.tolist(), rows.tolist(), strict=True))
                rows_of[place] = all_rows - int(rows.sum())
                waiting |= {each for each in [place, *targets.tolist()] if rows_of[each] > MOST_A_WORKER}
        return np.array([place in done for place in range(len(tree.levels))], dtype=np.int64)

    def _children(self, started: DataFrame, tree: SplitTree, active: Sequence[int]) -> pa.Table:
        """Sums over the children of large parts, every attribute lowered."""
        sensitive = self.encoded.sensitive_codes
        fields = ["place bigint", "axis int", "child bigint", *(f"{name} int" for name in sensitive)]
        schema = ", ".join([*fields, "records bigint", "saved double", "classes bigint"])
        step = children_of_large_parts(self.shape, tree, active)
        keys = ["place", "axis", "child", *sensitive]
        summed = (
            started.mapInArrow(step, schema)
            .groupBy(*keys)
            .agg(*[F.sum(name).alias(name) for name in ("records", "saved", "classes")])
        )
        with persisted(summed) as kept:
            parts = list(chunks(kept, len(keys)))
            self.jobs += len(parts)
        return pa.concat_tables(parts)

    def _decided(
        self, tree: SplitTree, active: Sequence[int], sums: pa.Table
    ) -> tuple[CountArray, np.ndarray, dict[tuple[int, int], tuple[CountArray, CountArray, int]]]:
        """The attribute that each part is split by, whether it gains by it, and the children that leave."""
        gains, moved = [], {}
        local = np.full(len(tree.levels), len(active), dtype=np.int64)
        # Place 0 has rules of its own, so no other part may take its number here.
        numbers = {place: number + 1 for number, place in enumerate(place for place in active if place)}
        for place in active:
            local[place] = numbers.get(place, SUPPRESSED_PART)
        for axis in range(len(self.rules.names)):
            of_axis = sums.filter(pc.equal(sums["axis"], axis))
            if not len(of_axis):
                gains.append(np.zeros(len(numbers) + 1))
                continue
            parts = local[of_axis["place"].to_numpy()]
            pairs = np.stack([parts, of_axis["child"].to_numpy()])
            children, child_of_row = np.unique(pairs, axis=1, return_inverse=True)
            child_of_row = child_of_row.ravel()
            classes = classes_of_rows(of_axis, child_of_row, children.shape[1], self.shape.sensitive)
            saved = np.zeros(children.shape[1])
            np.add.at(saved, child_of_row, of_axis["saved"].to_numpy())
            rows = np.bincount(child_of_row, weights=of_axis["classes"].to_numpy(), minlength=children.shape[1])
            going, gain = Children(children[0], classes, saved).decide(
                self.models, len(numbers) + 1, merged_by_sorting, strict=self.strict
            )
            gains.append(gain)
            for at, place in enumerate(active):
                mine = children[0] == local[place]
                leaving = mine & going
                moved[at, axis] = (children[1][leaving], rows[leaving].astype(np.int64), int(rows[mine].sum()))
        chosen, worth = best_axes(np.stack(gains), self.rules.names)
        order = local[list(active)]
        return chosen[order], worth[order], moved

    def _finished(self, started: DataFrame, tree: SplitTree, done: CountArray, node: Node, n_rows: int) -> DataFrame:
        """Every raw class at its levels: the parts that are done, and the others split by the workers."""
        codes, sensitive = self.encoded.codes, self.encoded.sensitive_codes
        levels = [f"l{axis}" for axis in range(len(self.rules.names))]
        ints = [*(f"{name} int" for name in [*codes, *sensitive])]
        n_buckets = max(-(-2 * n_rows // MOST_A_WORKER), LEAST_BUCKETS)
        parts = PlacedParts(tree, done, node, self.rules.top, n_buckets)
        schema = ", ".join([*ints, *(f"{name} int" for name in levels), "records bigint", "part bigint", "bucket int"])
        rows = started.mapInArrow(placed(self.shape, parts), schema)
        told = ", ".join([*ints, *(f"{name} int" for name in levels), "released boolean", "records bigint"])
        split = (
            rows.where(F.col("bucket") != FIXED)
            .groupBy("bucket")
            .applyInArrow(finished(self.shape, self.rules, self.models, strict=self.strict), told)
        )
        fixed = rows.where(F.col("bucket") == FIXED).select(
            *codes, *sensitive, *levels, (F.col("part") != 0).alias("released"), "records"
        )
        return split.union(fixed)
