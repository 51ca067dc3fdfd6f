"""k-map.

Source: Sweeney (2001), Computational Disclosure Control: A Primer on Data Privacy Protection, MIT, section 4; El Emam
and Dankar (2008), JAMIA 15(5).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.model import Demand
from anonspark.vocabulary import ModelName


@dataclass(frozen=True, slots=True)
class KMap:
    """At least k people of the population could be the one behind a record: F >= k.

    F counts people whose values generalize into the class, whether or not the table has their raw values. Monotone
    class by class: a class that contains a class of k people has k people. One record can be a safe class.
    """

    k: int
    name: ClassVar[ModelName] = ModelName.K_MAP
    monotone: ClassVar[bool] = True
    convex: ClassVar[bool] = True
    smallest_safe_class: ClassVar[int] = 1
    needs_population: ClassVar[bool] = True

    @property
    def demands(self) -> tuple[Demand, ...]:
        """K people of the population a class."""
        return (Demand("people_of_population", self.k, at_least=True),)

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,).

        Raises:
            ValueError: The classes know no population.
        """
        return _population_of(classes) >= self.k

    def observed(self, classes: EquivalenceClasses) -> tuple[FloatArray, ...]:
        """People of each class.

        Raises:
            ValueError: The classes know no population.
        """
        return (_population_of(classes).astype(np.float64),)

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """All records of a class of too few people: its parts have fewer still."""
        return np.where(self.satisfied(classes), 0, classes.sizes)


def _population_of(classes: EquivalenceClasses) -> CountArray:
    if classes.population is None:
        raise ValueError("k-map needs the people of a population in each class")
    return classes.population
