"""Values at a path within a column replaced, wherever it leads: fields, elements, values of maps, JSON texts."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StringType, StructField, StructType

from anonspark.domain.paths import ColumnPath, PathStep, Within
from anonspark.errors import ColumnNotFoundError, ColumnTypeError
from anonspark.frames.names import quoted
from anonspark.pii.transforms.on_arrays import Change
from anonspark.pii.workers import arrow_column, no_values_told

_NUMBER: Final = "\ufdd0"
"""Around a number of a JSON text while it is a text; no text may hold it (Unicode, section 23.7)."""


def is_repeated(path: ColumnPath) -> bool:
    """Whether a row can have several values there; a JSON text counts, as it is taken apart in Python."""
    return any(step.into is not Within.FIELD for step in path.steps)


def within_json(path: ColumnPath) -> bool:
    """Whether the path leads into a JSON text."""
    return any(step.into is Within.JSON for step in path.steps)


def type_at(data_type: DataType, path: ColumnPath) -> DataType:
    """The type of the values at a path of a column of a type; that of the text where it leads into JSON.

    Raises:
        ColumnNotFoundError: A field is not there.
        ColumnTypeError: The path goes into what is no struct, array, map or text.
    """
    for step in path.steps:
        match step.into, data_type:
            case Within.FIELD, StructType():
                if step.field not in data_type.names:
                    raise ColumnNotFoundError(str(path), [f"{path.column}.{quoted(each)}" for each in data_type.names])
                data_type = data_type[step.field].dataType
            case Within.ELEMENTS, ArrayType():
                data_type = data_type.elementType
            case Within.VALUES, MapType():
                data_type = data_type.valueType
            case Within.JSON, StringType():
                return data_type
            case _:
                raise ColumnTypeError(str(path), data_type.simpleString(), f"'{path}' does not lead into it")
    return data_type


def replaced(column: Column, steps: Sequence[PathStep], change: Callable[[Column], Column]) -> Column:
    """The column with what native expressions make of the values at the end of the steps; null stays null.

    Steps of a JSON text are not for this function, nor changes that need Python where a step is repeated.
    """
    if not steps:
        return change(column)
    step, rest = steps[0], steps[1:]
    match step.into:
        case Within.FIELD:
            # A field of a struct that is null would make a struct of it.
            put = column.withField(quoted(step.field), replaced(column.getField(step.field), rest, change))
            return F.when(column.isNotNull(), put)
        case Within.ELEMENTS:
            return F.transform(column, lambda each: replaced(each, rest, change))
        case Within.VALUES:
            return F.transform_values(column, lambda _, each: replaced(each, rest, change))
        case Within.JSON:
            raise ValueError("JSON texts are taken apart in Python")


def dropped(column: Column, steps: Sequence[PathStep]) -> Column:
    """The column without the field at the end of the steps, which is not its struct's only one."""
    last = steps[-1].field
    return replaced(column, steps[:-1], lambda struct: struct.dropFields(quoted(last)))


def replaced_in_python(column: Column, data_type: DataType, steps: Sequence[PathStep], change: Change) -> Column:
    """The column with what a function of arrays makes of the texts at the end of the steps; null stays null.

    Args:
        column: With texts there.
        data_type: Of the column; it stays.
        steps: Into arrays, maps, structs and JSON.
        change: Of arrays of texts.
    """
    way = tuple(steps)

    def work(values: pa.Array) -> pa.Array:
        with no_values_told():
            return replaced_array(values, way, change)

    work.__annotations__ = {"values": pa.Array, "return": pa.Array}
    return arrow_column(work, data_type, column)


def without_in_json(column: Column, data_type: DataType, steps: Sequence[PathStep]) -> Column:
    """The column without a field, or an array or object of values, of the JSON texts that the steps lead into."""
    at = next(place for place, step in enumerate(steps) if step.into is Within.JSON)
    inner = tuple(steps[at + 1 :])
    return replaced_in_python(column, data_type, steps[:at], lambda texts: removed_from_json(texts, inner))


def removed_from_json(texts: pa.Array, steps: Sequence[PathStep]) -> pa.Array:
    """JSON texts without what the steps lead to; a text that is no JSON is dropped, as it cannot be taken apart."""
    results: list[str | None] = []
    for text in texts.to_pylist():
        parsed, is_json = _parsed(text)
        results.append(_dumped(_removed(parsed, steps)) if is_json else None)
    return pa.array(results, pa.string())


def replaced_array(values: pa.Array, steps: Sequence[PathStep], change: Change) -> pa.Array:
    """An Arrow array with what `change` makes of the texts at the end of the steps; all else stays.

    >>> lists = pa.array([["a"], None, ["b", "c"]])
    >>> replaced_array(lists, (PathStep(Within.ELEMENTS),), lambda texts: pa.array([t.as_py() * 2 for t in texts]))
    ... # doctest: +NORMALIZE_WHITESPACE +ELLIPSIS
    <pyarrow.lib.ListArray object at ...>
    [ [ "aa" ], null, [ "bb", "cc" ] ]
    """
    if not steps:
        return change(values)
    step, rest = steps[0], steps[1:]
    match step.into:
        case Within.FIELD:
            fields = [
                replaced_array(each, rest, change) if field.name == step.field else each
                for field, each in zip(values.type, values.flatten(), strict=True)
            ]
            return pa.StructArray.from_arrays(
                fields, names=[field.name for field in values.type], mask=values.is_null()
            )
        case Within.ELEMENTS:
            # `values` of a slice has what was cut away too, so the elements and offsets are made anew.
            offsets = _offsets(values)
            return pa.ListArray.from_arrays(
                offsets, replaced_array(values.flatten(), rest, change), mask=values.is_null()
            )
        case Within.VALUES:
            entries = values.filter(values.is_valid()) if values.null_count else values
            keys, items = _entries(entries)
            filled = pa.MapArray.from_arrays(_lengths_to_offsets(entries), keys, replaced_array(items, rest, change))
            return _spread(filled, values)
        case Within.JSON:
            return _in_json(values, rest, change)


