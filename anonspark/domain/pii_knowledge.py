"""What tells personal data: words of column names, shapes and lists of values, columns that stand beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from anonspark.domain.pii import PiiCatalogue
from anonspark.vocabulary import DataKind


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase in a column's name says.

    Attributes:
        pii_type: The type that it names.
        weak: It has other meanings too, so it counts only beside people, places or values that fit: `state`, `title`.
    """

    pii_type: str
    weak: bool = False


@dataclass(frozen=True, slots=True)
class NameWords:
    """The words of column names, folded and joined: `dateofbirth`, `plz`, `生年月日`.

    Attributes:
        meanings: What each phrase that names a type says.
        nothing: Phrases that hold such a phrase and name something else: `filename`, `ipcount`.
        stop: Words that make a name tell about a value, not hold it: `count`, `verified`.
        people: Words for people: `customer`.
        things: Words for what is no person: `product`.
        neutral: Words that change nothing: `primary`, `src`, `nr`.
        short: Phrases of three letters that are found in words glued together too: `dob`.
        longest: Words of the longest phrase.
    """

    meanings: Mapping[str, tuple[Meaning, ...]]
    nothing: frozenset[str]
    stop: frozenset[str]
    people: frozenset[str]
    things: frozenset[str]
    neutral: frozenset[str]
    short: frozenset[str]
    longest: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What values of a type look like.

    Attributes:
        pattern: RE2, for the whole value.
        specificity: How sure a column is where every value has the shape, in [0, 1]; 0 for a shape that only does not
            contradict a name.
        alone: Whether the shape tells without a name.
        validator: Which check a value must pass besides, the id of a type.
        chance: Share of random values of the shape that pass the check; 1 for a check of form only.
        kinds: Of the columns that it is looked for in.
        low: Smallest number that a value may be, where it is one.
        high: Largest.
        unmistakable: It tells even in a column whose name says something else.
        layouts: In how many orders of digits and signs values must come for the shape to tell alone; codes have one.
    """

    pattern: str
    specificity: float
    alone: bool = False
    validator: str | None = None
    chance: float = 1.0
    kinds: frozenset[DataKind] = frozenset({DataKind.TEXT})
    low: float | None = None
    high: float | None = None
    unmistakable: bool = False
    layouts: int = 0


@dataclass(frozen=True, slots=True)
class ValueList:
    """Values that a type often or always has.

    Attributes:
        entries: Folded as `domain.pii_words.folded` does.
        specificity: How sure a column is where every value is listed, in [0, 1].
        alone: Whether the list tells without a name.
        by_word: A value is listed if one of its words is: `senior nurse`.
        against: Values of the list speak against the type: `pending` is no state of a country.
    """

    entries: frozenset[str]
    specificity: float
    alone: bool = False
    by_word: bool = False
    against: bool = False


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Which other columns of a table bear on a type.

    Attributes:
        needs: One of these, or a kind of one, must be in the table; none for no need.
        raised_by: Each of these, or a kind of one, makes the type more likely.
    """

    needs: frozenset[str] = frozenset()
    raised_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Confidence:
    """The numbers that evidence is weighed with; all are shares or probabilities unless said.

    Attributes:
        exact_name: The whole name says the type.
        contained_name: The name says it among words for people and words that change nothing.
        affix_name: The name begins or ends with it, beside words that are not known.
        weak_name: The name says a word that has other meanings.
        thing_name: The name says it of something that is no person.
        contradiction: Taken off a name where values contradict it.
        contradiction_values: So many values, at least, are needed for that.
        contradiction_share: They contradict where a smaller share of them fits.
        weak_values: The most that values tell which do not tell alone.
        checksum_share: Of the values of a shape, this share must pass its check to beat chance.
        checksum_values: So many distinct values must.
        low_chance: Checks that a smaller share of random values passes need only few values.
        few_values: How many.
        child_share: A kind of a type is reported where it fits this share of what the type fits.
        neighbours: What a column beside it adds.
        missing_neighbours: The most for a type without the columns that it needs.
        supporting_share: Neighbours add nothing to a weak name where a smaller share of the values speaks for it.
        ceiling: The most of all.
        caps: The most for single types.
    """

    exact_name: float
    contained_name: float
    affix_name: float
    weak_name: float
    thing_name: float
    contradiction: float
    contradiction_values: int
    contradiction_share: float
    weak_values: float
    checksum_share: float
    checksum_values: int
    low_chance: float
    few_values: int
    child_share: float
    neighbours: float
    missing_neighbours: float
    supporting_share: float
    ceiling: float
    caps: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that detection knows.

    Attributes:
        catalogue: The types.
        names: The words of column names.
        shapes: Of values, by type.
        lists: Of values, by type.
        kinds: Of columns that can hold a type; text only where a type is not listed.
        neighbours: By type.
        named_only: Types that values cannot tell from the wider type, so that only a name of their own says them.
        empty: Values that stand for a missing one, folded: `n/a`.
        confidence: The numbers.
    """

    catalogue: PiiCatalogue
    names: NameWords
    shapes: Mapping[str, tuple[Shape, ...]]
    lists: Mapping[str, tuple[ValueList, ...]]
    kinds: Mapping[str, frozenset[DataKind]]
    neighbours: Mapping[str, Neighbours]
    named_only: frozenset[str]
    empty: frozenset[str]
    confidence: Confidence

    def can_hold(self, pii_type: str, kind: DataKind) -> bool:
        """Whether a column of a kind can hold a type."""
        return kind in self.kinds.get(pii_type, _TEXT)


_TEXT = frozenset({DataKind.TEXT})
