"""Whether an action can be done with a column: what its values are, where they lie, and what the job has keys for."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from anonspark.domain.keys import KeyScope
from anonspark.domain.paths import ColumnPath, parse_path
from anonspark.domain.treatments import Generalize, Treatment
from anonspark.errors import ColumnTypeError, ConfigurationError
from anonspark.pii.nested import is_repeated, within_json
from anonspark.pii.transforms.generalize import fitting_settings, way_of
from anonspark.vocabulary import ActionName, DataKind

TEXTS: Final = frozenset({DataKind.TEXT, DataKind.WHOLE})
NUMBERS: Final = frozenset({DataKind.WHOLE, DataKind.DECIMAL})
DATES: Final = frozenset({DataKind.DATE, DataKind.TIMESTAMP})
ALL: Final = frozenset(DataKind)
READABLE: Final = TEXTS | NUMBERS | DATES

KINDS: Final[Mapping[ActionName, frozenset[DataKind]]] = MappingProxyType(
    {
        ActionName.MASK: TEXTS,
        ActionName.HASH: READABLE,
        ActionName.REDACT: READABLE | {DataKind.FLAG},
        ActionName.ENCRYPT: ALL,
        ActionName.GENERALIZE: READABLE,
        ActionName.SUPPRESS: ALL,
        ActionName.PSEUDONYMIZE: TEXTS,
        ActionName.TRUNCATE: TEXTS,
        ActionName.TOKENIZE: READABLE,
        ActionName.K_ANONYMIZE: READABLE | {DataKind.FLAG},
        ActionName.ADD_NOISE: NUMBERS,
        ActionName.DATE_SHIFT: DATES | {DataKind.TEXT},
        ActionName.FORMAT_PRESERVING_ENCRYPT: TEXTS,
        ActionName.KEEP: ALL,
    }
)
"""What values each action takes."""

WHOLE_COLUMNS: Final = (ActionName.K_ANONYMIZE,)
"""Actions on columns, and not on values within them."""

ONE_A_ROW: Final = (*WHOLE_COLUMNS, ActionName.TOKENIZE, ActionName.ADD_NOISE)
"""Actions that need one value a row."""

NOT_IN_JSON: Final = (*ONE_A_ROW, ActionName.GENERALIZE)

IN_FREE_TEXT: Final = (
    ActionName.REDACT,
    ActionName.MASK,
    ActionName.HASH,
    ActionName.TRUNCATE,
    ActionName.ENCRYPT,
    ActionName.PSEUDONYMIZE,
    ActionName.SUPPRESS,
    ActionName.KEEP,
)
"""Actions on parts of a text; suppress leaves the whole column out."""

WORDS: Final[Mapping[DataKind, str]] = MappingProxyType(
    {
        DataKind.TEXT: "text",
        DataKind.WHOLE: "whole numbers",
        DataKind.DECIMAL: "numbers",
        DataKind.DATE: "dates",
        DataKind.TIMESTAMP: "points in time",
        DataKind.FLAG: "true and false",
        DataKind.BINARY: "bytes",
    }
)


def require_fit(treatment: Treatment, kind: DataKind, *, free_text: bool = False) -> None:
    """Refuse an action that the values cannot take, naming the column and what fits.

    Args:
        treatment: Of one column or path.
        kind: Of its values.
        free_text: Whether what was found stands within texts.

    Raises:
        ColumnTypeError: It does not fit.
    """
    path, action = parse_path(treatment.column), treatment.action
    name = action.name
    if _takes(name, kind, path, free_text=free_text):
        if isinstance(action, Generalize):
            _require_way(treatment, action, kind, path)
        return
    if kind not in KINDS[name]:
        found = WORDS[kind]
        refusal = f"{name} takes {_listed(KINDS[name])}"
    elif free_text and name not in IN_FREE_TEXT:
        found, refusal = "free text", f"{name} is not for parts of a text"
    else:
        found = "JSON" if within_json(path) else "several values a row" if is_repeated(path) else "a field"
        refusal = f"{name} needs a column" if name in WHOLE_COLUMNS else f"{name} needs one value a row"
        if within_json(path) and name is ActionName.GENERALIZE:
            refusal = "generalize is not for values within JSON texts"
    fitting = [each for each in ActionName if _fits_somehow(each, kind, path, treatment.pii_type, free_text=free_text)]
    raise ColumnTypeError(treatment.column, found, f"{refusal}; of the actions {', '.join(fitting)} fit")


def require_keys(treatments: Sequence[Treatment], keys: KeyScope, *, has_vault: bool) -> None:
    """Refuse actions whose key or vault the job does not name.

    Raises:
        ConfigurationError: Naming the setting, and the column that needs it.
    """
    for treatment in treatments:
        name = treatment.action.name
        if name in (ActionName.ENCRYPT, ActionName.FORMAT_PRESERVING_ENCRYPT) and keys.encryption is None:
            sentence = f"is missing; {name} of '{treatment.column}' ({treatment.because}) needs it, such as env:NAME."
            raise ConfigurationError([("settings.encryption_key", sentence)])
        if name is ActionName.TOKENIZE and not has_vault:
            sentence = f"is missing; tokenize of '{treatment.column}' ({treatment.because}) needs it, such as "
            raise ConfigurationError([("settings.vault", sentence + "sqlite:///vault.db.")])


def _takes(name: ActionName, kind: DataKind, path: ColumnPath, *, free_text: bool) -> bool:
    if kind not in KINDS[name] or (free_text and name not in IN_FREE_TEXT):
        return False
    if name in WHOLE_COLUMNS and path.steps:
        return False
    if within_json(path):
        return name not in NOT_IN_JSON
    return not (is_repeated(path) and name in ONE_A_ROW)


def _fits_somehow(name: ActionName, kind: DataKind, path: ColumnPath, pii_type: str | None, *, free_text: bool) -> bool:
    if not _takes(name, kind, path, free_text=free_text):
        return False
    return name is not ActionName.GENERALIZE or bool(fitting_settings(pii_type, kind))


def _require_way(treatment: Treatment, action: Generalize, kind: DataKind, path: ColumnPath) -> None:
    pii_type = treatment.pii_type
    if way_of(action, pii_type, kind) is not None:
        if is_repeated(path) and pii_type in ("ip_address", "ipv6"):
            raise ColumnTypeError(treatment.column, "several addresses a row", "generalize needs one value a row")
        return
    of_type = f" of type {pii_type}" if pii_type else ""
    known = fitting_settings(pii_type, kind)
    if known:
        raise ColumnTypeError(
            treatment.column,
            f"{WORDS[kind]}{of_type}",
            f"generalize it by {' or '.join(known)}: config: {{{known[0]}: ...}}",
        )
    fitting = [each for each in ActionName if _fits_somehow(each, kind, path, pii_type, free_text=False)]
    raise ColumnTypeError(
        treatment.column,
        f"{WORDS[kind]}{of_type}",
        f"there is no less precise form of it; of the actions {', '.join(fitting)} fit",
    )


def _listed(kinds: frozenset[DataKind]) -> str:
    words = [WORDS[kind] for kind in DataKind if kind in kinds]
    return ", ".join(words[:-1]) + f" and {words[-1]}" if len(words) > 1 else words[0]
