import json
import subprocess
import sys

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from anonspark.domain.keys import root_key
from anonspark.errors import InputError
from anonspark.pii.pools import pool
from anonspark.pii.transforms.pseudonymize import pseudonymize

KEY = root_key(bytes(range(32)))
VALUES = ["Alice Keller", "alice keller", "José Ñandú", "Иван Петров", "\U0001f600", "", "Alice Keller"]

OTHER_PROCESS = """
import json, sys
from anonspark.domain.keys import root_key
from anonspark.pii.fakes.draws import Maker
from anonspark.pii.fakes.kinds import maker_of
from anonspark.pii.pools import pool
from anonspark.pii.transforms.pseudonymize import PURPOSE
maker = Maker(root_key(bytes(range(32))).derive(PURPOSE, "p"), None, "name")
print(json.dumps([maker_of("name")(json.loads(sys.argv[1]), maker), pool("city", "fr_FR")[:50]]))
"""


def test_columns_have_the_same_fakes_in_every_process(spark: SparkSession) -> None:
    table = spark.createDataFrame([(n, value) for n, value in enumerate([*VALUES, None])], "n int, x string")
    made = table.repartition(3).select("n", pseudonymize(F.col("x"), "name", None, KEY, "p").alias("x"))
    found = [row.x for row in sorted(made.collect(), key=lambda row: row.n)]
    asked = [sys.executable, "-c", OTHER_PROCESS, json.dumps(VALUES)]
    answer = json.loads(
        subprocess.run(asked, capture_output=True, check=True, text=True, env={"PYTHONHASHSEED": "7"}).stdout
    )
    assert found == [*answer[0], None]
    assert answer[1] == list(pool("city", "fr_FR")[:50])


def test_tables_join_on_pseudonyms_as_they_did_on_the_values(spark: SparkSession) -> None:
    def table(values: range) -> object:
        rows = [(f"user{value % 400}@example.org",) for value in values]
        return spark.createDataFrame(rows, "x string")

    left, right = table(range(300)), table(range(200, 600))
    fakes = [each.select(pseudonymize(F.col("x"), "email", None, KEY, "p").alias("x")) for each in (left, right)]
    assert fakes[0].join(fakes[1], "x").count() == left.join(right, "x").count() > 0
    other_scope = right.select(pseudonymize(F.col("x"), "email", None, KEY, "q").alias("x"))
    assert fakes[0].join(other_scope, "x").count() == 0


def test_a_locale_that_there_is_not_is_told_before_anything_runs(spark: SparkSession) -> None:
    with pytest.raises(InputError, match="no pseudonyms for the locale 'xx'"):
        pseudonymize(F.lit(""), "name", "xx", KEY, "p")
