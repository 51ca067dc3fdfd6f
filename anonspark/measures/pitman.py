"""Population uniques by Pitman's model of a population whose classes grow with its people.

The Ewens-Pitman model takes people one by one. With i people in u classes so far, the next one is the first of a new
class with chance (theta + u alpha) / (theta + i), and joins a class of j with chance (j - alpha) / (theta + i). A table
is the beginning of such a population.

Source: Pitman (1995), Exchangeable and Partially Exchangeable Random Partitions, Probability Theory and Related Fields
102; Hoshino (2001), Applying Pitman's Sampling Formula to Microdata Disclosure Risk Assessment, Journal of Official
Statistics 17(4).
"""

from dataclasses import dataclass
from math import exp

from anonspark.domain.classes import SizeCounts, as_arrays
from anonspark.measures.gamma import harmonic, harmonics, log_gamma_ratio, root

LOWEST, HIGHEST = -40.0, 60.0
"""log(theta + alpha) lies between for every table: its maximum is below records squared."""

NEAR_ONE = 1 - 1e-12
"""Above every alpha of a table that has a class of two."""


@dataclass(frozen=True, slots=True)
class PitmanModel:
    """The two parameters; 0 <= alpha < 1.

    Attributes:
        alpha: How fast classes become more as people do: a population of N has about N**alpha of them.
        offset: theta + alpha, positive.
    """

    alpha: float
    offset: float

    def expected_uniques(self, population_size: int) -> float:
        """Share of a population's people who are alone in their class, expected.

        gamma(theta + 1) / gamma(theta + alpha) x gamma(theta + alpha + N - 1) / gamma(theta + N): the chance that the
        last of N people starts a class, which by symmetry is that of anybody to be alone.
        """
        step = 1 - self.alpha
        return exp(log_gamma_ratio(self.offset, step) - log_gamma_ratio(self.offset + population_size - 1, step))


def fit_pitman(counts: SizeCounts) -> PitmanModel | None:
    """The model under which a table's classes are most likely; None where the likelihood has no maximum.

    It has none where every record is alone (any number of new classes is more likely than the last) or where there is
    one class only. For each alpha the best theta is a root, and along these the best alpha is one.
    """
    sizes, classes = as_arrays(counts)
    n_records, n_classes = int((sizes * classes).sum()), int(classes.sum())
    if n_classes in (0, 1, n_records):
        return None

    def best_offset(alpha: float) -> float:
        def slope(log_offset: float) -> float:
            offset = exp(log_offset)
            return _starts(alpha, offset, n_classes) - harmonic(offset + 1 - alpha, n_records - 1)

        found = root(slope, LOWEST, HIGHEST)
        return exp(HIGHEST if found is None else found)

    def slope(alpha: float) -> float:
        """Derivative of the log-likelihood in alpha, theta being the best for it."""
        offset = best_offset(alpha)
        if alpha == 0:
            started = n_classes * (n_classes - 1) / 2 / offset
        else:
            started = (n_classes - 1 - (offset - alpha) * _starts(alpha, offset, n_classes)) / alpha
        return started - float((classes * harmonics(1 - alpha, sizes - 1)).sum())

    alpha = 0.0 if slope(0.0) <= 0 else root(slope, 0.0, NEAR_ONE)
    return None if alpha is None else PitmanModel(alpha, best_offset(alpha))


def _starts(alpha: float, offset: float, n_classes: int) -> float:
    """Sum of 1 / (theta + i alpha) over 1 <= i < n_classes."""
    return harmonic(offset / alpha, n_classes - 1) / alpha if alpha else (n_classes - 1) / offset
