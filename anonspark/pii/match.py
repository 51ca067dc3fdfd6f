"""From the profiles of the columns of a table to the personal data in it: names, values, kinds, neighbours together."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Final

from anonspark.domain.pii import ColumnFinding, ColumnProfile
from anonspark.domain.pii_knowledge import Knowledge
from anonspark.errors import ConfigurationError, did_you_mean
from anonspark.pii.names import NameEvidence, NameReading, read_name
from anonspark.pii.shapes import ValueEvidence, ValueReading, read_values
from anonspark.vocabulary import DataKind, DetectionMethod

THRESHOLD: Final = 0.8
"""Confidence from which on a finding is reported, itself included."""

_TOGETHER: Final = frozenset({DetectionMethod.EXACT_NAME, DetectionMethod.KEYWORD_NAME, DetectionMethod.AFFIX_NAME})


def find_pii(
    profiles: Sequence[ColumnProfile],
    knowledge: Knowledge,
    *,
    threshold: float = THRESHOLD,
    types: Collection[str] | None = None,
) -> list[ColumnFinding]:
    """The personal data in the columns of one table, at most one type a column.

    Args:
        profiles: Of all columns of the table, as columns that stand beside a column bear on what it holds.
        knowledge: What tells personal data.
        threshold: Nothing less sure is reported.
        types: The only types to look for, and kinds of them; all by default.

    Returns:
        In the order of the profiles.

    Raises:
        ConfigurationError: `types` names one that is none.
    """
    wanted = _wanted(types, knowledge)
    columns = _read(profiles, knowledge)
    alone = [column.best(frozenset()) for column in columns]
    sure = [frozenset(_sure(candidate, knowledge, threshold)) for candidate in alone]
    findings = []
    for at, column in enumerate(columns):
        beside = frozenset().union(*(found for other, found in enumerate(sure) if other != at))
        best = column.best(beside, wanted)
        if best is not None and best.confidence >= threshold:
            findings.append(best.finding(column))
    return findings


def _read(profiles: Sequence[ColumnProfile], knowledge: Knowledge) -> "list[_Column]":
    """The names and the values of all columns."""
    names = [read_name(profile.path, knowledge.names, knowledge.confidence) for profile in profiles]
    named = {profile.path: name.evidence for profile, name in zip(profiles, names, strict=True)}
    readings = read_values(profiles, knowledge, named)
    return [_Column(*found) for found in zip(profiles, repeat(knowledge), names, readings, strict=False)]


def _wanted(types: Collection[str] | None, knowledge: Knowledge) -> frozenset[str] | None:
    """The types to look for with all kinds of them."""
    if types is None:
        return None
    known = knowledge.catalogue.types
    unknown = [kind for kind in types if kind not in known]
    if unknown:
        raise ConfigurationError(
            [("types", f"found '{kind}', which is no type{did_you_mean(kind, known) or '.'}") for kind in unknown]
        )
    return frozenset(kind for kind in known if any(knowledge.catalogue.covers(wider, kind) for wider in types))


def _sure(candidate: "_Candidate | None", knowledge: Knowledge, threshold: float) -> Iterator[str]:
    """The type of a column that is found without its neighbours, and the wider ones."""
    if candidate is not None and candidate.confidence >= threshold:
        yield from knowledge.catalogue.lineage(candidate.pii_type)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One type that a column may hold."""

    pii_type: str
    confidence: float
    method: DetectionMethod
    name: NameEvidence | None
    values: ValueEvidence | None
    contradicted: bool = False
    raised: bool = False

    def finding(self, column: "_Column") -> ColumnFinding:
        """What is reported of it."""
        has_share = self.values is not None and self.values.positive > 0
        return ColumnFinding(
            column.profile.path,
            self.pii_type,
            round(self.confidence, 4),
            self.method,
            tuple(_sentences(self, column)),
            round(self.values.positive, 4) if has_share and self.values is not None else None,
        )


