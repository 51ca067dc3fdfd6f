import hashlib
import hmac

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from anonspark.domain.keys import root_key
from anonspark.domain.treatments import Hash
from anonspark.pii.transforms.hash import HASHING, hash_value

VALUES = ["alice@example.org", "", "\U0001f600", "alice@example.org", "\0"]


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("key", [None, root_key(bytes(range(32))).derive(HASHING, "p")])
def test_a_hash_is_that_of_the_standard_library(spark: SparkSession, algorithm: str, key: bytes | None) -> None:
    table = spark.createDataFrame([(value,) for value in [*VALUES, None]], "x string")
    found = [row.h for row in table.select(hash_value(F.col("x"), Hash(algorithm), key).alias("h")).collect()]
    contents = [value.encode() for value in VALUES]
    if key is None:
        expected = [hashlib.new(algorithm, content).hexdigest() for content in contents]
    else:
        expected = [hmac.new(key, content, algorithm).hexdigest() for content in contents]
    assert found == [*expected, None]


def test_an_empty_table_and_nothing_but_nulls_are_hashed_too(spark: SparkSession) -> None:
    table = spark.createDataFrame([(None,)], "x string")
    assert table.select(hash_value(F.col("x"), Hash(), bytes(32)).alias("h")).first().h is None
    assert table.limit(0).select(hash_value(F.col("x"), Hash(), bytes(32))).count() == 0
