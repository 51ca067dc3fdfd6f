"""Columns by position: names with dots, backticks, blanks or two cases are then no trouble."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DoubleType,
    FloatType,
    IntegralType,
    MapType,
    StructType,
    UserDefinedType,
    VariantType,
)

from anonspark.errors import ColumnNotFoundError, ColumnTypeError, InputError

NESTED = (ArrayType, MapType, StructType, BinaryType, VariantType, UserDefinedType)
"""Types whose values have no single text."""

ONE_TEXT_EACH = (IntegralType, DateType, BooleanType)
"""Types of which each value has a text of its own."""


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
    return distinct_value(table, name).cast("string")


def distinct_value(table: DataFrame, name: str) -> Column:
    """A column of the numbered table as what is as equal as its texts are, and cheaper to compare where it can be.

    Numbers without a fraction, dates and booleans are two to four times as fast to group and to look up as texts.

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
    # Two moments can have one text where a time zone sets its clocks back, and the texts of fractions are not theirs.
    return value if isinstance(data_type, ONE_TEXT_EACH) else value.cast("string")
