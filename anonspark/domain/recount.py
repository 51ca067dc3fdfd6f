"""What was written against what was computed, combination by combination."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray
from anonspark.domain.classes import PERSON, EquivalenceClasses, SensitiveHistograms, size_counts
from anonspark.domain.distinct import NO_CLASS, class_of_each, distinct_rows
from anonspark.domain.encode import RawClasses, RawColumn, encode, histograms_of, leaves_of_rows
from anonspark.domain.hierarchy import Label, from_labels
from anonspark.domain.policy import Policy
from anonspark.domain.recoding import HIDDEN
from anonspark.domain.release import Release
from anonspark.domain.union import classes_of_labels, joined
from anonspark.domain.written import WrittenFacts, excess_classes
from anonspark.errors import VerificationError
from anonspark.vocabulary import SUPPRESSED, Suppression


def verify_release(
    written: RawClasses,
    raw: RawClasses,
    classes: EquivalenceClasses,
    policy: Policy,
    chosen: Release,
    base: RawClasses | None = None,
) -> WrittenFacts:
    """Hold the combinations of a written release against the raw ones, and the models against what was written.

    Args:
        written: Combinations of the release as it was read back; rows with an identifier that is not masked are marked.
        raw: Combinations of the input.
        classes: Its classes, for the distribution of sensitive values in the whole table.
        policy: What must hold.
        chosen: What was computed.
        base: Combinations that are released already, with which the written ones are judged.

    Returns:
        What was counted, all of it as it must be.

    Raises:
        VerificationError: Whatever differs; it tells counts only.
    """
    require_masked(written.malformed)
    _compare_combinations(written, _all_suppressed(written), raw, policy, chosen)
    facts = measure_release(written, raw, classes, policy, chosen, base)
    require_models_hold(facts, policy)
    return facts


def measure_release(
    written: RawClasses,
    raw: RawClasses,
    classes: EquivalenceClasses,
    policy: Policy,
    chosen: Release,
    base: RawClasses | None = None,
) -> WrittenFacts:
    """Count what a quality gate asks about, whatever was written; arguments as for `verify_release`.

    A row with a sensitive value that the input does not have is in no class: nobody knows how frequent its value is.
    """
    starred = _all_suppressed(written)
    foreign_labels = {
        column.name: int(written.counts[_others(column, allowed) & ~starred].sum())
        for column, allowed in zip(written.quasi_identifiers, _allowed_labels(chosen), strict=True)
    }
    in_class, foreign_values = ~starred, {}
    for column, original in zip(written.sensitive, raw.sensitive, strict=True):
        others = _others(column, set(original.values))
        foreign_values[column.name] = int(written.counts[others].sum())
        in_class &= ~others
    kept = _combinations(written, in_class)
    # A class that is labelled with nothing but `*` was written, and no reader can tell it from suppressed rows.
    people = chosen.kept_people[_labelled_suppressed(list(chosen.codes), _labels_of(chosen))[chosen.safe]]
    unsafe, smallest = [0] * len(policy.models), None
    if kept.n_records:
        if base is None:
            found = _written_classes(kept, raw, classes, policy, chosen)
        else:
            found, _ = classes_of_labels(joined(base, written), policy)
        unsafe = [int((~model.satisfied(found)).sum()) for model in policy.models]
        people, smallest = np.concatenate([people, found.people]), int(found.people.min())
    return WrittenFacts(
        rows=written.n_records,
        unmasked=written.malformed,
        foreign_labels=foreign_labels,
        foreign_values=foreign_values,
        smallest_class=smallest,
        unsafe_classes=tuple(unsafe),
        excess_classes=excess_classes(policy, size_counts(people)),
    )


def _written_classes(
    kept: RawClasses, raw: RawClasses, classes: EquivalenceClasses, policy: Policy, chosen: Release
) -> EquivalenceClasses:
    """The classes of the written rows that are not suppressed, as the models judge them."""
    sensitive = tuple(
        _with_values(column, original.values) for column, original in zip(kept.sensitive, raw.sensitive, strict=True)
    )
    flat = tuple(from_labels(column.name, [column.values]) for column in kept.quasi_identifiers)
    found = encode(replace(kept, sensitive=sensitive), policy, flat)
    whole = {
        name: replace(histograms, totals=classes.sensitive[name].totals, ancestors=classes.sensitive[name].ancestors)
        for name, histograms in found.sensitive.items()
    }
    if raw.persons is not None:
        whole[PERSON] = _persons_of(kept, found, raw, chosen)
    if chosen.population is None:
        return replace(found, sensitive=whole)
    groups = [
        _code_of_each_value(column.values, hierarchy.labels[level])[of_classes]
        for column, hierarchy, level, of_classes in zip(
            kept.quasi_identifiers, chosen.hierarchies, chosen.node, found.codes, strict=True
        )
    ]
    return replace(found, sensitive=whole, population=_people_in(groups, chosen.codes, chosen.population))


def _persons_of(kept: RawClasses, found: EquivalenceClasses, raw: RawClasses, chosen: Release) -> SensitiveHistograms:
    """The persons of each written class: those of the combinations that were written as it, which name nobody now."""
    codes, labels, released = _expected(raw, chosen)
    shown = released & ~_labelled_suppressed(codes, labels)
    written_as = [
        _code_of_each_value(of_attribute, column.values)[of_rows[shown]]
        for of_attribute, column, of_rows in zip(labels, kept.quasi_identifiers, codes, strict=True)
    ]
    persons: CountArray = np.zeros(len(shown), dtype=np.int64) if raw.persons is None else raw.persons
    class_of_row = class_of_each(written_as, found.codes)
    n_persons = int(persons.max(initial=-1)) + 1
    return histograms_of(class_of_row, found.n_classes, persons[shown], raw.counts[shown], n_persons)


def require_masked(unmasked: Mapping[str, int]) -> None:
    """Refuse a release with identifiers that are not masked; rows by identifier."""
    for identifier, rows in unmasked.items():
        if rows:
            raise VerificationError(f"Identifier '{identifier}' is not masked in {rows:,} rows.", field=identifier)


def require_models_hold(facts: WrittenFacts, policy: Policy) -> None:
    """Refuse a release with classes that a model forbids, one by one or together."""
    for model, unsafe in zip(policy.models, facts.unsafe_classes, strict=True):
        if unsafe:
            raise VerificationError(
                f"{unsafe:,} written classes do not satisfy {model}; nothing was published.", field="privacy"
            )
    for release_model, excess in zip(policy.release_models, facts.excess_classes, strict=True):
        if excess:
            raise VerificationError(
                f"What was written does not satisfy {release_model} as a whole; nothing was published.", field="privacy"
            )


def require_as_suppressed(written: int, computed: int) -> None:
    """Refuse a release that has another number of suppressed rows than was computed."""
    if written != computed:
        raise VerificationError(
            f"{written:,} suppressed rows were written where {computed:,} were computed; "
            "did the input change during the run?"
        )


def require_as_computed(differences: int) -> None:
    """Refuse a release with so many combinations that were not to be written as often as they were."""
    if differences:
        raise VerificationError(
            f"{differences:,} combinations were not written as often as they were computed; "
            "did the input change during the run?"
        )


def _compare_combinations(
    written: RawClasses, starred: BoolArray, raw: RawClasses, policy: Policy, chosen: Release
) -> None:
    """Each combination of labels and sensitive values must have been written as often as it was computed.

    A suppressed row is one of nothing but `*`, and its sensitive values must be those of the input too.
    """
    expected, labels, released = _expected(raw, chosen)
    hidden = ~released | _labelled_suppressed(expected, labels)
    present = released | (policy.suppression is Suppression.MASK)
    require_as_suppressed(int(written.counts[starred].sum()), int(raw.counts[hidden & present].sum()))
    rows = []
    for computed, column, of_attribute in zip(expected, written.quasi_identifiers, labels, strict=True):
        all_starred = len(of_attribute) + 1
        ours = np.where(hidden, all_starred, computed)[present]
        theirs = np.where(starred, all_starred, _codes_of(column, of_attribute))
        rows.append(np.concatenate([ours, theirs]).astype(np.int32))
    for column, original in zip(written.sensitive, raw.sensitive, strict=True):
        rows.append(np.concatenate([original.codes[present], _codes_of(column, original.values)]))
    counts = np.concatenate([raw.counts[present], -written.counts])
    if not len(counts):
        return
    require_as_computed(int(np.count_nonzero(np.bincount(distinct_rows(rows)[0], weights=counts))))


def _all_suppressed(written: RawClasses) -> BoolArray:
    """Rows of nothing but `*`, which are no class; shape (n_rows,)."""
    starred: BoolArray = np.ones(len(written.counts), dtype=np.bool_)
    for column in written.quasi_identifiers:
        starred &= np.array([value == SUPPRESSED for value in column.values], dtype=np.bool_)[column.codes]
    return starred


def _expected(raw: RawClasses, chosen: Release) -> tuple[list[CodeArray], list[tuple[Label, ...]], BoolArray]:
    """What each combination is to be written as.

    Returns:
        The code of its label in each attribute, one array of shape (n_rows,) each; the labels; and which combinations
        are released, whose codes alone mean something.
    """
    leaves = leaves_of_rows(raw, chosen.hierarchies)
    if chosen.recoding is not None:
        class_of = chosen.recoding.class_of[distinct_rows(leaves)[0]]
        codes = [row[class_of] if len(row) else np.zeros(len(class_of), dtype=np.int32) for row in chosen.codes]
        return codes, _labels_of(chosen), class_of != HIDDEN
    codes = [
        hierarchy.groups[level][of_rows]
        for hierarchy, level, of_rows in zip(chosen.hierarchies, chosen.node, leaves, strict=True)
    ]
    released = _are_among(codes, chosen.codes[:, chosen.safe])
    for hierarchy, of_rows in zip(chosen.hierarchies, leaves, strict=True):
        released &= ~hierarchy.unknown[of_rows]
    return codes, _labels_of(chosen), released


def _allowed_labels(chosen: Release) -> list[frozenset[Label]]:
    """What a row that is not suppressed can have in each attribute."""
    if chosen.recoding is not None:
        return [frozenset(labels) for labels in chosen.recoding.labels]
    return [
        hierarchy.labels_of_known_leaves(level)
        for hierarchy, level in zip(chosen.hierarchies, chosen.node, strict=True)
    ]


def _others(column: RawColumn, known: AbstractSet[Label]) -> BoolArray:
    """Combinations with a value that is none of these; shape (n_rows,)."""
    among: BoolArray = np.array([value not in known for value in column.values], dtype=np.bool_)[column.codes]
    return among


def _labels_of(chosen: Release) -> list[tuple[Label, ...]]:
    """The labels that the codes of a release's classes stand for."""
    if chosen.recoding is not None:
        return list(chosen.recoding.labels)
    return [hierarchy.labels[level] for hierarchy, level in zip(chosen.hierarchies, chosen.node, strict=True)]