@dataclass(frozen=True, slots=True)
class _Column:
    """A column with all that its name and its values say."""

    profile: ColumnProfile
    knowledge: Knowledge
    name: NameReading
    values: ValueReading

    def best(self, beside: frozenset[str], wanted: frozenset[str] | None = None) -> _Candidate | None:
        """The type that is surest beside others; of a type and a kind of it, the kind where the values support it."""
        candidates = {
            candidate.pii_type: self.beside(candidate, beside)
            for candidate in self.candidates()
            if wanted is None or candidate.pii_type in wanted
        }
        if not candidates:
            return None
        catalogue = self.knowledge.catalogue
        best = max(candidates.values(), key=lambda found: (found.confidence, catalogue.depth(found.pii_type)))
        while (kind := self.kind_of(best, candidates)) is not None:
            best = kind
        return replace(best, confidence=min(best.confidence, self.limit(best.pii_type)))

    def limit(self, pii_type: str) -> float:
        """The most that a type can reach."""
        numbers = self.knowledge.confidence
        return min(numbers.ceiling, numbers.caps.get(pii_type, 1.0))

    def candidates(self) -> Iterator[_Candidate]:
        """Every type that the name or the values speak for."""
        types = [*self.name.evidence, *(kind for kind in self.values.evidence if kind not in self.name.evidence)]
        for pii_type in types:
            candidate = self.candidate(pii_type)
            if candidate is not None:
                yield candidate

    def candidate(self, pii_type: str) -> _Candidate | None:
        """One type with the evidence for it weighed."""
        values = self.values.evidence.get(pii_type)
        name = self.named(pii_type, values)
        if name is None:
            return self.by_values(pii_type, values)
        numbers, score = self.knowledge.confidence, values.score if values else 0.0
        contradicted = self.contradicts(values)
        if not contradicted:
            together = 1 - (1 - name.score) * (1 - score)
            method = DetectionMethod.NAME_AND_VALUES if score > 0 else name.method
            return _Candidate(pii_type, together, method, name, values)
        lowered = name.score - numbers.contradiction
        return _Candidate(pii_type, max(lowered, 0.0), name.method, name, values, contradicted=True)

    def named(self, pii_type: str, values: ValueEvidence | None) -> NameEvidence | None:
        """What the name says of a type: of itself, or of a wider type where values tell that they are of this kind."""
        kind = self.values.kind
        if not self.knowledge.can_hold(pii_type, kind):
            return None
        names = self.name.evidence
        found = names.get(pii_type)
        supported = (
            pii_type not in self.knowledge.named_only
            and values is not None
            and values.specific >= self.knowledge.confidence.contradiction_share
        )
        if found is None and supported:
            wider = (names[kind] for kind in self.knowledge.catalogue.lineage(pii_type) if kind in names)
            found = next(wider, None) or self.narrower(pii_type)
        if found is not None and found.whether and not self.knowledge.can_hold(pii_type, DataKind.FLAG):
            return None
        return found

    def narrower(self, pii_type: str) -> NameEvidence | None:
        """What the name says of a kind of a type that the values contradict: `us_phone` over numbers of other lands."""
        covers = self.knowledge.catalogue.covers
        found = [
            evidence
            for kind, evidence in self.name.evidence.items()
            if covers(pii_type, kind) and self.contradicts(self.values.evidence.get(kind))
        ]
        return max(found, key=lambda evidence: evidence.score, default=None)

    def by_values(self, pii_type: str, values: ValueEvidence | None) -> _Candidate | None:
        """A type that only the values speak for; less where the name says that it is something else."""
        if values is None or values.score <= 0:
            return None
        score = values.score
        if (self.name.elsewhere or self.name.of_thing) and not values.unmistakable:
            score = min(score, self.knowledge.confidence.weak_values)
        return _Candidate(pii_type, score, DetectionMethod.PATTERN, None, values)

    def contradicts(self, values: ValueEvidence | None) -> bool:
        """Whether enough values are there, and too few of them can be of the type."""
        numbers = self.knowledge.confidence
        if values is None or self.values.cells < numbers.contradiction_values:
            return False
        return values.fits < numbers.contradiction_share or values.against > 1 - numbers.contradiction_share

    def unlike(self, candidate: _Candidate) -> bool:
        """Whether there are values, and hardly one speaks for a type that has values that could."""
        lists = self.knowledge.lists.get(candidate.pii_type, ())
        shapes = self.knowledge.shapes.get(candidate.pii_type, ())
        telling = any(listed.specificity > 0 for listed in lists) or any(shape.specificity > 0 for shape in shapes)
        few = candidate.values is None or candidate.values.positive < self.knowledge.confidence.supporting_share
        return telling and few and self.values.cells > 0

    def kind_of(self, best: _Candidate, candidates: Mapping[str, _Candidate]) -> _Candidate | None:
        """The kind of a type that nearly all its values are of."""
        if best.values is None:
            return None
        share = self.knowledge.confidence.child_share * best.values.positive
        kinds = [
            found
            for kind, found in candidates.items()
            if self.knowledge.catalogue.types[kind].parent == best.pii_type
            and found.values is not None
            and found.values.specific > 0
            and found.values.specific >= share
            and found.confidence >= min(best.confidence, THRESHOLD)
        ]
        return max(kinds, key=lambda found: found.confidence, default=None)

    def beside(self, candidate: _Candidate, beside: frozenset[str]) -> _Candidate:
        """A candidate weighed with the columns that stand beside it."""
        numbers = self.knowledge.confidence
        neighbours = self.knowledge.neighbours.get(candidate.pii_type)
        if neighbours is None:
            return candidate
        if neighbours.needs and not neighbours.needs & beside:
            return replace(candidate, confidence=min(candidate.confidence, numbers.missing_neighbours))
        if candidate.name is None or candidate.contradicted or not neighbours.raised_by & beside:
            return candidate
        if candidate.name.score <= numbers.weak_name and self.unlike(candidate):
            return candidate
        raised = 1 - (1 - candidate.confidence) * (1 - numbers.neighbours)
        method = candidate.method
        if candidate.confidence < THRESHOLD <= raised:
            method = DetectionMethod.NEIGHBOURS
        return replace(candidate, confidence=raised, method=method, raised=True)


def _sentences(candidate: _Candidate, column: _Column) -> Iterator[str]:
    """The evidence in words, without any value."""
    label = column.knowledge.catalogue.types[candidate.pii_type].name
    if candidate.name is not None:
        how = {
            DetectionMethod.EXACT_NAME: "The column's name says",
            DetectionMethod.KEYWORD_NAME: "The column's name contains",
            DetectionMethod.AFFIX_NAME: "The column's name begins or ends with",
        }[candidate.name.method]
        said = column.knowledge.catalogue.types[candidate.name.pii_type].name
        yield f"{how} {said}."
    values = candidate.values
    if values is not None and values.positive > 0:
        checked = " and pass its check" if values.checked else ""
        yield f"{values.positive:.1%} of {column.values.cells:,} values have the shape of {label}{checked}."
    if candidate.contradicted and values is not None:
        yield f"Only {values.fits:.1%} of {column.values.cells:,} values can be {label}."
    if candidate.raised:
        yield "Other columns of the table speak for it."
    if column.values.cells == 0:
        yield "No value was there to look at."
