"""Samples of tables of every shape; what is expected was counted by hand."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.paths import parse_path
from anonspark.domain.pii import CELL_LENGTH, ColumnProfile
from anonspark.errors import InputError
from anonspark.frames.casts import add_malformed
from anonspark.pii.cells import JSON_LENGTH
from anonspark.pii.draw import ELEMENTS, ROWS
from anonspark.pii.profile import DISTINCT, collect_sample
from anonspark.vocabulary import DataKind

WAYS = pytest.mark.parametrize("sample_size", [None, 1000])


def by_path(table: DataFrame, sample_size: int | None = None) -> dict[str, ColumnProfile]:
    return {profile.path: profile for profile in collect_sample(table, sample_size=sample_size).profiles}


def told(profile: ColumnProfile) -> tuple[int, int, dict[str, int]]:
    return profile.cells, profile.nulls, dict(zip(profile.values, profile.counts, strict=True))


@WAYS
def test_values_are_counted_and_the_most_frequent_come_first(spark: SparkSession, sample_size: int | None) -> None:
    table = spark.createDataFrame([("b",), ("a",), ("b",), (None,), ("",), ("b",), ("a",)], "c string")
    profile = by_path(table, sample_size)["c"]
    assert told(profile) == (7, 1, {"b": 3, "a": 2, "": 1})
    assert profile.values == ("b", "a", "")


def test_every_type_has_a_kind_and_texts(spark: SparkSession) -> None:
    row = (1, 2.5, Decimal(3), Decimal("3.50"), date(2020, 1, 2), datetime(2020, 1, 2, 3, 4, 5), True, b"\xff", None)
    schema = "i int, d double, w decimal(9,0), m decimal(9,2), b date, t timestamp, f boolean, x binary, n void"
    found = by_path(spark.createDataFrame([row, (None,) * 9], schema))
    assert {path: (profile.kind, profile.values) for path, profile in found.items()} == {
        "i": (DataKind.WHOLE, ("1",)),
        "d": (DataKind.DECIMAL, ("2.5",)),
        "w": (DataKind.WHOLE, ("3",)),
        "m": (DataKind.DECIMAL, ("3.50",)),
        "b": (DataKind.DATE, ("2020-01-02",)),
        "t": (DataKind.TIMESTAMP, ("2020-01-02 03:04:05",)),
        "f": (DataKind.FLAG, ("true",)),
        "x": (DataKind.BINARY, ()),
        "n": (DataKind.TEXT, ()),
    }
    assert [(profile.cells, profile.nulls) for profile in found.values()] == [(2, 1)] * 8 + [(2, 2)]


@WAYS
def test_nested_columns_are_seen_by_path(spark: SparkSession, sample_size: int | None) -> None:
    schema = """person struct<name: string, `home.zip`: int>, phones array<string>, tags map<string, string>,
                orders array<struct<mails: array<string>, at: date>>, empty struct<>"""
    rows: list[Any] = [
        (("Ann", 1), ["1", None], {"a": "x", "b": "y"}, [(["m", "n"], None), (None, None)], ()),
        (None, None, None, None, None),
        ((None, 2), [], {}, [], ()),
    ]
    found = by_path(spark.createDataFrame(rows, schema), sample_size)
    assert {path: told(profile) for path, profile in found.items()} == {
        "person.name": (3, 2, {"Ann": 1}),
        "person.`home.zip`": (3, 1, {"1": 1, "2": 1}),
        "phones[]": (2, 1, {"1": 1}),
        "tags{}": (2, 0, {"x": 1, "y": 1}),
        "orders[].mails[]": (2, 0, {"m": 1, "n": 1}),
        "orders[].at": (2, 2, {}),
    }
    assert [str(parse_path(path)) for path in found] == list(found)


@WAYS
def test_texts_that_are_json_are_taken_apart(spark: SparkSession, sample_size: int | None) -> None:
    documents = [json.dumps({"user": {"mail": "a@x.org", "age": 7}, "ids": ["p", "q"]}), "[1]", None, "no json", ""]
    table = spark.createDataFrame([(text, [text]) for text in documents], "doc string, docs array<string>")
    found = by_path(table, sample_size)
    within = {
        ".$.user.mail": (DataKind.TEXT, {"a@x.org": 1}),
        ".$.user.age": (DataKind.WHOLE, {"7": 1}),
        ".$.ids[]": (DataKind.TEXT, {"p": 1, "q": 1}),
        ".$[]": (DataKind.WHOLE, {"1": 1}),
    }
    for column in ("doc", "docs[]"):
        assert told(found[column]) == (3, 1, {"no json": 1, "": 1})
        assert {
            path.removeprefix(column): (each.kind, told(each)[2])
            for path, each in found.items()
            if path.startswith(f"{column}.$")
        } == within


def test_a_text_with_brackets_now_and_then_is_no_json(spark: SparkSession) -> None:
    table = spark.createDataFrame([('{"a": 1}',), ("x",), ("y",), ("[z]",)], "c string")
    assert told(by_path(table)["c"]) == (4, 0, {'{"a": 1}': 1, "x": 1, "y": 1, "[z]": 1})


def test_long_cells_are_cut_and_counted_and_long_json_tells_its_first_fields(spark: SparkSession) -> None:
    table = spark.createDataFrame(
        [("é" * 600, json.dumps({"mail": "a@x.org", "note": "x" * 2 * JSON_LENGTH}))], "c string, doc string"
    )
    found = by_path(table)
    assert (found["c"].values, found["c"].lengthy) == (("é" * CELL_LENGTH,), 1)
    assert set(found) == {"c", "doc.$.mail"}


def test_bytes_that_are_no_utf_8_are_replaced(spark: SparkSession) -> None:
    table = spark.range(1).select(F.unbase64(F.lit("Yf9i")).cast("string").alias("c"))
    assert by_path(table)["c"].values == ("a\ufffdb",)


def test_names_with_dots_backticks_and_brackets(spark: SparkSession) -> None:
    table = spark.createDataFrame([("1", "2", "3", "4")], "`a.b` string, `c``d` string, `e[]` string, `$` string")
    assert list(by_path(table)) == ["`a.b`", "`c``d`", "`e[]`", "`$`"]


def test_two_columns_of_one_name_are_refused(spark: SparkSession) -> None:
    table = spark.range(1).select(F.lit(1).alias("a"), F.lit(2).alias("a"))
    with pytest.raises(InputError, match="2 columns are named 'a'"):
        collect_sample(table)


@WAYS
def test_a_table_without_rows_still_tells_its_columns(spark: SparkSession, sample_size: int | None) -> None:
    sample = collect_sample(spark.createDataFrame([], "a string, b array<int>"), sample_size=sample_size)
    assert sample.rows == 0
    assert [(each.path, each.cells, each.values) for each in sample.profiles] == [("a", 0, ()), ("b[]", 0, ())]


def test_marked_rows_are_counted_and_left_out(spark: SparkSession) -> None:
    table = spark.createDataFrame([("1",), ("x",), ("2",)], "c string")
    sample = collect_sample(table.transform(add_malformed({"cell c": F.col("c") == "x"})))
    assert (sample.rows, dict(sample.malformed)) == (2, {"cell c": 1})
    assert told(sample.profiles[0]) == (2, 0, {"1": 1, "2": 1})


def test_three_hundred_columns(spark: SparkSession) -> None:
    table = spark.range(50).select(*[(F.col("id") * at).cast("string").alias(f"c{at}") for at in range(1, 301)])
    found = by_path(table, 20)
    assert len(found) == 300
    assert {profile.cells for profile in found.values()} == {20}


def test_a_sample_of_the_whole_table_is_drawn_from_all_of_it(spark: SparkSession) -> None:
    table = spark.range(0, 100_000, 1, 7).select((F.col("id") / 10_000).cast("int").alias("tenth"), "id")
    sample = collect_sample(table)
    (tenths, ids) = sample.profiles
    assert sample.rows == ROWS
    # Each tenth is drawn 1,000 times but for chance, whose standard deviation is 28.
    assert all(abs(count - 1000) < 170 for count in tenths.counts)
    assert len(ids.values) == DISTINCT
    assert (ids.cells, ids.nulls) == (ROWS, 0)


def test_a_bounded_sample_has_rows_from_all_over_the_files(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(0, 200_000, 1, 20).select((F.col("id") / 10_000).cast("int").alias("part")).write.parquet(
        str(tmp_path / "t")
    )
    sample = collect_sample(spark.read.parquet(str(tmp_path / "t")), sample_size=2000)
    assert sample.rows == 2000
    assert len(sample.profiles[0].values) >= 6


def test_values_of_a_column_with_many_keep_their_proportions(spark: SparkSession) -> None:
    table = spark.range(20_000).select(
        F.when(F.col("id") % 2 == 0, "none").otherwise(F.col("id").cast("string")).alias("c")
    )
    (profile,) = collect_sample(table).profiles
    assert len(profile.values) == DISTINCT
    assert profile.values[0] == "none"
    assert 0.4 < profile.counts[0] / sum(profile.counts) < 0.6


def test_of_an_endless_array_only_the_first_elements_are_looked_at(spark: SparkSession) -> None:
    table = spark.range(1).select(F.sequence(F.lit(1), F.lit(10 * ELEMENTS)).alias("c"))
    assert by_path(table)["c[]"].cells == ELEMENTS


def test_a_profile_does_not_print_its_values(spark: SparkSession) -> None:
    (profile,) = collect_sample(spark.createDataFrame([("CANARY",)], "c string")).profiles
    assert "CANARY" not in repr(profile) + str(profile) + repr(
        collect_sample(spark.createDataFrame([("CANARY",)], "c string"))
    )


def test_a_column_that_few_rows_fill_is_looked_at_in_these_rows(spark: SparkSession) -> None:
    rare = F.when(F.col("id") % 1000 == 7, F.concat(F.lit("v"), F.col("id").cast("string")))
    table = spark.range(50_000).select(
        "id", rare.alias("one"), F.when(rare.isNotNull(), F.array(rare, rare)).alias("two"), F.lit(None).alias("none")
    )
    found = by_path(table)
    assert (found["id"].cells, found["none"].cells, found["none"].nulls) == (ROWS, ROWS, ROWS)
    assert told(found["one"]) == (50, 0, {f"v{number * 1000 + 7}": 1 for number in range(50)})
    assert set(found["two[]"].counts) == {2}
    assert (found["two[]"].cells, found["two[]"].nulls) == (100, 0)
    assert by_path(table, 1000)["none"].nulls == 1000


def test_variants_are_the_json_that_they_stand_for(spark: SparkSession) -> None:
    table = spark.range(1).select(F.parse_json(F.lit('{"user": {"mail": "a@x.org"}, "n": 1}')).alias("v"))
    found = by_path(table)
    assert {path: profile.values for path, profile in found.items()} == {"v.$.n": ("1",), "v.$.user.mail": ("a@x.org",)}
