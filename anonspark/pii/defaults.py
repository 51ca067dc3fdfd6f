"""What a profile does with a column: its action for the type, or the nearest one that is right for the column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from anonspark.domain.paths import ColumnPath
from anonspark.domain.pii import ComplianceProfile, PiiCatalogue
from anonspark.domain.treatments import ACTIONS, Action, Generalize
from anonspark.vocabulary import ActionName, DataKind

POSTCODES: Final = frozenset({"us_zip", "uk_postcode", "ca_postal_code", "postal_code"})

AMOUNTS: Final = frozenset({"age", "income", "credit_score", "account_balance", "latitude", "longitude", "coordinates"})
"""Types, and their kinds, of which a few characters are no part of a name or number but still the amount, nearly."""

CHOICES: Final = frozenset(
    {"gender", "marital_status", "nationality", "blood_type", "political", "religious", "sexual_orientation",
     "trade_union", "race_ethnicity", "disability", "criminal_record", "genetic", "biometric", "photo", "signature",
     "health", "password", "credential"}
)  # fmt: skip
"""Types, and their kinds, whose values name nobody: a made-up one in their place protects nobody either."""

LONG_NUMBERS: Final = frozenset({"credit_card", "account_number", "npi", "imei", "imsi", "phone", "ssn", "national_id"})
"""Types, and their kinds, with enough digits for format-preserving encryption."""

ZIP_KEPT: Final = 3
IP_PREFIX: Final = 24
AGE_BIN: Final = 10


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
    def words(self) -> str:
        """What the column is, for a sentence."""
        kinds = {DataKind.BINARY: "binary values", DataKind.FLAG: "flags"}
        if self.kind in kinds:
            return kinds[self.kind]
        return "dates" if self.is_date else f"values of {self.pii_type}"


TAKES: Final[Mapping[ActionName, Callable[[Target], bool]]] = MappingProxyType(
    {
        ActionName.REDACT: lambda target: target.kind is not DataKind.BINARY,
        ActionName.MASK: lambda target: target.is_text,
        ActionName.TRUNCATE: lambda target: target.is_text,
        ActionName.HASH: lambda target: not target.is_opaque,
        ActionName.ENCRYPT: lambda target: not target.is_opaque,
        ActionName.TOKENIZE: lambda target: not target.is_opaque,
        ActionName.PSEUDONYMIZE: lambda target: target.is_text and not target.lineage & CHOICES,
        ActionName.FORMAT_PRESERVING_ENCRYPT: lambda target: target.is_text and bool(target.lineage & LONG_NUMBERS),
        ActionName.GENERALIZE: lambda target: (
            not target.is_opaque
            and (target.is_date or target.is_amount or bool(target.lineage & {*POSTCODES, "ip_address"}))
        ),
        ActionName.ADD_NOISE: lambda target: target.is_amount and target.kind in (DataKind.WHOLE, DataKind.DECIMAL),
        ActionName.DATE_SHIFT: lambda target: target.is_date,
    }
)
"""Which columns an action of a profile is right for; those not named are right for all."""

INSTEAD: Final = (ActionName.GENERALIZE, ActionName.REDACT, ActionName.SUPPRESS)
"""What is done instead, the first that is right; the last always is."""


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
        because += f"; {action.name} is not for {target.words}, so {instead}"
        action = ACTIONS[instead]()
    return with_defaults(action, pii_type, catalogue, kind), because


def takes(target: Target, action: ActionName) -> bool:
    """Whether an action is right for a column."""
    return action not in TAKES or TAKES[action](target)


def with_defaults(action: Action, pii_type: str, catalogue: PiiCatalogue, kind: DataKind = DataKind.TEXT) -> Action:
    """The action with what is left open set as its type of personal data asks for; others stay as they are."""
    if not isinstance(action, Generalize) or action != Generalize():
        return action
    lineage = frozenset(catalogue.lineage(pii_type))
    if "date" in lineage or kind in (DataKind.DATE, DataKind.TIMESTAMP):
        return replace(action, to="year")
    if lineage & POSTCODES:
        return replace(action, keep=ZIP_KEPT)
    if "ip_address" in lineage:
        return replace(action, prefix=IP_PREFIX)
    return replace(action, bin_size=AGE_BIN) if "age" in lineage else action
