import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.errors import PySparkException
from pyspark.sql import functions

from anonspark.domain.sources import TableSource, TableTarget
from anonspark.errors import ColumnTypeError, InputError, LocationError
from anonspark.io.locations import LocationState, location_state
from anonspark.io.objects import write_files
from anonspark.io.tables import read_table
from anonspark.vocabulary import TableFormat, WriteMode

ABC = "a string, b string, c string"


def target(uri: Path, format_: TableFormat = TableFormat.CSV, **more: object) -> TableTarget:
    return TableTarget(str(uri), format=format_, **more)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_csv_uri_becomes_one_file_with_nothing_beside_it(spark, tmp_path) -> None:
    released = spark.createDataFrame([(None, "", "x"), (" y ", 'say "hi"', "1,2"), ("back\\", "l\nm", "é")], ABC)
    write_files(released.repartition(3).sort("c"), target(tmp_path / "out.csv"))
    assert names(tmp_path) == ["out.csv"]
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert text == 'a,b,c\n y ,"say ""hi""","1,2"\n,"",x\nback\\,"l\nm",é\n'


def test_json_and_parquet_become_one_file_too(spark, tmp_path) -> None:
    released = spark.createDataFrame([(1, None)], "id int, city string")
    write_files(released, target(tmp_path / "out.json", TableFormat.JSON))
    write_files(released, target(tmp_path / "out.parquet", TableFormat.PARQUET))
    assert names(tmp_path) == ["out.json", "out.parquet"]
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == {"id": 1, "city": None}
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == [{"id": 1, "city": None}]


def test_a_release_without_rows_keeps_its_header(spark, tmp_path) -> None:
    write_files(spark.createDataFrame([], ABC), target(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "a,b,c\n"


def test_an_object_is_replaced_whole_and_stays_if_the_job_fails(spark, tmp_path) -> None:
    write_files(spark.createDataFrame([("1", "2", "3")], ABC), target(tmp_path / "out.csv"))
    write_files(spark.createDataFrame([("4", "5", "6")], ABC), target(tmp_path / "out.csv"))
    broken = spark.createDataFrame([("7", "8", "9")], ABC).withColumn(
        "c", functions.raise_error(functions.lit("broken")).cast("string")
    )
    with pytest.raises((PySparkException, LocationError)):
        write_files(broken, target(tmp_path / "out.csv"))
    assert names(tmp_path) == ["out.csv"]
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "a,b,c\n4,5,6\n"


def test_an_object_that_exists_is_refused_in_mode_error(spark, tmp_path) -> None:
    (tmp_path / "out.csv").write_text("kept", encoding="utf-8")
    with pytest.raises(LocationError, match="exists"):
        write_files(spark.createDataFrame([], ABC), target(tmp_path / "out.csv", mode=WriteMode.ERROR))
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("more", [{"mode": WriteMode.APPEND}, {"partition_by": ("a",)}], ids=str)
def test_an_object_is_neither_added_to_nor_partitioned(spark, tmp_path, more) -> None:
    with pytest.raises(InputError, match="one object"):
        write_files(spark.createDataFrame([], ABC), target(tmp_path / "out.csv", **more))


@pytest.mark.parametrize("mode", [WriteMode.OVERWRITE, WriteMode.ERROR])
def test_a_folder_that_is_not_empty_is_refused_in_every_mode_but_append(spark, tmp_path, mode) -> None:
    first = spark.createDataFrame([("1", "2", "3")], ABC)
    write_files(first, target(tmp_path / "out"))
    before = names(tmp_path / "out")
    with pytest.raises(LocationError, match="is not empty"):
        write_files(first, target(tmp_path / "out", mode=mode))
    assert names(tmp_path / "out") == before
    write_files(first, target(tmp_path / "out", mode=WriteMode.APPEND))
    assert read_table(spark, TableSource(str(tmp_path / "out"), format=TableFormat.CSV)).table.count() == 2


def test_files_are_not_written_into_a_delta_table(spark, tmp_path) -> None:
    spark.range(2).write.format("delta").save(str(tmp_path / "table"))
    with pytest.raises(LocationError, match=r"set output\.format: delta"):
        write_files(spark.range(2), target(tmp_path / "table", TableFormat.PARQUET, mode=WriteMode.APPEND))


def test_a_nested_column_does_not_fit_csv(spark, tmp_path) -> None:
    with pytest.raises(ColumnTypeError, match="array<int>"):
        write_files(spark.createDataFrame([([1],)], "a array<int>"), target(tmp_path / "out.csv"))


def test_a_null_in_a_csv_of_one_column_is_refused_instead_of_lost(spark, tmp_path) -> None:
    with pytest.raises(ColumnTypeError, match="one column"):
        write_files(spark.createDataFrame([("x",), (None,)], "a string"), target(tmp_path / "out.csv"))
    write_files(spark.createDataFrame([("x",), ("",)], "a string"), target(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == 'a\nx\n""\n'


def test_the_state_of_a_place_is_told(spark, tmp_path) -> None:
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


CELLS = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\r\ufeff\ufffd"), max_size=6)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5))
def test_what_is_written_is_read_again(spark, tmp_path, table) -> None:
    write_files(spark.createDataFrame(table, ABC).coalesce(1), target(tmp_path / "out.csv"))
    read = read_table(spark, TableSource(str(tmp_path / "out.csv"), format=TableFormat.CSV))
    assert [tuple(row) for row in read.table.collect()] == table
