"""Re-identification risk of a set of classes.

Source: El Emam and Dankar (2008), JAMIA 15(5); El Emam (2013), Guide to the De-Identification of Personal Health
Information. Journalist risk as measured here compares each class with the same class of a population table.
"""

from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import CountArray

LEVELS = ((0.09, "low"), (0.2, "medium"), (0.5, "high"), (1.0, "very_high"))
"""Highest risk up to which a release is called so: classes of at least 12, 5 and 2 records; thresholds as in El Emam
(2013)."""


@dataclass(frozen=True, slots=True)
class AttackerRisk:
    """Chance that an attacker finds the person behind a record, over the records that are not suppressed.

    Attributes:
        highest: Of any record, a probability.
        average: Over all records.
        lowest: Of any record.
        records_at_risk: Share of records whose chance is above the threshold, strictly.
    """

    highest: float
    average: float
    lowest: float
    records_at_risk: float


@dataclass(frozen=True, slots=True)
class Risk:
    """All three attackers, and how many records stand alone.

    Attributes:
        prosecutor: The attacker knows that the person is in the table.
        journalist: The attacker knows that the person is in the population.
        marketer: Expected share of records that an attacker finds who tries all.
        unique_fraction: Share of records in classes of one.
        level: low, medium, high or very_high, by the prosecutor's highest.
    """

    prosecutor: AttackerRisk
    journalist: AttackerRisk
    marketer: float
    unique_fraction: float
    level: str


def measure_risk(
    sizes: CountArray, threshold: float, population: CountArray | None = None, classes: CountArray | None = None
) -> Risk:
    """Risk of classes with these sizes; all zero where there is none.

    Args:
        sizes: Shape (n_classes,): records of each class that is released.
        threshold: A record is at risk above this chance.
        population: Shape (n_classes,): records of the population in the same class, at least the class's own; the
            classes themselves where not given.
        classes: Shape (n_classes,): how many classes each entry stands for; one where not given.

    >>> measure_risk(np.array([5, 20]), 0.1).prosecutor
    AttackerRisk(highest=0.2, average=0.08, lowest=0.05, records_at_risk=0.2)
    """
    if not len(sizes):
        nothing = AttackerRisk(0.0, 0.0, 0.0, 0.0)
        return Risk(nothing, nothing, 0.0, 0.0, risk_level(0.0))
    around = sizes if population is None else np.maximum(population, sizes)
    each = np.ones_like(sizes) if classes is None else classes
    records = sizes * each
    n_records, n_classes = int(records.sum()), int(each.sum())
    marketer = float((records / around).sum() / n_records)
    prosecutor = _attacker(records, sizes, n_classes / n_records, threshold)
    journalist = _attacker(records, around, max(n_classes / int((around * each).sum()), marketer), threshold)
    unique = float(records[sizes == 1].sum() / n_records)
    return Risk(prosecutor, journalist, marketer, unique, risk_level(prosecutor.highest))


def _attacker(records: CountArray, around: CountArray, average: float, threshold: float) -> AttackerRisk:
    chances = 1.0 / around
    at_risk = float(records[chances > threshold].sum() / records.sum())
    return AttackerRisk(float(chances.max()), average, float(chances.min()), at_risk)


def risk_level(highest: float) -> str:
    """The word for a highest risk.

    >>> risk_level(0.2), risk_level(0.21)
    ('medium', 'high')
    """
    return next((word for limit, word in LEVELS if highest <= limit), LEVELS[-1][1])
