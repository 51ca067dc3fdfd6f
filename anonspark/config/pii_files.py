"""The sections of a file that says what personal data is: its types, and how their columns are recognized.

The shipped files of `conf/pii` hold one concern each; a file of one's own may hold them all.
"""

import re
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BeforeValidator, Field

from anonspark.config.fields import (
    Count,
    Flag,
    Fraction,
    Name,
    Number,
    Section,
    Text,
    Whole,
    as_tuple,
    fault,
    one_of,
    shown,
)
from anonspark.vocabulary import DataKind

ID_SHAPE = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
"""What an id of a type or a category looks like: words in lower case, joined by underscores."""


def _is_id(text: str) -> str:
    if not re.fullmatch(ID_SHAPE, text):
        raise fault(f"found {shown(text)}; an id is words in lower case, digits and single underscores.")
    return text


def _is_pattern(text: str) -> str:
    """RE2 has neither look-around nor back-references, and so takes linear time on any value."""
    try:
        pc.match_substring_regex(pa.array([""]), text)
    except pa.ArrowInvalid as error:
        reason = str(error).split(": ", 1)[-1]
        raise fault(f"is no regular expression of RE2: {reason}.") from None
    return text


TypeId = Annotated[Name, AfterValidator(_is_id)]
Texts = Annotated[tuple[Name, ...], BeforeValidator(as_tuple)]
Types = Annotated[tuple[TypeId, ...], BeforeValidator(as_tuple)]
Kinds = Annotated[tuple[Annotated[DataKind, one_of(*DataKind)], ...], BeforeValidator(as_tuple)]
Pattern = Annotated[Name, AfterValidator(_is_pattern)]


class TypeEntry(Section):
    """A kind of personal data."""

    name: Name | None = None
    """How people call it; its id in title case where not given."""
    description: Text = ""
    """One sentence."""
    parent: TypeId | None = None
    """The wider type that it is a kind of."""
    weight: Annotated[Whole, Field(ge=1, le=3)] = 2
    """How much it tells of a person: 3 high, 2 medium, 1 low."""


class NameEntry(Section):
    """Phrases of column names that say a type."""

    strong: Texts = ()
    """They name the type."""
    weak: Texts = ()
    """They have other meanings too: they count only beside people, places or values that fit."""


class ShapeEntry(Section):
    """What values of a type look like."""

    pattern: Pattern
    """RE2 for the whole value."""
    specificity: Fraction
    """How sure a column is where every value has the shape; 0 for one that only does not contradict a name."""
    alone: Flag = False
    """Whether the shape tells without a name."""
    validator: TypeId | None = None
    """Which check a value must pass besides."""
    chance: Annotated[Number, Field(gt=0, le=1)] = 1.0
    """Share of random values of the shape that pass the check."""
    kinds: Kinds = (DataKind.TEXT,)
    """Of the columns that it is looked for in."""
    low: Number | None = None
    """Smallest number that a value may be."""
    high: Number | None = None
    """Largest number that a value may be."""
    unmistakable: Flag = False
    """Whether it tells even in a column whose name says something else."""
    layouts: Count = 0
    """In how many orders of digits and signs values must come for the shape to tell alone."""


class ListEntry(Section):
    """Values that a type often or always has."""

    entries: Texts = ()
    """In any case, with or without diacritics."""
    faker: Texts = ()
    """Lists of Faker: provider and attribute, as `person.first_names`; of all of its locales."""
    specificity: Fraction
    """How sure a column is where every value is listed."""
    alone: Flag = False
    """Whether the list tells without a name."""
    by_word: Flag = False
    """Whether a value is listed if one of its words is."""
    against: Flag = False
    """Whether values of the list speak against the type."""


class NeighbourEntry(Section):
    """Which other columns of a table bear on a type."""

    needs: Types = ()
    """One of these, or a kind of one, must be in the table."""
    raised_by: Types = ()
    """Each of these, or a kind of one, makes the type more likely."""


class ConfidenceEntry(Section):
    """The numbers that evidence is weighed with."""

    exact_name: Fraction
    """The whole name says the type."""
    contained_name: Fraction
    """The name says it among words for people and words that change nothing."""
    affix_name: Fraction
    """The name begins or ends with it, beside words that are not known."""
    weak_name: Fraction
    """The name says a word that has other meanings."""
    thing_name: Fraction
    """The name says it of something that is no person."""
    contradiction: Fraction
    """Taken off a name where values contradict it."""
    contradiction_values: Count
    """So many values, at least, are needed for that."""
    contradiction_share: Fraction
    """They contradict where a smaller share of them fits."""
    weak_values: Fraction
    """The most that values tell which do not tell alone."""
    checksum_share: Fraction
    """Of the values of a shape, this share must pass its check to beat chance."""
    checksum_values: Count
    """So many distinct values must."""
    low_chance: Fraction
    """Checks that a smaller share of random values passes need only few values."""
    few_values: Count
    """How many."""
    child_share: Fraction
    """A kind of a type is reported where it fits this share of what the type fits."""
    neighbours: Fraction
    """What a column beside it adds."""
    missing_neighbours: Fraction
    """The most for a type without the columns that it needs."""
    supporting_share: Fraction
    """Neighbours add nothing to a weak name where a smaller share of the values speaks for it."""
    ceiling: Fraction
    """The most of all."""
    caps: dict[TypeId, Fraction] = Field(default_factory=dict)
    """The most for single types."""


class KnowledgeFile(Section):
    """What one file adds."""

    category: TypeId = "custom"
    """The concern that its types belong to."""
    types: dict[TypeId, TypeEntry] = Field(default_factory=dict)
    """Kinds of personal data by id."""
    names: dict[TypeId, NameEntry] = Field(default_factory=dict)
    """Phrases of column names by type."""
    nothing: Texts = ()
    """Phrases that hold such a phrase and name something else."""
    people: Texts = ()
    """Words for people."""
    things: Texts = ()
    """Words for what is no person."""
    stop: Texts = ()
    """Words that make a name tell about a value, not hold it."""
    neutral: Texts = ()
    """Words that change nothing."""
    short: Texts = ()
    """Phrases of three letters that are found in words glued together too."""
    shapes: dict[TypeId, Annotated[tuple[ShapeEntry, ...], BeforeValidator(as_tuple)]] = Field(default_factory=dict)
    """What values look like, by type."""
    lists: dict[TypeId, Annotated[tuple[ListEntry, ...], BeforeValidator(as_tuple)]] = Field(default_factory=dict)
    """Values by type."""
    kinds: dict[TypeId, Kinds] = Field(default_factory=dict)
    """Kinds of columns that can hold a type; text only where a type is not listed."""
    neighbours: dict[TypeId, NeighbourEntry] = Field(default_factory=dict)
    """Columns that bear on a type."""
    named_only: Types = ()
    """Types that only a name of their own says, as values cannot tell them from the wider type."""
    empty: Texts = ()
    """Values that stand for a missing one."""
    confidence: ConfidenceEntry | None = None
    """The numbers; the last file that gives them counts."""