def _labelled_suppressed(codes: Sequence[CodeArray], labels: Sequence[tuple[Label, ...]]) -> BoolArray:
    """Combinations whose labels are nothing but `*`; shape (n_rows,)."""
    hidden: BoolArray = np.ones(len(codes[0]), dtype=np.bool_)
    for of_attribute, of_rows in zip(labels, codes, strict=True):
        hidden &= np.array([label == SUPPRESSED for label in of_attribute], dtype=np.bool_)[of_rows]
    return hidden


def _are_among(rows: Sequence[CodeArray], classes: CodeArray) -> BoolArray:
    """Which rows are one of the classes, shape (n_attributes, n_classes); shape (n_rows,)."""
    among: BoolArray = class_of_each(rows, classes) != NO_CLASS
    return among


def _people_in(groups: Sequence[CodeArray], classes: CodeArray, population: CountArray) -> CountArray:
    """People of the class with these groups; 0 where there is none. Shape (n_rows,)."""
    return np.append(population, 0)[class_of_each(groups, classes)]


def _codes_of(column: RawColumn, labels: Sequence[Label]) -> CodeArray:
    """The code of each row's label, see below; shape (n_rows,)."""
    return _code_of_each_value(column.values, labels)[column.codes]


def _code_of_each_value(values: Sequence[Label], labels: Sequence[Label]) -> CodeArray:
    """The code of each value as a label; one past the last for what is none of these. Shape (n_values,)."""
    place: dict[Label, int] = {}
    for code, label in enumerate(labels):
        # The groups of unknown leaves stand last and are labelled `*` like a group that may be released.
        place.setdefault(label, code)
    return np.array([place.get(value, len(labels)) for value in values], dtype=np.int32)


def _with_values(column: RawColumn, values: tuple[Label, ...]) -> RawColumn:
    """The column with the input's values as its dictionary, so that both have the same codes."""
    return replace(column, values=values, codes=_codes_of(column, values))


def _combinations(raw: RawClasses, rows: BoolArray) -> RawClasses:
    """Some of the combinations."""
    return RawClasses(
        tuple(replace(column, codes=column.codes[rows]) for column in raw.quasi_identifiers),
        tuple(replace(column, codes=column.codes[rows]) for column in raw.sensitive),
        raw.counts[rows],
        raw.malformed,
    )
