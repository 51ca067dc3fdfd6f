"""The cells of a table as text: one place for each column of scalars, and for each path within a nested column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    AtomicType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    FractionalType,
    IntegralType,
    MapType,
    NullType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
    UserDefinedType,
    VariantType,
)

from anonspark.domain.paths import ColumnPath, PathStep, Within
from anonspark.domain.pii import CELL_LENGTH
from anonspark.vocabulary import DataKind

JSON_LENGTH: Final = 4096
"""Characters of a cell that looks like JSON; its first fields are enough to tell its paths."""

REPEATED: Final = (Within.ELEMENTS, Within.VALUES)
"""Steps that lead to several cells of a row."""

TEXTS: Final = (StringType, VariantType)
"""Types that can hold free text and JSON. Spark casts a variant to the JSON that it stands for."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where scalars lie in a table.

    Attributes:
        position: Of the column.
        path: From the column to the scalars.
        kind: Of these.
        type: Spark's, of the scalars; of the JSON text where the path goes into one.
    """

    position: int
    path: ColumnPath
    kind: DataKind
    type: DataType

    @property
    def is_repeated(self) -> bool:
        """Whether a row can have several cells here."""
        return is_repeated(self.path.steps)

    @property
    def is_text(self) -> bool:
        """Whether its cells can hold free text and JSON."""
        return isinstance(self.type, TEXTS)


def places_of(schema: StructType) -> list[Place]:
    """All places of a table, in the order of its columns; a field without a name has no path, so it is left out."""
    return [
        place
        for position, column in enumerate(schema)
        if column.name
        for place in _places(position, ColumnPath(column.name), column.dataType)
    ]


def kind_of(data_type: DataType) -> DataKind:
    """What a type's values are to detection; types without a text are bytes to it."""
    match data_type:
        case BooleanType():
            return DataKind.FLAG
        case IntegralType():
            return DataKind.WHOLE
        case DecimalType():
            return DataKind.DECIMAL if data_type.scale else DataKind.WHOLE
        case FractionalType():
            return DataKind.DECIMAL
        case DateType():
            return DataKind.DATE
        case TimestampType() | TimestampNTZType():
            return DataKind.TIMESTAMP
        case BinaryType() | UserDefinedType():
            return DataKind.BINARY
        case AtomicType() | NullType() | VariantType():
            return DataKind.TEXT
        case _:
            return DataKind.BINARY


def texts_at(place: Place) -> Column:
    """The cells of a place of the numbered table (columns c0, c1, ...; see `frames.names.numbered`), whole.

    A text a row, or an array of them where the place is repeated; what is not there is null.
    """
    return _texts(F.col(f"c{place.position}"), place.path.steps, place.type)


def as_text(cell: Column, data_type: DataType) -> Column:
    """A scalar as text; bytes as the empty text, since only whether they are there matters."""
    if kind_of(data_type) is DataKind.BINARY:
        return F.when(cell.isNotNull(), F.lit(""))
    return cell if isinstance(data_type, StringType) else cell.cast("string")


def shortened(text: Column) -> Column:
    """A text cut after `CELL_LENGTH` characters and one more, which tells that it was; JSON at `JSON_LENGTH`.

    Bytes that are no UTF-8, which a file of another program can hold, become U+FFFD.
    """
    begin = F.ltrim(F.substring(text, 1, CELL_LENGTH)).substr(1, 1)
    length = F.when(begin.isin("{", "["), F.lit(JSON_LENGTH)).otherwise(F.lit(CELL_LENGTH + 1))
    return F.make_valid_utf8(text.substr(F.lit(1), length))


def is_repeated(steps: Sequence[PathStep]) -> bool:
    """Whether a way leads to several cells of a row."""
    return any(step.into in REPEATED for step in steps)


def _places(position: int, path: ColumnPath, data_type: DataType) -> Iterator[Place]:
    match data_type:
        case StructType():
            for field in data_type:
                if field.name:
                    yield from _places(position, _further(path, Within.FIELD, field.name), field.dataType)
        case ArrayType():
            yield from _places(position, _further(path, Within.ELEMENTS), data_type.elementType)
        case MapType():
            yield from _places(position, _further(path, Within.VALUES), data_type.valueType)
        case _:
            yield Place(position, path, kind_of(data_type), data_type)


def _further(path: ColumnPath, into: Within, field: str = "") -> ColumnPath:
    return ColumnPath(path.column, (*path.steps, PathStep(into, field)))


def _texts(value: Column, steps: Sequence[PathStep], data_type: DataType) -> Column:
    if not steps:
        return as_text(value, data_type)
    step, rest = steps[0], steps[1:]
    match step.into:
        case Within.FIELD:
            return _texts(value.getField(step.field), rest, data_type)
        case Within.JSON:
            found = F.from_json(as_text(value, data_type), _json_type(rest))
            return _texts(found, rest, StringType())
        case Within.ELEMENTS | Within.VALUES:
            each = value if step.into is Within.ELEMENTS else F.map_values(value)
            cells = F.transform(each, lambda element: _texts(element, rest, data_type))
            return F.flatten(F.filter(cells, lambda inner: inner.isNotNull())) if is_repeated(rest) else cells


def _json_type(steps: Sequence[PathStep]) -> StructType:
    """The type that `from_json` reads to follow one way; each way has its own, so that no two names clash."""
    found: DataType = StringType()
    for step in reversed(steps):
        match step.into:
            case Within.FIELD:
                found = StructType([StructField(step.field, found)])
            case Within.ELEMENTS:
                found = ArrayType(found)
            case _:
                found = MapType(StringType(), found)
    # It takes an array or a map too, which pyspark's types do not say.
    return cast(StructType, found)