def _offsets(lists: pa.Array) -> pa.Array:
    lengths = lists.value_lengths().fill_null(0).to_pylist()
    return _cumulated(lengths)


def _cumulated(lengths: Sequence[int]) -> pa.Array:
    offsets = [0]
    for length in lengths:
        offsets.append(offsets[-1] + length)
    return pa.array(offsets, pa.int32())


def _entries(maps: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Keys and values of all maps, none of which is null, one after the other."""
    first, last = maps.offsets[0].as_py(), maps.offsets[-1].as_py()
    return maps.keys.slice(first, last - first), maps.items.slice(first, last - first)


def _lengths_to_offsets(maps: pa.Array) -> pa.Array:
    offsets = maps.offsets.to_pylist()
    return pa.array([offset - offsets[0] for offset in offsets], pa.int32())


def _spread(filled: pa.Array, like: pa.Array) -> pa.Array:
    """The values put where another array has some, null elsewhere."""
    if not like.null_count:
        return filled
    place = iter(range(len(filled)))
    places = [next(place) if valid else None for valid in like.is_valid().to_pylist()]
    return filled.take(pa.array(places, pa.int64()))


def _in_json(texts: pa.Array, steps: Sequence[PathStep], change: Change) -> pa.Array:
    """JSON texts with the scalars at the end of the steps replaced; a text that is no JSON is changed whole.

    What cannot be taken apart must not pass as it is.
    """
    documents: list[tuple[str | None, Any, bool]] = []
    found: list[str | None] = []
    for text in texts.to_pylist():
        parsed, is_json = _parsed(text)
        documents.append((text, parsed, is_json))
        if text is not None:
            found += _collected(parsed, steps) if is_json else [text]
    changed = iter(change(pa.array(found, pa.string())).to_pylist())
    results = [
        None if text is None else _dumped(_put(parsed, steps, changed)) if is_json else next(changed)
        for text, parsed, is_json in documents
    ]
    return pa.array(results, pa.string())


def _parsed(text: str | None) -> tuple[Any, bool]:
    try:
        parsed = None if text is None else json.loads(text, parse_float=_as_written, parse_int=_as_written)
    except (ValueError, RecursionError):
        return None, False
    return parsed, isinstance(parsed, dict | list)


def _as_written(number: str) -> str:
    """A number as a text that `_dumped` writes as the number that it was, digit by digit."""
    return f"{_NUMBER}{number}{_NUMBER}"


def _dumped(value: Any) -> str:  # noqa: ANN401
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace(f'"{_NUMBER}', "").replace(f'{_NUMBER}"', "")


def _collected(value: Any, steps: Sequence[PathStep]) -> list[str | None]:  # noqa: ANN401  anything that JSON holds
    """The texts at the end of the steps, in the order in which `_put` meets them."""
    if not steps:
        return [_scalar_text(value)] if not isinstance(value, dict | list) else [_dumped(value)]
    step, rest = steps[0], steps[1:]
    return [text for each in _below(value, step) for text in _collected(each, rest)]


def _below(value: Any, step: PathStep) -> list[Any]:  # noqa: ANN401
    if step.into is Within.FIELD:
        return [value[step.field]] if isinstance(value, dict) and step.field in value else []
    if step.into is Within.VALUES:
        return list(value.values()) if isinstance(value, dict) else []
    return value if isinstance(value, list) else []


def _put(value: Any, steps: Sequence[PathStep], texts: Any) -> Any:  # noqa: ANN401
    """The value with the next texts at the end of the steps."""
    if not steps:
        return next(texts)
    step, rest = steps[0], steps[1:]
    if step.into is Within.ELEMENTS:
        return [_put(each, rest, texts) for each in value] if isinstance(value, list) else value
    if not isinstance(value, dict):
        return value
    return {
        key: _put(each, rest, texts) if step.into is Within.VALUES or key == step.field else each
        for key, each in value.items()
    }


def _removed(value: Any, steps: Sequence[PathStep]) -> Any:  # noqa: ANN401
    """The value without what the steps lead to."""
    if not steps:
        return None
    step, rest = steps[0], steps[1:]
    if step.into is Within.ELEMENTS:
        return [_removed(each, rest) for each in value] if isinstance(value, list) and rest else []
    if not isinstance(value, dict):
        return value
    hit = set(value) if step.into is Within.VALUES else {step.field}
    return {key: _removed(each, rest) if key in hit else each for key, each in value.items() if rest or key not in hit}


def _scalar_text(value: Any) -> str | None:  # noqa: ANN401
    if value is None or isinstance(value, str):
        return value and value.strip(_NUMBER)
    return json.dumps(value)


def with_texts(data_type: DataType, steps: Sequence[PathStep], at_end: DataType) -> DataType:
    """The type of a column once the values at the end of the steps have another type."""
    if not steps or steps[0].into is Within.JSON:
        return at_end if not steps else data_type
    step, rest = steps[0], steps[1:]
    match data_type:
        case StructType():
            return StructType(
                [
                    StructField(
                        field.name,
                        with_texts(field.dataType, rest, at_end) if field.name == step.field else field.dataType,
                        True,
                    )
                    for field in data_type
                ]
            )
        case ArrayType():
            return ArrayType(with_texts(data_type.elementType, rest, at_end), True)
        case MapType():
            return MapType(data_type.keyType, with_texts(data_type.valueType, rest, at_end), True)
        case _:
            raise TypeError("the steps do not lead into this type")
