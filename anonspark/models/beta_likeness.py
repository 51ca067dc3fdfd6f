"""beta-likeness, basic and enhanced.

Source: Cao and Karras (2012), Publishing Microdata with a Robust Privacy Guarantee, PVLDB 5(11).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.model import Demand
from anonspark.models.caps import records_above_caps, within_caps
from anonspark.vocabulary import Likeness, ModelName

TINY = 1e-300


@dataclass(frozen=True, slots=True)
class BetaLikeness:
    """No sensitive value is more frequent in a class than in the whole table by more than a factor of 1 + beta.

    With p the share of a value in the class and q its share in the whole table, for every value with p > q:
    (p - q) / q <= beta (basic), <= min(beta, -ln q) (enhanced, which is stricter about values that are frequent
    anyway). That is p <= q (1 + beta), or p <= q (1 + min(beta, -ln q)): a cap on each share, so a union of safe
    classes is safe.

    Not monotone with suppression. For beta = 0.5 and q = (1/2, 1/2) the cap is 3/4: {a, b} is safe, {a, a, a} is not,
    and neither is {a, b, a, a, a} with 4/5. What stays for pruning is that records above a cap are lost below too.
    """

    beta: float
    attribute: str
    variant: Likeness = Likeness.ENHANCED
    name: ClassVar[ModelName] = ModelName.BETA_LIKENESS
    monotone: ClassVar[bool] = False
    convex: ClassVar[bool] = True
    smallest_safe_class: ClassVar[int] = 1
    needs_population: ClassVar[bool] = False

    @property
    def demands(self) -> tuple[Demand, ...]:
        """A gain of at most beta."""
        return (Demand("gain", self.beta, at_least=False),)

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        return within_caps(classes.sensitive[self.attribute], self._caps(classes))

    def observed(self, classes: EquivalenceClasses) -> tuple[FloatArray, ...]:
        """Largest (p - q) / q of each class, enlarged by beta over the value's own limit where that is lower."""
        histograms = classes.sensitive[self.attribute]
        whole, allowed = histograms.total_shares(), self._gains(classes)
        gain = histograms.shares() / whole[histograms.values] - 1.0
        # The one value that a whole table has may gain nothing, and cannot.
        scaled = self.beta * gain / np.maximum(allowed[histograms.values], TINY)
        return (np.maximum(np.maximum.reduceat(scaled, histograms.offsets[:-1]), 0.0),)

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """Records of the value that is most above its cap; shape (n_classes,)."""
        return records_above_caps(classes.sensitive[self.attribute], self._caps(classes))

    def _caps(self, classes: EquivalenceClasses) -> FloatArray:
        """Largest share of each value; shape (n_values,)."""
        return classes.sensitive[self.attribute].total_shares() * (1.0 + self._gains(classes))

    def _gains(self, classes: EquivalenceClasses) -> FloatArray:
        """Largest gain of each value, (p - q) / q; shape (n_values,)."""
        whole = classes.sensitive[self.attribute].total_shares()
        gain = np.full_like(whole, self.beta)
        return np.minimum(gain, -np.log(whole)) if self.variant is Likeness.ENHANCED else gain
