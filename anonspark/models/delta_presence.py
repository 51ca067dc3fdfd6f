"""delta-presence.

Source: Nergiz, Atzori and Clifton (2007), Hiding the Presence of Individuals from Shared Databases, SIGMOD.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anonspark.domain.arrays import BoolArray, CountArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.model import Demand
from anonspark.models.convexity import ROUNDING
from anonspark.vocabulary import ModelName

TOLERANCE = 1e-12
"""Relative: a chance of exactly a bound must not fail by rounding."""


@dataclass(frozen=True, slots=True)
class DeltaPresence:
    """Who knows that a person is in the population learns little about whether the person is in the table.

    delta_min <= f / F <= delta_max for every class with f > 0 records, F being the people of the population in it. A
    class of the population that nobody of the table is in is not judged: nobody's presence is released by it, though
    its absence from a release tells the absence of its people. A class of nobody of the population (F = 0) is unsafe.

    Not monotone: with delta_max = 1/2, f / F = 1/2 is safe, merged with 2/2 it is 3/4. Nor does a union of safe classes
    and classes of nobody in the table stay safe: with delta_min = 1/4, 1/4 merged with 0/4 is 1/8. So a class below
    delta_min can split into safe ones and loses nothing for certain. A class above delta_max cannot: the parts that are
    kept have f_j <= delta_max F_j, so at most delta_max F records together.
    """

    delta_max: float
    delta_min: float = 0.0
    name: ClassVar[ModelName] = ModelName.DELTA_PRESENCE
    monotone: ClassVar[bool] = False
    convex: ClassVar[bool] = False
    smallest_safe_class: ClassVar[int] = 1
    needs_population: ClassVar[bool] = True

    @property
    def demands(self) -> tuple[Demand, ...]:
        """A share of the people between two bounds."""
        return (
            Demand("share_of_population", self.delta_min, at_least=True),
            Demand("share_of_population", self.delta_max, at_least=False),
        )

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,).

        Raises:
            ValueError: The classes know no population.
        """
        population = _population_of(classes)
        within: BoolArray = classes.sizes >= self.delta_min * population * (1 - TOLERANCE)
        return within & (classes.sizes <= self._most(population))

    def observed(self, classes: EquivalenceClasses) -> tuple[FloatArray, ...]:
        """Share of its people that each class has in the table, infinite where it has no people.

        Raises:
            ValueError: The classes know no population.
        """
        population = _population_of(classes)
        shares = np.where(population > 0, classes.sizes / np.maximum(population, 1), np.inf)
        return shares, shares

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """Records beyond delta_max of the people; shape (n_classes,).

        Raises:
            ValueError: The classes know no population.
        """
        beyond = classes.sizes - self._most(_population_of(classes))
        return np.clip(np.ceil(beyond - ROUNDING), 0, classes.sizes).astype(np.int64)

    def _most(self, population: CountArray) -> FloatArray:
        """Most records that classes of so many people may have."""
        return np.asarray(self.delta_max * population * (1 + TOLERANCE), dtype=np.float64)


def _population_of(classes: EquivalenceClasses) -> CountArray:
    if classes.population is None:
        raise ValueError("delta-presence needs the people of a population in each class")
    return classes.population
