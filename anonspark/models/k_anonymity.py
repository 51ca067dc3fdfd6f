"""k-anonymity."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray
from anonspark.domain.classes import EquivalenceClasses


@dataclass(frozen=True, slots=True)
class KAnonymity:
    """Every record shares its quasi-identifier values with those of at least k - 1 other persons.

    A record is a person unless records name their persons. Monotone class by class: a class that contains a class of k
    persons has k persons.

    Source: Sweeney (2002), International Journal on Uncertainty, Fuzziness and Knowledge-based Systems 10(5); for
    several records a person, Wang and Fung (2006), Anonymizing Sequential Releases, KDD: (X, Y)-anonymity.
    """

    k: int
    monotone: ClassVar[bool] = True
    convex: ClassVar[bool] = True
    needs_population: ClassVar[bool] = False

    @property
    def smallest_safe_class(self) -> int:
        """K persons have k records."""
        return self.k

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        return classes.people >= self.k

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """All records of a class that is too small: its parts are smaller still."""
        return np.where(self.satisfied(classes), 0, classes.sizes)
