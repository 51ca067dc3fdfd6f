"""Settings of a session that last for a block."""

import logging

import pytest
from pyspark.sql import SparkSession

from anonspark.frames.settings import session_settings

NEW, OLD, FIXED = "anonspark.test.new", "spark.sql.shuffle.partitions", "spark.sql.warehouse.dir"


def test_settings_hold_in_the_block_and_are_set_back_after_an_error_too(spark: SparkSession) -> None:
    before = spark.conf.get(OLD)

    def fail() -> None:
        with session_settings(spark, {NEW: "x", OLD: "77"}):
            assert (spark.conf.get(NEW), spark.conf.get(OLD)) == ("x", "77")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail()
    assert spark.conf.get(NEW, None) is None
    assert spark.conf.get(OLD) == before


def test_a_setting_that_the_session_keeps_fixed_stays_and_is_told(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    before = spark.conf.get(FIXED)
    with caplog.at_level(logging.INFO, "anonspark"), session_settings(spark, {FIXED: "elsewhere"}):
        assert spark.conf.get(FIXED) == before
    assert f"{FIXED} cannot be set" in caplog.text
    assert spark.conf.get(FIXED) == before
