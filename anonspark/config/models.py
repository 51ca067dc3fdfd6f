"""The `privacy` section of a job file: which models must hold."""

from abc import abstractmethod
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, ValidationInfo, field_validator

from anonspark.config.fields import Name, Number, Positive, Section, Whole, as_number, fault, one_of
from anonspark.domain.model import PrivacyModel
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.l_diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from anonspark.models.t_closeness import TCloseness
from anonspark.vocabulary import Distance, Diversity

DEFAULT_K = 5


class _Model(Section):
    @abstractmethod
    def to_model(self) -> PrivacyModel:
        """The domain's model."""


class KAnonymityModel(_Model):
    """Every record among at least k alike."""

    model: Literal["k-anonymity"]
    k: Annotated[Whole, Field(ge=2)] = DEFAULT_K

    def to_model(self) -> KAnonymity:
        """K."""
        return KAnonymity(self.k)


class LDiversityModel(_Model):
    """Every class with at least l well-represented sensitive values."""

    model: Literal["l-diversity"]
    attribute: Name
    variant: Annotated[Diversity, one_of(*Diversity)] = Diversity.DISTINCT
    l: Annotated[int | float, PlainValidator(as_number), Field(ge=2)]  # noqa: E741  the field's name
    c: Annotated[Positive | None, Field(validate_default=True)] = None

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


class TClosenessModel(_Model):
    """Sensitive values of every class distributed as in the table, up to t."""

    model: Literal["t-closeness"]
    attribute: Name
    t: Annotated[Number, Field(gt=0, le=1)]
    distance: Annotated[Distance, one_of(*Distance)] = Distance.EQUAL

    def to_model(self) -> TCloseness:
        """T and its ground distance."""
        return TCloseness(self.t, self.attribute, self.distance)


Model = Annotated[KAnonymityModel | LDiversityModel | TClosenessModel, Field(discriminator="model")]
