"""Columns by position: names with dots, backticks, blanks or two cases are then no trouble."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    DataType,
    DoubleType,
    FloatType,
    MapType,
    StructType,
    UserDefinedType,
    VariantType,
)

from anonspark.errors import ColumnNotFoundError, ColumnTypeError, InputError

NESTED = (ArrayType, MapType, StructType, BinaryType, VariantType, UserDefinedType)
"""Types whose values have no single text."""


def quoted(name: str) -> str:
    """A column's name or one part of a table's, in backticks.

    >>> quoted("a`b.c")
    '`a``b.c`'
    """
    return f"`{name.replace('`', '``')}`"


def numbered(table: DataFrame) -> DataFrame:
    """The same columns, named c0, c1, ... in their order."""
    return table.toDF(*[f"c{position}" for position in range(len(table.columns))])


def positions(table: DataFrame, names: Sequence[str]) -> list[int]:
    """Where the columns stand.

    Raises:
        ColumnNotFoundError: A column that the table does not have, in exactly these letters.
        InputError: A name that several columns bear, of which only one would be treated.
    """
    columns = table.columns
    for name in names:
        if name not in columns:
            raise ColumnNotFoundError(name, columns)
        if columns.count(name) > 1:
            raise InputError(f"{columns.count(name)} columns are named '{name}'; rename all but one.", field=name)
    return [columns.index(name) for name in names]


def label_of(table: DataFrame, name: str) -> Column:
    """A column of the numbered table as the text that hierarchies are matched with; null stays null.

    Raises:
        ColumnNotFoundError: The table does not have it.
        ColumnTypeError: It holds arrays, maps, structs or bytes.
    """
    (position,) = positions(table, [name])
    data_type: DataType = table.schema[position].dataType
    value = F.col(f"c{position}")
    if isinstance(data_type, NESTED):
        needed = "only columns of numbers, texts, dates, times and booleans can be generalized; cast or split it first"
        raise ColumnTypeError(name, data_type.simpleString(), needed)
    if isinstance(data_type, FloatType | DoubleType):
        # 0.0 and -0.0 are one number to an attacker but two texts.
        value = value + F.lit(0.0).cast(data_type)
    return value.cast("string")
