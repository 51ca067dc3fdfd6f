"""All models of a policy asked about classes at once; numpy only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray
from anonspark.domain.classes import EquivalenceClasses, SizeCounts, size_counts
from anonspark.domain.model import PrivacyModel, ReleaseModel

NO_CODES: CodeArray = np.empty((0, 0), dtype=np.int32)
"""Models look at sizes, histograms and population only."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What all models say of some classes.

    Attributes:
        unsafe: Shape (n_classes,): classes that a release suppresses.
        unavoidable: Shape (n_classes,): records that must be suppressed however the class is split.
    """

    unsafe: BoolArray
    unavoidable: CountArray


def judge(
    models: Sequence[PrivacyModel], classes: EquivalenceClasses, release_models: Sequence[ReleaseModel] = ()
) -> Judged:
    """A class is unsafe if it is for any model, and must lose the most that any model says.

    Where a property of the model gives one of the answers from the other, it is asked only once. Models of the whole
    release give up the smallest of the classes that are left; to them nothing is unavoidable.
    """
    if models:
        judged = _judge_by_one(models[0], classes)
        for model in models[1:]:
            other = _judge_by_one(model, classes)
            judged = Judged(judged.unsafe | other.unsafe, np.maximum(judged.unavoidable, other.unavoidable))
    else:
        judged = Judged(np.zeros(classes.n_classes, dtype=np.bool_), np.zeros(classes.n_classes, dtype=np.int64))
    if not release_models:
        return judged
    people = classes.people
    smallest = smallest_kept(release_models, size_counts(people[~judged.unsafe]))
    return Judged(judged.unsafe | (people < smallest), judged.unavoidable)


def smallest_kept(release_models: Sequence[ReleaseModel], counts: SizeCounts) -> int:
    """What the strictest model answers; see `ReleaseModel`."""
    return max(model.smallest_kept(counts) for model in release_models)


def _judge_by_one(model: PrivacyModel, classes: EquivalenceClasses) -> Judged:
    if model.monotone:
        unsafe = np.logical_not(model.satisfied(classes))
        return Judged(unsafe, classes.sizes * unsafe)
    unavoidable = model.unavoidable(classes)
    return Judged(unavoidable > 0 if model.convex else ~model.satisfied(classes), unavoidable)
