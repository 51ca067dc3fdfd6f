"""Tables of the driver as rows of a session."""

from typing import Final

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

SPARK_TYPES: Final = {pa.string(): "string", pa.int32(): "int", pa.int64(): "bigint", pa.binary(): "binary"}
"""Of what the driver sends."""


def local_rows(spark: SparkSession, table: pa.Table) -> DataFrame:
    """The rows; a Connect session does not see the types of a table without any, so they are told."""
    if len(table):
        return spark.createDataFrame(table)
    types = [SPARK_TYPES[data_type] for data_type in table.schema.types]
    names = table.column_names
    return spark.createDataFrame([], ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True)))
