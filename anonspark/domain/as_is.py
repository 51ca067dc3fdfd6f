"""The classes of a table whose labels are values: nothing is generalized, suppressed rows are no class."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.encode import RawClasses, RawColumn, encode
from anonspark.domain.hierarchy import GeneralizationHierarchy, from_labels
from anonspark.domain.policy import Policy
from anonspark.domain.population import population_sizes


@dataclass(frozen=True, slots=True, eq=False)
class TableClasses:
    """What a table consists of.

    Attributes:
        classes: Without the suppressed rows, whose sensitive values count in the totals.
        suppressed: Rows of nothing but the value that stands for suppressed cells.
    """

    classes: EquivalenceClasses
    suppressed: int


def classes_as_they_are(
    raw: RawClasses, policy: Policy, suppress_value: str | None, population: RawClasses | None = None
) -> TableClasses:
    """The classes of a table, and its suppressed rows.

    Args:
        raw: Its combinations.
        policy: Its quasi-identifiers and sensitive attributes; rules of quasi-identifiers are not looked at.
        suppress_value: What a suppressed row has in every quasi-identifier; None where none is suppressed.
        population: Combinations of the same quasi-identifiers, whose people are counted in each class.
    """
    hierarchies = flat_hierarchies(raw.quasi_identifiers)
    found = encode(raw, policy, hierarchies)
    hidden = suppressed_classes(found, hierarchies, suppress_value)
    kept = some_classes(found, np.flatnonzero(~hidden))
    if population is not None:
        at_bottom = (0,) * len(hierarchies)
        people = population_sizes(population, policy, hierarchies, at_bottom, kept.codes)
        kept = replace(kept, population=people)
    return TableClasses(kept, int(found.sizes[hidden].sum()))


def flat_hierarchies(columns: Sequence[RawColumn]) -> tuple[GeneralizationHierarchy, ...]:
    """Each column's values as the one level there is."""
    return tuple(from_labels(column.name, [column.values]) for column in columns)


def suppressed_classes(
    classes: EquivalenceClasses, hierarchies: Sequence[GeneralizationHierarchy], suppress_value: str | None
) -> BoolArray:
    """Which class, if any, has the value in every attribute; shape (n_classes,)."""
    hidden: BoolArray = np.full(classes.n_classes, suppress_value is not None)
    for row, hierarchy in zip(classes.codes, hierarchies, strict=True):
        hidden &= np.array([leaf == suppress_value for leaf in hierarchy.leaves], dtype=np.bool_)[row]
    return hidden


def some_classes(classes: EquivalenceClasses, rows: CountArray) -> EquivalenceClasses:
    """Some of the classes, in that order; the totals of sensitive values stay those of the whole table."""
    return EquivalenceClasses(
        codes=classes.codes[:, rows],
        sizes=classes.sizes[rows],
        sensitive={name: histograms.of_classes(rows) for name, histograms in classes.sensitive.items()},
        population=None if classes.population is None else classes.population[rows],
    )
