import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from anonspark.frames.casts import (
    CELL,
    MALFORMED,
    UNDECODABLE,
    add_malformed,
    flag_names,
    is_malformed,
    leave_out_malformed,
    malformed_cells,
    malformed_counts,
    try_cast_columns,
    undecodable,
)


def test_the_counts_ride_along_with_one_group_by(spark: SparkSession) -> None:
    raw = spark.createDataFrame(
        [("FR", "1"), ("FR", "x"), ("DE", "y"), ("DE", None), ("DE", "7.5")], "land string, n string"
    )
    flagged = raw.transform(add_malformed(malformed_cells({"n": "int"}))).transform(try_cast_columns({"n": "int"}))
    (count,) = malformed_counts(flagged).values()
    groups = flagged.groupBy("land", is_malformed(flagged).alias("out")).agg(
        F.count("*").alias("rows"), count.alias("bad")
    )
    assert sorted(map(tuple, groups.collect())) == [
        ("DE", False, 1, 0),
        ("DE", True, 2, 2),
        ("FR", False, 1, 0),
        ("FR", True, 1, 1),
    ]
    assert sorted(map(tuple, leave_out_malformed(flagged).collect())) == [("DE", None), ("FR", 1)]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("int", ["1", " -7 ", None], ["1.5", "", "x", "99999999999"]),
        ("double", ["1.5", "1e3", "NaN"], ["1,5", ""]),
        ("boolean", ["true", "no", "1"], ["maybe", ""]),
        ("date", ["2024-02-29", "2024-2-9"], ["2023-02-29", "29.2.2024", ""]),
        ("decimal(4,1)", ["123.4"], ["12345.6", ""]),
    ],
)
def test_a_cell_is_malformed_exactly_when_it_is_there_and_cannot_be_cast(spark: SparkSession, kind, good, bad) -> None:
    raw = spark.createDataFrame([(cell,) for cell in (*good, *bad)], "x string")
    flagged = raw.transform(add_malformed(malformed_cells({"x": kind})))
    assert [row["out"] for row in flagged.select(is_malformed(flagged).alias("out")).collect()] == (
        [False] * len(good) + [True] * len(bad)
    )


def test_casting_keeps_the_order_of_the_columns_and_their_strange_names(spark: SparkSession) -> None:
    raw = spark.createDataFrame([("1", "2", "3")], "`a.b` string, `c d` string, `e``f` string")
    cast = raw.transform(try_cast_columns({"e`f": "int", "a.b": "long"}))
    assert cast.dtypes == [("a.b", "bigint"), ("c d", "string"), ("e`f", "int")]


def test_marks_are_of_the_kinds_that_are_asked_for(spark: SparkSession) -> None:
    raw = spark.createDataFrame(
        [("x", "1", "a"), ("1", "x", "\ufffd"), ("1", "1", None)], "a string, b string, c string"
    )
    flags = {UNDECODABLE: undecodable(["a", "c"]), **malformed_cells({"a": "int", "b": "int"})}
    flagged = raw.transform(add_malformed(flags))
    assert flag_names(flagged) == [UNDECODABLE, CELL + "a", CELL + "b"]
    some = flagged.select(is_malformed(flagged, [CELL + "b", "nothing"]), is_malformed(flagged, [UNDECODABLE]))
    assert [tuple(row) for row in some.collect()] == [(False, False), (True, True), (False, False)]


def test_a_table_without_marks_has_no_malformed_rows(spark: SparkSession) -> None:
    table = spark.range(2).transform(add_malformed({}))
    assert MALFORMED not in table.columns
    assert malformed_counts(table) == {}
    assert leave_out_malformed(table).count() == 2
