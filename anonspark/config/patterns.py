"""A file of column patterns: read as a whole or not at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from anonspark.config.fields import Fraction, Name, Problem, Section, Whole, as_tuple, fault, one_of, shown
from anonspark.config.problems import path_text, problems_of
from anonspark.config.text import read_text
from anonspark.domain.patterns import ColumnPattern
from anonspark.errors import ConfigurationError
from anonspark.vocabulary import Identity

PATTERN_LENGTH: Final = 500
"""Characters of a regular expression: RE2 takes time in proportion to it."""


class _Dumper(yaml.SafeDumper):
    """Writes texts so that the reader gets them back: PyYAML leaves U+0085 and its like unquoted."""


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(str, _represent)


def _short(text: str) -> str:
    if len(text) > 100:
        raise fault(f"has {len(text)} characters; give it a name of at most 100.")
    return text


def _regular_expression(text: str) -> str:
    if len(text) > PATTERN_LENGTH:
        raise fault(f"has {len(text)} characters; write at most {PATTERN_LENGTH}.")
    try:
        pc.match_substring_regex(pa.array([""]), text)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        hint = "; RE2 has neither look-around nor back references" if "(?" in text or "\\" in text else ""
        raise fault(f"found {shown(text)}, which is no regular expression of RE2{hint}.") from None
    return text


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not 1 <= len(values) <= 200:
        raise fault(f"has {len(values)} entries; write 1 to 200.")
    return values


class PatternEntry(Section):
    """One pattern of a file."""

    id: Name | None = None
    """Given when it was made; its name where not given."""
    name: Annotated[Name, AfterValidator(_short)]
    """Its own: no other pattern of the file has it."""
    classification: Annotated[Identity, one_of(*Identity)]
    """What such columns are: DI, QI, SI or NSI."""
    column_patterns: Annotated[tuple[Name, ...], BeforeValidator(as_tuple), AfterValidator(_some)]
    """Names of columns in any case, `*` stands for anything."""
    priority: Annotated[Whole, Field(ge=1, le=1000)] = 50
    """The lowest of those that fit decides."""
    value_patterns: Annotated[
        tuple[Annotated[Name, AfterValidator(_regular_expression)], ...], BeforeValidator(as_tuple)
    ] = ()
    """Regular expressions (RE2), of which a value has to match one as a whole."""
    min_match_ratio: Fraction = 0.8
    """Share of the values that are not null."""
    description: Name | None = None
    """For people."""
    created_at: Name | None = None
    """When it was made: ISO 8601."""
    created_by: Name | None = None
    """Who made it."""

    def to_domain(self) -> ColumnPattern:
        """The domain's pattern."""
        told = self.model_dump(exclude={"id", "created_at"})
        at = None if self.created_at is None else datetime.fromisoformat(self.created_at)
        return ColumnPattern(**told, id=self.id or self.name, created_at=at)


class PatternFile(Section):
    """All patterns of a file."""

    patterns: Annotated[tuple[PatternEntry, ...], BeforeValidator(as_tuple)] = ()
    """Each with a name of its own."""


def read_patterns(text: str, source: str) -> tuple[ColumnPattern, ...]:
    """The patterns of a YAML text, in its order.

    Raises:
        ConfigurationError: Every fault at once, each with its line and path.
    """
    document = read_text(text)
    problems: list[Problem] = list(document.problems)
    found: tuple[ColumnPattern, ...] = ()
    if not problems:
        try:
            entries = PatternFile.model_validate({} if document.data is None else document.data).patterns
            problems = [*_repeated(entries, "name"), *_repeated(entries, "id"), *_undated(entries)]
            found = () if problems else tuple(entry.to_domain() for entry in entries)
        except ValidationError as error:
            problems = problems_of(error, PatternFile)
    if problems:
        lines = [document.line(path) for path, _ in problems]
        raise ConfigurationError(
            [(path_text(path) or None, sentence) for path, sentence in problems],
            source,
            [f"{source}:{line}" if line else None for line in lines],
        )
    return found


def checked(data: Mapping[str, Any]) -> ColumnPattern:
    """One pattern from Python's own values.

    Raises:
        ConfigurationError: Every fault at once, each with its key.
    """
    try:
        return PatternEntry.model_validate(data).to_domain()
    except ValidationError as error:
        problems = problems_of(error, PatternEntry)
        raise ConfigurationError([(path_text(path) or None, text) for path, text in problems]) from None


def written(patterns: Sequence[ColumnPattern]) -> str:
    """The text of a file that `read_patterns` reads back."""
    entries = []
    for pattern in patterns:
        told: dict[str, Any] = {
            "id": pattern.id,
            "name": pattern.name,
            "classification": str(pattern.classification),
            "column_patterns": list(pattern.column_patterns),
            "priority": pattern.priority,
            "value_patterns": list(pattern.value_patterns),
            "min_match_ratio": pattern.min_match_ratio,
            "description": pattern.description,
            "created_at": None if pattern.created_at is None else pattern.created_at.isoformat(),
            "created_by": pattern.created_by,
        }
        entries.append({key: value for key, value in told.items() if value not in (None, [])})
    return yaml.dump({"patterns": entries}, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def _repeated(entries: Sequence[PatternEntry], key: str) -> list[Problem]:
    first: dict[str, int] = {}
    names = [getattr(entry, key) or entry.name for entry in entries]
    return [
        (("patterns", place, key), f"{shown(name)} is another pattern's {key} too; give it one of its own.")
        for place, name in enumerate(names)
        if first.setdefault(name.casefold(), place) != place
    ]


def _undated(entries: Sequence[PatternEntry]) -> list[Problem]:
    problems: list[Problem] = []
    for place, entry in enumerate(entries):
        try:
            datetime.fromisoformat(entry.created_at or "2000-01-01")
        except ValueError:
            sentence = f"found {shown(entry.created_at)}, which is no time; write it as 2000-12-31T23:59:59+00:00."
            problems.append((("patterns", place, "created_at"), sentence))
    return problems
