"""How many of the people who stand alone in a table stand alone in its population too.

A record that is unique in the table need not be the only one of its kind in the population. Estimators guess from the
sizes of the table's classes how many are.
"""

from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import CountArray, FloatArray
from anonspark.domain.classes import SizeCounts, as_arrays
from anonspark.measures.negative_binomial import fit_slide_negative_binomial
from anonspark.measures.pitman import fit_pitman

NEGLIGIBLE = 100.0
"""Chances below e^-100 are none."""

SMALL_SAMPLE = 0.1
"""Up to this sampling fraction Pitman's model was the best on clinical tables."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Share of records that are estimated to be unique in the population; None where the estimator has no answer."""

    share: float | None
    converged: bool


@dataclass(frozen=True, slots=True)
class PopulationUniques:
    """What three estimators say, and the one that a published rule chooses.

    Attributes:
        zayatz: By Bayes' rule, with the table's sizes of classes taken for the population's.
        pitman: By the Ewens-Pitman model of a growing population.
        snb: By the slide negative binomial model.
        chosen: `zayatz`, `pitman` or `snb`.
        share: Of the chosen one.
    """

    zayatz: Estimate
    pitman: Estimate
    snb: Estimate
    chosen: str
    share: float | None


def population_uniques(counts: SizeCounts, population_size: int) -> PopulationUniques:
    """Estimated share of records that are unique in the population, by three estimators and a rule that chooses.

    The rule: Pitman's for a table of at most a tenth of the population, else the slide negative binomial's or Zayatz's,
    whichever is lower; Zayatz's, which always has an answer, where the one to take has none. Nothing is estimated where
    no record is alone in its class (nobody is unique then) or where the table is the population; and since who is
    unique among all is so in the table, no estimate is above the share of records that are alone.

    Args:
        counts: The sizes of classes with how many there are of each.
        population_size: People of whom the table is a sample without replacement, at least its records.

    Source: Dankar, El Emam, Neisa and Roffey (2012), Estimating the re-identification risk of clinical data sets, BMC
    Medical Informatics and Decision Making 12(66).

    >>> population_uniques([(1, 2), (2, 1)], 4).share
    0.5
    """
    sizes, classes = as_arrays(counts)
    n_records = int((sizes * classes).sum())
    alone = dict(counts).get(1, 0) / max(n_records, 1)
    zayatz = Estimate(zayatz_uniques(counts, population_size), converged=True)
    if not alone or n_records >= population_size:
        known = Estimate(alone, converged=True)
        return PopulationUniques(known, known, known, "zayatz", alone)
    by_pitman, by_snb = fit_pitman(counts), fit_slide_negative_binomial(counts, n_records / population_size)
    pitman = _estimate(None if by_pitman is None else by_pitman.expected_uniques(population_size), alone)
    snb = _estimate(None if by_snb is None else by_snb.expected_uniques / population_size, alone)
    found = {"zayatz": zayatz, "pitman": pitman, "snb": snb}
    candidates = ["pitman"] if n_records <= SMALL_SAMPLE * population_size else ["snb", "zayatz"]
    shares = {name: share for name in candidates if (share := found[name].share) is not None}
    chosen = min(shares, key=shares.__getitem__, default="zayatz")
    return PopulationUniques(zayatz, pitman, snb, chosen, found[chosen].share)


def _estimate(share: float | None, alone: float) -> Estimate:
    return Estimate(None if share is None else min(share, alone), converged=share is not None)


def zayatz_uniques(counts: SizeCounts, population_size: int) -> float:
    """Estimated share of records that are unique in the population; 0.0 where there is no class of one.

    The chance that a record alone in its class is alone in the population is, by Bayes' rule,
    h(1) f_1 / sum_i h(i) f_i: f_i is the share of classes of size i, taken for the population's from the table's, and
    h(i) the chance that a class of i people shows up in the table with exactly one of them (hypergeometric). The
    records of classes of one, times this chance, over all records is the answer.

    Args:
        counts: The sizes of classes with how many there are of each.
        population_size: People of whom the table is a sample without replacement, at least its records.

    Source: Zayatz (1991), Estimation of the Percent of Unique Population Elements on a Microdata File Using the
    Sample, US Bureau of the Census, Statistical Research Division Report 91/08.

    >>> zayatz_uniques([(1, 2), (2, 1)], 4)
    0.5
    >>> round(zayatz_uniques([(1, 2), (2, 1)], 8), 4)
    0.3182
    """
    values, classes = as_arrays(counts)
    if not len(values) or values[0] != 1:
        return 0.0
    n_records = int((values * classes).sum())
    alone = classes[0]
    expected = (classes * _chance_of_one(values, n_records, population_size)).sum()
    chance = alone * n_records / population_size / expected
    return float(alone * chance / n_records)


def _chance_of_one(sizes: CountArray, n_records: int, population_size: int) -> FloatArray:
    """Chance that a class of the population has exactly one record in the table; shape (n_sizes,).

    i n / N times the product of (N - n - j) / (N - 1 - j) over j < i - 1: one is drawn, the others are not. Each factor
    is at most exp(-(n - 1) / (N - 1)), so that large classes have a chance of 0 for all that it matters.
    """
    matters = int(NEGLIGIBLE * (population_size - 1) / max(n_records - 1, 1)) + 1
    others = np.arange(min(int(sizes.max()) - 1, matters), dtype=np.float64)
    missed = np.maximum(population_size - n_records - others, 0.0) / (population_size - 1 - others)
    not_drawn = np.concatenate([[1.0], np.cumprod(missed)])
    chances = sizes * (n_records / population_size) * not_drawn[np.minimum(sizes, len(not_drawn)) - 1]
    return np.where(sizes <= len(not_drawn), chances, 0.0)
