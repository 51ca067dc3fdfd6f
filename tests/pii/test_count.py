import json
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.paths import parse_path
from anonspark.domain.pii import CELL_LENGTH
from anonspark.frames.casts import add_malformed
from anonspark.pii.cells import Place, places_of
from anonspark.pii.count import count_instances
from anonspark.pii.profile import collect_sample
from tests.pipelines.scans import executions_so_far

DIGITS = r"\d{3}"


def place(table: DataFrame, path: str) -> Place:
    sample = collect_sample(table)
    return next(each for each in sample.places if str(each.path) == path)


def counts(table: DataFrame, *asked: tuple[str, str | None], empty: tuple[str, ...] = ()) -> list[int]:
    pairs = [(place(table, path), shape) for path, shape in asked]
    return list(count_instances(table, pairs, empty=empty).cells)


def test_cells_of_the_shape_are_counted_blanks_around_them_left_aside(spark: SparkSession) -> None:
    table = spark.createDataFrame(
        [("123", 123), (" 123 ", 12), ("1234", 1234), ("x123", None), (None, 999), ("123\n", 1)], "c string, n int"
    )
    assert counts(table, ("c", DIGITS), ("n", DIGITS), ("c", "x|123|y")) == [3, 2, 3]


def test_without_a_shape_every_cell_with_a_value_counts(spark: SparkSession) -> None:
    table = spark.createDataFrame([("a", b"", 0), ("", None, None), ("  ", b"x", 1), (None, None, 2), ("N/A", None, 3)],
                                  "c string, b binary, n int")  # fmt: skip
    assert counts(table, ("c", None), ("b", None), ("n", None)) == [2, 2, 4]
    assert counts(table, ("c", None), ("n", None), empty=("n/a",)) == [1, 4]


def test_cells_of_nested_columns_and_json_are_counted_each(spark: SparkSession) -> None:
    schema = "s struct<a: string>, r array<struct<p: array<string>>>, m map<string, string>, doc string"
    rows = [
        (("123",), [(["123", "9"],), (["456", None],), (None,)], {"k": "123", "l": "x"},
         json.dumps({"u": [{"id": "123"}, {"id": 456}, {"id": None}, {}], "odd.`key": "789"})),
        (None, None, None, None),
        ((None,), [], {}, "no json"),
    ]  # fmt: skip
    table = spark.createDataFrame(rows, schema)
    paths = ("s.a", "r[].p[]", "m{}", "doc.$.u[].id", "doc.$.`odd.``key`")
    assert counts(table, *((path, DIGITS) for path in paths)) == [1, 2, 1, 2, 1]
    assert counts(table, *((path, None) for path in paths)) == [1, 3, 2, 2, 1]


def test_json_that_is_an_array_or_a_map_is_counted_too(spark: SparkSession) -> None:
    keys = {f"key {number}": "123" for number in range(80)}
    table = spark.createDataFrame([(json.dumps(["123", "4"]), json.dumps(keys))], "a string, m string")
    places = {str(each.path): each for each in collect_sample(table).places}
    assert [str(parse_path(path)) for path in places] == list(places)
    asked = [(each, DIGITS) for each in places.values()]
    assert list(count_instances(table, asked).cells) == [1, 80]


def test_only_the_beginning_of_a_long_cell_is_looked_at(spark: SparkSession) -> None:
    table = spark.createDataFrame([("1" * CELL_LENGTH + "x",), ("1" * (CELL_LENGTH - 1) + "xx",)], "c string")
    assert counts(table, ("c", r"1+")) == [1]


def test_malformed_rows_are_told_apart_and_their_cells_left_out(spark: SparkSession) -> None:
    table = spark.createDataFrame([("123", 1), ("123", 0), ("1", 0)], "c string, bad int")
    flagged = table.transform(add_malformed({"cell c": F.col("bad") == 1, "ragged": F.lit(False)}))
    found = count_instances(flagged, [(places_of(table.schema)[0], DIGITS)])
    assert (found.rows, dict(found.malformed), list(found.cells)) == (2, {"cell c": 1, "ragged": 0}, [1])


def test_a_table_without_rows_or_without_findings(spark: SparkSession) -> None:
    empty = spark.createDataFrame([], "c string, r array<string>")
    assert counts(empty, ("c", DIGITS), ("r[]", None)) == [0, 0]
    assert count_instances(empty, []).rows == 0
    assert count_instances(spark.range(7), []).rows == 7


def test_three_hundred_columns_are_counted_in_one_pass(spark: SparkSession) -> None:
    table = spark.range(40).select(*[(F.col("id") + at).cast("string").alias(f"c{at}") for at in range(300)])
    asked = [(each, DIGITS) for each in places_of(table.schema)]
    before = executions_so_far(spark)
    found = count_instances(table, asked)
    assert executions_so_far(spark) - before == 1
    assert list(found.cells) == [sum(100 <= row + at <= 999 for row in range(40)) for at in range(300)]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.none() | st.text("12 ax\n\t", max_size=5), max_size=12))
def test_counts_are_those_of_python(spark: SparkSession, cells: list[str | None]) -> None:
    table = spark.createDataFrame([(cell,) for cell in cells], "c string")
    (c,) = places_of(table.schema)
    trimmed = [cell.strip() for cell in cells if cell is not None]
    expected = [sum(re.fullmatch(r"[12]+", cell) is not None for cell in trimmed), sum(cell != "" for cell in trimmed)]
    assert list(count_instances(table, [(c, r"[12]+"), (c, None)]).cells) == expected
