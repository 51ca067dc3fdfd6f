"""The queries that a checker on the cluster asks: each is one DataFrame, lazy, for many nodes at once."""

from collections.abc import Callable, Sequence

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, LongType, StructType

from anonspark.domain.arrays import CountArray
from anonspark.domain.classes import SizeCounts
from anonspark.domain.lattice import Node
from anonspark.domain.model import PrivacyModel
from anonspark.frames.batches import AskedNode, judged, looked_up, lost_rows, rolled_up
from anonspark.frames.encoded import EncodedClasses, merged
from anonspark.frames.persons import PERSON, size_in_persons, with_persons

Asked = Sequence[AskedNode]


def admissible(encoded: EncodedClasses) -> DataFrame:
    """The raw classes that some node can release: codes, sensitive codes, `person`, `records`."""
    table = encoded.table.where(~F.col("inadmissible")) if encoded.any_inadmissible else encoded.table
    return table.drop("inadmissible")


def classes_of_nodes(encoded: EncodedClasses, asked: Asked) -> DataFrame:
    """The classes of nodes: `node`, codes, `records`, `people` of a population, `pairs` of sensitive codes, `persons`.

    The last three only where there are such. People without a record are classes too, which others roll up with.
    """
    codes, sensitive, sums, person = encoded.codes, encoded.sensitive_codes, encoded.sums, encoded.person
    base = admissible(encoded)
    if encoded.people is not None:
        nobody = F.lit(0).cast("bigint")
        no_values = [F.lit(None).cast("int").alias(name) for name in sensitive]
        no_person = [F.lit(None).cast("bigint").alias(name) for name in person]
        alone = encoded.people.select(*codes, *no_values, *no_person, nobody.alias("records"), "people")
        base = base.select(*codes, *sensitive, *person, "records", nobody.alias("people")).union(alone)
    ints, bigints = ["node", *codes, *sensitive], [*person, *sums]
    schema = ", ".join([*(f"{name} int" for name in ints), *(f"{name} bigint" for name in bigints)])
    rows = base.mapInArrow(rolled_up(asked, [*sensitive, *person], sums), schema)
    return grouped(rows, ["node", *codes], sensitive, sums)


def grouped(
    table: DataFrame, keys: Sequence[str], sensitive: Sequence[str], sums: Sequence[str] = ("records",)
) -> DataFrame:
    """The rows of equal keys as one class.

    With its records of each combination of sensitive codes as `pairs`, and its `persons` where rows name them.
    """
    classes = merged(table, [*keys, *sensitive], sums)
    if sensitive:
        pairs = F.collect_list(F.when(F.col("records") > 0, F.struct(*sensitive, "records"))).alias("pairs")
        classes = classes.groupBy(*keys).agg(*[F.sum(name).alias(name) for name in sums], pairs)
    return with_persons(classes, table, keys) if PERSON in table.columns else classes


def add_judgement(encoded: EncodedClasses, models: Sequence[PrivacyModel]) -> Callable[[DataFrame], DataFrame]:
    """Whether each class is `unsafe`, and how many of its records are `unavoidable`."""

    def step(classes: DataFrame) -> DataFrame:
        schema = StructType([*classes.schema.fields])
        schema = schema.add("unsafe", BooleanType()).add("unavoidable", LongType())
        return classes.mapInArrow(judged(models, encoded.sensitive), schema)

    return step


def safe_classes(encoded: EncodedClasses, models: Sequence[PrivacyModel], node: AskedNode) -> DataFrame:
    """The safe classes of a node, by their codes as k0, k1, ..."""
    judged_classes = classes_of_nodes(encoded, [node]).transform(add_judgement(encoded, models))
    codes = [F.col(code).alias(f"k{at}") for at, code in enumerate(encoded.codes)]
    return judged_classes.where(~F.col("unsafe")).select(*codes)


