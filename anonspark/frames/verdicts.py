"""How the classes of a table stand to what models demand, on the cluster: what `models/verdicts.py` tells of arrays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from anonspark.domain.classes import SensitiveHistograms
from anonspark.domain.model import PrivacyModel
from anonspark.frames.as_is import add_people, add_persons
from anonspark.frames.batches import Batches, BatchStep, classes_of, pieces
from anonspark.frames.class_queries import grouped
from anonspark.frames.combinations import add_codes
from anonspark.frames.encoded import SensitiveOrder
from anonspark.models.verdicts import demands_of, verdicts

SCHEMA = "demand int, class_size bigint, records bigint, observed double, failed boolean, shortfall double"


@dataclass(frozen=True, slots=True)
class DemandTotals:
    """What all classes have of one demand.

    Attributes:
        worst: Of what is observed; None where there is no class.
        classes: That fail.
        rows: In these.
    """

    worst: float | None
    classes: int
    rows: int


@dataclass(frozen=True, slots=True)
class FailedClass:
    """A class that a model forbids.

    Attributes:
        demand: Its place among all demands of all models.
        class_size: Its persons.
        rows: Its records.
        observed: What it has of the demand.
        shortfall: How far that misses it, as a share of what is required.
    """

    demand: int
    class_size: int
    rows: int
    observed: float
    shortfall: float


def judged_classes(
    rows: DataFrame,
    n_attributes: int,
    models: Sequence[PrivacyModel],
    orders: Mapping[str, SensitiveOrder],
    totals: Mapping[str, SensitiveHistograms],
    population: DataFrame | None,
) -> DataFrame:
    """A row for each class and demand; lazy.

    Args:
        rows: Combinations without the suppressed ones: q0, q1, ..., s0, ..., `person` where rows name it, `records`.
        n_attributes: How many quasi-identifiers.
        models: What must hold.
        orders: The values of each sensitive attribute, by code, in the order of s0, s1, ...
        totals: How often the whole table has them, suppressed rows included.
        population: q0, q1, ..., `records` of everybody, where a model asks for them.
    """
    keys = [f"q{axis}" for axis in range(n_attributes)]
    for place, order in enumerate(orders.values()):
        codes = np.arange(len(order.values), dtype=np.int32)
        rows = rows.transform(add_codes(f"s{place}", order.values, codes, f"c{place}"))
    coded = rows.select(*keys, *[F.col(f"c{place}").alias(f"s{place}") for place in range(len(orders))], "records")
    classes = grouped(coded, keys, [f"s{place}" for place in range(len(orders))])
    classes = classes.transform(add_persons(rows, n_attributes))
    if population is not None:
        classes = classes.transform(add_people(population, n_attributes))
    return classes.drop(*keys).mapInArrow(_judged(models, totals), SCHEMA)


def count_totals(judged: DataFrame, models: Sequence[PrivacyModel]) -> list[DemandTotals]:
    """What all classes have of each demand; as many rows as there are demands."""
    sums = judged.groupBy("demand").agg(
        F.min("observed").alias("least"),
        F.max("observed").alias("most"),
        F.count_if("failed").alias("classes"),
        F.sum(F.when(F.col("failed"), F.col("records")).otherwise(0)).alias("rows"),
    )
    found = {row["demand"]: row for row in sums.toArrow().to_pylist()}
    return [
        DemandTotals(row["least" if demand.at_least else "most"], row["classes"], row["rows"])
        if (row := found.get(place))
        else DemandTotals(None, 0, 0)
        for place, (_, demand) in enumerate(demands_of(models))
    ]


def collect_worst(judged: DataFrame, most: int) -> list[FailedClass]:
    """The classes that miss a demand the furthest, the largest first where they do so alike; at most so many."""
    order = [F.desc("shortfall"), F.desc("class_size"), F.asc("demand"), F.desc("records")]
    rows = judged.where("failed").orderBy(*order).limit(most).toArrow().to_pylist()
    return [
        FailedClass(row["demand"], row["class_size"], row["records"], row["observed"], row["shortfall"]) for row in rows
    ]


def _judged(models: Sequence[PrivacyModel], totals: Mapping[str, SensitiveHistograms]) -> BatchStep:
    def step(batches: Batches) -> Iterator[pa.RecordBatch]:
        for table in pieces(batches):
            classes = classes_of(table, totals)
            people, records = pa.array(classes.people), pa.array(classes.sizes)
            for place, verdict in enumerate(verdicts(models, classes)):
                demand = pa.array(np.full(len(table), place, dtype=np.int32))
                told = map(pa.array, (verdict.observed, verdict.failed, verdict.shortfall))
                columns = [demand, people, records, *told]
                names = ["demand", "class_size", "records", "observed", "failed", "shortfall"]
                yield from pa.table(columns, names).to_batches()

    return step
