"""l-diversity: distinct, entropy and recursive.

Source: Machanavajjhala et al. (2007), l-Diversity, ACM TKDD 1(1).
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log
from typing import ClassVar

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses, SensitiveHistograms
from anonspark.domain.model import Demand
from anonspark.models.convexity import records_beyond
from anonspark.vocabulary import ModelName

ENTROPY_TOLERANCE = 1e-9
"""A class of exactly l equal shares has entropy ln l; rounding must not fail it."""

DENOMINATOR = 10**6
"""c counts to six decimals."""

MOST_C = 10**6
"""A larger c asks for nothing more than l values."""


@dataclass(frozen=True, slots=True)
class DistinctDiversity:
    """Every class has at least l distinct sensitive values.

    Monotone class by class: whatever contains l values contains them.
    """

    l: int  # noqa: E741  the field's name
    attribute: str
    name: ClassVar[ModelName] = ModelName.L_DIVERSITY
    monotone: ClassVar[bool] = True
    convex: ClassVar[bool] = True
    needs_population: ClassVar[bool] = False

    @property
    def smallest_safe_class(self) -> int:
        """L values take l records."""
        return self.l

    @property
    def demands(self) -> tuple[Demand, ...]:
        """L distinct values."""
        return (Demand("distinct_values", self.l, at_least=True),)

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        return classes.sensitive[self.attribute].distinct() >= self.l

    def observed(self, classes: EquivalenceClasses) -> tuple[FloatArray, ...]:
        """Distinct values of each class."""
        return (classes.sensitive[self.attribute].distinct().astype(np.float64),)

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """All records of a class with too few values: its parts have no more."""
        return np.where(self.satisfied(classes), 0, classes.sizes)


@dataclass(frozen=True, slots=True)
class EntropyDiversity:
    """Every class has an entropy of its sensitive values of at least ln l.

    Monotone for whole releases, as entropy is concave: a mixture of safe classes is safe. Not so with suppression: a
    safe class {a, b} merged with an unsafe {a, a, a, a, a, a} has entropy 0.38 < ln 2.
    """

    l: float  # noqa: E741  the field's name
    attribute: str
    name: ClassVar[ModelName] = ModelName.L_DIVERSITY
    monotone: ClassVar[bool] = False
    convex: ClassVar[bool] = True
    needs_population: ClassVar[bool] = False

    @property
    def smallest_safe_class(self) -> int:
        """L values take l records."""
        return ceil(self.l - 1e-6)

    @property
    def demands(self) -> tuple[Demand, ...]:
        """As many values as l equally frequent ones."""
        return (Demand("effective_values", self.l, at_least=True),)

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        return self._entropy(classes) >= log(self.l) - ENTROPY_TOLERANCE

    def observed(self, classes: EquivalenceClasses) -> tuple[FloatArray, ...]:
        """e^entropy of each class: so many equally frequent values have its entropy."""
        return (np.exp(self._entropy(classes)),)

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """Records of entropy 0 that it takes to pull parts of entropy ln l down to the whole's."""
        threshold = log(self.l) - ENTROPY_TOLERANCE
        return records_beyond(classes.sizes, -self._entropy(classes), limit=-threshold, worst=0.0)

    def _entropy(self, classes: EquivalenceClasses) -> FloatArray:
        histograms = classes.sensitive[self.attribute]
        shares = histograms.shares()
        return -np.add.reduceat(shares * np.log(shares), histograms.offsets[:-1])


@dataclass(frozen=True, slots=True)
class RecursiveDiversity:
    """The most frequent value of every class is rarer than c times the values from the l-th most frequent on, together.

    n_1 < c (n_l + n_(l+1) + ...) is p_1 + c (p_1 + ... + p_(l-1)) - c < 0: sums of largest shares are convex, so a
    mixture of safe classes is safe. Not monotone with suppression: {a, b} is safe for c = 2, l = 2; with {a, a, a}
    it is not.
    """

    c: float
    l: int  # noqa: E741  the field's name
    attribute: str
    name: ClassVar[ModelName] = ModelName.L_DIVERSITY
    monotone: ClassVar[bool] = False
    convex: ClassVar[bool] = True
    needs_population: ClassVar[bool] = False

    @property
    def smallest_safe_class(self) -> int:
        """L values take l records."""
        return self.l

    @property
    def demands(self) -> tuple[Demand, ...]:
        """A most frequent value below c times the rest."""
        return (Demand("largest_to_rest", self.c, at_least=False),)

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,). Strict, so in whole numbers: c counts to six decimals."""
        first, rest = self._first_and_rest(classes)
        return first * self._ratio.denominator < self._ratio.numerator * rest

    def observed(self, classes: EquivalenceClasses) -> tuple[FloatArray, ...]:
        """n_1 / (n_l + n_(l+1) + ...) of each class, infinite where it has fewer than l values."""
        first, rest = self._first_and_rest(classes)
        return (np.where(rest > 0, first / np.maximum(rest, 1), np.inf),)

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """Records of one value that it takes to make up the whole's excess; shape (n_classes,)."""
        first, rest = self._first_and_rest(classes)
        excess = (first - float(self._ratio) * rest) / classes.sizes
        lacking = records_beyond(classes.sizes, excess, limit=0.0, worst=1.0)
        return np.where(self.satisfied(classes), 0, np.maximum(lacking, 1))

    @property
    def _ratio(self) -> Fraction:
        """c, small enough for products with counts of records to fit 64 bits."""
        return Fraction(str(min(self.c, MOST_C))).limit_denominator(DENOMINATOR)

    def _first_and_rest(self, classes: EquivalenceClasses) -> tuple[CountArray, CountArray]:
        """n_1, and n_l + n_(l+1) + ...; shapes (n_classes,)."""
        histograms = classes.sensitive[self.attribute]
        counts = _largest_first(histograms)
        starts = histograms.offsets[:-1]
        place = np.arange(len(counts)) - np.repeat(starts, histograms.distinct())
        rest = np.add.reduceat(np.where(place >= self.l - 1, counts, 0), starts)
        return counts[starts], rest


def _largest_first(histograms: SensitiveHistograms) -> CountArray:
    """The counts, sorted downwards within each class; shape (n_pairs,)."""
    order = np.lexsort((-histograms.counts, histograms.class_of_each_pair()))
    return histograms.counts[order]
