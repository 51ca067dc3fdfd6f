"""Python's mappings, lists and scalars brought to the form that a job file is read into."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from pathlib import PurePath
from typing import TypeAlias

from numpy import generic

from anonspark.config.fields import Path, Problem, Written

Data: TypeAlias = "dict[str, Data] | list[Data] | str | None"
"""Mappings, lists, texts and null; numbers and truth values are `Written`."""

MAX_DEPTH = 50
MAX_VALUES = 200_000
"""More than any job needs, few enough to check in a second: what an alias bomb is stopped by."""


class TooLargeError(ValueError):
    """Nested too deeply, or too many values."""


def plain_data(data: object) -> tuple[Data, list[Problem]]:
    """The data in plain form, and what in it has no plain form, which is left as null."""
    problems: list[Problem] = []
    try:
        return _Copier(problems).copy(data, (), 0), problems
    except TooLargeError as error:
        return None, [((), str(error))]


def is_text(text: str) -> bool:
    r"""Whether a text can be written as UTF-8, which half of a surrogate pair (`"\ud800"`) cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def section(data: Mapping[str, Data], key: str) -> Mapping[str, Data]:
    """A section as a mapping; an empty one where it is left out or broken."""
    found = data.get(key)
    return found if isinstance(found, dict) else {}


class _Copier:
    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.values = 0

    def copy(self, data: object, path: Path, depth: int) -> Data:
        self.values += 1
        if depth > MAX_DEPTH or self.values > MAX_VALUES:
            raise TooLargeError(f"is nested deeper than {MAX_DEPTH} levels or holds more than {MAX_VALUES:,} values.")
        if isinstance(data, Mapping):
            return self._mapping(data, path, depth)
        if isinstance(data, list | tuple | set | frozenset):
            return [self.copy(item, (*path, index), depth + 1) for index, item in enumerate(data)]
        return self._scalar(data, path)

    def _mapping(self, data: Mapping[object, object], path: Path, depth: int) -> Data:
        mapping: dict[str, Data] = {}
        for key, value in data.items():
            if isinstance(key, str) and is_text(key):
                mapping[str(key)] = self.copy(value, (*path, str(key)), depth + 1)
            else:
                self.problems.append((path, f"has a key of type {type(key).__name__}; keys are texts."))
        return mapping

    def _scalar(self, data: object, path: Path) -> Data:
        if data is None or isinstance(data, Written):
            return data
        try:
            plain = _written(data)
        except (ValueError, OverflowError):  # a number that no float holds, or of thousands of digits
            plain = None
        if plain is None or not is_text(plain):
            kind = type(data).__name__
            self.problems.append((path, f"is of type {kind}, which a job file cannot hold; write a text."))
            return None
        return plain


def _written(data: object) -> str | None:
    """A scalar as it would be written in a job file; None for what cannot be."""
    if isinstance(data, Enum):
        return _written(data.value)
    if isinstance(data, generic):
        data = data.item()
    if isinstance(data, bool):
        return Written("true" if data else "false", data)
    if isinstance(data, str | PurePath):
        return str(data)
    if isinstance(data, Integral):
        return Written(str(int(data)), int(data))
    if isinstance(data, Real | Decimal):
        return Written(str(data), float(data))
    if isinstance(data, datetime):
        return data.isoformat(" ")  # as Spark casts a timestamp to a string
    return data.isoformat() if isinstance(data, date | time) else None
