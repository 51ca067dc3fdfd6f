import logging
from types import SimpleNamespace

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from anonspark.frames.persisted import persisted
from tests.jvm import n_persisted


class Serverless:
    """A table of a platform that cannot cache; everything else is Spark's own."""

    def __init__(self, table: DataFrame) -> None:
        self._table = table
        self.write = table.write
        self.sparkSession = table.sparkSession

    def persist(self) -> DataFrame:
        raise PySparkException(errorClass="NOT_IMPLEMENTED", messageParameters={"feature": "persist"})


def tables(spark: SparkSession) -> list[str]:
    return [table.name for table in spark.catalog.listTables()]


def test_a_table_is_computed_once_in_the_block_and_freed_after_it(spark: SparkSession) -> None:
    before = n_persisted(spark)
    with persisted(spark.range(5)) as kept:
        assert kept.is_cached
        assert [kept.count(), kept.count()] == [5, 5]
        assert n_persisted(spark) == before + 1
    assert not kept.is_cached
    assert n_persisted(spark) == before


def test_an_error_in_the_block_frees_the_table_too(spark: SparkSession) -> None:
    before = n_persisted(spark)

    def fail() -> None:
        with persisted(spark.range(5)) as kept:
            kept.count()
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail()
    assert n_persisted(spark) == before


def test_where_nothing_can_be_cached_a_temporary_table_is_used_and_dropped(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    before = tables(spark)
    with caplog.at_level(logging.INFO, "anonspark.frames.persisted"), persisted(Serverless(spark.range(5))) as kept:
        (name,) = set(tables(spark)) - set(before)
        assert name.startswith("_anonspark_")
        assert sorted(row.id for row in kept.collect()) == [0, 1, 2, 3, 4]
    assert tables(spark) == before
    assert "NOT_IMPLEMENTED" in caplog.text


def test_the_temporary_table_is_dropped_after_an_error_which_does_not_name_the_refusal(spark: SparkSession) -> None:
    before = tables(spark)

    def fail() -> None:
        with persisted(Serverless(spark.range(5))):
            raise ConnectionError

    with pytest.raises(ConnectionError) as raised:
        fail()
    assert tables(spark) == before
    assert raised.value.__context__ is None


def test_a_temporary_table_that_could_only_be_written_in_part_is_dropped(spark: SparkSession) -> None:
    before = tables(spark)
    table = Serverless(spark.range(5))

    def write_and_fail(name: str) -> None:
        spark.range(5).write.saveAsTable(name)
        raise ConnectionError

    table.write = SimpleNamespace(saveAsTable=write_and_fail)
    with pytest.raises(ConnectionError), persisted(table):
        pass
    assert tables(spark) == before


def test_an_error_that_is_no_refusal_of_spark_passes(spark: SparkSession) -> None:
    table = Serverless(spark.range(5))

    def broken() -> DataFrame:
        raise ConnectionError

    table.persist = broken
    with pytest.raises(ConnectionError), persisted(table):
        pass
