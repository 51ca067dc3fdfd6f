"""Settings of the session for one block."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

log = logging.getLogger(__name__)


@contextmanager
def session_settings(spark: SparkSession, wanted: Mapping[str, str]) -> Iterator[None]:
    """Set these for the block, and set back what was there; what the platform keeps fixed stays as it is."""
    before: dict[str, str | None] = {}
    for name, value in wanted.items():
        try:
            old = spark.conf.get(name, None)
            spark.conf.set(name, value)
        except PySparkException:  # serverless fixes its settings
            log.info("%s cannot be set in this session", name)
        else:
            before[name] = old
    try:
        yield
    finally:
        for name, old in before.items():
            if old is None:
                spark.conf.unset(name)
            else:
                spark.conf.set(name, old)
