"""Types of personal data, what a column holds, and what was found in it; no value of a person outlives a profile."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from anonspark.domain.treatments import Action
from anonspark.vocabulary import ActionName, DataKind, DetectionMethod, Severity

CELL_LENGTH: Final = 512
"""Characters of a cell that shapes are matched against; longer cells are free text."""


@dataclass(frozen=True, slots=True)
class PiiType:
    """A kind of personal data.

    Attributes:
        id: Its name in job files, results and metadata: `us_phone`.
        name: Its id in title case: `Us Phone`.
        category: The concern it belongs to: `contact`.
        description: One sentence.
        parent: The wider type that it is a kind of: `phone`.
        weight: How much it tells of a person, for the severity of what stays untreated: 3 high, 2 medium, 1 low.
    """

    id: str
    name: str
    category: str
    description: str
    parent: str | None = None
    weight: int = 2


@dataclass(frozen=True, slots=True)
class PiiCatalogue:
    """All types, by id, parents before their children.

    Attributes:
        types: By id.
    """

    types: Mapping[str, PiiType]

    def lineage(self, pii_type: str) -> Iterator[str]:
        """The type itself, its parent, the parent of that, to the root."""
        current: str | None = pii_type
        while current is not None:
            yield current
            current = self.types[current].parent

    def nearest(self, pii_type: str, among: Collection[str]) -> str | None:
        """The most specific of some types that is the type or covers it."""
        return next((wider for wider in self.lineage(pii_type) if wider in among), None)

    def covers(self, wider: str, pii_type: str) -> bool:
        """Whether a type is the other one or a kind of it."""
        return wider in self.lineage(pii_type)

    def depth(self, pii_type: str) -> int:
        """0 for a root; the deeper of two types of a lineage is the more specific one."""
        return sum(1 for _ in self.lineage(pii_type)) - 1


@dataclass(frozen=True, slots=True)
class ComplianceProfile:
    """What a regulation calls personal data, and what is done with it unless a rule says otherwise.

    Attributes:
        id: `hipaa`.
        name: `HIPAA`.
        description: One sentence.
        pii_types: In the order of the regulation's list; a type covers its children.
        default_action: For its types.
        also: Types that the regulation covers too, without a place of their own in its list.
        actions: Types whose own action differs from the default; a type's entry holds for its children.
        severities: Types whose severity does not follow from confidence and weight, and their children.
        limits: Types of which an action may leave a part, and at most what one of these actions leaves; none may where
            there are none. Types that are not named here, nor a parent of theirs, have no limit.
        never_kept: Types that have to be gone, as no transformed value of them may be kept either.
        only_with_person: Types that count only where the table holds another type that tells of a person.
        parts_identify: Whether a part of a value, such as its last four characters, is still held to identify.
        equal_types: Whether types of low weight are as critical as others.
        guarded_hashes: Types whose hashes need a key, and may not stand beside a part of the value.
    """

    id: str
    name: str
    description: str
    pii_types: tuple[str, ...]
    default_action: ActionName
    also: tuple[str, ...] = ()
    actions: Mapping[str, Action] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    limits: Mapping[str, tuple[Action, ...]] = field(default_factory=dict)
    never_kept: tuple[str, ...] = ()
    only_with_person: tuple[str, ...] = ()
    parts_identify: bool = False
    equal_types: bool = False
    guarded_hashes: tuple[str, ...] = ()

    def entry(self, pii_type: str, catalogue: PiiCatalogue) -> str | None:
        """The most specific type of the profile that covers a type; None outside the profile."""
        return catalogue.nearest(pii_type, (*self.pii_types, *self.also))


@dataclass(frozen=True, slots=True, repr=False)
class ColumnProfile:
    """The distinct values of one column of scalars, or of one path within a nested column, on the driver.

    It holds raw values, so it has no repr and goes no further than `pii.match`.

    Attributes:
        path: `email`; within structs `address.zip`, arrays `phones[]`, values of maps `tags{}`, JSON `doc.$.user`.
        kind: Of its values.
        cells: In the sample, nulls included.
        nulls: Among them.
        values: Distinct, as text, cut at `CELL_LENGTH` characters, most frequent first; no null.
        counts: Cells of each value; their sum is cells - nulls unless the profile was cut to a number of values.
        lengthy: Cells of more than `CELL_LENGTH` characters.
    """

    path: str
    kind: DataKind
    cells: int
    nulls: int
    values: tuple[str, ...]
    counts: tuple[int, ...]
    lengthy: int = 0


@dataclass(frozen=True, slots=True)
class ColumnFinding:
    """One type of personal data in one column; a column's best finding decides what is done with it.

    Attributes:
        column: The path of the column, as in its profile.
        pii_type: Which.
        confidence: In [0, 1].
        method: What kind of evidence it rests on.
        evidence: Sentences for people, without any value: `98.5 % of 1,000 values have the shape of an e-mail address`.
        share: Of the non-null cells that have the type's shape; None where only the name tells.
        sample: A masked value, `a***@e***.com`; None where there is none to show.
    """

    column: str
    pii_type: str
    confidence: float
    method: DetectionMethod
    evidence: tuple[str, ...]
    share: float | None = None
    sample: str | None = None
