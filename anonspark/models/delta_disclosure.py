"""delta-disclosure privacy.

Source: Brickell and Shmatikov (2008), The Cost of Privacy: Destruction of Data-Mining Utility in Anonymized Data
Publishing, KDD.
"""

from dataclasses import dataclass
from math import exp
from typing import ClassVar

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.model import Demand
from anonspark.models.caps import records_above_caps
from anonspark.vocabulary import ModelName


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
    name: ClassVar[ModelName] = ModelName.DELTA_DISCLOSURE
    monotone: ClassVar[bool] = False
    convex: ClassVar[bool] = False
    smallest_safe_class: ClassVar[int] = 1
    needs_population: ClassVar[bool] = False

    @property
    def demands(self) -> tuple[Demand, ...]:
        """A logarithm of shares below delta."""
        return (Demand("log_ratio", self.delta, at_least=False),)

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        return np.asarray(self._largest_gain(classes) < self.delta)

    def observed(self, classes: EquivalenceClasses) -> tuple[FloatArray, ...]:
        """Largest |ln(p / q)| of each class."""
        return (self._largest_gain(classes),)

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """Records of the value that is most above its cap; shape (n_classes,)."""
        histograms = classes.sensitive[self.attribute]
        return records_above_caps(histograms, histograms.total_shares() * exp(self.delta))

    def _largest_gain(self, classes: EquivalenceClasses) -> FloatArray:
        histograms = classes.sensitive[self.attribute]
        gains = np.abs(np.log(histograms.shares() / histograms.total_shares()[histograms.values]))
        return np.asarray(np.maximum.reduceat(gains, histograms.offsets[:-1]), dtype=np.float64)
