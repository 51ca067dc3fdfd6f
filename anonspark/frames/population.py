"""How many people of a population share the generalized values of each class, counted on the cluster."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.encode import RawClasses, RawColumn
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Node
from anonspark.domain.policy import Policy
from anonspark.domain.population import groups_of
from anonspark.frames.combinations import ClusterCombinations, ColumnValues, add_codes
from anonspark.frames.local_rows import local_rows
from anonspark.frames.persons import PERSON, size_in_persons


def matched_sizes(
    population: RawClasses | ClusterCombinations,
    policy: Policy,
    hierarchies: Sequence[GeneralizationHierarchy],
    node: Node,
    classes: DataFrame,
) -> tuple[CountArray, CountArray, CountArray]:
    """Sizes of classes in the table, in persons, and in the population, and how many classes have both; few rows.

    Args:
        population: Its combinations of the same quasi-identifiers.
        policy: The rules.
        hierarchies: Of the table's values.
        node: The level of each attribute.
        classes: The groups of the classes at the node, g0, g1, ..., with `records` or `persons`.
    """
    size = size_in_persons(classes)
    rows, columns = rows_and_values(population, classes.sparkSession)
    keys = [f"g{axis}" for axis in range(len(columns))]
    for axis, (values, attribute, hierarchy, level) in enumerate(
        zip(columns, policy.quasi_identifiers, hierarchies, node, strict=True)
    ):
        groups = groups_of(values.column, values.counts, attribute.rule, hierarchy, level)
        rows = rows.transform(add_codes(f"q{axis}", values.column.values, groups, f"g{axis}"))
    counted = rows.groupBy(*keys).agg(F.sum("records").alias("population"))
    around = F.coalesce("population", F.lit(0))
    pairs = classes.join(counted, keys, "left").groupBy(size, around.alias("population"))
    found = pairs.agg(F.count(F.lit(1)).alias("classes")).toArrow()
    return found[size].to_numpy(), found["population"].to_numpy(), found["classes"].to_numpy()


def classes_table(spark: SparkSession, codes: CodeArray, sizes: CountArray) -> DataFrame:
    """Classes of the driver as rows: g0, g1, ..., `records`."""
    groups = {f"g{axis}": pa.array(row, pa.int32()) for axis, row in enumerate(codes)}
    return local_rows(spark, pa.table({**groups, "records": pa.array(sizes, pa.int64())}))


def spread(raw: RawClasses, spark: SparkSession, held: ExitStack) -> ClusterCombinations:
    """The driver's combinations as rows on the cluster."""
    rows, columns = rows_and_values(replace(raw, quasi_identifiers=(*raw.quasi_identifiers, *raw.sensitive)), spark)
    split = len(raw.quasi_identifiers)
    sensitive = {f"q{split + place}": f"s{place}" for place in range(len(raw.sensitive))}
    table, values = rows.withColumnsRenamed(sensitive), (tuple(columns[:split]), tuple(columns[split:]))
    return ClusterCombinations(*values, raw.malformed, table, held, raw.n_persons)


def rows_and_values(
    population: RawClasses | ClusterCombinations, spark: SparkSession
) -> tuple[DataFrame, Sequence[ColumnValues]]:
    """Combinations as rows of texts, q0, q1, ..., and `records`, wherever they are, and the values of each column."""
    if isinstance(population, ClusterCombinations):
        return population.table, population.quasi_identifiers
    columns = population.quasi_identifiers
    texts = {
        f"q{axis}": pa.array(column.values, pa.string()).take(pa.array(column.codes))
        for axis, column in enumerate(columns)
    }
    persons = {} if population.persons is None else {PERSON: pa.array(population.persons, pa.int64())}
    rows = local_rows(spark, pa.table({**texts, **persons, "records": pa.array(population.counts, pa.int64())}))
    return rows, [_values(column, population.counts) for column in columns]


def _values(column: RawColumn, counts: CountArray) -> ColumnValues:
    codes = np.arange(len(column.values), dtype=np.int32)
    records = np.array(list(column.records(counts).values()), dtype=np.int64)
    return ColumnValues(RawColumn(column.name, column.data_type, column.values, codes), records)
