"""Texts that are JSON: the scalars in them by path, also where the text was cut."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from anonspark.domain.paths import PathStep, Within
from anonspark.vocabulary import DataKind

Steps: TypeAlias = tuple[PathStep, ...]

MAX_KEYS: Final = 64
"""An object in whose place this many keys or more are seen is taken for a map: its keys are data, not names."""

MAX_DEPTH: Final = 32

KEY_LENGTH: Final = 64
KEY_DIGITS: Final = 5
"""A key of more characters, or of so many digits, or with an @ is data; paths are told, so it may not become one."""

_OPENS: Final = re.compile(r"\s*[\[{]")
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_CLOSES: Final = {"{": "}", "[": "]"}


def looks_like_json(text: str) -> bool:
    """Whether a text begins as an object or an array does."""
    return _OPENS.match(text) is not None


def parsed(text: str) -> dict[str, Any] | list[Any] | None:
    """The object or array that a text is, of one that was cut the part that is whole; None where it is neither."""
    if not looks_like_json(text):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = _whole_part(text)
    return found if isinstance(found, dict | list) else None


def _whole_part(text: str) -> object:
    """What was read before a text was cut: up to the last bracket, or the last comma after a whole value."""
    end = max((token.end() - (token[0] == ",") for token in _TOKEN.finditer(text) if token[0] in "[]{},"), default=0)
    opened: list[str] = []
    for token in _TOKEN.finditer(text, 0, end):
        if token[0] in _CLOSES:
            opened.append(_CLOSES[token[0]])
        elif token[0] in "]}" and (not opened or opened.pop() != token[0]):
            return None
    try:
        found: object = json.loads(text[:end] + "".join(reversed(opened)))
    except (ValueError, RecursionError):
        return None
    return found


def scalars_of(found: object, maps: frozenset[Steps] = frozenset()) -> Iterator[tuple[Steps, object]]:
    """Every scalar with the way to it, null included.

    Args:
        found: What `parsed` gave.
        maps: Ways to objects whose keys are data.
    """
    return _walk(found, (), maps)


def _walk(found: object, steps: Steps, maps: frozenset[Steps]) -> Iterator[tuple[Steps, object]]:
    if len(steps) > MAX_DEPTH:
        return
    if isinstance(found, dict):
        is_map = steps in maps
        for key, below in found.items():
            if key or is_map:
                step = PathStep(Within.VALUES) if is_map else PathStep(Within.FIELD, key)
                yield from _walk(below, (*steps, step), maps)
    elif isinstance(found, list):
        for below in found:
            yield from _walk(below, (*steps, PathStep(Within.ELEMENTS)), maps)
    else:
        yield steps, found


def maps_among(documents: Sequence[object]) -> frozenset[Steps]:
    """Ways to objects whose keys are data: too many different ones, or some that are no names."""
    maps: frozenset[Steps] = frozenset()
    for _ in range(MAX_DEPTH):  # a map within a map shows only once the outer one is known
        keys: defaultdict[Steps, set[str]] = defaultdict(set)
        for document in documents:
            _collect_keys(document, (), maps, keys)
        wider = maps | {steps for steps, names in keys.items() if not _are_names(names)}
        if wider == maps:
            break
        # Only the outermost ones, as the ways to those within change.
        new = wider - maps
        maps |= {steps for steps in new if not any(steps[: len(other)] == other for other in new if other != steps)}
    return maps


def _are_names(keys: Collection[str]) -> bool:
    return len(keys) < MAX_KEYS and all(map(_is_name, keys))


def _is_name(key: str) -> bool:
    digits = sum(character.isdecimal() for character in key)
    return len(key) <= KEY_LENGTH and digits < KEY_DIGITS and "@" not in key


def _collect_keys(found: object, steps: Steps, maps: frozenset[Steps], keys: defaultdict[Steps, set[str]]) -> None:
    if len(steps) > MAX_DEPTH:
        return
    if isinstance(found, dict):
        is_map = steps in maps
        if not is_map:
            keys[steps].update(found)
        for key, below in found.items():
            step = PathStep(Within.VALUES) if is_map else PathStep(Within.FIELD, key)
            _collect_keys(below, (*steps, step), maps, keys)
    elif isinstance(found, list):
        for below in found:
            _collect_keys(below, (*steps, PathStep(Within.ELEMENTS)), maps, keys)


@dataclass(slots=True)
class JsonCells:
    """The cells of one path within JSON texts: texts as they are, other scalars as JSON writes them; null is None."""

    texts: list[str | None] = field(default_factory=list)
    kinds: set[DataKind] = field(default_factory=set)

    def add(self, scalar: object) -> None:
        """One more cell."""
        if scalar is None:
            self.texts.append(None)
            return
        self.texts.append(scalar if isinstance(scalar, str) else json.dumps(scalar))
        self.kinds.add(_kind(scalar))

    @property
    def kind(self) -> DataKind:
        """Of all of them; text where they differ."""
        if self.kinds == {DataKind.WHOLE, DataKind.DECIMAL}:
            return DataKind.DECIMAL
        return next(iter(self.kinds)) if len(self.kinds) == 1 else DataKind.TEXT


def _kind(scalar: object) -> DataKind:
    match scalar:
        case bool():
            return DataKind.FLAG
        case int():
            return DataKind.WHOLE
        case float():
            return DataKind.DECIMAL
        case _:
            return DataKind.TEXT


def json_cells(documents: Sequence[object]) -> Mapping[Steps, JsonCells]:
    """The cells of all paths within documents, in the order in which the paths appear."""
    maps = maps_among(documents)
    found: defaultdict[Steps, JsonCells] = defaultdict(JsonCells)
    for document in documents:
        for steps, scalar in scalars_of(document, maps):
            found[steps].add(scalar)
    return found
