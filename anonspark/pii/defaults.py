"""What a profile does with a column: its action for the type, or the nearest one that is right for the column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from anonspark.domain.paths import ColumnPath, Within
from anonspark.domain.pii import ComplianceProfile, PiiCatalogue
from anonspark.domain.treatments import ACTIONS, Action, Generalize
from anonspark.pii.transforms.generalize import AGE_BIN, DATE_LEVELS, POSTCODE_KEPT, POSTCODES, way_of
from anonspark.vocabulary import ActionName, DataKind

MONEY: Final = frozenset({"income", "credit_score", "account_balance"})
"""Types, and their kinds, that have no made-up values: a wrong amount is worse than none."""

AMOUNTS: Final = frozenset({"age", *MONEY, "latitude", "longitude", "coordinates"})
"""Types, and their kinds, of which a few characters are no part of a name or number but still the amount, nearly."""

CHOICES: Final = frozenset(
    {"gender", "marital_status", "blood_type", "political", "religious", "sexual_orientation",
     "trade_union", "race_ethnicity", "disability", "criminal_record", "genetic", "biometric", "photo", "signature",
     "health", "password", "credential"}
)  # fmt: skip
"""Types, and their kinds, whose values name nobody: a made-up one in their place protects nobody either."""

LONG_NUMBERS: Final = frozenset({"credit_card", "account_number", "npi", "imei", "imsi", "phone", "ssn", "national_id"})
"""Types, and their kinds, with enough digits for format-preserving encryption."""


@dataclass(frozen=True, slots=True)
class Target:
    """A column, as far as it decides which actions it takes."""

    pii_type: str
    kind: DataKind
    path: ColumnPath
    catalogue: PiiCatalogue

    @property
    def lineage(self) -> frozenset[str]:
        """The type and all that cover it."""
        return frozenset(self.catalogue.lineage(self.pii_type))

    @property
    def is_date(self) -> bool:
        """Whether the values are dates, as texts or not."""
        return "date" in self.lineage or self.kind in (DataKind.DATE, DataKind.TIMESTAMP)

    @property
    def is_amount(self) -> bool:
        """Whether the values are amounts or places on a map."""
        return bool(self.lineage & AMOUNTS)

    @property
    def is_text(self) -> bool:
        """Whether characters of the values can be shown or hidden one by one."""
        return self.kind in (DataKind.TEXT, DataKind.WHOLE) and not self.is_date and not self.is_amount

    @property
    def is_opaque(self) -> bool:
        """Bytes and flags, which no made-up text stands for."""
        return self.kind in (DataKind.BINARY, DataKind.FLAG)

    @property
    def can_be_dropped(self) -> bool:
        """Whether the path ends in a column or a field, not in elements, values of maps or within JSON."""
        steps = self.path.steps
        return not steps or (steps[-1].into is Within.FIELD and all(step.into is not Within.JSON for step in steps))

    @property
    def words(self) -> str:
        """What the column is, for a sentence."""
        kinds = {DataKind.BINARY: "binary values", DataKind.FLAG: "flags"}
        if self.kind in kinds:
            return kinds[self.kind]
        return "dates" if self.is_date else f"values of {self.pii_type}"


TAKES: Final[Mapping[ActionName, Callable[[Target], bool]]] = MappingProxyType(
    {
        ActionName.REDACT: lambda target: target.kind is not DataKind.BINARY or not target.can_be_dropped,
        ActionName.SUPPRESS: lambda target: target.can_be_dropped,
        ActionName.MASK: lambda target: target.is_text,
        ActionName.TRUNCATE: lambda target: target.is_text,
        ActionName.HASH: lambda target: not target.is_opaque,
        ActionName.ENCRYPT: lambda target: not target.is_opaque,
        ActionName.TOKENIZE: lambda target: not target.is_opaque,
        ActionName.PSEUDONYMIZE: lambda target: not target.is_opaque and not target.lineage & (CHOICES | MONEY),
        ActionName.FORMAT_PRESERVING_ENCRYPT: lambda target: target.is_text and bool(target.lineage & LONG_NUMBERS),
        ActionName.GENERALIZE: lambda target: way_of(Generalize(), target.pii_type, target.kind) is not None,
        ActionName.ADD_NOISE: lambda target: target.is_amount and target.kind in (DataKind.WHOLE, DataKind.DECIMAL),
        ActionName.DATE_SHIFT: lambda target: target.is_date,
    }
)
"""Which columns an action of a profile is right for; those not named are right for all."""

INSTEAD: Final = (ActionName.GENERALIZE, ActionName.REDACT, ActionName.SUPPRESS)
"""What is done instead, the first that is right; redact or suppress always is."""


def profile_action(
    pii_type: str, kind: DataKind, path: ColumnPath, profile: ComplianceProfile, catalogue: PiiCatalogue
) -> tuple[Action, str]:
    """What a profile does with one of its types in a column, and because of what."""
    own = catalogue.nearest(pii_type, profile.actions)
    if own is None:
        action: Action = ACTIONS[profile.default_action]()
        because = f"profile {profile.id}, default action"
    else:
        action, because = profile.actions[own], f"profile {profile.id}, action for {own}"
    target = Target(pii_type, kind, path, catalogue)
    if not takes(target, action.name):
        instead = next(name for name in INSTEAD if takes(target, name))
        what = "what lies in elements or JSON" if action.name is ActionName.SUPPRESS else target.words
        because += f"; {action.name} is not for {what}, so {instead}"
        action = ACTIONS[instead]()
    return with_defaults(action, pii_type, catalogue, kind), because


def takes(target: Target, action: ActionName) -> bool:
    """Whether an action is right for a column."""
    return action not in TAKES or TAKES[action](target)


def with_defaults(action: Action, pii_type: str, catalogue: PiiCatalogue, kind: DataKind = DataKind.TEXT) -> Action:
    """The action with what is left open set as `generalize` reads it for the type; others stay as they are."""
    if not isinstance(action, Generalize):
        return action
    lineage = frozenset(catalogue.lineage(pii_type))
    if "date" in lineage or kind in (DataKind.DATE, DataKind.TIMESTAMP):
        if action.levels is not None:
            return Generalize(to=DATE_LEVELS[min(action.levels, len(DATE_LEVELS)) - 1])
        return Generalize(to="year") if action == Generalize() else action
    if lineage & POSTCODES:
        if action.levels is not None:
            return Generalize(keep=max(0, POSTCODE_KEPT + 1 - action.levels))
        return Generalize(keep=POSTCODE_KEPT) if action == Generalize() else action
    return Generalize(bin_size=AGE_BIN) if "age" in lineage and action == Generalize() else action
