"""Texts within collections and JSON: all of them, and a function of arrays put to each of them."""

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StringType

from anonspark.domain.paths import ColumnPath
from anonspark.errors import ColumnTypeError
from anonspark.frames.names import NESTED, positions
from anonspark.pii.nested import replaced, replaced_array, replaced_in_python, type_at, with_texts, within_json
from anonspark.pii.transforms.on_arrays import Change
from anonspark.pii.workers import arrow_column, no_values_told


def texts_within(table: DataFrame, path: ColumnPath, action: str, *, by_row: bool = False) -> Column:
    """The texts at a path of the numbered table that are not null, an array a row.

    They are found by the way on which they are replaced, so that both see the same ones, those of a text that is no
    JSON included.

    Args:
        table: Before its columns were numbered.
        path: Into collections or JSON.
        action: What messages say of what is done with the values.
        by_row: Each row has its own; where not given all of a batch stand in its first row, which is faster.

    Raises:
        ColumnNotFoundError: A column or a field is not there.
        ColumnTypeError: The path does not lead to single values.
    """
    (place,) = positions(table, [path.column])
    column, _ = as_texts(F.col(f"c{place}"), table.schema[place].dataType, path, action)
    steps = path.steps

    def collected(values: pa.Array) -> list[str]:
        found: list[str] = []

        def note(texts: pa.Array) -> pa.Array:
            found.extend(text for text in texts.to_pylist() if text is not None)
            return texts

        replaced_array(values, steps, note)
        return found

    def collect(values: pa.Array) -> pa.Array:
        with no_values_told():
            if by_row:
                lists = [collected(values.slice(place, 1)) for place in range(len(values))]
            else:
                lists = [collected(values), *([] for _ in range(len(values) - 1))] if len(values) else []
            return pa.array(lists, pa.list_(pa.string()))

    return arrow_column(collect, ArrayType(StringType()), column)


def as_texts(column: Column, data_type: DataType, path: ColumnPath, action: str) -> tuple[Column, DataType]:
    """A column with its values at a path as texts, and its type then.

    Raises:
        ColumnNotFoundError: A field is not there.
        ColumnTypeError: The path does not lead to single values.
    """
    at_end = type_at(data_type, path)
    if isinstance(at_end, NESTED):
        raise ColumnTypeError(str(path), at_end.simpleString(), f"only single values can be {action}")
    if isinstance(at_end, StringType) or within_json(path):
        return column, data_type
    texts = replaced(column, path.steps, lambda value: value.cast("string"))
    return texts, with_texts(data_type, path.steps, StringType())


def changed_within(
    column: Column, data_type: DataType, path: ColumnPath, change: Change, action: str
) -> tuple[Column, DataType]:
    """A column with what a function of arrays makes of its texts at a path, and its type then."""
    texts, kind = as_texts(column, data_type, path, action)
    return replaced_in_python(texts, kind, path.steps, change), kind
