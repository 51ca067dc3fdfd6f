"""The distinct values of a column as leaves: their order, and the numbers that they spell."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anonspark.domain.arrays import BoolArray, CountArray, FloatArray
from anonspark.domain.hierarchy import Label

NUMERIC_TYPES: Final = frozenset({"tinyint", "smallint", "int", "bigint", "float", "double"})
"""Spark's names of the types of numbers; decimals carry their precision and are told by their prefix."""

NUMBER: Final = r"^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?|[+-]?Infinity|NaN)$"
"""How Spark prints a number, and how people write one; nothing is trimmed."""


def is_numeric(data_type: str) -> bool:
    """Whether a column of this type (Spark's `simpleString`) holds numbers.

    >>> is_numeric("decimal(10,2)"), is_numeric("string")
    (True, False)
    """
    return data_type in NUMERIC_TYPES or data_type.startswith("decimal")


def spelled_numbers(leaves: Sequence[str]) -> tuple[FloatArray, BoolArray]:
    """The numbers that leaves spell, and where none is spelled.

    Returns:
        The numbers, NaN where the text is `NaN` or no number, and whether it is no number; both of shape (n_leaves,).
    """
    texts = pa.array(leaves, pa.string())
    spelled = pc.match_substring_regex(texts, NUMBER)
    numbers = pc.cast(pc.utf8_ltrim(pc.if_else(spelled, texts, "NaN"), "+"), pa.float64())
    return numbers.to_numpy(zero_copy_only=False), ~spelled.to_numpy(zero_copy_only=False)


def in_order(values: Iterable[Label], *, numeric: bool) -> tuple[str, ...]:
    """The values without null, by number or else by code point, whatever order they come in.

    Equal numbers (`1`, `1.0`) stand in the order of their code points, NaN and texts that are no numbers last.

    >>> in_order(["10", None, "9"], numeric=True), in_order(["10", None, "9"], numeric=False)
    (('9', '10'), ('10', '9'))
    """
    texts = pa.array([value for value in values if value is not None], pa.string())
    texts = texts.take(pc.sort_indices(texts))
    leaves: list[str] = texts.to_pylist()
    if numeric:
        numbers, _ = spelled_numbers(leaves)
        leaves = texts.take(pa.array(np.argsort(numbers, kind="stable"))).to_pylist()
    return tuple(leaves)


def records_of(leaves: Iterable[Label], values: Mapping[Label, int]) -> CountArray:
    """Records of each leaf; shape (n_leaves,)."""
    return np.fromiter((values[leaf] for leaf in leaves), dtype=np.int64)


def told(leaves: Collection[Label], values: Mapping[Label, int]) -> str:
    """How many of a column's values and records some leaves are, for a message; null is not counted.

    >>> told(["x"], {"x": 25, "y": 1, None: 3})
    '1 of 2 values of the column (25 records)'
    """
    records = sum(values[leaf] for leaf in leaves)
    distinct = len(values) - (None in values)
    return f"{len(leaves)} of {counted(distinct, 'value')} of the column ({counted(records, 'record')})"


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "line"), counted(2, "line")
    ('1 line', '2 lines')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
