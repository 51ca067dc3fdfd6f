"""The `attributes` of a job file."""

from typing import Annotated

from pydantic import ValidationInfo, field_validator

from anonspark.config.fields import Count, Name, Positive, Section, fault, one_of
from anonspark.config.hierarchies import Hierarchy, RowReader
from anonspark.domain.policy import QuasiIdentifier, SensitiveAttribute
from anonspark.domain.rules import DerivedRule, MaskRule
from anonspark.vocabulary import AttributeRole, MicroAggregation


class Attribute(Section):
    """A column, what it is to an attacker, and how far it may be generalized."""

    name: Name
    """The column, in exactly these letters."""
    type: Annotated[AttributeRole, one_of(*AttributeRole)]
    """Others may know a quasi_identifier, nobody may learn a sensitive one, an identifier names a person."""
    weight: Positive = 1.0
    """How much its loss counts beside that of others."""
    min_level: Count = 0
    """The lowest level it may be released at; 0 is raw."""
    max_level: Count | None = None
    """The highest level it may be released at; the hierarchy's last where not given."""
    hierarchy: Hierarchy | None = None
    """How it is generalized; derived from the values where not given."""
    microaggregation: Annotated[MicroAggregation | None, one_of(*MicroAggregation, optional=True)] = None
    """Release one value a class: its mean, median or mode."""

    @field_validator("max_level")
    @classmethod
    def _not_below_min_level(cls, highest: int | None, info: ValidationInfo) -> int | None:
        lowest = info.data.get("min_level")
        if highest is not None and lowest is not None and highest < lowest:
            raise fault(f"found {highest}, which is below min_level, {lowest}.")
        return highest

    @field_validator("weight", "min_level", "max_level", "microaggregation")
    @classmethod
    def _only_of_quasi_identifiers(cls, value: object, info: ValidationInfo) -> object:
        role = info.data.get("type")
        default = cls.model_fields[info.field_name].default if info.field_name else None
        if role not in (None, AttributeRole.QUASI_IDENTIFIER) and value != default:
            raise fault(f"is for quasi_identifiers only, and this is of type {role}; leave it out.")
        return value

    @field_validator("hierarchy")
    @classmethod
    def _only_where_it_has_a_use(cls, hierarchy: Hierarchy | None, info: ValidationInfo) -> Hierarchy | None:
        role = info.data.get("type")
        if hierarchy is not None and role in (AttributeRole.IDENTIFIER, AttributeRole.INSENSITIVE):
            raise fault(f"has no use for an attribute of type {role}; leave it out, or make it a quasi_identifier.")
        return hierarchy

    @field_validator("microaggregation")
    @classmethod
    def _no_bounds_without_levels(
        cls, function: MicroAggregation | None, info: ValidationInfo
    ) -> MicroAggregation | None:
        bounds = info.data.get("min_level") or info.data.get("max_level")
        if function is not None and bounds is not None and info.data.get("hierarchy", True) is None:
            raise fault(
                "forms classes without this column, so it has no levels to bound; leave out min_level and max_level, "
                "or give it a hierarchy."
            )
        return function

    def to_quasi_identifier(self, read_rows: RowReader) -> QuasiIdentifier:
        """The domain's quasi-identifier; a hierarchy that is not given is derived from the data.

        One that is released as one value a class needs none: classes are then formed without it.
        """
        if self.microaggregation is not None and self.hierarchy is None:
            return QuasiIdentifier(self.name, MaskRule(()), self.weight, 1, 1, self.microaggregation)
        rule = self.hierarchy.to_rule(read_rows) if self.hierarchy else DerivedRule()
        return QuasiIdentifier(self.name, rule, self.weight, self.min_level, self.max_level, self.microaggregation)

    def to_sensitive(self, read_rows: RowReader) -> SensitiveAttribute:
        """The domain's sensitive attribute."""
        return SensitiveAttribute(self.name, self.hierarchy.to_rule(read_rows) if self.hierarchy else None)
