"""The `privacy` section of a job file: which models must hold."""

from abc import abstractmethod
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, ValidationInfo, field_validator

from anonspark.config.fields import Fraction, Name, Number, Positive, Section, Whole, as_number, fault, one_of
from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.models.alpha_k import AlphaK
from anonspark.models.average_risk import AverageRisk
from anonspark.models.beta_likeness import BetaLikeness
from anonspark.models.delta_disclosure import DeltaDisclosure
from anonspark.models.delta_presence import DeltaPresence
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.k_map import KMap
from anonspark.models.l_diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from anonspark.models.population_uniqueness import PopulationUniqueness
from anonspark.models.t_closeness import TCloseness
from anonspark.vocabulary import Distance, Diversity, Likeness

DEFAULT_K = 5

MOST_DELTA = 700
"""e^delta is a number up to here; a larger delta asks for nothing more."""


class ClassModel(Section):
    """A model of single classes."""

    @abstractmethod
    def to_model(self) -> PrivacyModel:
        """The domain's model."""


class WholeReleaseModel(Section):
    """A model of all classes of a release together."""

    @abstractmethod
    def to_model(self) -> ReleaseModel:
        """The domain's model."""


class KAnonymityModel(ClassModel):
    """Every record among at least k alike."""

    model: Literal["k-anonymity"]
    """The privacy model."""
    k: Annotated[Whole, Field(ge=2)] = DEFAULT_K
    """Records, or persons, that a class has at least."""

    def to_model(self) -> KAnonymity:
        """K."""
        return KAnonymity(self.k)


class LDiversityModel(ClassModel):
    """Every class with at least l well-represented sensitive values."""

    model: Literal["l-diversity"]
    """The privacy model."""
    attribute: Name
    """The sensitive attribute."""
    variant: Annotated[Diversity, one_of(*Diversity)] = Diversity.DISTINCT
    """How values are counted: distinct ones, by entropy, or without one being too frequent (recursive)."""
    l: Annotated[int | float, PlainValidator(as_number, json_schema_input_type=float), Field(ge=2)]  # noqa: E741  the field's name
    """How many well-represented values; a fraction only by entropy."""
    c: Annotated[Positive | None, Field(validate_default=True)] = None
    """Of recursive: the most frequent value has fewer than c times the records of the l-th and all rarer ones."""

    @field_validator("l")
    @classmethod
    def _whole_but_for_entropy(cls, l: float, info: ValidationInfo) -> float:  # noqa: E741
        if info.data.get("variant") in (Diversity.DISTINCT, Diversity.RECURSIVE) and not isinstance(l, int):
            raise fault(f"found {l:g} where a whole number is expected; only variant: entropy takes others.")
        return l

    @field_validator("c")
    @classmethod
    def _only_recursive(cls, c: float | None, info: ValidationInfo) -> float | None:
        variant = info.data.get("variant")
        if variant is Diversity.RECURSIVE and c is None:
            raise fault("is missing; variant: recursive needs it, a number above 0.")
        if variant in (Diversity.DISTINCT, Diversity.ENTROPY) and c is not None:
            raise fault(f"is only for variant: recursive, not for {variant}; leave it out.")
        return c

    def to_model(self) -> DistinctDiversity | EntropyDiversity | RecursiveDiversity:
        """The variant's model."""
        if self.variant is Diversity.ENTROPY:
            return EntropyDiversity(self.l, self.attribute)
        if self.variant is Diversity.RECURSIVE and self.c is not None:
            return RecursiveDiversity(self.c, int(self.l), self.attribute)
        return DistinctDiversity(int(self.l), self.attribute)


class TClosenessModel(ClassModel):
    """Sensitive values of every class distributed as in the table, up to t."""

    model: Literal["t-closeness"]
    """The privacy model."""
    attribute: Name
    """The sensitive attribute."""
    t: Annotated[Number, Field(gt=0, le=1)]
    """The largest distance between a class and the table."""
    distance: Annotated[Distance, one_of(*Distance)] = Distance.EQUAL
    """Between two values: all equal, by their order, or by their hierarchy."""

    def to_model(self) -> TCloseness:
        """T and its ground distance."""
        return TCloseness(self.t, self.attribute, self.distance)


