"""The classes of a solution as rows of the cluster, for what is counted there, wherever the solution holds them."""

import numpy as np
from pyspark.sql import DataFrame, SparkSession

from anonspark.domain.classes import EquivalenceClasses
from anonspark.frames.class_queries import with_groups
from anonspark.frames.encoded import merged
from anonspark.frames.persons import count_of_persons, size_in_persons
from anonspark.frames.population import classes_table
from anonspark.pipelines.solution import Solution


def raw_groups(solution: Solution, spark: SparkSession) -> DataFrame:
    """The raw classes: their leaves as g0, g1, ..., and their size as `records`, or `persons` where these name them."""
    classes = solution.classes
    if isinstance(classes, EquivalenceClasses):
        return classes_table(spark, classes.codes, classes.people)
    counted = merged(classes.table, classes.codes)
    if classes.person:
        counted = count_of_persons(classes.table, classes.codes)
    return with_groups(counted, classes, (0,) * len(solution.release.node), [(size_in_persons(counted), "bigint")])


def released_groups(solution: Solution, spark: SparkSession) -> DataFrame:
    """The released classes: their groups at the node as g0, g1, ..., and their size in records or persons."""
    chosen = solution.release
    if solution.safe_classes is not None:
        return solution.safe_classes
    return classes_table(spark, np.ascontiguousarray(chosen.codes[:, chosen.safe]), chosen.kept_people)
