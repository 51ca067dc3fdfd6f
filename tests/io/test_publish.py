"""One commit makes a verified release the table's next version, or the table keeps the old one."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from anonspark.domain.sources import TableTarget
from anonspark.errors import RunConflictError
from anonspark.io.publish import publish, published_version
from anonspark.io.stage import discard, discard_orphans, read_staged, stage
from anonspark.vocabulary import WriteMode

OVERWRITE, APPEND, ERROR = WriteMode.OVERWRITE, WriteMode.APPEND, WriteMode.ERROR


def unfenced() -> None:
    """No lease is taken in these tests."""


def log_entries(root: Path) -> list[dict[str, dict[str, object]]]:
    files = sorted((root / "_delta_log").glob("*.json"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def load(spark: SparkSession, root: Path, version: int | None = None) -> list[tuple[object, ...]]:
    reader = spark.read.format("delta")
    reader = reader.option("versionAsOf", version) if version is not None else reader
    return sorted(map(tuple, reader.load(str(root)).collect()), key=str)


@pytest.fixture
def table(spark: SparkSession) -> Iterator[str]:
    """The name of a catalog table that does not exist yet."""
    yield "default.published"
    for found in spark.catalog.listTables("default"):
        spark.sql(f"DROP TABLE IF EXISTS default.`{found.name}`")


def test_the_first_publish_makes_version_0_and_an_overwrite_keeps_it(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path))
    assert publish(spark, stage(spark.range(2), target, "r1"), unfenced) == 0
    assert publish(spark, stage(spark.range(3), target, "r2"), unfenced) == 1
    assert load(spark, tmp_path) == [(0,), (1,), (2,)]
    assert load(spark, tmp_path, version=0) == [(0,), (1,)]


def test_append_adds_to_the_table(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path), mode=APPEND)
    publish(spark, stage(spark.range(1), target, "r1"), unfenced)
    publish(spark, stage(spark.range(5, 6), target, "r2"), unfenced)
    assert load(spark, tmp_path) == [(0,), (5,)]


def test_mode_error_publishes_to_a_place_without_a_table(spark: SparkSession, tmp_path: Path) -> None:
    assert publish(spark, stage(spark.range(1), TableTarget(uri=str(tmp_path), mode=ERROR), "r1"), unfenced) == 0


def test_an_overwrite_may_change_the_columns(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path))
    publish(spark, stage(spark.range(1), target, "r1"), unfenced)
    other = spark.createDataFrame([("8*", 1.5)], "zip string, height double")
    publish(spark, stage(other, target, "r2"), unfenced)
    assert_df_equality(spark.read.format("delta").load(target.uri), other)


def test_readers_see_the_old_version_until_the_commit_and_after_a_discard(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path))
    publish(spark, stage(spark.range(1), target, "r1"), unfenced)
    staged = stage(spark.range(100), target, "r2")
    assert load(spark, tmp_path) == [(0,)]
    discard(spark, staged)
    assert load(spark, tmp_path) == [(0,)]


def test_every_spark_type_reads_back_as_it_was_staged(spark: SparkSession, tmp_path: Path) -> None:
    released = spark.createDataFrame([(1,)], "id int").select(
        "id",
        F.lit(1).cast("byte").alias("byte"),
        F.lit("1.50").cast("decimal(10,2)").alias("decimal"),
        F.lit("2024-02-29").cast("date").alias("day"),
        F.lit("2024-02-29 12:00:00").cast("timestamp").alias("at"),
        F.lit("2024-02-29 12:00:00").cast("timestamp_ntz").alias("local"),
        F.lit(b"x").alias("raw"),
        F.array(F.struct(F.lit(1).alias("inner field"))).alias("nested"),
        F.lit(None).cast("map<string,int>").alias("counts"),
    )
    target = TableTarget(uri=str(tmp_path))
    publish(spark, stage(released, target, "r1"), unfenced)
    assert_df_equality(spark.read.format("delta").load(target.uri), released, ignore_nullable=True)


def test_column_names_that_delta_refuses_without_column_mapping_are_released(
    spark: SparkSession, tmp_path: Path
) -> None:
    target = TableTarget(uri=str(tmp_path))
    odd = spark.createDataFrame([("1*", "a", 1)], "`zip, code` string, `home.town` string, `a``b;{}()=` int")
    assert publish(spark, stage(odd, target, "r1"), unfenced) == 0
    assert_df_equality(spark.read.format("delta").load(target.uri), odd)
    publish(spark, stage(odd, TableTarget(uri=str(tmp_path), mode=APPEND), "r2"), unfenced)
    assert spark.read.format("delta").load(target.uri).count() == 2


def test_a_plain_table_takes_such_names_in_an_overwrite(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path))
    publish(spark, stage(spark.range(1), target, "r1"), unfenced)
    odd = spark.createDataFrame([("1*",)], "`zip code` string")
    version = publish(spark, stage(odd, target, "r2"), unfenced)
    assert_df_equality(spark.read.format("delta").load(target.uri), odd)
    assert published_version(spark, target, "r2") == version


def test_dots_and_backticks_in_names_need_no_column_mapping(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path), partition_by=("home.town",))
    released = spark.createDataFrame([(1, "x", "a")], "`a``b` int, `a.b` string, `home.town` string")
    publish(spark, stage(released, target, "r1"), unfenced)
    assert load(spark, tmp_path) == [(1, "x", "a")]
    assert {"minReaderVersion": 1, "minWriterVersion": 2} in [entry.get("protocol") for entry in log_entries(tmp_path)]


def test_partition_values_with_special_characters_and_nulls_read_back(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path), partition_by=("town", "day"))
    released = spark.createDataFrame(
        [(1, "a:b c/d=%2F é", "2024-02-29"), (2, None, None)], "n int, town string, day string"
    ).withColumn("day", F.col("day").cast("date"))
    publish(spark, stage(released, target, "r1"), unfenced)
    assert_df_equality(spark.read.format("delta").load(target.uri), released, ignore_row_order=True)


def test_an_overwrite_may_change_the_partitions(spark: SparkSession, tmp_path: Path) -> None:
    released = spark.createDataFrame([(1, "a"), (2, "b")], "n int, town string")
    publish(spark, stage(released, TableTarget(uri=str(tmp_path)), "r1"), unfenced)
    target = TableTarget(uri=str(tmp_path), partition_by=("town",))
    publish(spark, stage(released, target, "r2"), unfenced)
    assert spark.sql(f"DESCRIBE DETAIL delta.`{tmp_path}`").first()["partitionColumns"] == ["town"]
    assert load(spark, tmp_path) == [(1, "a"), (2, "b")]


def test_an_append_follows_the_partitions_of_the_table(spark: SparkSession, tmp_path: Path) -> None:
    released = spark.createDataFrame([(1, "a")], "n int, town string")
    publish(spark, stage(released, TableTarget(uri=str(tmp_path), partition_by=("town",)), "r1"), unfenced)
    publish(spark, stage(released, TableTarget(uri=str(tmp_path), mode=APPEND), "r2"), unfenced)
    assert load(spark, tmp_path) == [(1, "a"), (1, "a")]


@pytest.mark.parametrize("names", ["zip string, n int", "`zip code` string, `n n` int"])
def test_the_log_counts_rows_and_holds_no_value_of_the_data(spark: SparkSession, tmp_path: Path, names: str) -> None:
    canary = spark.createDataFrame([("canary-4711", 815), (None, 816)], names).coalesce(1)
    for run_id in ("r1", "r2"):
        publish(spark, stage(canary, TableTarget(uri=str(tmp_path)), run_id), unfenced)
    log = "".join(file.read_text() for file in (tmp_path / "_delta_log").glob("*.json"))
    assert "canary" not in log
    assert "815" not in json.dumps([entry["add"].get("stats") for entry in log_entries(tmp_path) if "add" in entry])
    assert spark.read.format("delta").load(str(tmp_path)).count() == 2


def test_a_table_that_collects_statistics_gets_none_from_a_copied_release(spark: SparkSession, tmp_path: Path) -> None:
    first = spark.createDataFrame([("x",)], "zip string")
    first.write.format("delta").option("delta.enableChangeDataFeed", "true").save(str(tmp_path))
    canary = spark.createDataFrame([("canary-4711",)], "zip string")
    publish(spark, stage(canary, TableTarget(uri=str(tmp_path)), "r1"), unfenced)
    assert load(spark, tmp_path) == [("canary-4711",)]
    assert "canary" not in "".join(file.read_text() for file in (tmp_path / "_delta_log").glob("*.json"))


def test_a_table_with_a_check_constraint_still_checks_what_is_published(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(3).write.format("delta").save(str(tmp_path))
    spark.sql(f"ALTER TABLE delta.`{tmp_path}` ADD CONSTRAINT small CHECK (id < 10)")
    staged = stage(spark.range(20), TableTarget(uri=str(tmp_path)), "r1")
    with pytest.raises(Exception, match="CHECK"):
        publish(spark, staged, unfenced)
    assert load(spark, tmp_path) == [(0,), (1,), (2,)]


def test_a_table_with_deletion_vectors_is_overwritten_whole(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(10).coalesce(1).write.format("delta").option("delta.enableDeletionVectors", "true").save(str(tmp_path))
    spark.sql(f"DELETE FROM delta.`{tmp_path}` WHERE id < 5")
    publish(spark, stage(spark.range(2), TableTarget(uri=str(tmp_path)), "r1"), unfenced)
    assert load(spark, tmp_path) == [(0,), (1,)]


def test_publishing_twice_gives_one_version_whichever_attempt_it_is(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path), mode=APPEND)
    staged = stage(spark.range(3), target, "r1")
    assert publish(spark, staged, unfenced) == 0
    assert publish(spark, staged, unfenced) == 0
    assert publish(spark, stage(spark.range(3), target, "r1"), unfenced) == 0
    assert load(spark, tmp_path) == [(0,), (1,), (2,)]


def test_a_run_killed_before_its_commit_leaves_the_old_version_and_runs_again(
    spark: SparkSession, tmp_path: Path
) -> None:
    target = TableTarget(uri=str(tmp_path))
    publish(spark, stage(spark.range(1), target, "r1"), unfenced)

    def killed() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(spark, stage(spark.range(7), target, "r2"), killed)
    assert load(spark, tmp_path) == [(0,)]
    assert published_version(spark, target, "r2") is None

    discard_orphans(spark, target)
    assert publish(spark, stage(spark.range(2), target, "r2"), unfenced) == 1
    assert load(spark, tmp_path) == [(0,), (1,)]


def test_a_rerun_finds_the_commit_of_a_run_killed_right_after_it(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path))
    assert published_version(spark, target, "r1") is None
    publish(spark, stage(spark.range(1), target, "r1"), unfenced)
    publish(spark, stage(spark.range(2), target, "r2"), unfenced)
    assert published_version(spark, target, "r1") == 0
    assert published_version(spark, target, "r2") == 1
    assert published_version(spark, target, "r3") is None


def test_of_two_runs_that_staged_on_the_same_version_only_one_publishes(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path))
    publish(spark, stage(spark.range(1), target, "r0"), unfenced)
    slow, fast = stage(spark.range(2), target, "slow"), stage(spark.range(3), target, "fast")
    publish(spark, fast, unfenced)
    with pytest.raises(RunConflictError, match="Another run published"):
        publish(spark, slow, unfenced)
    assert load(spark, tmp_path) == [(0,), (1,), (2,)]


@pytest.mark.parametrize("mode", [OVERWRITE, APPEND])
def test_a_run_that_is_overtaken_between_its_fence_and_its_commit_fails(
    spark: SparkSession, tmp_path: Path, mode: WriteMode
) -> None:
    target = TableTarget(uri=str(tmp_path), mode=mode)
    publish(spark, stage(spark.range(1), target, "r0"), unfenced)
    slow, fast = stage(spark.range(2), target, "slow"), stage(spark.range(5, 6), target, "fast")
    with pytest.raises(RunConflictError, match="Another run published"):
        publish(spark, slow, lambda: publish(spark, fast, unfenced) and None)
    assert published_version(spark, target, "slow") is None
    assert load(spark, tmp_path)[-1] == (5,)


def test_of_many_first_publishes_at_once_one_creates_the_table(spark: SparkSession, tmp_path: Path) -> None:
    target = TableTarget(uri=str(tmp_path))
    attempts = [stage(spark.range(n), target, f"r{n}") for n in range(1, 7)]

    def attempt(number: int) -> int | None:
        try:
            return publish(spark, attempts[number], unfenced)
        except RunConflictError:
            return None

    with ThreadPoolExecutor(6) as pool:
        versions = list(pool.map(attempt, range(6)))
    assert sorted(versions, key=str) == [0, None, None, None, None, None]
    assert len(load(spark, tmp_path)) == versions.index(0) + 1


def test_vacuum_keeps_the_published_files_and_deletes_replaced_and_orphaned_ones(
    spark: SparkSession, tmp_path: Path
) -> None:
    target = TableTarget(uri=str(tmp_path))
    publish(spark, stage(spark.range(1), target, "r1"), unfenced)
    publish(spark, stage(spark.range(2), target, "r2"), unfenced)
    stage(spark.range(3), target, "died")
    spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    try:
        spark.sql(f"VACUUM delta.`{tmp_path}` RETAIN 0 HOURS")
    finally:
        spark.conf.unset("spark.databricks.delta.retentionDurationCheck.enabled")
    assert {file.parts[len(tmp_path.parts)] for file in tmp_path.rglob("*.parquet")} == {"anonspark-r2"}
    assert load(spark, tmp_path) == [(0,), (1,)]


def test_a_catalog_table_is_published_once_and_its_staging_table_goes(spark: SparkSession, table: str) -> None:
    target = TableTarget(table=table, mode=APPEND)
    staged = stage(spark.range(2), target, "r1")
    assert not spark.catalog.tableExists(table)
    assert read_staged(spark, staged).count() == 2
    assert publish(spark, staged, unfenced) == 0
    assert publish(spark, staged, unfenced) == 0
    publish(spark, stage(spark.range(5, 6), target, "r2"), unfenced)
    assert sorted(row.id for row in spark.table(table).collect()) == [0, 1, 5]
    assert [found.name for found in spark.catalog.listTables("default")] == ["published"]


def test_a_catalog_table_keeps_its_version_when_a_run_dies_and_the_next_cleans_up(
    spark: SparkSession, table: str
) -> None:
    target = TableTarget(table=table)
    publish(spark, stage(spark.range(1), target, "r1"), unfenced)
    stage(spark.range(9), target, "died")
    mine = stage(spark.createDataFrame([("8*",)], "`zip code` string"), target, "mine")
    assert spark.table(table).count() == 1
    assert discard_orphans(spark, target, keep=["mine"]) == 1
    publish(spark, mine, unfenced)
    assert spark.table(table).columns == ["zip code"]


def test_the_label_of_the_run_stands_in_the_history_of_the_table(spark: SparkSession, tmp_path: Path) -> None:
    publish(spark, stage(spark.range(1), TableTarget(uri=str(tmp_path)), "r1"), unfenced)
    publish(spark, stage(spark.createDataFrame([(1,)], "`a b` int"), TableTarget(uri=str(tmp_path)), "r2"), unfenced)
    history = spark.sql(f"DESCRIBE HISTORY delta.`{tmp_path}`").select("userMetadata").collect()
    assert {row.userMetadata for row in history} >= {"anonspark run r1", "anonspark run r2"}
