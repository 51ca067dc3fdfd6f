"""What a written release must be, as bounds on counts: the source of its expectations.

A count says how many rows or classes are wrong, never which: sets of labels can be values of the data, so they are
compared where the rows are, and only the number of rows that have another one comes here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from anonspark.domain.policy import Policy
from anonspark.domain.release import Release
from anonspark.domain.written import WrittenFacts
from anonspark.models.k_anonymity import KAnonymity
from anonspark.quality.words import name_and_sentence
from anonspark.vocabulary import SUPPRESSED, Suppression

Columns = Mapping[str, str]
"""Type of each column, as Spark's `simpleString` prints it, in the order of the columns."""

TEXT = "string"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that must hold.

    Attributes:
        name: Short, of its own; with the column or the model that it is about.
        sentence: What must hold, for readers who know no statistics.
        count: What was counted.
        counted: What that is a number of, as a sentence begins.
        wanted: What the count must be.
        more: A sentence about what was found.
    """

    name: str
    sentence: str
    count: int
    counted: str
    wanted: int = 0
    more: str = ""

    @property
    def found(self) -> str:
        """What was counted, in words."""
        return f"{self.counted}: {self.count:,}. {self.more}".rstrip()


def requirements(
    facts: WrittenFacts, policy: Policy, chosen: Release, raw_columns: Columns, written_columns: Columns
) -> list[Requirement]:
    """All that must hold of a written release.

    Args:
        facts: What was counted in it.
        policy: What was asked.
        chosen: What was computed.
        raw_columns: Of the input.
        written_columns: Of the release.
    """
    expected = expected_columns(raw_columns, policy)
    return [
        *_of_identifiers(facts, policy, written_columns),
        *_of_models(facts, policy),
        *_of_values(facts, policy),
        *_of_rows(facts, policy, chosen),
        *_of_columns(expected, written_columns),
    ]


def expected_columns(raw_columns: Columns, policy: Policy) -> dict[str, str]:
    """The columns that a release must have: texts for what is generalized or masked, the others as they are."""
    dropped = policy.identifiers if policy.identifier_treatment is Suppression.DROP else ()
    texts = {*policy.names, *policy.identifiers}
    return {name: TEXT if name in texts else kind for name, kind in raw_columns.items() if name not in dropped}


def _of_rows(facts: WrittenFacts, policy: Policy, chosen: Release) -> Iterator[Requirement]:
    dropped = chosen.suppressed if policy.suppression is Suppression.DROP else 0
    without = f" without the {dropped:,} that are suppressed" if dropped else ""
    yield Requirement(
        "rows",
        f"The release has as many rows as the input{without}, and all can be read.",
        facts.rows,
        "Rows",
        chosen.n_records - dropped,
    )


def _of_columns(expected: Columns, written: Columns) -> Iterator[Requirement]:
    in_place = sum(ours == theirs for ours, theirs in zip(expected, written, strict=False))
    yield Requirement(
        "columns",
        "The release has the columns of the input in their order, without the identifiers that are dropped.",
        max(len(expected), len(written)) - in_place,
        "Columns that are missing, too many or in another place",
    )
    yield Requirement(
        "types",
        "Columns that are generalized or masked are texts; the others have the type that they have in the input.",
        sum(not _is_of(written[name], kind) for name, kind in expected.items() if name in written),
        "Columns of another type",
    )


def _is_of(found: str, kind: str) -> bool:
    """Whether a type is the expected one; texts may have a collation."""
    return found == kind or (kind == TEXT and found.startswith(f"{TEXT} collate "))


def _of_identifiers(facts: WrittenFacts, policy: Policy, written: Columns) -> Iterator[Requirement]:
    for name in policy.identifiers:
        if policy.identifier_treatment is Suppression.DROP:
            sentence = f"The identifier '{name}' is not in the release."
            yield Requirement(f"identifier '{name}'", sentence, int(name in written), "Columns of this name")
        else:
            sentence = f"The identifier '{name}' is masked: it holds nothing but '{SUPPRESSED}'."
            yield Requirement(f"identifier '{name}'", sentence, facts.unmasked[name], "Rows that hold something else")


def _of_values(facts: WrittenFacts, policy: Policy) -> Iterator[Requirement]:
    for attribute in policy.quasi_identifiers:
        name, what = attribute.name, "label of its hierarchy at the levels of this release"
        if attribute.microaggregation is not None:
            what = f"{attribute.microaggregation} of one of the release's groups of persons who look alike"
        yield Requirement(
            f"labels of '{name}'",
            f"Every value of '{name}' is a {what}, or '{SUPPRESSED}' in a row that is suppressed.",
            facts.foreign_labels[name],
            "Rows that hold something else",
        )
    for sensitive in policy.sensitive:
        yield Requirement(
            f"values of '{sensitive.name}'",
            f"Every value of '{sensitive.name}' is one that the input has too.",
            facts.foreign_values[sensitive.name],
            "Rows that hold something else",
        )


def _of_models(facts: WrittenFacts, policy: Policy) -> Iterator[Requirement]:
    for model, unsafe in zip(policy.models, facts.unsafe_classes, strict=True):
        name, sentence = name_and_sentence(model)
        smallest = "" if facts.smallest_class is None else f"Persons in the smallest group: {facts.smallest_class:,}."
        more = smallest if isinstance(model, KAnonymity) else ""
        yield Requirement(name, sentence, unsafe, "Groups of persons for whom that is not so", more=more)
    for release_model, excess in zip(policy.release_models, facts.excess_classes, strict=True):
        name, sentence = name_and_sentence(release_model)
        yield Requirement(name, sentence, excess, "Groups of persons too many")
