"""What tests look up in the JVM of a classic session, which Spark Connect does not show."""

from typing import Any

import pytest
from pyspark.sql import SparkSession


def is_connect(spark: SparkSession) -> bool:
    """Whether the session is a Connect client."""
    return "connect" in type(spark).__module__


def jvm_of(spark: SparkSession) -> Any:
    """The session that shows its JVM, or the test is skipped."""
    if is_connect(spark):
        pytest.skip("it looks into the JVM, which a Connect session does not show")
    return spark


def n_persisted(spark: SparkSession) -> int:
    """How many tables are persisted, or the test is skipped."""
    found: int = jvm_of(spark)._jsc.sc().getPersistentRDDs().size()
    return found