class BetaLikenessModel(ClassModel):
    """No sensitive value more frequent in a class than in the table by more than a factor of 1 + beta."""

    model: Literal["beta-likeness"]
    """The privacy model."""
    attribute: Name
    """The sensitive attribute."""
    beta: Positive
    """The largest relative gain in confidence."""
    variant: Annotated[Likeness, one_of(*Likeness)] = Likeness.ENHANCED
    """Whether frequent values are held to -ln of their share too (enhanced)."""

    def to_model(self) -> BetaLikeness:
        """Beta and its variant."""
        return BetaLikeness(self.beta, self.attribute, self.variant)


class DeltaDisclosureModel(ClassModel):
    """Every sensitive value of a class about as frequent as in the table, by a factor of less than e^delta."""

    model: Literal["delta-disclosure"]
    """The privacy model."""
    attribute: Name
    """The sensitive attribute."""
    delta: Annotated[Positive, Field(le=MOST_DELTA)]
    """The logarithm of the factor."""

    def to_model(self) -> DeltaDisclosure:
        """Delta."""
        return DeltaDisclosure(self.delta, self.attribute)


class AlphaKModel(ClassModel):
    """Every record among at least k alike, no sensitive value with more than a share of alpha of them."""

    model: Literal["alpha-k"]
    """The privacy model."""
    attribute: Name
    """The sensitive attribute."""
    alpha: Annotated[Number, Field(gt=0, le=1)]
    """The largest share of a value in a class."""
    k: Annotated[Whole, Field(ge=2)]
    """Records, or persons, that a class has at least."""

    def to_model(self) -> AlphaK:
        """Alpha and k."""
        return AlphaK(self.alpha, self.k, self.attribute)


class KMapModel(ClassModel):
    """Every record like at least k people of the population."""

    model: Literal["k-map"]
    """The privacy model."""
    k: Annotated[Whole, Field(ge=2)]
    """People of the population that a class has at least."""

    def to_model(self) -> KMap:
        """K."""
        return KMap(self.k)


class DeltaPresenceModel(ClassModel):
    """The records of a class between two shares of its people of the population."""

    model: Literal["delta-presence"]
    """The privacy model."""
    delta_min: Fraction = 0.0
    """The least share of a class's people that are in the table."""
    delta_max: Fraction
    """The largest share of a class's people that are in the table."""

    @field_validator("delta_max")
    @classmethod
    def _not_below_the_least(cls, delta_max: float, info: ValidationInfo) -> float:
        delta_min = info.data.get("delta_min")
        if delta_min is not None and delta_max < delta_min:
            raise fault(
                f"found {delta_max:g}, which is below delta_min = {delta_min:g}; no class could be between them."
            )
        if delta_max == 0:
            raise fault("found 0, which no class with a record satisfies; write a share above 0.")
        return delta_max

    def to_model(self) -> DeltaPresence:
        """Both shares."""
        return DeltaPresence(self.delta_max, self.delta_min)


class AverageRiskModel(WholeReleaseModel):
    """A record found with a chance of at most the threshold, on average over the release."""

    model: Literal["average-risk"]
    """The privacy model."""
    threshold: Annotated[Number, Field(gt=0, le=1)]
    """The largest average chance of finding a record's person."""

    def to_model(self) -> AverageRisk:
        """The threshold."""
        return AverageRisk(self.threshold)


class PopulationUniquenessModel(WholeReleaseModel):
    """At most a share of the released records unique in the population, by estimate."""

    model: Literal["population-uniqueness"]
    """The privacy model."""
    threshold: Fraction
    """The largest share of unique records, by Zayatz' estimate."""
    population_size: Annotated[Whole, Field(ge=1)]
    """How many people the table could be about."""

    def to_model(self) -> PopulationUniqueness:
        """The threshold and the number of people."""
        return PopulationUniqueness(self.threshold, self.population_size)


Model = Annotated[
    KAnonymityModel
    | LDiversityModel
    | TClosenessModel
    | BetaLikenessModel
    | DeltaDisclosureModel
    | AlphaKModel
    | KMapModel
    | DeltaPresenceModel
    | AverageRiskModel
    | PopulationUniquenessModel,
    Field(discriminator="model"),
]
