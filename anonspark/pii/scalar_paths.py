"""Paths that lead to one value a row: a column, or fields of structs within it."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructType

from anonspark.domain.paths import ColumnPath, Within
from anonspark.errors import ColumnNotFoundError, ColumnTypeError
from anonspark.frames.names import NESTED, positions, quoted


def is_scalar(path: ColumnPath) -> bool:
    """Whether a row has one value there."""
    return all(step.into is Within.FIELD for step in path.steps)


def value_at(table: DataFrame, path: ColumnPath, action: str) -> Column:
    """The value of each row of the numbered table as text; null stays null.

    Args:
        table: Before its columns were numbered.
        path: Of fields only.
        action: What messages say of what is done with the values.

    Raises:
        ColumnNotFoundError: A column or a field is not there.
        ColumnTypeError: It holds arrays, maps, structs or bytes, or one on the way is no struct.
    """
    (place,) = positions(table, [path.column])
    kind, value = table.schema[place].dataType, F.col(f"c{place}")
    for step in path.steps:
        kind, value = _field(kind, step.field, path), value.getField(step.field)
    if isinstance(kind, NESTED):
        raise ColumnTypeError(str(path), kind.simpleString(), f"only single values can be {action}")
    return value.cast("string")


def with_value(column: Column, path: ColumnPath, value: Column) -> Column:
    """A column with another value at the path; a struct that is null stays null."""
    if not path.steps:
        return value
    return column.withField(".".join(quoted(step.field) for step in path.steps), value)


def _field(kind: DataType, name: str, path: ColumnPath) -> DataType:
    if not isinstance(kind, StructType):
        raise ColumnTypeError(str(path), kind.simpleString(), f"it has no field '{name}'")
    if name not in kind.names:
        raise ColumnNotFoundError(str(path), [str(ColumnPath(path.column)) + "." + quoted(each) for each in kind.names])
    return kind[name].dataType
