from datetime import date, datetime
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from anonspark.errors import ColumnNotFoundError, ColumnTypeError, InputError
from anonspark.frames.names import label_of, numbered, positions, quoted

STRANGE = ["a.b", "c d", "e`f", "Age", "age", "", "c0", "été", "x'y", "struct.field"]


def strange_table(spark: SparkSession):
    return spark.range(1).select(*[F.lit(place).alias(name) for place, name in enumerate(STRANGE)])


def test_columns_are_found_by_position_whatever_they_are_named(spark: SparkSession) -> None:
    table = strange_table(spark)
    assert positions(table, STRANGE[::-1]) == list(range(len(STRANGE)))[::-1]
    plain = numbered(table)
    assert plain.columns == [f"c{place}" for place in range(len(STRANGE))]
    labels = [label_of(table, name) for name in STRANGE]
    (row,) = plain.select(*labels).collect()
    assert list(row) == [str(place) for place in range(len(STRANGE))]


def test_a_name_in_backticks_means_the_column_and_no_path(spark: SparkSession) -> None:
    table = spark.range(1).select(F.lit("x").alias("a`b.c"))
    assert [row[0] for row in table.select(quoted("a`b.c")).collect()] == ["x"]


def test_a_column_in_other_letters_is_not_found_and_the_right_ones_are_told(spark: SparkSession) -> None:
    with pytest.raises(ColumnNotFoundError, match="'AGES' is not in the table; did you mean 'age'") as raised:
        positions(spark.range(1).select(F.lit(1).alias("age")), ["age", "AGES"])
    assert raised.value.field == "AGES"
    with pytest.raises(ColumnNotFoundError):
        positions(spark.range(1), ["ID"])


def test_a_name_that_two_columns_bear_is_refused_since_only_one_would_be_treated(spark: SparkSession) -> None:
    table = spark.range(1).select(F.lit("x").alias("zip"), F.lit("y").alias("zip"), F.lit(1).alias("n"))
    assert positions(table, ["n"]) == [2]
    with pytest.raises(InputError, match="2 columns are named 'zip'; rename all but one") as raised:
        positions(table, ["zip"])
    assert raised.value.field == "zip"


@pytest.mark.parametrize(
    ("kind", "cells", "labels"),
    [
        ("string", [" a ", "", "NULL", None], [" a ", "", "NULL", None]),
        ("tinyint", [-1, None], ["-1", None]),
        ("bigint", [2**63 - 1], ["9223372036854775807"]),
        ("boolean", [True, False, None], ["true", "false", None]),
        ("decimal(6,2)", [Decimal("1.50"), Decimal("-0.00")], ["1.50", "0.00"]),
        ("double", [0.0, -0.0, 1e10, float("nan")], ["0.0", "0.0", "1.0E10", "NaN"]),
        ("float", [-0.0, 0.1], ["0.0", "0.1"]),
        ("date", [date(2024, 2, 29), None], ["2024-02-29", None]),
        ("timestamp_ntz", [datetime(2024, 2, 29, 1, 2, 3, 500000)], ["2024-02-29 01:02:03.5"]),
    ],
)  # fmt: skip
def test_a_value_is_its_text_in_sparks_cast_and_null_stays_null(spark: SparkSession, kind, cells, labels) -> None:
    table = spark.createDataFrame([(place, cell) for place, cell in enumerate(cells)], f"n int, value {kind}")
    found = numbered(table).select("c0", label_of(table, "value")).collect()
    assert [label for _, label in sorted(found)] == labels


def test_an_instant_is_told_in_the_sessions_time_zone(spark: SparkSession) -> None:
    table = spark.sql("SELECT timestamp'2024-02-29 12:00:00Z' AS at")
    assert numbered(table).select(label_of(table, "at")).collect() == [("2024-02-29 12:00:00",)]


@pytest.mark.parametrize(
    "kind", ["array<string>", "map<string,int>", "struct<a:int>", "binary", "variant", "array<struct<a:int>>"]
)
def test_a_column_without_one_text_a_cell_is_refused(spark: SparkSession, kind: str) -> None:
    table = spark.createDataFrame([], f"tags {kind}")
    with pytest.raises(ColumnTypeError, match=r"Column 'tags' has type .*cast or split it first") as raised:
        label_of(table, "tags")
    assert raised.value.field == "tags"


def test_a_type_of_a_library_is_refused_too(spark: SparkSession) -> None:
    from pyspark.ml.linalg import VectorUDT

    table = spark.createDataFrame([], StructType().add("point", VectorUDT()))
    with pytest.raises(ColumnTypeError, match="Column 'point'"):
        label_of(table, "point")
