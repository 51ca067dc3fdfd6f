"""Persons of classes on the cluster, where records name theirs."""

from collections.abc import Sequence
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

PERSON: Final = "person"
"""The column of persons: two have one hash with a chance of 1 in 2^64, and then count as one, never as more."""

PERSONS: Final = "persons"
"""The column that tells how many persons a class has."""


def with_persons(classes: DataFrame, rows: DataFrame, keys: Sequence[str]) -> DataFrame:
    """Classes with their `persons`: those of the rows of equal keys; who has no hash is none."""
    nobody = F.coalesce(PERSONS, F.lit(0)).alias(PERSONS)
    return classes.join(count_of_persons(rows, keys), list(keys), "left").select(*classes.columns, nobody)


def count_of_persons(rows: DataFrame, keys: Sequence[str]) -> DataFrame:
    """Keys, and the `persons` of the rows that have them; lazy."""
    each = rows.where(F.col(PERSON).isNotNull()).select(*keys, PERSON).distinct()
    return each.groupBy(*keys).agg(F.count(F.lit(1)).alias(PERSONS))


def size_in_persons(classes: DataFrame) -> str:
    """The column that tells how many persons a class has, one a record unless records name them."""
    return PERSONS if PERSONS in classes.columns else "records"
