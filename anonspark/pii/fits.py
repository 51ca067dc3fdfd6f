"""How the distinct values of a column fit a type: shapes by RE2, checks of those that have one, lists of values."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from anonspark.domain.pii_knowledge import Confidence, Shape, ValueList
from anonspark.domain.pii_words import folded
from anonspark.vocabulary import DataKind

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

_DIGIT: Final = re.compile(r"\d")

Mask = NDArray[np.bool_]
Scores = NDArray[np.float64]
Validators = Mapping[str, Callable[[str], bool]]


@cache
def validators() -> Validators:
    """The checks by type id; loaded late, as they bring libraries along."""
    found: Validators = import_module("anonspark.pii.validators").VALIDATORS
    return found


@dataclass(slots=True)
class Fit:
    """How each distinct value fits a type: the surest shape that has it, and whether any has."""

    alone: Scores
    any: Scores
    fits: Mask
    against: Mask
    specific: Mask
    unmistakable: Mask
    checked: bool = False
    judged: bool = False

    def take(self, other: "Fit") -> None:
        """Add what tells alone of a narrower type."""
        tells = other.alone > 0
        self.alone = np.maximum(self.alone, other.alone)
        self.any = np.maximum(self.any, other.alone)
        self.fits = self.fits | tells
        self.specific = self.specific | tells
        self.unmistakable = self.unmistakable | other.unmistakable
        self.checked = self.checked or other.checked
        self.judged = True


class Matches:
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


class DistinctValues:
    """The distinct values of a column, and what was measured on them."""

    def __init__(
        self,
        values: list[str],
        counts: NDArray[np.int64],
        kind: DataKind,
        confidence: Confidence,
        matched: Matches,
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

    def fit(self, shapes: Collection[Shape], lists: Collection[ValueList], *, named: bool) -> Fit:
        """How the values fit a type of these shapes and lists; shapes that tell nothing only where it is named."""
        size = len(self.values)
        no, zero = np.zeros(size, dtype=np.bool_), np.zeros(size)
        fit = Fit(zero, zero, no, no, no, no)
        for shape in shapes:
            if self.kind in shape.kinds and (named or shape.specificity > 0):
                fit.judged = True
                self.add_shape(fit, shape)
        for listed in lists:
            fit.judged = True
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

    def add_shape(self, fit: Fit, shape: Shape) -> None:
        """Add the values of one shape, those that pass its check where it has one."""
        mask = self.matches(shape.pattern)
        if shape.low is not None or shape.high is not None:
            mask = mask & self.between(mask, shape)
        if not mask.any():
            return
        specificity, alone, checked = shape.specificity, shape.alone, False
        if shape.validator is not None:
            mask, specificity, alone, checked = self.check(mask, shape)
        alone = alone and self.is_varied(mask, shape)
        fit.fits = fit.fits | mask
        fit.any = np.maximum(fit.any, mask * specificity)
        if alone:
            fit.specific = fit.specific | mask
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
            # Of a shape that tells by its many layouts nearly all values must pass too.
            alone = shape.alone and (not shape.layouts or share >= numbers.checksum_share)
            return valid, shape.specificity, alone, len(passed) > 0
        needed = numbers.few_values if shape.chance <= numbers.low_chance else numbers.checksum_values
        if share < numbers.checksum_share:
            return mask, 0.0, False, False
        if len(passed) < needed:
            return valid, min(shape.specificity, numbers.weak_values), False, True
        return valid, shape.specificity, shape.alone, True

    def is_varied(self, mask: Mask, shape: Shape) -> bool:
        """Whether the values of a shape come in as many orders of digits and signs as it asks for."""
        if shape.layouts == 0:
            return True
        return len({_DIGIT.sub("9", self.values[at]) for at in np.flatnonzero(mask)}) >= shape.layouts

    def listed(self, listed: ValueList) -> Mask:
        """Which values are in a list, as a whole or by one of their words."""
        if not listed.by_word:
            if self.whole is None:
                self.whole = [folded(value) for value in self.values]
            return np.array([value in listed.entries for value in self.whole], dtype=np.bool_)
        if self.words is None:
            self.words = [_name_words(value) for value in self.values]
        # One word in many is chance: "park" in "room near the park" is a family name too.
        half = [2 * sum(word in listed.entries for word in words) >= len(words) > 0 for words in self.words]
        if listed.against:
            return np.array([any(word in listed.entries for word in words) for words in self.words], dtype=np.bool_)
        return np.array(half, dtype=np.bool_)


def _name_words(value: str) -> list[str]:
    """The words of a value that may be a name, without initials; none of one with digits or signs, or of a long one."""
    if len(value) > 60 or re.search(r"[\d@_/\\<>{}=#|:;]", value):
        return []
    whole = folded(value)
    words = [word for word in re.split(r"[\s,.·-]+", whole) if len(word) > 1]
    return words or [whole]


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")


def _passes(check: Callable[[str], Any], value: str) -> bool:
    return bool(check(value))
