"""The text of a job file, YAML or JSON, as plain data with the line of each value.

YAML is read event by event rather than by a loader: no tag makes an object, no alias grows without a limit, a key that
stands twice is a fault, and every scalar keeps the text it was written as.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from anonspark.config.fields import Path, Problem, Written, shown
from anonspark.config.plain import MAX_DEPTH, MAX_VALUES, Data, TooLargeError, is_text, plain_data

MAX_CHARACTERS = 1_000_000

_NULL = re.compile(r"|~|null|Null|NULL")
_TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,39})")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Document:
    """What a text says, on which line (from 1) each of its values stands, and what is wrong with the text itself."""

    data: Data
    lines: Mapping[Path, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def line(self, path: Path) -> int | None:
        """The line of a value, or of what it would stand in."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def read_text(text: str) -> Document:
    """YAML or JSON as plain data; never raises, a text that cannot be read has no data and one problem."""
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_CHARACTERS:
        return Document(None, problems=(((), f"The text has more than {MAX_CHARACTERS:,} characters."),))
    document = _read_yaml(text)
    # Tabs and pairs of \u escapes are JSON, but not YAML to this parser.
    if document.problems and text.lstrip().startswith("{"):
        return _read_json(text) or document
    return document


def scalar(text: str) -> str | None:
    """A plain scalar: null, or its text with the number or truth value that it also is.

    As in YAML 1.2, `no`, `on`, `010`, `1:30` and dates are texts.

    >>> scalar("no"), scalar("1e3").value, scalar("~")
    ('no', 1000.0, None)
    """
    if _NULL.fullmatch(text):
        return None
    if _TRUTH.fullmatch(text):
        return Written(text, text[0] in "tT")
    if _WHOLE.fullmatch(text):
        return Written(text, int(text))
    return Written(text, float(text)) if _DECIMAL.fullmatch(text) else text


def _read_yaml(text: str) -> Document:
    reader = _Reader(yaml.parse(text, Loader=yaml.SafeLoader))
    try:
        data = reader.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "it cannot be read"
        return Document(None, {(): mark.line + 1} if mark else {}, (((), f"This is not YAML: {reason}."),))
    except TooLargeError as error:
        return Document(None, problems=(((), f"The text {error}"),))
    # PyYAML lets some faults of escapes and characters through as errors of Python's own.
    except (yaml.YAMLError, ValueError, OverflowError, IndexError) as error:
        return Document(None, problems=(((), f"This is not YAML: {getattr(error, 'reason', 'it cannot be read')}."),))
    return Document(data, reader.lines, tuple(reader.problems))


def _read_json(text: str) -> Document | None:
    twice: list[Problem] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for key, times in Counter(key for key, _ in pairs).items():
            if times > 1:
                twice.append(((), f"The key {shown(key)} stands twice in one mapping; keep one."))
        return dict(pairs)

    try:
        read = json.loads(text, object_pairs_hook=mapping, parse_int=scalar, parse_float=scalar, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    data, problems = plain_data(read)
    return Document(data, problems=(*twice, *problems))


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class _Reader:
    """Builds plain data from events, and notes lines and faults on the way."""

    def __init__(self, events: Iterator[Event]) -> None:
        self.events = events
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self.anchors: dict[str, Data] = {}
        self.values = 0

    def document(self) -> Data:
        """The first document; a second one is a fault."""
        data: Data = None
        documents = 0
        for event in self.events:
            documents += isinstance(event, DocumentStartEvent)
            if documents > 1:
                self.problems.append(((), f"A second document begins on line {_line(event)}; keep one."))
                break
            if isinstance(event, NodeEvent):
                data = self.node(event, ())
        return data

    def node(self, event: NodeEvent, path: Path) -> Data:
        """The value that begins with an event, at a path."""
        self.lines.setdefault(path, _line(event))
        self.count(1, len(path))
        if isinstance(event, AliasEvent):
            return self.alias(event.anchor or "", path)
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
            self.problems.append((path, f"has the tag {shown(event.tag)}; tags are not read, leave it out."))
        data = self.value(event, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = data
        return data

    def value(self, event: NodeEvent, path: Path) -> Data:
        if isinstance(event, MappingStartEvent):
            return self.mapping(path)
        if isinstance(event, SequenceStartEvent):
            return self.sequence(path)
        text = event.value if isinstance(event, ScalarEvent) else ""
        if not is_text(text):
            self.problems.append((path, "holds half of a surrogate pair, which is no character."))
            return None
        plain = isinstance(event, ScalarEvent) and event.style is None
        return scalar(text) if plain else text

    def sequence(self, path: Path) -> list[Data]:
        items: list[Data] = []
        while (event := self.next_node()) is not None:
            items.append(self.node(event, (*path, len(items))))
        return items

    def mapping(self, path: Path) -> dict[str, Data]:
        mapping: dict[str, Data] = {}
        while (event := self.next_node()) is not None:
            key = self.key(event, path)
            below = (*path, key)
            if key in mapping:
                self.problems.append((below, f"stands twice, on line {_line(event)} again; keep one."))
                self.mapped(below)
                continue
            self.lines[below] = _line(event)
            mapping[key] = self.mapped(below)
        return mapping

    def mapped(self, path: Path) -> Data:
        """The value of a key."""
        event = self.next_node()
        return None if event is None else self.node(event, path)

    def next_node(self) -> NodeEvent | None:
        """The next value of a list or mapping, or nothing at its end."""
        event = next(self.events)
        return event if isinstance(event, NodeEvent) else None

    def key(self, event: NodeEvent, path: Path) -> str:
        """The text of a key, as it is written."""
        if isinstance(event, ScalarEvent) and event.tag is None and is_text(event.value):
            return event.value
        line = _line(event)
        self.problems.append((path, f"has a key on line {line} that is not a text; a key is one word or quoted."))
        self.node(event, (*path, ""))
        return f"key on line {line}"

    def alias(self, anchor: str, path: Path) -> Data:
        """A copy of what the anchor names, so that an override of one place leaves the others as they are."""
        if anchor not in self.anchors:
            self.problems.append((path, f"refers to *{anchor}, but no complete value before it is named &{anchor}."))
            return None
        return self.copy(self.anchors[anchor], len(path))

    def copy(self, data: Data, depth: int) -> Data:
        self.count(1, depth)
        if isinstance(data, dict):
            return {key: self.copy(value, depth + 1) for key, value in data.items()}
        return [self.copy(item, depth + 1) for item in data] if isinstance(data, list) else data

    def count(self, values: int, depth: int) -> None:
        self.values += values
        if depth > MAX_DEPTH or self.values > MAX_VALUES:
            raise TooLargeError(f"is nested deeper than {MAX_DEPTH} levels or holds more than {MAX_VALUES:,} values.")
