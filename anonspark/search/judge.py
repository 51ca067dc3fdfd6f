"""All models of a policy asked about classes at once; also in Spark's Python workers, so numpy only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.model import PrivacyModel

NO_CODES: CodeArray = np.empty((0, 0), dtype=np.int32)
"""Models look at sizes and histograms only."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What all models say of some classes.

    Attributes:
        unsafe: Shape (n_classes,): classes that a release suppresses.
        unavoidable: Shape (n_classes,): records that must be suppressed however the class is split.
    """

    unsafe: BoolArray
    unavoidable: CountArray


def judge(models: Sequence[PrivacyModel], classes: EquivalenceClasses) -> Judged:
    """A class is unsafe if it is for any model, and must lose the most that any model says."""
    unsafe: BoolArray = np.zeros(len(classes.sizes), dtype=np.bool_)
    unavoidable: CountArray = np.zeros(len(classes.sizes), dtype=np.int64)
    if len(classes.sizes):
        for model in models:
            unsafe |= ~model.satisfied(classes)
            np.maximum(unavoidable, model.unavoidable(classes), out=unavoidable)
    return Judged(unsafe, unavoidable)
