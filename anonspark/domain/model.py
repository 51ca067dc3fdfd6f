"""What a privacy model must answer."""

from typing import Protocol

from anonspark.domain.arrays import BoolArray, CountArray
from anonspark.domain.classes import EquivalenceClasses


class PrivacyModel(Protocol):
    """Decides class by class whether records may be released.

    `unavoidable` is what lets a search prune: it holds for a class and for every way to split it.

    Attributes:
        monotone: Whether whatever contains a safe class is safe.
        smallest_safe_class: No safe class has fewer records.
    """

    @property
    def monotone(self) -> bool: ...  # noqa: D102  above

    @property
    def smallest_safe_class(self) -> int: ...  # noqa: D102  above

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        ...

    def unavoidable(self, classes: EquivalenceClasses) -> CountArray:
        """Least number of records of each class that must be suppressed however the class is split; shape (n_classes,).

        0 for a safe class, at least 1 for an unsafe one, all of its records where the model is monotone.
        """
        ...
