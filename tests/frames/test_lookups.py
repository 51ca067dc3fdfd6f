"""Rows are joined with what is known of exactly their values."""

from collections.abc import Sequence

import pyarrow as pa
import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.frames.lookups import add_matches

PAIRS = pa.table({"v0": ["a", "a", "b"], "v1": ["x", "y", "x"], "code": [0, 1, 2]})


def codes(rows: DataFrame, known: pa.Table, *, by_hash: bool = True) -> list[int | None]:
    """What is found for each row, in their order."""
    values = rows.columns
    keys = {name: f"v{place}" for place, name in enumerate(values)}
    types = {name: rows.schema[name].dataType for name in values}
    numbered = rows.withColumn("place", F.monotonically_increasing_id())
    found = numbered.transform(add_matches(known, keys, types, by_hash=by_hash))
    assert found.columns == [*values, "place", "code"]
    return [row.code for row in found.orderBy("place").collect()]


def texts(spark: SparkSession, rows: Sequence[tuple[str | None, ...]]) -> DataFrame:
    """Rows of texts in one partition, so that their order is known."""
    return spark.createDataFrame(list(rows), ", ".join(f"q{place} string" for place in range(len(rows[0])))).coalesce(1)


@pytest.mark.parametrize("by_hash", [True, False])
def test_rows_get_what_is_known_of_their_values_and_others_get_null(spark: SparkSession, by_hash: bool) -> None:
    rows = texts(spark, [("b", "x"), ("a", "y"), ("b", "y"), (None, "x"), ("A", "x"), ("a", "x")])
    assert codes(rows, PAIRS, by_hash=by_hash) == [2, 1, None, None, None, 0]


def test_null_is_a_value_and_no_other_column_s_null(spark: SparkSession) -> None:
    known = pa.table({"v0": ["a", None, None], "v1": [None, "a", None], "code": [0, 1, 2]})
    rows = texts(spark, [(None, "a"), ("a", None), (None, None), ("a", "a"), ("", None)])
    assert codes(rows, known) == [1, 0, 2, None, None]


def test_texts_of_one_hash_are_told_apart(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_hash_of_all(*_: Column | str) -> Column:
        return F.lit(1).cast("bigint")

    monkeypatch.setattr(F, "xxhash64", one_hash_of_all)
    assert codes(texts(spark, [("b", "x"), ("a", "y"), ("b", "y")]), PAIRS) == [2, 1, None]


def test_numbers_are_found_by_value_and_a_text_that_is_no_number_s_is_not_found(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(7,), (8,), (None,)], "q0 int").coalesce(1)
    known = pa.table({"v0": ["007", "8", "eight"], "code": [0, 1, 2]})
    assert codes(rows, known) == [None, 1, None]


def test_texts_beside_numbers_are_compared_together(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("a", 1), ("a", 2), ("b", 1)], "q0 string, q1 bigint").coalesce(1)
    known = pa.table({"v0": ["a", "b"], "v1": ["1", "1"], "code": [0, 1]})
    assert codes(rows, known) == [0, None, 1]
