"""(alpha, k)-anonymity.

Source: Wong, Li, Fu and Wang (2006), (alpha, k)-Anonymity: An Enhanced k-Anonymity Model, KDD; the general model, which
caps every sensitive value.
"""

from dataclasses import dataclass
from math import ceil
from typing import ClassVar

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.model import Demand
from anonspark.models.caps import TOLERANCE, largest_shares, records_above_caps, within_caps
from anonspark.vocabulary import ModelName


@dataclass(frozen=True, slots=True)
class AlphaK:
    """Every class has at least k persons, and no sensitive value has more than a share of alpha of its records.

    Size m >= k and n_i <= alpha m for every value i. Both pass from classes to their union, so a union of safe classes
    is safe. Not monotone with suppression: for alpha = 1/2, k = 2, {a, b} is safe, {a} is not, and neither is
    {a, b, a} with 2/3.
    """

    alpha: float
    k: int
    attribute: str
    name: ClassVar[ModelName] = ModelName.ALPHA_K
    monotone: ClassVar[bool] = False
    convex: ClassVar[bool] = True
    needs_population: ClassVar[bool] = False

    @property
    def smallest_safe_class(self) -> int:
        """K records; one record a value is at least a share of 1 / m."""
        return max(self.k, ceil(1.0 / (self.alpha + TOLERANCE)))

    @property
    def demands(self) -> tuple[Demand, ...]:
        """K persons a class, and a share of alpha."""
        return (
            Demand("class_size", self.k, at_least=True),
            Demand("largest_share", self.alpha, at_least=False),
        )

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        histograms = classes.sensitive[self.attribute]
        return (classes.people >= self.k) & within_caps(histograms, self._caps(histograms.n_values))

    def observed(self, classes: EquivalenceClasses) -> tuple[FloatArray, ...]:
        """Persons of each class, and the share of its most frequent value."""
        return classes.people.astype(np.float64), largest_shares(classes.sensitive[self.attribute])

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """All records of a class that is too small, and those of a value above its cap; shape (n_classes,)."""
        histograms = classes.sensitive[self.attribute]
        above = records_above_caps(histograms, self._caps(histograms.n_values))
        return np.where(classes.people >= self.k, above, classes.sizes)

    def _caps(self, n_values: int) -> FloatArray:
        return np.full(n_values, self.alpha)
