"""A release lies where no reader looks until it is published."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from anonspark.domain.sources import TableTarget
from anonspark.errors import InputError, LocationError
from anonspark.io.publish import publish
from anonspark.io.stage import discard, discard_orphans, read_staged, run_folder, stage, table_parts
from anonspark.vocabulary import TableFormat, WriteMode


def unfenced() -> None:
    """No lease is taken in these tests."""


def folders(root: Path) -> set[str]:
    return {entry.name for entry in root.iterdir()} if root.exists() else set()


def test_what_was_staged_reads_back_with_the_same_columns_in_the_same_order(
    spark: SparkSession, tmp_path: Path
) -> None:
    released = spark.createDataFrame(
        [("1*", "a/b=c", 1), (None, None, 2)], "`zip, code` string, `home.town` string, n int"
    )
    staged = stage(released, TableTarget(uri=str(tmp_path / "out"), partition_by=("home.town",)), "r1")
    assert read_staged(spark, staged).schema == released.schema
    assert sorted(map(tuple, read_staged(spark, staged).collect()), key=str) == [("1*", "a/b=c", 1), (None, None, 2)]


def test_an_empty_release_reads_back_empty(spark: SparkSession, tmp_path: Path) -> None:
    staged = stage(spark.createDataFrame([], "zip string"), TableTarget(uri=str(tmp_path / "out")), "r1")
    assert read_staged(spark, staged).count() == 0


def test_a_staged_release_is_no_table_yet(spark: SparkSession, tmp_path: Path) -> None:
    stage(spark.range(3), TableTarget(uri=str(tmp_path / "out")), "r1")
    assert folders(tmp_path / "out") == {"anonspark-r1"}


def test_discard_deletes_the_staged_files(spark: SparkSession, tmp_path: Path) -> None:
    staged = stage(spark.range(3), TableTarget(uri=str(tmp_path / "out")), "r1")
    discard(spark, staged)
    assert not list((tmp_path / "out").rglob("*.parquet"))


def test_two_attempts_of_one_run_never_write_over_each_other(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path / "out"))
    first, second = stage(spark.range(3), target, "r1"), stage(spark.range(5), target, "r1")
    assert read_staged(spark, first).count() == 3
    assert read_staged(spark, second).count() == 5


def test_orphans_of_dead_runs_are_deleted_and_published_runs_stay(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path / "out"))
    publish(spark, stage(spark.range(3), target, "published"), unfenced)
    publish(spark, stage(spark.range(4), target, "newer"), unfenced)
    stage(spark.range(5), target, "died: 10%")
    stage(spark.range(6), target, "mine")
    assert discard_orphans(spark, target, keep=["mine"]) == 1
    assert folders(tmp_path / "out") == {"anonspark-published", "anonspark-newer", "anonspark-mine", "_delta_log"}
    assert spark.read.format("delta").option("versionAsOf", 0).load(target.uri).count() == 3


def test_orphans_are_left_to_vacuum_where_transactions_expire(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path / "out"))
    publish(spark, stage(spark.range(3), target, "published"), unfenced)
    spark.sql(
        f"ALTER TABLE delta.`{target.uri}` SET TBLPROPERTIES ('delta.setTransactionRetentionDuration' = '1 hours')"
    )
    stage(spark.range(5), target, "died")
    assert discard_orphans(spark, target) == 0
    assert "anonspark-died" in folders(tmp_path / "out")


def test_orphans_of_a_folder_that_is_not_there_are_none(spark: SparkSession, tmp_path: Path) -> None:
    assert discard_orphans(spark, TableTarget(uri=str(tmp_path / "never"))) == 0


def test_mode_error_refuses_a_table_before_anything_is_written(spark: SparkSession, tmp_path: Path) -> None:
    root = tmp_path / "out"
    publish(spark, stage(spark.range(3), TableTarget(uri=str(root)), "r1"), unfenced)
    with pytest.raises(LocationError, match=r"exists; set output\.mode"):
        stage(spark.range(3), TableTarget(uri=str(root), mode=WriteMode.ERROR), "r2")
    assert folders(root) == {"anonspark-r1", "_delta_log"}


def test_a_folder_of_other_files_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(LocationError, match="not empty and not a Delta table"):
        stage(spark.range(3), TableTarget(uri=str(tmp_path)), "r1")


def test_an_append_of_other_columns_is_refused_by_name(spark: SparkSession, tmp_path: Path) -> None:
    root = str(tmp_path / "out")
    publish(spark, stage(spark.createDataFrame([("a", 1)], "zip string, n int"), TableTarget(uri=root), "r1"), unfenced)
    other = spark.createDataFrame([("a", "b")], "zip string, name string")
    with pytest.raises(InputError, match="'n', 'name'"):
        stage(other, TableTarget(uri=root, mode=WriteMode.APPEND), "r2")


def test_columns_that_differ_only_in_case_are_refused_by_name(spark: SparkSession, tmp_path: Path) -> None:
    twins = spark.createDataFrame([(1, 2)], "Age int, age int")
    with pytest.raises(InputError, match="'Age' and 'age'"):
        stage(twins, TableTarget(uri=str(tmp_path / "out")), "r1")


def test_a_partition_column_must_be_in_the_release(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names 'year'"):
        stage(spark.range(1), TableTarget(uri=str(tmp_path / "out"), partition_by=("year",)), "r1")


def test_only_delta_tables_are_staged(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(LocationError, match="Only a Delta table"):
        stage(spark.range(1), TableTarget(uri=str(tmp_path / "out"), format=TableFormat.CSV), "r1")


@pytest.mark.parametrize("run_id", ["", "x" * 181, "é" * 40])
def test_a_run_id_that_is_no_folder_name_is_refused(run_id: str) -> None:
    with pytest.raises(InputError, match="run id"):
        run_folder(run_id)


def test_a_run_id_cannot_leave_the_table() -> None:
    assert run_folder("../../etc") == "anonspark-..%2F..%2Fetc"


@pytest.mark.parametrize("table", ["a; DROP TABLE b", "a..b", "", "`a", "a b", "a.b --"])
def test_what_is_no_table_name_never_reaches_sql(table: str) -> None:
    with pytest.raises(LocationError, match=r"catalog\.schema\.name"):
        table_parts(table)
