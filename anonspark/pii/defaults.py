"""What a profile does with a column: its action for the type, or the nearest one that is right for the column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from anonspark.domain.paths import parse_path
from anonspark.domain.pii import ColumnFinding, ComplianceProfile, PiiCatalogue
from anonspark.domain.treatments import ACTIONS, Action, Treatment
from anonspark.errors import ColumnTypeError
from anonspark.pii.nested import is_repeated, within_json
from anonspark.pii.remains import with_defaults, within_limits
from anonspark.pii.takes import NOT_IN_JSON, ONE_A_ROW, require_fit
from anonspark.vocabulary import ActionName, DataKind, DetectionMethod

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

    finding: ColumnFinding
    kind: DataKind
    catalogue: PiiCatalogue

    @property
    def lineage(self) -> frozenset[str]:
        """The type and all that cover it."""
        return frozenset(self.catalogue.lineage(self.finding.pii_type))

    @property
    def is_free_text(self) -> bool:
        """Whether what was found stands within texts."""
        return self.finding.method is DetectionMethod.FREE_TEXT

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

    def words(self, action: ActionName) -> str:
        """What the column is that an action is not for."""
        path = parse_path(self.finding.column)
        if self.is_free_text:
            return "parts of texts"
        if within_json(path) and action in NOT_IN_JSON:
            return "values within JSON texts"
        if is_repeated(path) and action in ONE_A_ROW:
            return "several values a row"
        kinds = {DataKind.BINARY: "binary values", DataKind.FLAG: "flags"}
        if self.kind in kinds:
            return kinds[self.kind]
        return "dates" if self.is_date else f"values of {self.finding.pii_type}"


RIGHT: Final[Mapping[ActionName, Callable[[Target], bool]]] = MappingProxyType(
    {
        # It takes the whole text with what was found in it.
        ActionName.SUPPRESS: lambda target: not target.is_free_text,
        ActionName.MASK: lambda target: target.is_text,
        ActionName.TRUNCATE: lambda target: target.is_text,
        ActionName.ENCRYPT: lambda target: not target.is_opaque,
        ActionName.PSEUDONYMIZE: lambda target: not target.lineage & (CHOICES | MONEY),
        ActionName.FORMAT_PRESERVING_ENCRYPT: lambda target: target.is_text and bool(target.lineage & LONG_NUMBERS),
        ActionName.ADD_NOISE: lambda target: target.is_amount,
        ActionName.DATE_SHIFT: lambda target: target.is_date,
    }
)
"""Which of the columns that take an action it is right for; actions that are not named are right for all of them."""

INSTEAD: Final = (ActionName.GENERALIZE, ActionName.REDACT, ActionName.SUPPRESS)
"""What is done instead, the first that is right; every column takes one of the last two."""


def profile_action(
    finding: ColumnFinding, kind: DataKind, profile: ComplianceProfile, catalogue: PiiCatalogue
) -> tuple[Action, str]:
    """What a profile does about a finding of one of its types, and because of what.

    Args:
        finding: In a column.
        kind: Of the column's values.
        profile: Whose type it is.
        catalogue: All types.
    """
    own = catalogue.nearest(finding.pii_type, profile.actions)
    if own is None:
        action: Action = ACTIONS[profile.default_action]()
        because = f"profile {profile.id}, default action"
    else:
        action, because = profile.actions[own], f"profile {profile.id}, action for {own}"
    target = Target(finding, kind, catalogue)
    action = with_defaults(action, finding.pii_type, catalogue, kind)
    if takes(target, action):
        return action, because
    others = (with_defaults(ACTIONS[name](), finding.pii_type, catalogue, kind) for name in INSTEAD)
    instead = next(
        other for other in others if takes(target, other) and within_limits(other, finding.pii_type, profile, catalogue)
    )
    return instead, f"{because}; {action.name} is not for {target.words(action.name)}, so {instead.name}"


def takes(target: Target, action: Action) -> bool:
    """Whether an action can be done with a column, and is right for it."""
    try:
        treatment = Treatment(target.finding.column, target.finding.pii_type, action, "")
        require_fit(treatment, target.kind, free_text=target.is_free_text)
    except ColumnTypeError:
        return False
    return action.name not in RIGHT or RIGHT[action.name](target)
