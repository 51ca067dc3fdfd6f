"""The `rules` of a `transform-pii` job: what is done with a type of personal data, or with one column."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from anonspark.config.actions import (
    ActionConfig,
    AddNoiseConfig,
    DateShiftConfig,
    EncryptConfig,
    FormatPreservingEncryptConfig,
    GeneralizeConfig,
    HashConfig,
    KAnonymizeConfig,
    KeepConfig,
    MaskConfig,
    PseudonymizeConfig,
    RedactConfig,
    SuppressConfig,
    TokenizeConfig,
    TruncateConfig,
)
from anonspark.config.fields import Flag, Name, Section, Whole, fault
from anonspark.domain.paths import parse_path
from anonspark.domain.treatments import TreatmentRule
from anonspark.errors import InputError


class PiiRule(Section):
    """A rule; the action says how its `config` is read."""

    action: str
    """What is done."""
    pii_type: Name | None = None
    """With columns that hold this type of personal data, or a kind of it."""
    column: Name | None = None
    """With the column of this path, whatever it holds: email, address.zip, phones[], tags{}, payload.$.mail."""
    priority: Whole = 0
    """The rule of the highest wins, then the one for a column, then the more specific type, then the first."""
    enabled: Flag = True
    """Only then it counts."""
    config: ActionConfig
    """The settings of the action."""

    @model_validator(mode="after")
    def _names_one(self) -> "PiiRule":
        if (self.pii_type is None) == (self.column is None):
            found = "names neither a pii_type nor a column" if self.column is None else "names a pii_type and a column"
            raise fault(f"{found}; it is about one of the two.")
        if self.column is not None:
            try:
                parse_path(self.column)
            except InputError as error:
                raise fault(error.message, "column") from None
        return self

    def to_rule(self) -> TreatmentRule:
        """The domain's rule."""
        return TreatmentRule(self.config.to_action(), self.pii_type, self.column, self.priority, self.enabled)


class RedactRule(PiiRule):
    """Replace values by [REDACTED]; in free text only what was found in it."""

    action: Literal["redact"]
    """What is done."""
    config: RedactConfig = RedactConfig()
    """The settings of the action."""


class MaskRule(PiiRule):
    """Hide all but some characters at the ends."""

    action: Literal["mask"]
    """What is done."""
    config: MaskConfig = MaskConfig()
    """The settings of the action."""


class HashRule(PiiRule):
    """Replace values by their digests, keyed where settings.hash_key is given."""

    action: Literal["hash"]
    """What is done."""
    config: HashConfig = HashConfig()
    """The settings of the action."""


class EncryptRule(PiiRule):
    """Encrypt values; needs settings.encryption_key."""

    action: Literal["encrypt"]
    """What is done."""
    config: EncryptConfig = EncryptConfig()
    """The settings of the action."""


class FormatPreservingEncryptRule(PiiRule):
    """Encrypt digits into digits; needs settings.encryption_key."""

    action: Literal["format_preserving_encrypt"]
    """What is done."""
    config: FormatPreservingEncryptConfig = FormatPreservingEncryptConfig()
    """The settings of the action."""


class PseudonymizeRule(PiiRule):
    """Replace values by made-up ones of the same type, the same for the same value."""

    action: Literal["pseudonymize"]
    """What is done."""
    config: PseudonymizeConfig = PseudonymizeConfig()
    """The settings of the action."""


class TokenizeRule(PiiRule):
    """Replace values by random tokens; needs settings.vault."""

    action: Literal["tokenize"]
    """What is done."""
    config: TokenizeConfig = TokenizeConfig()
    """The settings of the action."""


class GeneralizeRule(PiiRule):
    """Make values less precise."""

    action: Literal["generalize"]
    """What is done."""
    config: GeneralizeConfig = GeneralizeConfig()
    """The settings of the action."""


class SuppressRule(PiiRule):
    """Leave the column out."""

    action: Literal["suppress"]
    """What is done."""
    config: SuppressConfig = SuppressConfig()
    """The settings of the action."""


class TruncateRule(PiiRule):
    """Keep a fixed number of characters."""

    action: Literal["truncate"]
    """What is done."""
    config: TruncateConfig = TruncateConfig()
    """The settings of the action."""


class KAnonymizeRule(PiiRule):
    """Generalize columns together until no row is alone."""

    action: Literal["k_anonymize"]
    """What is done."""
    config: KAnonymizeConfig = KAnonymizeConfig()
    """The settings of the action."""


class AddNoiseRule(PiiRule):
    """Add random numbers to numbers."""

    action: Literal["add_noise"]
    """What is done."""
    config: AddNoiseConfig = AddNoiseConfig()
    """The settings of the action."""


class DateShiftRule(PiiRule):
    """Move dates by days."""

    action: Literal["date_shift"]
    """What is done."""
    config: DateShiftConfig = DateShiftConfig()
    """The settings of the action."""


class KeepRule(PiiRule):
    """Leave values as they are, on the record."""

    action: Literal["keep"]
    """What is done."""
    config: KeepConfig = KeepConfig()
    """The settings of the action."""


AnyPiiRule = Annotated[
    MaskRule
    | HashRule
    | RedactRule
    | EncryptRule
    | GeneralizeRule
    | SuppressRule
    | PseudonymizeRule
    | TruncateRule
    | TokenizeRule
    | KAnonymizeRule
    | AddNoiseRule
    | DateShiftRule
    | FormatPreservingEncryptRule
    | KeepRule,
    Field(discriminator="action"),
]
