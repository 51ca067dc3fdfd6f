"""A limit on the records that are probably unique in the population.

Source: Dankar, El Emam, Neisa and Roffey (2012), Estimating the re-identification risk of clinical data sets, BMC
Medical Informatics and Decision Making 12(66), for such a limit; the estimator's source is with it.
"""

from dataclasses import dataclass
from typing import ClassVar

from anonspark.domain.classes import SizeCounts
from anonspark.domain.model import Demand
from anonspark.measures.uniqueness import zayatz_uniques
from anonspark.vocabulary import ModelName


@dataclass(frozen=True, slots=True)
class PopulationUniqueness:
    """At most a share of the released records, `threshold`, is estimated to be unique in the population (Zayatz).

    Only records alone in their class can be unique, so either all classes stay or those of one record go.

    A model of the whole release, and not monotone. For 1/4 and a population of 8, classes of 1, 1, 2 and 2 records
    stay (7/33 unique). With the last two merged, those of 1 go, since all have 1/3: nobody else can be like them then.
    """

    threshold: float
    population_size: int
    name: ClassVar[ModelName] = ModelName.POPULATION_UNIQUENESS

    @property
    def demand(self) -> Demand:
        """An estimated share of at most the threshold."""
        return Demand("population_uniques", self.threshold, at_least=False)

    def observed(self, counts: SizeCounts) -> float:
        """The estimated share."""
        return zayatz_uniques(counts, self.population_size)

    def smallest_kept(self, counts: SizeCounts) -> int:
        """See `ReleaseModel`: 1, or 2 where too many are unique."""
        return 1 if self.observed(counts) <= self.threshold else 2
