"""How much each quasi-identifier adds to the risk: the table without it, and it alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.classes import PERSON, EquivalenceClasses
from anonspark.domain.distinct import distinct_rows
from anonspark.measures.risk import measure_risk


@dataclass(frozen=True, slots=True)
class Contribution:
    """Risk of the records if one attribute were left out, and if there were no other.

    Attributes:
        highest_without: Prosecutor's highest risk without the attribute, a probability.
        average_without: Prosecutor's average risk without it.
        unique_without: Share of records that are unique without it.
        unique_alone: Share of records that are unique by it alone.
        distinct: Values of the attribute.
    """

    highest_without: float
    average_without: float
    unique_without: float
    unique_alone: float
    distinct: int


def attribute_contributions(classes: EquivalenceClasses) -> list[Contribution]:
    """What each attribute contributes to the risk of these classes, in the order of attributes.

    Where records name their person, persons are counted: one who is in two classes that become one is one there.
    """
    inside = np.flatnonzero(classes.sizes > 0)  # not those that only a population has
    columns = [row[inside] for row in classes.codes]
    return [
        _contribution(classes, inside, columns[:axis] + columns[axis + 1 :], of_attribute)
        for axis, of_attribute in enumerate(columns)
    ]


def _contribution(
    classes: EquivalenceClasses, inside: CountArray, others: Sequence[CodeArray], own: CodeArray
) -> Contribution:
    without = others or [np.zeros(len(inside), dtype=np.int32)]
    rest, alone = (_people(classes, inside, columns) for columns in (without, [own]))
    # No threshold is asked about: the share of records at risk is not among the figures.
    risk = measure_risk(rest, 1.0)
    return Contribution(
        risk.prosecutor.highest,
        risk.prosecutor.average,
        risk.unique_fraction,
        measure_risk(alone, 1.0).unique_fraction,
        len(alone),
    )


def _people(classes: EquivalenceClasses, inside: CountArray, columns: Sequence[CodeArray]) -> CountArray:
    """Persons of each class that these columns alone tell apart; shape (n_merged_classes,)."""
    merged, first = distinct_rows(columns)
    if PERSON not in classes.sensitive:
        return np.bincount(merged, weights=classes.sizes[inside], minlength=len(first)).astype(np.int64)
    persons = classes.sensitive[PERSON].of_classes(inside)
    _, pairs = distinct_rows([merged[persons.class_of_each_pair()].astype(np.int32), persons.values])
    owners = merged[persons.class_of_each_pair()[pairs]]
    return np.bincount(owners, minlength=len(first)).astype(np.int64)
