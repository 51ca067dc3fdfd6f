"""Where values lie within a column: `email`, `address.zip`, `phones[]`, `tags{}`, `payload.$.user.mail`."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from anonspark.errors import InputError

_PLAIN: Final = re.compile(r"[^.`\[\]{}$]+")
_PART: Final = re.compile(r"(?:^|\.)(?:`((?:[^`]|``)+)`|([^.`\[\]{}]+))|(\[\]|\{\})")


class Within(StrEnum):
    """What a path goes into."""

    FIELD = "."
    ELEMENTS = "[]"
    VALUES = "{}"
    JSON = "$"


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step: a field of a struct or of a JSON object, all elements of an array, all values of a map, a JSON text."""

    into: Within
    field: str = ""


@dataclass(frozen=True, slots=True)
class ColumnPath:
    """A column and the way from it to the values; no steps for a column of scalars.

    Attributes:
        column: Of the table.
        steps: In order; after a JSON step all others are within the JSON text.
    """

    column: str
    steps: tuple[PathStep, ...] = ()

    @property
    def name(self) -> str:
        """The last field on the way, which says most about the values.

        >>> parse_path("customer.phones[]").name
        'phones'
        """
        return next((step.field for step in reversed(self.steps) if step.into is Within.FIELD), self.column)

    def __str__(self) -> str:
        """The text that `parse_path` reads."""
        parts = [_quoted(self.column)]
        for step in self.steps:
            match step.into:
                case Within.FIELD:
                    parts.append(f".{_quoted(step.field)}")
                case Within.JSON:
                    parts.append(".$")
                case _:
                    parts.append(str(step.into))
        return "".join(parts)


def parse_path(text: str) -> ColumnPath:
    """The path that a text writes; names with `.`, brackets, `$` or backticks stand in backticks, as in SQL.

    Raises:
        InputError: It is no path.

    >>> parse_path("payload.$.user").steps
    (PathStep(into=<Within.JSON: '$'>, field=''), PathStep(into=<Within.FIELD: '.'>, field='user'))
    >>> str(parse_path("`a.b`[].`c``d`"))
    '`a.b`[].`c``d`'
    """
    steps: list[PathStep] = []
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            break
        quoted, plain, brackets = part.groups()
        if brackets:
            steps.append(PathStep(Within(brackets)))
        elif plain == "$":
            steps.append(PathStep(Within.JSON))
        else:
            steps.append(PathStep(Within.FIELD, plain if quoted is None else quoted.replace("``", "`")))
        at = part.end()
    if at < len(text) or not steps or steps[0].into is not Within.FIELD:
        raise InputError(
            f"'{text}' is no path to values; write column, column.field, column[], column{{}} or column.$."
        )
    return ColumnPath(steps[0].field, tuple(steps[1:]))


def lies_in(path: ColumnPath, around: ColumnPath) -> bool:
    """Whether a path is the other one or goes on from it.

    >>> [lies_in(parse_path(path), parse_path("home")) for path in ("home.zip", "homes")]
    [True, False]
    """
    return path.column == around.column and path.steps[: len(around.steps)] == around.steps


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else "`" + name.replace("`", "``") + "`"
