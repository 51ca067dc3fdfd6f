"""delta-disclosure privacy.

Source: Brickell and Shmatikov (2008), The Cost of Privacy: Destruction of Data-Mining Utility in Anonymized Data
Publishing, KDD.
"""

from dataclasses import dataclass
from math import exp
from typing import ClassVar

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.models.caps import records_above_caps


@dataclass(frozen=True, slots=True)
class DeltaDisclosure:
    """Every sensitive value of a class is about as frequent there as in the whole table.

    |ln(p / q)| < delta for every value with p > 0, p being its share in the class and q its share in the whole table.
    The paper asks it of every value; that every class then has every value is more than an attacker's gain of
    information calls for, and here a value that a class does not have is no fault of it.

    Neither monotone nor convex. For delta = ln 4 and q = (9/10, 1/10), the share of b must be 0 or between 1/40 and
    4/10: {a x 47} and {a x 3, b} are safe, and together b has 1/51 < 1/40. So a class with too little of a value can
    split into safe ones and loses nothing for certain. One with too much of a value cannot: p < q e^delta is a cap.
    """

    delta: float
    attribute: str
    monotone: ClassVar[bool] = False
    convex: ClassVar[bool] = False
    smallest_safe_class: ClassVar[int] = 1
    needs_population: ClassVar[bool] = False

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        histograms = classes.sensitive[self.attribute]
        gains = np.abs(np.log(histograms.shares() / histograms.total_shares()[histograms.values]))
        return np.logical_and.reduceat(gains < self.delta, histograms.offsets[:-1])

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """Records of the value that is most above its cap; shape (n_classes,)."""
        histograms = classes.sensitive[self.attribute]
        return records_above_caps(histograms, histograms.total_shares() * exp(self.delta))
