"""Counts within texts, with a finder whose answers are known."""

import json
import re

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.frames.casts import add_malformed
from anonspark.pii.deep_scan import FoundInText, count_in_texts, text_places
from anonspark.pii.profile import collect_sample

SPANS = pa.list_(
    pa.struct([("start", pa.int32()), ("end", pa.int32()), ("pii_type", pa.string()), ("score", pa.float32())])
)


def words(texts: pa.Array) -> pa.Array:
    """`@name` is an email of score 1, `#1` a phone of score 0.5, each anywhere."""
    found = []
    for text in texts.to_pylist():
        spans = []
        for hit in re.finditer(r"(@\w+)|(#\d+)", text):
            kind, score = ("email", 1.0) if hit[1] else ("phone", 0.5)
            spans.append({"start": hit.start(), "end": hit.end(), "pii_type": kind, "score": score})
        found.append(spans)
    return pa.array(found, SPANS)


def scanned(table: DataFrame, threshold: float = 0.0) -> list[FoundInText]:
    return count_in_texts(table, text_places(collect_sample(table).places), words, threshold=threshold)


def test_cells_instances_and_whole_cells_are_counted_by_place_and_type(spark: SparkSession) -> None:
    table = spark.createDataFrame(
        [("call @ann or @bob, #12", 1), ("@ann", 2), ("é @ann", 3), (None, 4), ("nobody", 5), ("@ann", 6)],
        "note string, n int",
    ).repartition(3)
    assert scanned(table) == [
        FoundInText("note", "email", cells=4, instances=5, whole=2, score=1.0),
        FoundInText("note", "phone", cells=1, instances=1, whole=0, score=0.5),
    ]


def test_what_is_less_sure_than_the_threshold_is_none(spark: SparkSession) -> None:
    table = spark.createDataFrame([("@ann #12",)], "note string")
    assert [each.pii_type for each in scanned(table, threshold=0.8)] == ["email"]


def test_nested_columns_and_json_are_told_by_path_also_those_that_the_sample_does_not_show(
    spark: SparkSession,
) -> None:
    document = {"user": {"note": "by @ann", "n": 5}, "log": ["@bob", "@cy"]}
    rows = [
        (("x @ann",), ["@ann", None, "y"], {"k": "@ann"}, json.dumps(document)),
        (None, None, None, None),
        ((None,), [], {}, "no json, @ann"),
    ]
    table = spark.createDataFrame(rows, "s struct<a: string>, r array<string>, m map<string, string>, doc string")
    found = {each.path: each.instances for each in scanned(table)}
    assert found == {"s.a": 1, "r[]": 1, "m{}": 1, "doc": 1, "doc.$.user.note": 1, "doc.$.log[]": 2}


def test_malformed_rows_are_left_out(spark: SparkSession) -> None:
    table = spark.createDataFrame([("@ann",), ("@bob",)], "c string")
    flagged = table.transform(add_malformed({"cell c": F.col("c") == "@bob"}))
    assert [each.instances for each in scanned(flagged)] == [1]


@pytest.mark.parametrize("schema", ["c string", "c int", "c array<string>"])
def test_a_table_without_rows_or_texts_has_nothing(spark: SparkSession, schema: str) -> None:
    assert scanned(spark.createDataFrame([], schema)) == []


def test_bytes_that_are_no_utf_8_hide_nothing(spark: SparkSession) -> None:
    table = spark.range(1).select(
        F.concat(F.unbase64(F.lit("/w==")), F.lit(" @ann").cast("binary")).cast("string").alias("c")
    )
    assert [each.instances for each in scanned(table)] == [1]
