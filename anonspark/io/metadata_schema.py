"""The columns of the metadata tables; no table ever holds a value of a person."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pyspark.sql.types import (
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

SCHEMA_VERSION: Final = 1
"""Raised by one whenever a column is added; columns are never renamed, retyped or dropped."""

VERSION_PROPERTY: Final = "schema_version"
"""The table property that tells with which of these schemas a table was last written."""

TEXT, WHOLE, COUNT, NUMBER, FLAG, TIME = (
    StringType(),
    IntegerType(),
    LongType(),
    DoubleType(),
    BooleanType(),
    TimestampType(),
)
LEVELS = MapType(TEXT, WHOLE)


def columns(**types: DataType) -> StructType:
    """A schema in which every column may be null."""
    return StructType([StructField(name, kind) for name, kind in types.items()])


SCHEMAS: Final[Mapping[str, StructType]] = MappingProxyType(
    {
        "runs": columns(
            run_id=TEXT,
            job=TEXT,
            state=TEXT,
            at=TIME,
            attempt=WHOLE,
            config_hash=TEXT,
            config=TEXT,
            input_uri=TEXT,
            input_version=COUNT,
            input_rows=COUNT,
            output_uri=TEXT,
            output_version=COUNT,
            engine_version=TEXT,
            spark_version=TEXT,
            error_type=TEXT,
            error_message=TEXT,
            summary=TEXT,
        ),
        "solutions": columns(run_id=TEXT, solution=TEXT, levels=LEVELS, metric=TEXT, score=NUMBER, optimal=FLAG),
        "lattice_nodes": columns(
            run_id=TEXT, levels=LEVELS, checked=FLAG, satisfied=FLAG, suppressed=COUNT, score=NUMBER, bound=NUMBER
        ),
        "class_histogram": columns(run_id=TEXT, subject=TEXT, class_size=COUNT, classes=COUNT),
        "risk": columns(run_id=TEXT, subject=TEXT, attacker=TEXT, measure=TEXT, value=NUMBER),
        "utility": columns(run_id=TEXT, column=TEXT, metric=TEXT, value=NUMBER),
        "qi_detections": columns(
            run_id=TEXT, table_uri=TEXT, column=TEXT, classification=TEXT, score=NUMBER, reason=TEXT
        ),
        "pii_detections": columns(
            run_id=TEXT,
            table_uri=TEXT,
            column=TEXT,
            pii_type=TEXT,
            confidence=NUMBER,
            method=TEXT,
            instances=COUNT,
            rows_scanned=COUNT,
        ),
        "pii_actions": columns(
            run_id=TEXT,
            table_uri=TEXT,
            column=TEXT,
            pii_type=TEXT,
            action=TEXT,
            config_hash=TEXT,
            key_id=TEXT,
            rows=COUNT,
        ),
        "audit": columns(
            run_id=TEXT, at=TIME, actor=TEXT, operation=TEXT, subject=TEXT, key_id=TEXT, rows=COUNT, outcome=TEXT
        ),
    }
)
"""`subject` is `input` or `release`; `config`, `solution` and `summary` are JSON."""
