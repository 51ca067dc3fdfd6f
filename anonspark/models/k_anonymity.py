"""k-anonymity."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.model import Demand
from anonspark.vocabulary import ModelName


@dataclass(frozen=True, slots=True)
class KAnonymity:
    """Every record shares its quasi-identifier values with those of at least k - 1 other persons.

    A record is a person unless records name their persons. Monotone class by class: a class that contains a class of k
    persons has k persons.

    Source: Sweeney (2002), International Journal on Uncertainty, Fuzziness and Knowledge-based Systems 10(5); for
    several records a person, Wang and Fung (2006), Anonymizing Sequential Releases, KDD: (X, Y)-anonymity.
    """

    k: int
    name: ClassVar[ModelName] = ModelName.K_ANONYMITY
    monotone: ClassVar[bool] = True
    convex: ClassVar[bool] = True
    needs_population: ClassVar[bool] = False

    @property
    def smallest_safe_class(self) -> int:
        """K persons have k records."""
        return self.k

    @property
    def demands(self) -> tuple[Demand, ...]:
        """K persons a class."""
        return (Demand("class_size", self.k, at_least=True),)

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        return classes.people >= self.k

    def observed(self, classes: EquivalenceClasses) -> tuple[FloatArray, ...]:
        """Persons of each class."""
        return (classes.people.astype(np.float64),)

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """All records of a class that is too small: its parts are smaller still."""
        return np.where(self.satisfied(classes), 0, classes.sizes)
