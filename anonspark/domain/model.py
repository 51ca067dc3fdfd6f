"""What a privacy model must answer."""

from typing import Protocol

from anonspark.domain.arrays import BoolArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses


class PrivacyModel(Protocol):
    """Decides class by class whether records may be released.

    `unavoidable` is what lets a search prune: merging classes never makes more records unsafe than it says.
    """

    def satisfied(self, classes: EquivalenceClasses) -> BoolArray:
        """Which classes are safe; shape (n_classes,)."""
        ...

    def unavoidable(self, classes: EquivalenceClasses) -> FloatArray:
        """Least number of records of each class that must be suppressed however the class is split; shape (n_classes,).

        0 for a safe class. A class's size for a model that is monotone class by class (whatever contains a safe class is safe).
        """
        ...
