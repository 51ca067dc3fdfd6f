"""What the values of a column say: shapes by RE2, checks of the values that have one, and lists of values.

Everything is measured on distinct values and weighed by their cells: a share is one of all cells that hold a value, so
one hit among many other values says little.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from anonspark.domain.pii import ColumnProfile
from anonspark.domain.pii_knowledge import Confidence, Knowledge, Shape, ValueList
from anonspark.domain.pii_words import folded
from anonspark.vocabulary import DataKind

DISTINCT: Final = 2_000
"""Most frequent values of a column that are looked at."""

CHARACTERS: Final = 4_000_000
"""Of the values that one pattern is matched against at a time."""

CHECKED: Final = 1_000
"""Values of a shape that are checked: validators are libraries of Python, slow beside RE2."""

LOOKS: Final = 0.98
"""Share of cells that must look like numbers or dates for a text column to count as one."""

_FLAGS: Final = tuple(
    frozenset(pair)
    for pair in (
        ("true", "false"),
        ("yes", "no"),
        ("y", "n"),
        ("t", "f"),
        ("0", "1"),
        ("on", "off"),
        ("ja", "nein"),
        ("ja", "nee"),
        ("j", "n"),
        ("oui", "non"),
        ("o", "n"),
        ("si", "no"),
        ("s", "n"),
        ("sim", "nao"),
        ("有", "無"),
        ("はい", "いいえ"),
    )
)
_KINDS: Final = (
    (DataKind.WHOLE, r"[+-]?\d+"),
    (DataKind.DECIMAL, r"[+-]?(?:\d*[.,]\d+|\d+)(?:[eE][+-]?\d+)?"),
    (DataKind.DATE, r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?|\d{1,2}[/.]\d{1,2}[/.]\d{4}(?: \d{1,2}:\d{2}.*)?"),
)

Mask = NDArray[np.bool_]
Scores = NDArray[np.float64]
Validators = Mapping[str, Callable[[str], bool]]


@dataclass(frozen=True, slots=True)
class ValueEvidence:
    """What the values say of one type; shares are of cells that hold a value.

    Attributes:
        score: How surely, without a name.
        fits: Share of cells that the type can hold, in any of its shapes or lists.
        against: Share of cells that it cannot be.
        positive: Share of cells in a shape or list that speaks for the type.
        specific: The same without lists of words, which full and single names share.
        checked: A check digit or rule was passed.
        unmistakable: The shape tells even where the name says something else.
    """

    pii_type: str
    score: float
    fits: float
    against: float
    positive: float
    specific: float
    checked: bool
    unmistakable: bool


@dataclass(frozen=True, slots=True)
class ValueReading:
    """All that the values say.

    Attributes:
        kind: Of the column; that of its texts where they are all numbers, dates or truth values.
        cells: That hold a value.
        distinct: Values that were looked at.
        evidence: By type, of those that the kind can hold and that have shapes or lists.
    """

    kind: DataKind
    cells: int
    distinct: int
    evidence: Mapping[str, ValueEvidence]


def read_values(profiles: Sequence[ColumnProfile], knowledge: Knowledge) -> list[ValueReading]:
    """What the values of each column say.

    Args:
        profiles: Of the columns of a table.
        knowledge: Shapes and lists.
    """
    readings: list[ValueReading] = []
    for part in _parts(profiles):
        held = [_held(profile, knowledge.empty) for profile in part]
        matches = _Matches([value for values, _ in held for value in values])
        first = 0
        for profile, (values, counts) in zip(part, held, strict=True):
            column = _Column(values, counts, profile.kind, knowledge.confidence, matches, first)
            readings.append(_reading(column, profile.kind, knowledge))
            first += len(values)
    return readings


def _parts(profiles: Sequence[ColumnProfile]) -> Iterator[list[ColumnProfile]]:
    """Columns in groups of a bounded number of characters."""
    part: list[ColumnProfile] = []
    characters = 0
    for profile in profiles:
        size = sum(map(len, profile.values[:DISTINCT]))
        if part and characters + size > CHARACTERS:
            yield part
            part, characters = [], 0
        part.append(profile)
        characters += size
    if part:
        yield part


def _reading(column: "_Column", declared: DataKind, knowledge: Knowledge) -> ValueReading:
    """What the values of one column say."""
    kind = column.looks() if declared is DataKind.TEXT else declared
    fits: dict[str, _Fit] = {}
    if column.values:
        for pii_type in reversed(list(knowledge.catalogue.types)):  # kinds before the types that they are of
            shapes, lists = knowledge.shapes.get(pii_type, ()), knowledge.lists.get(pii_type, ())
            if (shapes or lists) and knowledge.can_hold(pii_type, kind):
                own = column.fit(shapes, lists)
                if pii_type in fits:
                    own.take(fits[pii_type])
                fits[pii_type] = own
            parent = knowledge.catalogue.types[pii_type].parent
            if parent is not None and pii_type in fits and fits[pii_type].alone.any():
                fits.setdefault(parent, column.fit((), ())).take(fits[pii_type])
    evidence = {pii_type: column.evidence(pii_type, fit) for pii_type, fit in fits.items()}
    return ValueReading(kind, int(column.counts.sum()), len(column.values), evidence)


def _held(profile: ColumnProfile, empty: Collection[str]) -> tuple[list[str], NDArray[np.int64]]:
    """The values without blanks around them, those that stand for a missing one left out."""
    values: list[str] = []
    counts: list[int] = []
    for text, count in zip(profile.values[:DISTINCT], profile.counts[:DISTINCT], strict=True):
        value = text.strip()
        if value and not (len(value) < 20 and folded(value) in empty):
            values.append(value)
            counts.append(count)
    return values, np.array(counts, dtype=np.int64)


@cache
def validators() -> Validators:
    """The checks by type id; loaded late, as they bring libraries along."""
    found: Validators = import_module("anonspark.pii.validators").VALIDATORS
    return found


@dataclass(slots=True)
class _Fit:
    """How each distinct value fits a type: the surest shape that has it, and whether any has."""

    alone: Scores
    any: Scores
    fits: Mask
    against: Mask
    specific: Mask
    unmistakable: Mask
    checked: bool = False

    def take(self, other: "_Fit") -> None:
        """Add what tells alone of a narrower type."""
        tells = other.alone > 0
        self.alone = np.maximum(self.alone, other.alone)
        self.any = np.maximum(self.any, other.alone)
        self.fits = self.fits | tells
        self.specific = self.specific | tells
        self.unmistakable = self.unmistakable | other.unmistakable
        self.checked = self.checked or other.checked


class _Matches:
    """Which values of several columns each pattern matches: one pass a pattern, as to compile one costs most."""

    def __init__(self, values: list[str]) -> None:
        self.array = pa.array(values, pa.string())
        self.masks: dict[str, Mask] = {}

    def of(self, pattern: str) -> Mask:
        """Which values a pattern matches as a whole."""
        if pattern not in self.masks:
            found = pc.match_substring_regex(self.array, rf"\A(?:{pattern})\z")
            self.masks[pattern] = np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)
        return self.masks[pattern]


class _Column:
    """The distinct values of a column, and what was measured on them."""

    def __init__(
        self,
        values: list[str],
        counts: NDArray[np.int64],
        kind: DataKind,
        confidence: Confidence,
        matched: _Matches,
        first: int,
    ) -> None:
        self.values = values
        self.counts = counts
        self.cells = max(int(counts.sum()), 1)
        self.kind = kind
        self.confidence = confidence
        self.matched = matched
        self.first = first
        self.words: list[list[str]] | None = None
        self.whole: list[str] | None = None

    def share(self, of: Mask | Scores) -> float:
        """Cells of a mask, or the mean of scores, among all cells."""
        return float((of * self.counts).sum() / self.cells)

    def matches(self, pattern: str) -> Mask:
        """Which values a pattern matches as a whole."""
        return self.matched.of(pattern)[self.first : self.first + len(self.values)]

    def looks(self) -> DataKind:
        """The kind of a column of text by what its values look like."""
        distinct = {folded(value) for value in self.values[:4]}
        telling = len(distinct) > 1 or distinct <= {"true", "false", "yes", "no"}
        if 0 < len(self.values) <= 4 and telling and any(distinct <= pair for pair in _FLAGS):
            return DataKind.FLAG
        for kind, pattern in _KINDS:
            if self.values and self.share(self.matches(pattern)) >= LOOKS:
                return kind
        return DataKind.TEXT

    def fit(self, shapes: Collection[Shape], lists: Collection[ValueList]) -> _Fit:
        """How the values fit a type of these shapes and lists."""
        size = len(self.values)
        no, zero = np.zeros(size, dtype=np.bool_), np.zeros(size)
        fit = _Fit(zero, zero, no, no, no, no)
        for shape in shapes:
            if self.kind in shape.kinds or self.kind is DataKind.BINARY:
                self.add_shape(fit, shape)
        for listed in lists:
            mask = self.listed(listed)
            if listed.against:
                fit.against = fit.against | mask
                continue
            fit.any = np.maximum(fit.any, mask * listed.specificity)
            fit.fits = fit.fits | mask
            if not listed.by_word:
                fit.specific = fit.specific | mask
            if listed.alone:
                fit.alone = np.maximum(fit.alone, mask * listed.specificity)
        return fit

    def add_shape(self, fit: _Fit, shape: Shape) -> None:
        """Add the values of one shape, those that pass its check where it has one."""
        mask = self.matches(shape.pattern)
        if shape.low is not None or shape.high is not None:
            mask = mask & self.between(mask, shape)
        if not mask.any():
            return
        specificity, alone, checked = shape.specificity, shape.alone, False
        if shape.validator is not None:
            mask, specificity, alone, checked = self.check(mask, shape)
        fit.fits = fit.fits | mask
        fit.any = np.maximum(fit.any, mask * specificity)
        if specificity > 0:
            fit.specific = fit.specific | mask
        if alone:
            fit.alone = np.maximum(fit.alone, mask * specificity)
        if alone and shape.unmistakable:
            fit.unmistakable = fit.unmistakable | mask
        fit.checked = fit.checked or checked

    def between(self, mask: Mask, shape: Shape) -> Mask:
        """Which values of a shape are numbers within its bounds."""
        low = -np.inf if shape.low is None else shape.low
        high = np.inf if shape.high is None else shape.high
        inside = np.zeros(len(self.values), dtype=np.bool_)
        for at in np.flatnonzero(mask):
            inside[at] = low <= _number(self.values[at]) <= high
        return inside

    def check(self, mask: Mask, shape: Shape) -> tuple[Mask, float, bool, bool]:
        """The values that pass, and what they are worth: nothing where as many would pass by chance.

        Returns:
            The values that count, the specificity, whether it tells alone, and whether a check was passed.
        """
        numbers = self.confidence
        check = validators().get(shape.validator or "")
        if check is None:
            form_only = shape.chance == 1
            return (
                mask,
                shape.specificity if form_only else min(shape.specificity, 0.5),
                form_only and shape.alone,
                False,
            )
        at = np.flatnonzero(mask)
        looked = at[:CHECKED]
        passed = looked[[_passes(check, self.values[place]) for place in looked]]
        valid = np.zeros(len(self.values), dtype=np.bool_)
        valid[passed] = True
        share = len(passed) / len(looked)
        if len(at) > len(looked):  # the others are taken to be like those that were looked at
            valid[at[CHECKED:]] = share >= numbers.checksum_share
        if shape.chance == 1:
            return valid, shape.specificity, shape.alone, len(passed) > 0
        needed = numbers.few_values if shape.chance <= numbers.low_chance else numbers.checksum_values
        if share < numbers.checksum_share:
            return mask, 0.0, False, False
        if len(passed) < needed:
            return valid, min(shape.specificity, numbers.weak_values), False, True
        return valid, shape.specificity, shape.alone, True

    def listed(self, listed: ValueList) -> Mask:
        """Which values are in a list, as a whole or by one of their words."""
        if not listed.by_word:
            if self.whole is None:
                self.whole = [folded(value) for value in self.values]
            return np.array([value in listed.entries for value in self.whole], dtype=np.bool_)
        if self.words is None:
            self.words = [_name_words(value) for value in self.values]
        return np.array([any(word in listed.entries for word in found) for found in self.words], dtype=np.bool_)

    def evidence(self, pii_type: str, fit: _Fit) -> ValueEvidence:
        """What the fit of a type is worth."""
        score = max(self.share(fit.alone), min(self.share(fit.any), self.confidence.weak_values))
        return ValueEvidence(
            pii_type,
            score,
            self.share(fit.fits & ~fit.against),
            self.share(fit.against),
            self.share(fit.any > 0),
            self.share(fit.specific),
            fit.checked,
            self.share(fit.unmistakable) >= self.confidence.contradiction_share,
        )


def _name_words(value: str) -> list[str]:
    """The value itself and its words, where it may be a name: short, without digits and signs."""
    if len(value) > 60 or re.search(r"[\d@_/\\<>{}=#|:;]", value):
        return []
    whole = folded(value)
    return [whole, *re.split(r"[\s,.·-]+", whole)]


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")


def _passes(check: Callable[[str], Any], value: str) -> bool:
    return bool(check(value))
