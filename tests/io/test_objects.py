"""What a release looks like as csv, json and parquet, and that it is read back as what it was."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.sources import TableSource, TableTarget
from anonspark.errors import ColumnTypeError
from anonspark.frames.casts import leave_out_malformed
from anonspark.io.locations import LocationState, location_state
from anonspark.io.objects import is_one_object, read_files, require_columns_fit, write_files
from anonspark.io.tables import read_table
from anonspark.vocabulary import TableFormat

ABC = "a string, b string, c string"
CSV = TableTarget("out.csv", format=TableFormat.CSV)
JSON = TableTarget("out.json", format=TableFormat.JSON)
PARQUET = TableTarget("out.parquet", format=TableFormat.PARQUET)


def written(released: DataFrame, target: TableTarget, folder: Path) -> Path:
    """The one file that a release becomes."""
    write_files(released, target, str(folder / "draft"))
    (file,) = (folder / "draft").glob("part-*")
    return file


def test_a_csv_keeps_null_and_empty_text_apart_and_quotes_what_it_must(spark: SparkSession, tmp_path: Path) -> None:
    released = spark.createDataFrame([(None, "", "x"), (" y ", 'say "hi"', "1,2"), ("back\\", "l\nm", "é")], ABC)
    file = written(released.repartition(3).sort("c"), CSV, tmp_path)
    assert file.read_text(encoding="utf-8") == 'a,b,c\n y ,"say ""hi""","1,2"\n,"",x\nback\\,"l\nm",é\n'


def test_json_and_parquet_tell_every_column_of_every_record(spark: SparkSession, tmp_path: Path) -> None:
    released = spark.createDataFrame([(1, None)], "id int, city string")
    text = written(released, JSON, tmp_path / "j").read_text(encoding="utf-8")
    assert json.loads(text) == {"id": 1, "city": None}
    assert pq.read_table(written(released, PARQUET, tmp_path / "p")).to_pylist() == [{"id": 1, "city": None}]


def test_one_object_is_one_file_however_many_rows_a_file_may_have(spark: SparkSession, tmp_path: Path) -> None:
    spark.conf.set("spark.sql.files.maxRecordsPerFile", 2)
    try:
        file = written(spark.range(9).repartition(3), CSV, tmp_path)
    finally:
        spark.conf.unset("spark.sql.files.maxRecordsPerFile")
    assert len(file.read_text(encoding="utf-8").splitlines()) == 10


def test_a_release_without_rows_keeps_its_header(spark: SparkSession, tmp_path: Path) -> None:
    assert written(spark.createDataFrame([], ABC), CSV, tmp_path).read_text(encoding="utf-8") == "a,b,c\n"


def test_a_point_in_time_is_written_with_its_microseconds(spark: SparkSession, tmp_path: Path) -> None:
    released = spark.sql("SELECT timestamp '2024-01-01 00:00:00.123456' AS at, timestamp_ntz '1850-01-01' AS there")
    text = "at,there\n2024-01-01T00:00:00.123456Z,1850-01-01T00:00:00.000000\n"
    assert written(released, CSV, tmp_path).read_text(encoding="utf-8") == text


def test_only_a_uri_that_ends_in_its_format_is_one_object() -> None:
    assert is_one_object(CSV)
    assert not is_one_object(TableTarget("out/csv", format=TableFormat.CSV))
    assert not is_one_object(TableTarget("out.csv", format=TableFormat.JSON))
    assert not is_one_object(TableTarget("out.delta"))


@pytest.mark.parametrize("kind", ["array<int>", "map<string,int>", "struct<x:int>", "binary", "variant"])
def test_a_column_that_no_cell_of_text_holds_does_not_fit_csv(spark: SparkSession, kind: str) -> None:
    released = spark.createDataFrame([], f"a string, `the column` {kind}")
    with pytest.raises(ColumnTypeError, match=r"'the column' has type .*CSV cannot hold it"):
        require_columns_fit(released, CSV)
    require_columns_fit(released, JSON)


