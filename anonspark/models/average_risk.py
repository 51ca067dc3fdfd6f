"""A limit on the mean chance of re-identification over the whole release.

Source: El Emam (2013), Guide to the De-Identification of Personal Health Information: strict-average risk without its
limit on single records; Prasser et al. (2016), Software: Practice and Experience 46, for giving up classes.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anonspark.domain.classes import SizeCounts, as_arrays
from anonspark.domain.model import Demand
from anonspark.vocabulary import ModelName

TOLERANCE = 1e-12
"""Relative: a mean of exactly the threshold must not fail by rounding."""


@dataclass(frozen=True, slots=True)
class AverageRisk:
    """A record that is released is found with a chance of at most the threshold, on average: J / n' <= threshold.

    J classes of n' records together: each record is found with a chance of 1 / its class's size, and these add up to 1
    a class. Giving up the smallest classes first lowers the mean most for the records lost, and never raises it.

    A model of the whole release, and not monotone. For 1/3, of classes of 1 (eight times), 2 and 7 records those of 2
    and 7 stay (2/9). With the eight merged in pairs, that of 7 stays alone, since all have 6/17 > 1/3.
    """

    threshold: float
    name: ClassVar[ModelName] = ModelName.AVERAGE_RISK

    @property
    def demand(self) -> Demand:
        """A mean chance of at most the threshold."""
        return Demand("average_risk", self.threshold, at_least=False)

    def observed(self, counts: SizeCounts) -> float:
        """J / n'."""
        values, classes = as_arrays(counts)
        return float(classes.sum() / max((values * classes).sum(), 1))

    def smallest_kept(self, counts: SizeCounts) -> int:
        """See `ReleaseModel`; past the largest class where none can stay."""
        values, classes = as_arrays(counts)
        classes_from = classes[::-1].cumsum()[::-1]
        records_from = (values * classes)[::-1].cumsum()[::-1]
        fits = classes_from <= self.threshold * records_from * (1 + TOLERANCE)
        if fits.any():
            return int(values[np.argmax(fits)])
        return int(values[-1]) + 1 if len(values) else 1
