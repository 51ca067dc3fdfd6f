"""Population uniques by the slide negative binomial model: a class has one person, and more by a negative binomial.

Of K classes in the population each has 1 + Y people, P(Y = y) = gamma(a + y) / (gamma(a) y!) p^a (1 - p)^y, so that
K p^a are expected to have one. Each person is in the table with chance f, the sampling fraction. K is estimated first;
a and p are those for which the expected numbers of classes of one and of two records are the table's.

Source: Chen and Keller-McNulty (1998), Estimation of Identification Disclosure Risk in Microdata, Journal of Official
Statistics 14(1), as used by Dankar, El Emam, Neisa and Roffey (2012), BMC Medical Informatics and Decision Making
12(66), appendix A.
"""

from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import FloatArray
from anonspark.domain.classes import SizeCounts, as_arrays
from anonspark.measures.gamma import root

ODDS = np.linspace(-40.0, 40.0, 4001)
"""log((1 - p) / p) where a sign is looked for: on the sizes of any table, finer than two solutions lie apart."""


@dataclass(frozen=True, slots=True)
class SlideNegativeBinomial:
    """K, a and p of the model."""

    classes: float
    shape: float
    chance: float

    @property
    def expected_uniques(self) -> float:
        """People of the population who are alone in their class, expected."""
        return float(self.classes * self.chance**self.shape)


def fit_slide_negative_binomial(counts: SizeCounts, fraction: float) -> SlideNegativeBinomial | None:
    """The model with the table's numbers of classes of one and of two; None unless exactly one such model exists.

    Args:
        counts: Sizes of the table's classes.
        fraction: Records over people of the population, in (0, 1).
    """
    of_size = dict(counts)
    ones, twos = of_size.get(1, 0), of_size.get(2, 0)
    if not ones or not twos:
        return None
    population_classes = classes_in_population(counts, fraction)
    return solve_slide_negative_binomial(population_classes, fraction, ones, twos)


def solve_slide_negative_binomial(
    population_classes: float, fraction: float, ones: float, twos: float
) -> SlideNegativeBinomial | None:
    """The model that has K and expects these numbers of classes of one and of two records.

    With q = 1 - p, d = (1 - f) q and A = (p / (1 - d))^a these numbers are K f A (1 + a d / (1 - d)) and
    K f^2 q a A (2 - (1 - a) d) / (2 (1 - d)^2). For each p their ratio is a quadratic equation in a with one positive
    root; with that a, the first is an equation in p alone. None where it has no root, or several.
    """

    def shape(log_odds: FloatArray) -> FloatArray:
        not_p, missed, rest = _chances(log_odds, fraction)
        ratio = 2 * twos / ones * rest**2 / (fraction * not_p)
        linear = 2 - missed - ratio * missed / rest
        # The positive root of missed a^2 + linear a - ratio, in the form that does not cancel.
        discriminant = np.sqrt(linear**2 + 4 * missed * ratio)
        up = linear > 0
        return np.where(up, 2 * ratio, discriminant - linear) / np.where(up, linear + discriminant, 2 * missed)

    def excess(log_odds: FloatArray) -> FloatArray:
        """Logarithm of the expected number of classes of one over the table's."""
        _, missed, rest = _chances(log_odds, fraction)
        a = shape(log_odds)
        # log(p / (1 - d)) without a difference of nearly equal logarithms, which a large `a` would blow up.
        of_none = -np.log1p(fraction * np.exp(log_odds))
        of_one = np.log1p(a * missed / rest)
        found: FloatArray = np.log(population_classes * fraction / ones) + a * of_none + of_one
        return found

    positive = excess(ODDS) > 0
    changes = np.flatnonzero(positive[1:] != positive[:-1])
    if len(changes) != 1:
        return None
    low, high = ODDS[changes[0]], ODDS[changes[0] + 1]
    log_odds = root(lambda at: float(excess(np.array([at]))[0]), float(low), float(high))
    if log_odds is None:
        return None
    at = np.array([log_odds])
    return SlideNegativeBinomial(population_classes, float(shape(at)[0]), float(np.exp(-np.logaddexp(0.0, at))[0]))


def classes_in_population(counts: SizeCounts, fraction: float) -> float:
    """Estimated number of classes of the population, at least those of the table.

    Source: Haas and Stokes (1998), Estimating the Number of Classes in a Finite Population, Journal of the American
    Statistical Association 93(444): their modification of Shlosser's estimator for populations with large classes.
    """
    sizes, classes = as_arrays(counts)
    ones = float(classes[sizes == 1].sum())
    unseen = classes * (1 - fraction) ** sizes
    one_seen = (classes * sizes * fraction * (1 - fraction) ** (sizes - 1)).sum()
    both = (classes * sizes * fraction**2 * (1 - fraction**2) ** (sizes - 1)).sum()
    at_random = (classes * (1 - fraction**2) ** sizes - unseen).sum()
    return float(classes.sum() + ones * both / at_random * (unseen.sum() / one_seen) ** 2)


def _chances(log_odds: FloatArray, fraction: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Q, d = (1 - f) q and 1 - d = p + f q, each from its own sum so that none loses digits."""
    not_p = np.exp(-np.logaddexp(0.0, -log_odds))
    p = np.exp(-np.logaddexp(0.0, log_odds))
    return not_p, (1 - fraction) * not_p, p + fraction * not_p
