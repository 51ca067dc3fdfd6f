"""What a treated table is told as: its part of the summary, its rows in the metadata, and its warnings."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any, Final

from anonspark.domain.keys import KeyScope
from anonspark.domain.paths import parse_path
from anonspark.domain.pii import ColumnFinding, PiiCatalogue
from anonspark.domain.treatments import (
    Action,
    AddNoise,
    DateShift,
    Encrypt,
    FormatPreservingEncrypt,
    Hash,
    KAnonymize,
    Mask,
    Pseudonymize,
    Tokenize,
    Treatment,
    Truncate,
)
from anonspark.pii.transforms.noise import NOT_PRIVATE
from anonspark.pii.vaults import key_name, vault_key
from anonspark.pipelines.detections import Detection, detection_part
from anonspark.pipelines.find_pii import IN_TEXTS
from anonspark.pipelines.k_anonymize_columns import ONLY_K

Row = Mapping[str, Any]

NAMES_TOLD: Final = 10
"""Columns that a warning names."""


def settings_of(action: Action) -> dict[str, Any]:
    """What an action is told, JSON types only."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(action).items()}


def config_hash(action: Action) -> str:
    """SHA-256 of an action and its settings, in hexadecimal."""
    told = {"action": str(action.name), **settings_of(action)}
    return sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def key_of(action: Action, keys: KeyScope) -> str | None:
    """Which key an action used; None for none, and for a key that ends with the run."""
    linking = keys.linking if keys.lasting else None
    key = None
    match action:
        case Hash():
            key = keys.hashing
        case Encrypt() | FormatPreservingEncrypt():
            key = keys.encryption
        case Pseudonymize() | DateShift():
            key = linking
        case Tokenize():
            key = vault_key(keys)
        case _:
            return None
    return None if key is None else str(key_name(key))


def treatment_part(treatment: Treatment, keys: KeyScope, cells: int | None) -> dict[str, Any]:
    """A treatment in the summary."""
    return {
        "column": treatment.column,
        "pii_type": treatment.pii_type,
        "action": str(treatment.action.name),
        "config": settings_of(treatment.action),
        "because": treatment.because,
        "key_id": key_of(treatment.action, keys),
        "rows": cells,
    }


def pending_part(finding: ColumnFinding) -> dict[str, Any]:
    """A finding that nobody decided about."""
    return {
        "column": finding.column,
        "pii_type": finding.pii_type,
        "confidence": round(finding.confidence, 4),
        "method": str(finding.method),
        "evidence": list(finding.evidence),
        "action": None,
    }


def remaining_parts(detections: Sequence[Detection], treatments: Sequence[Treatment]) -> list[dict[str, Any]]:
    """What still looks like personal data in what was written.

    A treated column of which only the name or its neighbours tell is left out: these stay as they are.
    """
    actions = {str(parse_path(each.column)): str(each.action.name) for each in treatments}
    return [
        {**detection_part(each), "action": actions.get(each.finding.column)}
        for each in detections
        if each.finding.column not in actions or each.finding.share or each.finding.method in IN_TEXTS
    ]


def action_rows(
    uri: str, treatments: Sequence[Treatment], keys: KeyScope, cells: Mapping[str, int | None]
) -> Iterator[Row]:
    """One a treatment."""
    for treatment in treatments:
        yield {
            "table_uri": uri,
            "column": treatment.column,
            "pii_type": treatment.pii_type,
            "action": str(treatment.action.name),
            "config_hash": config_hash(treatment.action),
            "key_id": key_of(treatment.action, keys),
            "rows": cells.get(treatment.column),
        }


def warnings_of(
    treatments: Sequence[Treatment], pending: Sequence[ColumnFinding], keys: KeyScope, catalogue: PiiCatalogue
) -> list[str]:
    """What a reader of the summary must know."""
    return [
        *_plain_hashes(treatments, keys),
        *_hashed_beside_shown(treatments, keys, catalogue),
        *_linked_for_one_run(treatments, keys),
        *([NOT_PRIVATE] if _with(treatments, AddNoise) else []),
        *([ONLY_K] if _with(treatments, KAnonymize) else []),
        *_pending(pending),
    ]


def _with(treatments: Sequence[Treatment], *actions: type[Action]) -> list[str]:
    return [each.column for each in treatments if isinstance(each.action, actions)]


def _plain_hashes(treatments: Sequence[Treatment], keys: KeyScope) -> Iterator[str]:
    columns = _with(treatments, Hash)
    if columns and keys.hashing is None:
        yield (
            f"The hashes of {_listed(columns)} have no key: who hashes all likely values finds each of them again, all "
            "numbers of nine digits within minutes. Name settings.hash_key."
        )


def _hashed_beside_shown(treatments: Sequence[Treatment], keys: KeyScope, catalogue: PiiCatalogue) -> Iterator[str]:
    """Card numbers whose hash stands beside a part of them: the rest is found by trying."""
    cards = [each for each in treatments if each.pii_type and catalogue.covers("credit_card", each.pii_type)]
    hashed, shown = _with(cards, Hash), _with(cards, Mask, Truncate)
    if hashed and shown and keys.hashing is None:
        yield (
            f"Card numbers are hashed without a key in {_listed(hashed)} and partly shown in {_listed(shown)}, from "
            "which they can be put together again (PCI DSS 3.5.1.1). Name settings.hash_key, or redact one of them."
        )


def _linked_for_one_run(treatments: Sequence[Treatment], keys: KeyScope) -> Iterator[str]:
    columns = _with(treatments, Pseudonymize, DateShift)
    if columns and not keys.lasting:
        yield (
            f"{_listed(columns)} can be joined with no table of another run: their key ended with this one. Name "
            "settings.hash_key to have the same pseudonyms and shifts in all tables of the scope."
        )


def _pending(pending: Sequence[ColumnFinding]) -> Iterator[str]:
    columns = list(dict.fromkeys(finding.column for finding in pending))
    if columns:
        yield (
            f"Personal data was found in {_listed(columns)} and left as it is: no rule is about it"
            " and no profile names it."
        )


def _listed(columns: Sequence[str]) -> str:
    told = ", ".join(f"'{column}'" for column in columns[:NAMES_TOLD])
    more = len(columns) - NAMES_TOLD
    return f"{told} and {more:,} more" if more > 0 else told
