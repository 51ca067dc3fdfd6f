"""The kinds of value that a job file holds; each reads what the file says, not what YAML 1.1 would make of it."""

from collections.abc import Callable
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from anonspark.errors import did_you_mean

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the top of a job file down to a value."""

Problem: TypeAlias = tuple[Path, str]
"""Where a fault is, and a sentence: what was found, and the way out."""

Choice = TypeVar("Choice", bound=StrEnum)

LARGEST_WHOLE = 2**63 - 1
"""What a 64-bit count holds."""

WRITTEN: Final[dict[str, Any]] = {"type": ["string", "number", "boolean"]}
"""A text in JSON Schema: a number or a truth value is the text as it is written."""


class Written(str):
    """A scalar as it is written, with the number or truth value that it also is.

    A column called `no` and a category called `1` are texts where a text is expected, and only there.
    """

    value: bool | int | float

    def __new__(cls, text: str, value: bool | int | float) -> "Written":
        """Keep the text and its other meaning."""
        written = super().__new__(cls, text)
        written.value = value
        return written


class SectionError(ValueError):
    """One or more faults of a section, each with its path below the section."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(sentence for _, sentence in problems))
        self.problems = problems


class Section(BaseModel):
    """A mapping of a job file: its keys are known, and it does not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def fault(sentence: str, *path: str | int) -> SectionError:
    """One fault at a path below the field that is being read."""
    return SectionError((path, sentence))


def shown(value: object) -> str:
    """A value of a job file in a message: on one line, and short.

    >>> shown("a" * 100), shown(None), shown(["a"])
    ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'", 'null', 'a list')
    """
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple | set):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(str(value))[1:-1]
    text = text if len(text) <= 60 else text[:60] + "..."
    return f"'{text}'" if isinstance(value, str) and not isinstance(value, Written) else text


def meaning(value: object) -> object:
    """The number or truth value of a scalar; anything else as it is."""
    return value.value if isinstance(value, Written) else value


def as_number(value: object) -> float:
    """A finite number; true, false and quoted numbers are none."""
    found = meaning(value)
    if isinstance(found, bool) or not isinstance(found, int | float):
        hint = "; write it without quotes" if isinstance(found, str) and _is_number(found) else ""
        raise fault(f"found {shown(value)} where a number is expected{hint}.")
    if abs(found) > LARGEST_WHOLE if isinstance(found, int) else not isfinite(found):
        raise fault(f"found {shown(value)}, which is not a number that can be used; write a finite one.")
    return found


def as_whole(value: object) -> int:
    """A whole number without a decimal point."""
    found = as_number(value)
    if not isinstance(found, int):
        raise fault(f"found {shown(value)} where a whole number is expected.")
    return found


def as_flag(value: object) -> bool:
    """True or false."""
    found = meaning(value)
    if not isinstance(found, bool):
        raise fault(f"found {shown(value)} where true or false is expected.")
    return found


def as_text(value: object) -> str:
    """A text; a plain number, date or truth value is the text as it is written."""
    if value is None:
        raise fault("found null where a text is expected; put it into quotes if it is a word.")
    if not isinstance(value, str):
        raise fault(f"found {shown(value)} where a text is expected.")
    return str(value)


def one_of(*choices: Choice, optional: bool = False) -> BeforeValidator:
    """One of these words, with a hint for a misspelt one; `optional` takes null too."""
    words = {choice.value: choice for choice in choices}

    def read(value: object) -> Choice | None:
        if value is None and optional:
            return None
        found = value if isinstance(value, str) else None
        if found in words:
            return words[found]
        hint = did_you_mean(found, words) if found else ""
        raise fault(f"found {shown(value)}; it is one of {', '.join(words)}{hint}{'' if hint else '.'}")

    kind: Any = Literal[tuple(words)]
    return BeforeValidator(read, json_schema_input_type=kind | None if optional else kind)


def as_tuple(value: object) -> object:
    """A list; one text alone is a likely slip."""
    if isinstance(value, str):
        raise fault(f"found {shown(value)} where a list is expected; write [{value}].")
    if not isinstance(value, list | tuple):
        raise fault(f"found {shown(value)} where a list is expected.")
    return value


def distinct(name: str) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """A check that no text stands twice in a list."""

    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        first: dict[str, int] = {}
        twice = [
            ((index,), f"{name} {shown(value)} stands twice; leave one out.")
            for index, value in enumerate(values)
            if first.setdefault(value, index) != index
        ]
        if twice:
            raise SectionError(*twice)
        return values

    return check


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _not_empty(text: str) -> str:
    if not text:
        raise fault("is empty.")
    return text


def _one_character(text: str) -> str:
    if len(text) != 1:
        raise fault(f"found {shown(text)} where one character is expected.")
    return text


Number = Annotated[float, BeforeValidator(as_number)]
Positive = Annotated[Number, Field(gt=0)]
Fraction = Annotated[Number, Field(ge=0, le=1)]
Whole = Annotated[int, BeforeValidator(as_whole)]
Count = Annotated[Whole, Field(ge=0)]
Flag = Annotated[bool, BeforeValidator(as_flag)]
Text = Annotated[str, BeforeValidator(as_text), WithJsonSchema(WRITTEN)]
Name = Annotated[Text, AfterValidator(_not_empty), WithJsonSchema(WRITTEN | {"minLength": 1})]
Character = Annotated[Text, AfterValidator(_one_character), WithJsonSchema(WRITTEN | {"minLength": 1, "maxLength": 1})]
Columns = Annotated[tuple[Name, ...], BeforeValidator(as_tuple), AfterValidator(distinct("column"))]