def counts_of_safe_sizes(judged: DataFrame) -> dict[int, SizeCounts]:
    """The sizes of the safe classes of each node, in persons; few rows, whatever the number of classes."""
    size = size_in_persons(judged)
    sizes = judged.where(~F.col("unsafe")).groupBy("node", size).agg(F.count(F.lit(1)).alias("classes"))
    found: dict[int, SizeCounts] = {}
    for row in sizes.toArrow().sort_by([("node", "ascending"), (size, "ascending")]).to_pylist():
        found.setdefault(row["node"], []).append((row[size], row["classes"]))
    return found


def give_up_below(smallest: Sequence[int]) -> Callable[[DataFrame], DataFrame]:
    """Every class `unsafe` that is smaller than what its node keeps, by the node's number."""
    least = F.array(*[F.lit(size).cast("bigint") for size in smallest])

    def step(judged: DataFrame) -> DataFrame:
        too_small = F.col(size_in_persons(judged)) < F.get(least, F.col("node"))
        return judged.withColumn("unsafe", F.col("unsafe") | too_small)

    return step


def sums_by_node(classes: DataFrame, smallest_safe_class: int) -> DataFrame:
    """What a verdict tells, one row a node: `node`, then the sums that `NodeVerdict` names, and how much there is."""
    records, unsafe, unavoidable = F.col("records"), F.col("unsafe"), F.col("unavoidable")
    pairs: Column = F.size("pairs") if "pairs" in classes.columns else F.lit(0)
    room = (records - unavoidable - F.pmod(records - unavoidable, F.lit(smallest_safe_class))) / smallest_safe_class
    return classes.groupBy("node").agg(
        F.sum(F.when(unsafe, records).otherwise(0)).alias("suppressed"),
        F.sum(unavoidable).alias("unavoidable"),
        F.count_if(~unsafe).alias("kept_classes"),
        F.sum(F.when(unsafe, 0.0).otherwise(records.cast("double") * records)).alias("kept_squares"),
        F.sum(room.cast("bigint")).alias("capacity"),
        F.count(F.lit(1)).alias("classes"),
        F.sum(pairs).cast("bigint").alias("pairs"),
    )


def unsafe_classes(classes: DataFrame, numbers: Sequence[int], n_codes: int) -> DataFrame:
    """The unsafe classes of some nodes: `node`, codes as k0, k1, ..., and whether all records are `certain` to go."""
    keys = [F.col(f"p{place}").alias(f"k{place}") for place in range(n_codes)]
    certain = (F.col("unavoidable") >= F.col("records")).alias("certain")
    return classes.where(F.col("node").isin(list(numbers)) & F.col("unsafe")).select("node", *keys, certain)


def lost_by_place(
    encoded: EncodedClasses, unsafe: Sequence[tuple[AskedNode, pa.Table]], starts: CountArray
) -> DataFrame:
    """Records that lie in unsafe classes, by `node`, `place` of the code among those of all bundles, and `certain`."""
    codes = encoded.codes
    schema = ", ".join(["node int", *(f"{name} int" for name in codes), "certain boolean", "records bigint"])
    base = admissible(encoded).select(*codes, "records")
    return by_place(base.mapInArrow(lost_rows(unsafe), schema), codes, starts, ["node", "certain"])


def by_place(table: DataFrame, codes: Sequence[str], starts: CountArray, keys: Sequence[str] = ()) -> DataFrame:
    """Records by the place of each code among those of all bundles, one bundle after the other."""
    places = F.array(*[F.col(code) + int(start) for code, start in zip(codes, starts, strict=True)])
    each = table.select(*keys, F.explode(places).alias("place"), "records")
    return merged(each, [*keys, "place"])


def with_groups(table: DataFrame, encoded: EncodedClasses, node: Node, kept: Sequence[tuple[str, str]]) -> DataFrame:
    """The groups of each class at a node, g0, g1, ..., and the columns that are kept, each with its type."""
    groups = encoded.bundles.groups_of_codes(
        [levels[level] for levels, level in zip(encoded.groups, node, strict=True)]
    )
    found = {f"g{axis}": (f"p{bundle}", of_code) for axis, (bundle, of_code) in enumerate(groups)}
    schema = [f"{name} int" for name in found] + [f"{name} {data_type}" for name, data_type in kept]
    return table.mapInArrow(looked_up(found, [name for name, _ in kept]), ", ".join(schema))
