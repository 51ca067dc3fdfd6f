"""How each class of a table stands to what models demand of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anonspark.domain.arrays import BoolArray, FloatArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.model import Demand, PrivacyModel


@dataclass(frozen=True, slots=True, eq=False)
class DemandVerdict:
    """What classes have of one demand of a model.

    Attributes:
        observed: Shape (n_classes,).
        failed: Shape (n_classes,): classes that the model forbids, and that miss none of its demands further.
        shortfall: Shape (n_classes,): how far the demand is missed, as a share of what is required.
    """

    observed: FloatArray
    failed: BoolArray
    shortfall: FloatArray


def demands_of(models: Sequence[PrivacyModel]) -> list[tuple[PrivacyModel, Demand]]:
    """Every demand of every model, in order."""
    return [(model, demand) for model in models for demand in model.demands]


def verdicts(models: Sequence[PrivacyModel], classes: EquivalenceClasses) -> list[DemandVerdict]:
    """One a demand, in the order of `demands_of`; there is at least one class."""
    found = []
    for model in models:
        unsafe = ~model.satisfied(classes)
        observed = model.observed(classes)
        missed = [shortfall(demand, values) for demand, values in zip(model.demands, observed, strict=True)]
        furthest = np.argmax(missed, axis=0)
        found += [
            DemandVerdict(values, unsafe & (furthest == place), missed[place]) for place, values in enumerate(observed)
        ]
    return found


def shortfall(demand: Demand, observed: FloatArray) -> FloatArray:
    """How far observed values miss a demand, as a share of what is required; same shape."""
    beyond = demand.required - observed if demand.at_least else observed - demand.required
    # Nothing misses a demand of at least nothing.
    return np.asarray(beyond / demand.required if demand.required else beyond, dtype=np.float64)
