"""What a privacy model must answer, of a class or of a whole release."""

from dataclasses import dataclass
from typing import Protocol

from anonspark.domain.arrays import BoolArray, CountArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses, SizeCounts
from anonspark.vocabulary import ModelName


@dataclass(frozen=True, slots=True)
class Demand:
    """A number that a model asks for, in words for who reads a report; `satisfied` is what decides.

    Attributes:
        measure: What is measured.
        required: The limit.
        at_least: Whether that is the least; else it is the most.
    """

    measure: str
    required: float
    at_least: bool


class PrivacyModel(Protocol):
    """Decides class by class whether records may be released.

    `satisfied` says what is released at a node. `unavoidable` is what lets a search prune: it holds for a class and for
    every way to split it. Where `convex` holds, of every unsafe class something is unavoidable.

    Attributes:
        name: The word for it in job files.
        demands: What it asks of each class.
        monotone: Whether whatever contains a safe class is safe; then no record of an unsafe class can be kept.
        convex: Whether a union of safe classes is safe; then no unsafe class splits into safe ones.
        smallest_safe_class: No safe class has fewer records.
        needs_population: Whether it asks how many people of a population are in a class.
    """

    @property
    def name(self) -> ModelName: ...  # noqa: D102  above

    @property
    def demands(self) -> tuple[Demand, ...]: ...  # noqa: D102  above

    @property
    def monotone(self) -> bool: ...  # noqa: D102  above

    @property
    def convex(self) -> bool: ...  # noqa: D102  above

    @property
    def smallest_safe_class(self) -> int: ...  # noqa: D102  above

    @property
    def needs_population(self) -> bool: ...  # noqa: D102  above

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,). Every class has a record."""
        ...

    def observed(self, classes: EquivalenceClasses) -> tuple[FloatArray, ...]:
        """What each class has of each demand; one array of shape (n_classes,) a demand, infinite past all bounds."""
        ...

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """Least number of records of each class that must be suppressed however the class is split; shape (n_classes,).

        0 for a safe class and at most its size for an unsafe one: all of its records where the model is monotone, at
        least 1 where it is convex.
        """
        ...


class ReleaseModel(Protocol):
    """Decides which classes may be released together, from what the models of single classes let pass.

    The smallest classes are given up first. Such a model says nothing about other nodes, so it prunes nothing.

    Attributes:
        name: The word for it in job files.
        demand: What it asks of the release.
    """

    @property
    def name(self) -> ModelName: ...  # noqa: D102  above

    @property
    def demand(self) -> Demand: ...  # noqa: D102  above

    def observed(self, counts: SizeCounts) -> float:
        """What a release has of the demand, given the sizes of its classes; 0 where it has none."""
        ...

    def smallest_kept(self, counts: SizeCounts) -> int:
        """Size of the smallest class that can stay, given the sizes of all that could; 1 where there is none.

        The classes of at least that size satisfy the model together, and so do those of at least any larger size.
        """
        ...
