"""A job's settings as YAML, without what could be a value of somebody or a password."""

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from anonspark.domain.conditions import without_literals

ORDER: Final = (
    *("version", "job", "input", "output", "metadata", "attributes", "privacy", "max_suppression", "suppression"),
    *("identifiers", "metric", "search", "name", "type", "kind", "model", "attribute", "variant", "uri", "table"),
    *("format", "min", "max", "weight"),
)
"""Keys that stand first, in the order in which people write them; others follow by name."""

USUAL: Final = {"weight": 1.0, "min_level": 0}
"""What an attribute has unless somebody asked for something else; written out it would hide what was asked."""

LINE: Final = 96

_PASSWORD: Final = re.compile(r"(://[^/:@\s]*):[^/\s]*@")
"""Of a database, within its URL."""


def as_yaml(config: Mapping[str, Any]) -> str:
    """The settings with their defaults, as a job file; what is null or usual is left out."""
    text: str = yaml.safe_dump(_shown(config), sort_keys=False, default_flow_style=None, allow_unicode=True, width=LINE)
    return text


def leaves_values_out(config: Mapping[str, Any]) -> bool:
    """Whether the YAML lacks values that the job file has."""
    kinds = {(attribute.get("hierarchy") or {}).get("kind") for attribute in config.get("attributes", ())}
    return bool(kinds & {"tree", "order"}) or bool((config.get("input") or {}).get("where"))


def _shown(value: Any) -> Any:  # noqa: ANN401  whatever JSON holds
    if isinstance(value, Mapping):
        kept = {key: _cell(key, inner) for key, inner in value.items() if not _is_usual(key, inner)}
        places = {key: place for place, key in enumerate(ORDER)}
        return dict(sorted(kept.items(), key=lambda item: (places.get(item[0], len(places)), item[0])))
    return [_shown(inner) for inner in value] if isinstance(value, list | tuple) else value


def _cell(key: str, value: Any) -> Any:  # noqa: ANN401
    """The categories of a tree or an order are values of the column, and literals of a condition can be some.

    A URL can hold a password.
    """
    if key in ("tree", "order") and isinstance(value, Mapping | list):
        return f"{_leaves(value)} values (not shown)"
    if key == "where":
        return without_literals(value)
    return _PASSWORD.sub(r"\1:***@", value) if isinstance(value, str) else _shown(value)


def _leaves(tree: Any) -> int:  # noqa: ANN401
    if isinstance(tree, Mapping):
        return sum(map(_leaves, tree.values()))
    return sum(map(_leaves, tree)) if isinstance(tree, list) else 1


def _is_usual(key: str, value: object) -> bool:
    return value is None or value in ([], {}) or (key in USUAL and value == USUAL[key])
