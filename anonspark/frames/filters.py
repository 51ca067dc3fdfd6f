"""A condition of `where` as a Column, its literals held against the types of the columns."""

from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import and_, eq, ge, gt, le, lt, ne, or_
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    NumericType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

from anonspark.domain.conditions import (
    And,
    Between,
    ColumnName,
    Comparison,
    Condition,
    IsNull,
    Like,
    Literal,
    Membership,
    Not,
    Or,
)
from anonspark.errors import ColumnNotFoundError, ColumnTypeError
from anonspark.frames.casts import column

COMPARE: Final = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}

LONG: Final = 2**63


def condition_column(condition: Condition, schema: StructType) -> Column:
    """True, false or null for each row, by SQL's three-valued logic.

    Args:
        condition: What `where` says.
        schema: The table it is asked of, after its casts.

    Raises:
        ColumnNotFoundError: It names a column that the table does not have.
        ColumnTypeError: A literal is of another kind than its column, such as a number against text.
    """
    match condition:
        case And(parts):
            return reduce(and_, [condition_column(part, schema) for part in parts])
        case Or(parts):
            return reduce(or_, [condition_column(part, schema) for part in parts])
        case Not(inner):
            return ~condition_column(inner, schema)
        case _:
            return _test(condition, schema)


def _test(condition: Comparison | Membership | Between | Like | IsNull, schema: StructType) -> Column:
    name = condition.column
    kind = type_of(name, schema)
    value = column(name)
    match condition:
        case Comparison(_, operator, operand):
            return compared(value, operator, _operand(name, kind, operand, schema))
        case Membership(_, values):
            return value.isin([typed_literal(name, kind, each) for each in values])
        case Between(_, low, high):
            return value.between(typed_literal(name, kind, low), typed_literal(name, kind, high))
        case Like(_, pattern):
            if not isinstance(kind, StringType):
                raise ColumnTypeError(name, kind.simpleString(), "`like` in input.where needs text")
            return value.like(pattern)
        case IsNull():
            return value.isNull()


def compared(left: Column, operator: str, right: Column) -> Column:
    """One of the six comparisons."""
    comparison: Column = COMPARE[operator](left, right)
    return comparison


def type_of(name: str, schema: StructType) -> DataType:
    """The type of a column.

    Raises:
        ColumnNotFoundError: The table does not have it.
    """
    if name not in schema.names:
        raise ColumnNotFoundError(name, schema.names)
    return schema[name].dataType


def typed_literal(name: str, kind: DataType, literal: Literal) -> Column:
    """A literal as a value of its column's type, so that Spark casts neither side.

    Raises:
        ColumnTypeError: It is of another kind.
    """
    match kind, literal:
        case (BooleanType(), bool()) | (StringType(), str()):
            return F.lit(literal)
        case (NumericType(), int()) if not isinstance(literal, bool):
            return F.lit(literal if -LONG <= literal < LONG else float(literal))
        case (NumericType(), Decimal()):
            return F.lit(literal if _fits_decimal(literal) else float(literal))
        case (DateType() | TimestampType() | TimestampNTZType(), str()) if _is_moment(literal, kind):
            # A cast reads it in the session's time zone; a Python datetime would be read in the driver's.
            return F.lit(literal).cast(kind)
        case _:
            raise ColumnTypeError(
                name, kind.simpleString(), f"input.where compares it with {_kind(literal)}; {_way_out(kind)}"
            )


def _operand(name: str, kind: DataType, operand: Literal | ColumnName, schema: StructType) -> Column:
    if not isinstance(operand, ColumnName):
        return typed_literal(name, kind, operand)
    if _family(kind) != _family(type_of(operand.name, schema)):
        needed = f"input.where compares it with '{operand.name}' of another type"
        raise ColumnTypeError(name, kind.simpleString(), needed)
    return column(operand.name)


def _fits_decimal(literal: Decimal) -> bool:
    exponent = int(literal.as_tuple().exponent)
    return len(literal.as_tuple().digits) + max(exponent, 0) <= 38 and exponent >= -38


def _is_moment(literal: str, kind: DataType) -> bool:
    try:
        (date if isinstance(kind, DateType) else datetime).fromisoformat(literal)
    except ValueError:
        return False
    return True


def _family(kind: DataType) -> object:
    return NumericType if isinstance(kind, NumericType) else kind


def _kind(literal: Literal) -> str:
    match literal:
        case bool():
            return "true or false"
        case str():
            return "a text"
        case _:
            return "a number"


def _way_out(kind: DataType) -> str:
    match kind:
        case StringType():
            return "cast the column by input.schema, or write the value in single quotes"
        case DateType():
            return "write the value as 'YYYY-MM-DD'"
        case TimestampType() | TimestampNTZType():
            return "write the value as 'YYYY-MM-DD hh:mm:ss'"
        case NumericType():
            return "write the value as a number"
        case BooleanType():
            return "write the value as true or false"
        case _:
            return "only `is null` can be asked of it"
