"""The classes of a solution as rows of the cluster, for what is counted there, wherever the solution holds them."""

import numpy as np
from pyspark.sql import DataFrame, SparkSession

from anonspark.domain.classes import EquivalenceClasses
from anonspark.frames.class_queries import with_groups
from anonspark.frames.encoded import merged
from anonspark.frames.population import classes_table
from anonspark.pipelines.anonymize import Solution


def raw_groups(solution: Solution, spark: SparkSession) -> DataFrame:
    """The raw classes: their leaves as g0, g1, ..., and `records`."""
    classes = solution.classes
    if isinstance(classes, EquivalenceClasses):
        return classes_table(spark, classes.codes, classes.sizes)
    return with_groups(
        merged(classes.table, classes.codes), classes, (0,) * len(solution.release.node), [("records", "bigint")]
    )


def released_groups(solution: Solution, spark: SparkSession) -> DataFrame:
    """The released classes: their groups at the node as g0, g1, ..., and `records`."""
    chosen = solution.release
    if solution.safe_classes is not None:
        return solution.safe_classes
    return classes_table(spark, np.ascontiguousarray(chosen.codes[:, chosen.safe]), chosen.kept_sizes)
