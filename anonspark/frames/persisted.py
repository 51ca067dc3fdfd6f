"""A table that is used twice, computed once."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from anonspark.frames.settings import session_settings

log = logging.getLogger(__name__)

UNCOMPRESSED: Final = {"spark.sql.inMemoryColumnarStorage.compressed": "false"}
"""Compressing a million classes took a sixth of the time of the group-by that made them."""


@contextmanager
def persisted(table: DataFrame) -> Iterator[DataFrame]:
    """The table, kept for the block; a temporary table where the platform cannot cache (Databricks serverless)."""
    try:
        with session_settings(table.sparkSession, UNCOMPRESSED):
            kept = table.persist()
    except PySparkException as refusal:
        log.info("cannot persist (%s); writing a temporary table", refusal.getCondition())
    else:
        try:
            yield kept
        finally:
            kept.unpersist()
        return
    name = f"_anonspark_{secrets.token_hex(8)}"
    try:
        table.write.saveAsTable(name)
        yield table.sparkSession.table(name)
    finally:
        table.sparkSession.sql(f"DROP TABLE IF EXISTS {name}")
