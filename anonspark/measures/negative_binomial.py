"""Population uniques by the slide negative binomial model: a class has one person, and more by a negative binomial.

Of K classes in the population each has 1 + Y people, P(Y = y) = gamma(a + y) / (gamma(a) y!) p^a (1 - p)^y, so that
K p^a are expected to have one. Each person is in the table with chance f, the sampling fraction. K is estimated first;
a and p are those for which the expected numbers of classes of one and of two records are the table's.

Source: Chen and Keller-McNulty (1998), Estimation of Identification Disclosure Risk in Microdata, Journal of Official
Statistics 14(1), as used by Dankar, El Emam, Neisa and Roffey (2012), BMC Medical Informatics and Decision Making
12(66), appendix A.
"""

from dataclasses import dataclass
from math import exp, log, log1p, sqrt

from anonspark.domain.classes import SizeCounts, as_arrays
from anonspark.measures.gamma import root

LOWEST, HIGHEST = -40.0, 40.0
"""log((1 - p) / p) lies between: sizes of classes of up to e^40 people, or all but the same by the model of Poisson."""


@dataclass(frozen=True, slots=True)
class SlideNegativeBinomial:
    """K, a and (1 - p) / p of the model; odds keep their digits where p is nearly 1."""

    classes: float
    shape: float
    odds: float

    @property
    def chance(self) -> float:
        """The model's p."""
        return 1 / (1 + self.odds)

    @property
    def expected_uniques(self) -> float:
        """People of the population who are alone in their class, expected."""
        return self.classes * exp(-self.shape * log1p(self.odds))


def fit_slide_negative_binomial(counts: SizeCounts, fraction: float) -> SlideNegativeBinomial | None:
    """The model with the table's numbers of classes of one and of two; None where there is none.

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
    """The model that has K and expects these numbers of classes of one and of two records, None where there is none.

    With q = 1 - p, d = (1 - f) q and A = (p / (1 - d))^a these numbers are K f A (1 + a d / (1 - d)) and
    K f^2 q a A (2 - (1 - a) d) / (2 (1 - d)^2). For each p their ratio is a quadratic equation in a with one positive
    root. With that a, the first falls as (1 - p) / p rises (so it did for 20,000 tables drawn at random), and is the
    table's at one p at most.
    """

    def shape(odds: float) -> float:
        missed, rest = (1 - fraction) * odds / (1 + odds), (1 + fraction * odds) / (1 + odds)
        ratio = 2 * twos / ones * rest**2 * (1 + odds) / (fraction * odds)
        linear = 2 - missed - ratio * missed / rest
        # The positive root of missed a^2 + linear a - ratio, in the form that does not cancel.
        discriminant = sqrt(linear**2 + 4 * missed * ratio)
        return 2 * ratio / (linear + discriminant) if linear > 0 else (discriminant - linear) / (2 * missed)

    def excess(log_odds: float) -> float:
        """Logarithm of the expected number of classes of one over the table's."""
        odds = exp(log_odds)
        a = shape(odds)
        # log(p / (1 - d)) without a difference of nearly equal logarithms, which a large `a` would blow up.
        of_one = log1p(a * (1 - fraction) * odds / (1 + fraction * odds))
        return log(population_classes * fraction / ones) - a * log1p(fraction * odds) + of_one

    log_odds = root(excess, LOWEST, HIGHEST)
    if log_odds is None:
        return None
    return SlideNegativeBinomial(population_classes, shape(exp(log_odds)), exp(log_odds))


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