def test_a_null_in_a_csv_of_one_column_is_refused_instead_of_lost(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(ColumnTypeError, match="one column"):
        require_columns_fit(spark.createDataFrame([("x",), (None,)], "a string"), CSV)
    released = spark.createDataFrame([("x",), ("",)], "a string")
    require_columns_fit(released, CSV)
    assert written(released, CSV, tmp_path).read_text(encoding="utf-8") == 'a\nx\n""\n'


def test_a_type_that_the_format_does_not_know_is_told_with_its_column(spark: SparkSession, tmp_path: Path) -> None:
    released = spark.sql("SELECT 1 AS id, make_interval(1) AS span")
    with pytest.raises(ColumnTypeError, match="'span' has type interval; parquet cannot hold it"):
        write_files(released, PARQUET, str(tmp_path / "draft"))


@pytest.mark.parametrize("target", [CSV, JSON, PARQUET], ids=lambda target: target.format)
def test_a_release_is_read_back_in_its_own_types(spark: SparkSession, tmp_path: Path, target: TableTarget) -> None:
    released = spark.sql("""
        SELECT '[0, 5)' AS age, 1.0E10D AS `a.b`, 1.10BD AS price, date '2024-02-29' AS born, true AS alive,
               timestamp '1999-12-31 23:59:59.000001' AS seen, 7Y AS level
        UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL
    """)
    write_files(released, target, str(tmp_path / "draft"))
    read = leave_out_malformed(read_files(spark, target, released.schema, str(tmp_path / "draft")))
    assert read.schema.simpleString() == released.schema.simpleString()
    assert sorted(map(str, read.collect())) == sorted(map(str, released.collect()))


@pytest.mark.parametrize("spoilt", ["x\n", "x,1,2\n", "x,one\n"])
def test_a_row_that_is_not_the_release_s_is_marked(spark: SparkSession, tmp_path: Path, spoilt: str) -> None:
    (tmp_path / "part-0.csv").write_text(f"a,b\ny,1\n{spoilt}", encoding="utf-8")
    schema = spark.createDataFrame([], "a string, b int").schema
    read = leave_out_malformed(read_files(spark, CSV, schema, str(tmp_path)))
    assert [tuple(row) for row in read.collect()] == [("y", 1)]


def test_the_state_of_a_place_is_told(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.csv").write_text("a\n", encoding="utf-8")
    spark.range(1).write.format("delta").save(str(tmp_path / "delta"))
    found = {name: location_state(spark, str(tmp_path / name)) for name in ("nowhere", "empty", "file.csv", "delta")}
    assert found == {
        "nowhere": LocationState.ABSENT,
        "empty": LocationState.EMPTY,
        "file.csv": LocationState.OTHER,
        "delta": LocationState.DELTA,
    }
    assert location_state(spark, str(tmp_path)) is LocationState.OTHER


TEXTS = st.text(st.characters(codec="utf-8"), max_size=6)
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\r\ufeff\ufffd"), max_size=6)


def held(spark: SparkSession, table: list[tuple[str | None, ...]], folder: Path) -> tuple[DataFrame, str]:
    released = spark.createDataFrame(table, ABC).coalesce(1)
    write_files(released, CSV, str(folder))
    return released, str(folder)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(*[st.none() | TEXTS] * 3), min_size=1, max_size=5))
def test_any_text_is_read_back(spark, tmp_path_factory, table) -> None:
    released, place = held(spark, table, tmp_path_factory.mktemp("any") / "draft")
    read = leave_out_malformed(read_files(spark, CSV, released.schema, place))
    assert [tuple(row) for row in read.collect()] == table


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(*[st.none() | PLAIN] * 3), min_size=1, max_size=5))
def test_a_job_reads_what_a_job_wrote(spark, tmp_path_factory, table) -> None:
    _, place = held(spark, table, tmp_path_factory.mktemp("plain") / "draft")
    read = read_table(spark, TableSource(place, format=TableFormat.CSV))
    assert [tuple(row) for row in read.table.collect()] == table


def test_the_columns_of_a_partition_are_read_back_as_texts(spark: SparkSession, tmp_path: Path) -> None:
    released = spark.createDataFrame([("01234", 1), ("0123*", 2), (None, 3)], "zip string, id int")
    for name in TableFormat.CSV, TableFormat.JSON, TableFormat.PARQUET:
        target = TableTarget("out/released", format=name, partition_by=("zip",))
        write_files(released, target, str(tmp_path / name))
        read = leave_out_malformed(read_files(spark, target, released.schema, str(tmp_path / name)))
        assert sorted(map(str, read.select("zip", F.col("id")).collect())) == sorted(map(str, released.collect()))
