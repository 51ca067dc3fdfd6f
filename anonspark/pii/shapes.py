"""What the values of a column say of each type.

Everything is measured on distinct values and weighed by their cells: a share is one of all cells that hold a value, so
one hit among many other values says little.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anonspark.domain.pii import ColumnProfile
from anonspark.domain.pii_knowledge import Confidence, Knowledge
from anonspark.domain.pii_words import folded
from anonspark.pii.fits import DistinctValues, Fit, Matches
from anonspark.vocabulary import DataKind

DISTINCT: Final = 2_000
"""Most frequent values of a column that are looked at."""

CHARACTERS: Final = 4_000_000
"""Of the values that one pattern is matched against at a time."""


@dataclass(frozen=True, slots=True)
class ValueEvidence:
    """What the values say of one type; shares are of cells that hold a value.

    Attributes:
        score: How surely, without a name.
        fits: Share of cells that the type can hold, in any of its shapes or lists.
        against: Share of cells that it cannot be.
        positive: Share of cells in a shape or list that speaks for the type.
        specific: Share of cells in a shape that tells alone or in a list of whole values, which wider types have not.
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


def read_values(
    profiles: Sequence[ColumnProfile], knowledge: Knowledge, named: Mapping[str, Collection[str]]
) -> list[ValueReading]:
    """What the values of each column say.

    Args:
        profiles: Of the columns of a table.
        knowledge: Shapes and lists.
        named: The types that the name of each column says, by its path; only of these is it of use to know whether
            values that tell nothing could be of them.
    """
    readings: list[ValueReading] = []
    for part in _parts(profiles):
        held = [_held(profile, knowledge.empty) for profile in part]
        matches = Matches([value for values, _ in held for value in values])
        first = 0
        for profile, (values, counts) in zip(part, held, strict=True):
            column = DistinctValues(values, counts, profile.kind, knowledge.confidence, matches, first)
            readings.append(_reading(column, profile.kind, knowledge, named.get(profile.path, ())))
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


def _reading(column: DistinctValues, declared: DataKind, knowledge: Knowledge, named: Collection[str]) -> ValueReading:
    """What the values of one column say."""
    kind = column.looks() if declared is DataKind.TEXT else declared
    fits: dict[str, Fit] = {}
    if column.values and kind is not DataKind.FLAG:
        for pii_type in reversed(list(knowledge.catalogue.types)):  # kinds before the types that they are of
            shapes, lists = knowledge.shapes.get(pii_type, ()), knowledge.lists.get(pii_type, ())
            if (shapes or lists) and knowledge.can_hold(pii_type, kind):
                own = column.fit(shapes, lists, named=pii_type in named)
                if pii_type in fits:
                    own.take(fits[pii_type])
                if own.judged:
                    fits[pii_type] = own
            parent = knowledge.catalogue.types[pii_type].parent
            tells = parent is not None and pii_type in fits and fits[pii_type].alone.any()
            if parent is not None and tells and knowledge.can_hold(parent, kind):
                fits.setdefault(parent, column.fit((), (), named=False)).take(fits[pii_type])
    evidence = {pii_type: _evidence(pii_type, fit, column, knowledge.confidence) for pii_type, fit in fits.items()}
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


def _evidence(pii_type: str, fit: Fit, column: DistinctValues, numbers: Confidence) -> ValueEvidence:
    """What the fit of a type is worth."""
    score = max(column.share(fit.alone), min(column.share(fit.any), numbers.weak_values))
    telling = column.share(fit.alone > 0)
    if telling >= numbers.contradiction_share:
        # Where most values tell alone, the others that have a weaker shape of the type are of it too.
        score = max(score, column.share(fit.alone) / telling * column.share(fit.any > 0))
    return ValueEvidence(
        pii_type,
        score,
        column.share(fit.fits & ~fit.against),
        column.share(fit.against),
        column.share(fit.any > 0),
        column.share(fit.specific),
        fit.checked,
        column.share(fit.unmistakable) >= numbers.contradiction_share,
    )
