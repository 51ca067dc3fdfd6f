"""The classes of a table whose labels are values, on the cluster: what `domain/as_is.py` does on the driver."""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.classes import EquivalenceClasses, SizeCounts, as_arrays
from anonspark.domain.encode import RawColumn
from anonspark.frames.encoded import count_sizes
from anonspark.frames.local_rows import local_rows
from anonspark.frames.persons import PERSON, PERSONS
from anonspark.measures.contribution import Contribution
from anonspark.measures.risk import Risk, measure_risk

PairCounts = list[tuple[int, int, int]]
"""Sizes of classes in the table and in a population, with the number of classes of each, ascending."""


def good_rows(counted: DataFrame) -> DataFrame:
    """The combinations of rows that are not malformed, without the marks; see `combinations`."""
    keys = [name for name in counted.columns if name[0] in "qs" and name[1:].isdigit()]
    return counted.where(~F.col("bad")).select(*keys, *_person(counted), "records")


def count_records(rows: DataFrame) -> int:
    """Rows of the table that the combinations stand for."""
    return rows.agg(F.coalesce(F.sum("records"), F.lit(0)).alias("records")).toArrow()["records"][0].as_py() or 0


def suppressed_rows(rows: DataFrame, n_attributes: int, suppress_value: str | None) -> DataFrame:
    """The combinations of nothing but the value."""
    return rows.where(_is_suppressed(n_attributes, suppress_value))


def without_suppressed(rows: DataFrame, n_attributes: int, suppress_value: str | None) -> DataFrame:
    """The combinations that are in a class."""
    return rows.where(~_is_suppressed(n_attributes, suppress_value))


def classes_of_rows(rows: DataFrame, keys: Sequence[str]) -> DataFrame:
    """The rows of equal keys as one class: the keys, and `records`, which counts persons where rows name them."""
    people = F.count_distinct(PERSON) if _person(rows) else F.sum("records")
    return rows.groupBy(*keys).agg(people.alias("records"))


def count_sizes_and_rows(rows: DataFrame, n_attributes: int) -> list[tuple[int, int, int]]:
    """Sizes of classes in persons, with the classes of each and the rows in these, ascending."""
    keys = [f"q{axis}" for axis in range(n_attributes)]
    people = F.count_distinct(PERSON) if _person(rows) else F.sum("records")
    classes = rows.groupBy(*keys).agg(people.alias("people"), F.sum("records").alias("rows"))
    counts = classes.groupBy("people").agg(F.count(F.lit(1)).alias("classes"), F.sum("rows").alias("rows")).toArrow()
    return sorted(zip(*[counts[name].to_pylist() for name in ("people", "classes", "rows")], strict=True))


def count_contributions(rows: DataFrame, n_attributes: int) -> list[Contribution]:
    """What each attribute contributes to the risk of classes; two small jobs an attribute, none reads the table."""
    keys = [f"q{axis}" for axis in range(n_attributes)]
    found = []
    for key in keys:
        rest = count_sizes(classes_of_rows(rows, [other for other in keys if other != key]))
        alone = count_sizes(classes_of_rows(rows, [key]))
        without, by_it = (_risk_of(counts) for counts in (rest, alone))
        found.append(
            Contribution(
                without.prosecutor.highest,
                without.prosecutor.average,
                without.unique_fraction,
                by_it.unique_fraction,
                sum(classes for _, classes in alone),
            )
        )
    return found


def count_people_around(classes: DataFrame, population: DataFrame, n_attributes: int) -> PairCounts:
    """Sizes of classes in the table and in a population; few rows, whatever the number of classes.

    Args:
        classes: q0, q1, ..., `records`, each combination once.
        population: The same of everybody.
        n_attributes: How many keys.
    """
    pairs = classes.transform(add_people(population, n_attributes)).groupBy("records", "people")
    found = pairs.agg(F.count(F.lit(1)).alias("classes")).toArrow()
    return sorted(zip(*[found[name].to_pylist() for name in ("records", "people", "classes")], strict=True))


def add_people(population: DataFrame, n_attributes: int) -> Callable[[DataFrame], DataFrame]:
    """Classes, q0, q1, ..., with the `people` of a population in each; see `count_people_around`."""
    return _add_counted(population, n_attributes, "people")


def add_persons(rows: DataFrame, n_attributes: int) -> Callable[[DataFrame], DataFrame]:
    """Classes, q0, q1, ..., with the `persons` of the rows that are in each; as they are where rows name none."""
    if not _person(rows):
        return lambda classes: classes
    return _add_counted(classes_of_rows(rows, [f"q{axis}" for axis in range(n_attributes)]), n_attributes, PERSONS)


def _add_counted(counted: DataFrame, n_attributes: int, new: str) -> Callable[[DataFrame], DataFrame]:
    """Another table's `records` of the same keys as a new column, 0 where it has none."""
    keys = [f"q{axis}" for axis in range(n_attributes)]
    others = counted.select(*[F.col(key).alias(f"other_{key}") for key in keys], F.col("records").alias("other"))
    # Null is a value that a person can have, so null and null are one class, which a plain join would lose.
    alike = [F.col(key).eqNullSafe(F.col(f"other_{key}")) for key in keys]

    def step(classes: DataFrame) -> DataFrame:
        joined = classes.join(others, alike, "left")
        return joined.select(*classes.columns, F.coalesce("other", F.lit(0)).cast("bigint").alias(new))

    return step


def spread_classes(spark: SparkSession, classes: EquivalenceClasses, columns: Sequence[RawColumn]) -> DataFrame:
    """The driver's classes of a table as it is, as rows: q0, q1, ... as texts, and `records`, which counts persons."""
    texts = {
        f"q{axis}": pa.array(column.values, pa.string()).take(pa.array(codes))
        for axis, (column, codes) in enumerate(zip(columns, classes.codes, strict=True))
    }
    return local_rows(spark, pa.table({**texts, "records": pa.array(classes.people, pa.int64())}))


def _is_suppressed(n_attributes: int, suppress_value: str | None) -> Column:
    if suppress_value is None:
        return F.lit(False)
    return reduce(and_, [F.col(f"q{axis}").eqNullSafe(F.lit(suppress_value)) for axis in range(n_attributes)])


def _person(rows: DataFrame) -> list[str]:
    return [PERSON] if PERSON in rows.columns else []


def _risk_of(counts: SizeCounts) -> Risk:
    sizes, classes = as_arrays(counts)
    return measure_risk(sizes, 1.0, classes=classes)
