"""The `config` of each action of the `transform-pii` job: one section an action, which becomes the domain's."""

import re
from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from anonspark.config.fields import (
    Character,
    Columns,
    Count,
    Flag,
    Fraction,
    Name,
    Number,
    Positive,
    Section,
    Text,
    Whole,
    fault,
    shown,
)
from anonspark.config.plain import plain_data
from anonspark.config.problems import path_text, problems_of
from anonspark.domain.treatments import (
    Action,
    AddNoise,
    DateShift,
    Encrypt,
    FormatPreservingEncrypt,
    Generalize,
    Hash,
    KAnonymize,
    Keep,
    Mask,
    Pseudonymize,
    Redact,
    Suppress,
    Tokenize,
    Truncate,
)
from anonspark.errors import ConfigurationError, did_you_mean
from anonspark.vocabulary import ActionName

GENERALIZE_KEYS: Final = ("to", "bin_size", "keep", "prefix", "levels")

LONGEST_PREFIX: Final = 32
"""Characters of a token before its random part."""

_LOCALE: Final = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")


def _check_locale(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise fault(f"found {shown(text)}, which is no locale; write a language and a country, such as de_DE.")
    return text


def _check_alphabet(text: str) -> str:
    if len(set(text)) < len(text) or len(text) < 2:
        raise fault("needs two characters or more, each of them once.")
    return text


def _check_prefix(text: str) -> str:
    if len(text) > LONGEST_PREFIX or any(symbol.isspace() for symbol in text):
        raise fault(f"found {shown(text)}; a prefix has at most {LONGEST_PREFIX} characters and no blanks.")
    return text


Locale = Annotated[Name, AfterValidator(_check_locale)]


class ActionConfig(Section):
    """The settings of one action."""

    @abstractmethod
    def to_action(self) -> Action:
        """The domain's action."""


class RedactConfig(ActionConfig):
    """Replaces values by a mark; there is nothing to set."""

    def to_action(self) -> Redact:
        """The action."""
        return Redact()


class MaskConfig(ActionConfig):
    """Keeps some characters at the ends, at most half of a value."""

    show_first: Count = 0
    """Characters that stay at the start."""
    show_last: Count = 4
    """Characters that stay at the end."""
    mask_char: Character = "*"
    """What stands for each hidden character."""
    keep_separators: Flag = True
    """Whether what is neither letter nor digit stays."""

    def to_action(self) -> Mask:
        """The action."""
        return Mask(self.show_first, self.show_last, self.mask_char, self.keep_separators)


class HashConfig(ActionConfig):
    """Replaces values by their digests."""

    algorithm: Literal["sha256", "sha512"] = "sha256"
    """Which member of SHA-2."""

    def to_action(self) -> Hash:
        """The action."""
        return Hash(self.algorithm)


class EncryptConfig(ActionConfig):
    """Encrypts values with AES-256."""

    deterministic: Flag = False
    """Give equal values equal ciphertexts, so that the column can still be joined."""

    def to_action(self) -> Encrypt:
        """The action."""
        return Encrypt(self.deterministic)


class FormatPreservingEncryptConfig(ActionConfig):
    """Encrypts the characters of an alphabet into such characters, in as many places."""

    alphabet: Annotated[Name, AfterValidator(_check_alphabet)] = "0123456789"
    """The characters that are encrypted; all others stay where they are."""

    def to_action(self) -> FormatPreservingEncrypt:
        """The action."""
        return FormatPreservingEncrypt(self.alphabet)


class PseudonymizeConfig(ActionConfig):
    """Replaces values by made-up ones."""

    locale: Locale | None = None
    """Whose names and addresses are made up, such as de_DE; settings.locale where not given."""

    def to_action(self) -> Pseudonymize:
        """The action."""
        return Pseudonymize(self.locale)


class TokenizeConfig(ActionConfig):
    """Replaces values by random tokens, which a vault can turn back."""

    prefix: Annotated[Text, AfterValidator(_check_prefix)] = "tok_"
    """What every token begins with."""

    def to_action(self) -> Tokenize:
        """The action."""
        return Tokenize(self.prefix)


class GeneralizeConfig(ActionConfig):
    """Makes values less precise; at most one key is given."""

    to: Literal["year", "month", "quarter", "decade"] | None = None
    """Of dates: how much of them stays; year where nothing is given."""
    bin_size: Positive | None = None
    """Of numbers: the width of the ranges that they become."""
    keep: Count | None = None
    """Of postcodes and other texts: the characters that stay at the start; 3 of postcodes where nothing is given."""
    prefix: Annotated[Whole, Field(ge=0, le=128)] | None = None
    """Of IP addresses: the bits that stay; 24 of IPv4 and 48 of IPv6 where nothing is given."""
    levels: Annotated[Whole, Field(ge=1)] | None = None
    """Steps up the hierarchy that the type has; 1 where nothing is given."""

    @model_validator(mode="after")
    def _one_way(self) -> "GeneralizeConfig":
        given = [key for key in GENERALIZE_KEYS if getattr(self, key) is not None]
        if len(given) > 1:
            raise fault(f"is a second way beside {given[0]}; keep only one of the two.", given[1])
        return self

    def to_action(self) -> Generalize:
        """The action."""
        return Generalize(self.to, self.bin_size, self.keep, self.prefix, self.levels)


class SuppressConfig(ActionConfig):
    """Leaves the column out; there is nothing to set."""

    def to_action(self) -> Suppress:
        """The action."""
        return Suppress()


class TruncateConfig(ActionConfig):
    """Keeps a fixed number of characters."""

    length: Count = 3
    """How many."""
    # `from` is a word of Python.
    end: Literal["start", "end"] = Field(default="start", alias="from")
    """From which end they are taken."""

    def to_action(self) -> Truncate:
        """The action."""
        return Truncate(self.length, self.end == "start")


class KAnonymizeConfig(ActionConfig):
    """Generalizes the columns with this action together, until every combination of them occurs k times."""

    k: Annotated[Whole, Field(ge=2)] = 5
    """Rows that look alike at least."""
    quasi_identifiers: Columns = ()
    """Columns that are generalized too; only those that have this action where not given."""
    max_suppression: Fraction = 0.0
    """The fraction of rows whose values may become * altogether."""

    def to_action(self) -> KAnonymize:
        """The action."""
        return KAnonymize(self.k, self.quasi_identifiers, self.max_suppression)


class AddNoiseConfig(ActionConfig):
    """Adds random numbers to numbers; this is not differential privacy."""

    distribution: Literal["gaussian", "laplace"] = "gaussian"
    """Of the noise, around 0."""
    scale: Positive | None = None
    """Standard deviation of gaussian noise, b of laplace; a tenth of the column's deviation where nothing is given."""
    epsilon: Positive | None = None
    """With sensitivity, in place of scale: the scale is sensitivity / epsilon."""
    sensitivity: Positive | None = None
    """By how much one person can change a value."""
    # The names of these three are Python's own functions.
    round_to: Whole | None = Field(default=None, alias="round")
    """Decimal places of the result; a whole number stays whole where not given."""
    minimum: Number | None = Field(default=None, alias="min")
    """Smaller results become it."""
    maximum: Number | None = Field(default=None, alias="max")
    """Larger results become it."""

    @model_validator(mode="after")
    def _one_scale(self) -> "AddNoiseConfig":
        if self.scale is not None and self.epsilon is not None:
            raise fault("is a second scale beside scale; keep only one of the two.", "epsilon")
        if (self.epsilon is None) != (self.sensitivity is None):
            missing = "epsilon" if self.epsilon is None else "sensitivity"
            raise fault("is missing; the scale is sensitivity / epsilon.", missing)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise fault(f"found {self.maximum:g}, which is below min = {self.minimum:g}.", "max")
        return self

    def to_action(self) -> AddNoise:
        """The action."""
        return AddNoise(
            self.distribution,
            self.scale,
            self.epsilon,
            self.sensitivity,
            self.round_to,
            self.minimum,
            self.maximum,
        )


class DateShiftConfig(ActionConfig):
    """Moves all dates of a person by the same number of days."""

    person: Name | None = None
    """The column that tells the person; each value moves by itself where not given."""
    max_days: Annotated[Whole, Field(ge=1)] = 365
    """The most days, either way."""

    def to_action(self) -> DateShift:
        """The action."""
        return DateShift(self.person, self.max_days)


class KeepConfig(ActionConfig):
    """Leaves the values as they are, and records that somebody decided so; there is nothing to set."""

    def to_action(self) -> Keep:
        """The action."""
        return Keep()


CONFIGS: Final[Mapping[ActionName, type[ActionConfig]]] = MappingProxyType(
    {
        ActionName.MASK: MaskConfig,
        ActionName.HASH: HashConfig,
        ActionName.REDACT: RedactConfig,
        ActionName.ENCRYPT: EncryptConfig,
        ActionName.GENERALIZE: GeneralizeConfig,
        ActionName.SUPPRESS: SuppressConfig,
        ActionName.PSEUDONYMIZE: PseudonymizeConfig,
        ActionName.TRUNCATE: TruncateConfig,
        ActionName.TOKENIZE: TokenizeConfig,
        ActionName.K_ANONYMIZE: KAnonymizeConfig,
        ActionName.ADD_NOISE: AddNoiseConfig,
        ActionName.DATE_SHIFT: DateShiftConfig,
        ActionName.FORMAT_PRESERVING_ENCRYPT: FormatPreservingEncryptConfig,
        ActionName.KEEP: KeepConfig,
    }
)
"""What the `config` of each action is read by."""


def read_action(name: str, config: Mapping[str, Any] | None = None) -> Action:
    """The action of a name and its `config`, with defaults for what is left out.

    Raises:
        ConfigurationError: There is no such action (did you mean), or every fault of its config.

    >>> read_action("mask", {"show_last": 2})
    Mask(show_first=0, show_last=2, mask_char='*', keep_separators=True)
    """
    if name not in CONFIGS:
        hint = did_you_mean(name, CONFIGS)
        raise ConfigurationError([("action", f"found {shown(name)}; it is one of {', '.join(CONFIGS)}{hint or '.'}")])
    section = CONFIGS[ActionName(name)]
    plain, problems = plain_data(dict(config or {}))
    try:
        read = section.model_validate(plain)
    except ValidationError as error:
        problems += problems_of(error, section)
    if problems:
        raise ConfigurationError([(path_text(("config", *path)), sentence) for path, sentence in problems])
    return read.to_action()


def action_schema(name: ActionName) -> dict[str, Any]:
    """The JSON Schema of an action's `config`, draft 2020-12.

    >>> sorted(action_schema(ActionName.TRUNCATE)["properties"])
    ['from', 'length']
    """
    return CONFIGS[name].model_json_schema()
