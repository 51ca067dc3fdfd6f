"""The people of a population, encoded beside the raw classes of a table: what `with_population` does on the driver."""

from collections.abc import Sequence

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.arrays import CodeArray
from anonspark.domain.encode import RawClasses
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.policy import Policy
from anonspark.domain.population import NOWHERE, leaves_of_people
from anonspark.frames.combinations import ClusterCombinations, add_codes
from anonspark.frames.population import rows_and_values


def people_of(
    population: RawClasses | ClusterCombinations,
    policy: Policy,
    hierarchies: Sequence[GeneralizationHierarchy],
    used: Sequence[CodeArray],
    spark: SparkSession,
) -> tuple[DataFrame, list[CodeArray]]:
    """The leaves of a population's people, and the groups of leaves that the table does not have.

    Args:
        population: Its combinations of the same quasi-identifiers.
        policy: The rules.
        hierarchies: Of the table's values.
        used: The leaves that the table has, one array an attribute, ascending.
        spark: Where the rows are.

    Returns:
        Rows of l0, l1, ... and `people`: places among the used leaves, then among those outside. People whom no node
        could put into a class of the table are left out. The groups have shape (n_levels, n_outside), one array an
        attribute.
    """
    rows, columns = rows_and_values(population, spark)
    outside = []
    for axis, (values, attribute, hierarchy, of_table) in enumerate(
        zip(columns, policy.quasi_identifiers, hierarchies, used, strict=True)
    ):
        found = leaves_of_people(values.column, values.counts, attribute.rule, hierarchy, of_table)
        n_leaves = hierarchy.groups.shape[1]
        place = np.full(n_leaves + found.outside.shape[1], NOWHERE, dtype=np.int32)
        place[of_table] = np.arange(len(of_table), dtype=np.int32)
        place[n_leaves:] = len(of_table) + np.arange(found.outside.shape[1], dtype=np.int32)
        somewhere = np.flatnonzero(found.leaves != NOWHERE)
        texts = [values.column.values[value] for value in somewhere]
        rows = rows.transform(add_codes(f"q{axis}", texts, place[found.leaves[somewhere]], f"l{axis}"))
        outside.append(found.outside)
    leaves = [f"l{axis}" for axis in range(len(columns))]
    return rows.select(*leaves, F.col("records").alias("people")).dropna(subset=leaves), outside
