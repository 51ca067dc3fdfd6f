"""k-anonymity."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray
from anonspark.domain.classes import EquivalenceClasses


@dataclass(frozen=True, slots=True)
class KAnonymity:
    """Every record shares its quasi-identifier values with at least k - 1 others.

    Monotone class by class: a class that contains a class of k records has k records.

    Source: Sweeney (2002), International Journal on Uncertainty, Fuzziness and Knowledge-based Systems 10(5).
    """

    k: int
    monotone: ClassVar[bool] = True
    convex: ClassVar[bool] = True
    needs_population: ClassVar[bool] = False

    @property
    def smallest_safe_class(self) -> int:
        """A safe class has k records."""
        return self.k

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        return classes.sizes >= self.k

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """All records of a class that is too small: its parts are smaller still."""
        return np.where(self.satisfied(classes), 0, classes.sizes)
