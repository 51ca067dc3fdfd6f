"""What to protect and how."""

from dataclasses import dataclass, field
from decimal import Decimal

from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.domain.rules import DerivedRule, HierarchyRule
from anonspark.vocabulary import Metric, MicroAggregation, RecodingKind, Strategy, Suppression


@dataclass(frozen=True, slots=True)
class QuasiIdentifier:
    """A column that an attacker may know, how far it may be generalized, and which one value a class gets of it."""

    name: str
    rule: HierarchyRule = field(default_factory=DerivedRule)
    weight: float = 1.0
    min_level: int = 0
    max_level: int | None = None
    microaggregation: MicroAggregation | None = None


@dataclass(frozen=True, slots=True)
class SensitiveAttribute:
    """A column that nobody should learn; its rule gives the order or the tree that t-closeness measures in."""

    name: str
    rule: HierarchyRule | None = None


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How the lattice is searched, with how much driver memory, and whether classes get levels of their own."""

    strategy: Strategy = Strategy.AUTO
    time_limit_s: float | None = None
    memory_mb: int = 2048
    recoding: RecodingKind | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Attributes, models, suppression limit, metric and search; all models must hold.

    Those of classes, `models`, decide first; those of the whole release, `release_models`, on what these let pass.
    Where records name their person in the column `person_id`, classes count persons.
    """

    quasi_identifiers: tuple[QuasiIdentifier, ...]
    models: tuple[PrivacyModel, ...]
    sensitive: tuple[SensitiveAttribute, ...] = ()
    identifiers: tuple[str, ...] = ()
    max_suppression: float = 0.0
    suppression: Suppression = Suppression.MASK
    identifier_treatment: Suppression = Suppression.MASK
    metric: Metric = Metric.LOSS
    search: SearchSettings = SearchSettings()
    risk_threshold: float = 0.2
    release_models: tuple[ReleaseModel, ...] = ()
    person_id: str | None = None

    @property
    def needs_population(self) -> bool:
        """Whether a model asks for the people of a population."""
        return any(model.needs_population for model in self.models)

    @property
    def names(self) -> tuple[str, ...]:
        """The quasi-identifiers' columns."""
        return tuple(attribute.name for attribute in self.quasi_identifiers)

    @property
    def microaggregations(self) -> dict[str, MicroAggregation]:
        """The quasi-identifiers that are released as one value a class."""
        asked = {attribute.name: attribute.microaggregation for attribute in self.quasi_identifiers}
        return {name: function for name, function in asked.items() if function is not None}

    def suppression_limit(self, records: int) -> int:
        """Most records that may be suppressed: floor(max_suppression x records), in decimals.

        >>> Policy((), (), max_suppression=0.29).suppression_limit(100)
        29
        """
        return int(Decimal(str(self.max_suppression)) * records)
