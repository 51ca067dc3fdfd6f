"""Findings, actions and profiles in words, as the summary of a privacy run names them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from anonspark.config.actions import CONFIGS
from anonspark.config.pii_knowledge import load_catalogue
from anonspark.config.profiles import load_profiles
from anonspark.report.document import Facts
from anonspark.report.numbers import percent
from anonspark.vocabulary import ActionName, DetectionMethod, Severity

Found = Mapping[str, Any]
"""A detection, a treatment or a violation of a summary."""

SURE, LIKELY = 0.9, 0.8
"""From where on a confidence is high, and medium; the buckets of the results of a session."""

NOT_COUNTED: Final = "not counted"

UNTOUCHED: Final = "nothing was done"
"""After what a finding in the written table is still there, where it has no treatment."""

KEPT: Final = str(ActionName.KEEP)
"""The action that changes nothing."""

METHODS: Final[Mapping[str, str]] = {
    DetectionMethod.EXACT_NAME: "its name",
    DetectionMethod.KEYWORD_NAME: "a word in its name",
    DetectionMethod.AFFIX_NAME: "how its name begins or ends",
    DetectionMethod.PATTERN: "its values",
    DetectionMethod.NAME_AND_VALUES: "its name and its values",
    DetectionMethod.NEIGHBOURS: "the columns beside it",
    DetectionMethod.FREE_TEXT: "parts of its texts",
    DetectionMethod.ENTITIES: "names within its texts",
}
"""What a finding rests on."""

NOBODY, KEY, VAULT = "nobody", "who holds the key", "who may ask the vault"

ACTIONS: Final[Mapping[str, tuple[str, str]]] = {
    ActionName.REDACT: ("every value is replaced by [REDACTED], in free text only what was found", NOBODY),
    ActionName.MASK: ("some characters at the ends stay, at most half of a value", NOBODY),
    ActionName.HASH: ("a digest stands for each value, the same for equal values; it is keyed where a key is named",
                      "nobody; without a key, who tries all likely values"),
    ActionName.ENCRYPT: ("encrypted with AES-256", KEY),
    ActionName.FORMAT_PRESERVING_ENCRYPT: ("encrypted digit by digit (FF1), so that it still looks like a number", KEY),
    ActionName.PSEUDONYMIZE: ("a made-up value of the same type stands for each value, the same for equal values",
                              "nobody; who holds the key finds the one of a known value"),
    ActionName.TOKENIZE: ("a random token stands for each value, the same for equal values", VAULT),
    ActionName.GENERALIZE: ("made less precise: years, ranges, beginnings", NOBODY),
    ActionName.SUPPRESS: ("the column is left out", NOBODY),
    ActionName.TRUNCATE: ("cut to a number of characters", NOBODY),
    ActionName.K_ANONYMIZE: ("generalized with other columns until nobody stands alone", NOBODY),
    ActionName.ADD_NOISE: ("random numbers are added; this is not differential privacy", NOBODY),
    ActionName.DATE_SHIFT: ("moved by a number of days, the same for all dates of a person", KEY),
    ActionName.KEEP: ("somebody decided that it stays as it is", ""),
}  # fmt: skip
"""What is done with values, and who can turn it back."""

SEVERITIES: Final[Mapping[str, str]] = {
    Severity.CRITICAL: "has to be resolved before the table can be called compliant; counts 3",
    Severity.WARNING: "to be reviewed: less sure, or of a type that tells less of a person; counts 1",
    Severity.INFO: "outside the profile; counts nothing",
}
"""What a severity means."""


def type_name(pii_type: str | None) -> str:
    """A type as people read it.

    >>> type_name("us_phone"), type_name(None)
    ('Us Phone', '')
    """
    return (pii_type or "").replace("_", " ").title()


def profile_name(profile: str | None) -> str:
    """What a profile is called; its id where it is none of those that are shipped.

    >>> profile_name("pci_dss"), profile_name("our_own")
    ('PCI-DSS', 'our_own')
    """
    shipped = _names()
    return shipped.get(profile or "", profile or "no profile")


@cache
def _names() -> dict[str, str]:
    return {profile.id: profile.name for profile in load_profiles(load_catalogue()).values()}


def place_of(violation: Found) -> str:
    """The column of a violation, with its table where there are several.

    >>> place_of({"column": "mail"}), place_of({"column": "mail", "table": "users.csv"})
    ('mail', 'mail of users.csv')
    """
    table = violation.get("table")
    return f"{violation['column']} of {table}" if table else str(violation["column"])


def how_sure(confidence: float) -> str:
    """A confidence with its bucket.

    >>> how_sure(0.95), how_sure(0.8), how_sure(0.42)
    ('95%, high', '80%, medium', '42%, low')
    """
    bucket = "high" if confidence >= SURE else "medium" if confidence >= LIKELY else "low"
    return f"{percent(confidence)}, {bucket}"


def cells(found: Found) -> str:
    """How many cells hold it.

    >>> cells({"instances": 1200}), cells({"instances": None, "instances_estimated": 5000}), cells({})
    ('1,200', 'about 5,000', 'not counted')
    >>> cells({"instances": 40, "instances_estimated": True})
    'about 40'
    """
    counted, estimated = found.get("instances"), found.get("instances_estimated")
    if estimated is not None and not isinstance(estimated, bool):
        return f"about {estimated:,}"
    return NOT_COUNTED if counted is None else f"{'about ' if estimated else ''}{counted:,}"


def evidence(found: Found) -> str:
    """Why, in sentences.

    >>> evidence({"evidence": ["The name is one for email.", "17 found in 4 texts"]})
    'The name is one for email. 17 found in 4 texts.'
    """
    told = found.get("evidence") or ()
    return " ".join(f"{sentence.removesuffix('.')}." for sentence in ([told] if isinstance(told, str) else told))


def method_words(found: Found) -> str:
    """What a finding rests on."""
    method = str(found.get("method") or "")
    return METHODS.get(method, method.replace("_", " "))


def action_words(treatment: Found) -> str:
    """An action with those of its settings that are not the usual ones.

    >>> action_words({"action": "generalize", "config": {"to": "year", "levels": None}})
    'generalize (to: year)'
    >>> action_words({"action": "mask", "config": {"show_first": 6, "show_last": 4, "mask_char": "*"}})
    'mask (show_first: 6)'
    """
    config = treatment.get("config") or {}
    usual = (
        CONFIGS[ActionName(treatment["action"])]().model_dump(by_alias=True) if treatment["action"] in ACTIONS else {}
    )
    given = {key: value for key, value in config.items() if value not in (None, [], usual.get(key))}
    name = str(treatment["action"]).replace("_", " ")
    return f"{name} ({', '.join(f'{key}: {value}' for key, value in given.items())})" if given else name


def actions_by_column(treatments: Sequence[Found]) -> dict[str, str]:
    """What was done with each column; several things where it holds free texts.

    >>> actions_by_column([{"column": "a", "action": "mask"}, {"column": "a", "action": "hash"}])
    {'a': 'mask, hash'}
    """
    found: dict[str, list[str]] = {}
    for each in treatments:
        told = found.setdefault(str(each["column"]), [])
        if (words := action_words(each)) not in told:
            told.append(words)
    return {column: ", ".join(told) for column, told in found.items()}


def untreated_first(remaining: Sequence[Found], actions: Mapping[str, str]) -> list[Found]:
    """What is still found, columns as they came before those in which something else stands now."""
    return sorted(remaining, key=lambda each: actions.get(str(each["column"]), UNTOUCHED) not in (UNTOUCHED, KEPT))


def actions_of(treatments: tuple[Found, ...]) -> Facts:
    """What each action that was used does, and who can turn it back."""
    return Facts("What the actions do", tuple(_actions({str(each["action"]) for each in treatments})))


def _actions(used: set[str]) -> Iterator[tuple[str, str]]:
    for name, (does, back) in ACTIONS.items():
        if name in used:
            yield name.replace("_", " "), f"{does}." + (f" Turned back by: {back}." if back else "")
