"""Faults of a job file as sentences: what pydantic found, in our words, each with its path."""

import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from anonspark.config.fields import Path, Problem, SectionError, shown
from anonspark.errors import did_you_mean

SEED_NAMES = {
    "diversity_type": "variant",
    "distance_metric": "distance",
    "model_type": "model",
    "privacy_model": "privacy",
    "output_format": "format",
    "data": "input",
    "is_enabled": "enabled",
}
"""Keys by which other interfaces know ours."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*")

_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "above"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "below"),
}


Kind: TypeAlias = Any
"""What a field is annotated with: a section, a union, a generic or a class."""


def path_text(path: Path) -> str:
    """A path as messages and `--set` write it.

    >>> path_text(("attributes", 2, "hierarchy", "tree", "White collar", 0))
    'attributes[2].hierarchy.tree."White collar"[0]'
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            key = step if _PLAIN_KEY.fullmatch(step) else '"' + repr(step)[1:-1].replace('"', '\\"') + '"'
            text += f".{key}" if text else key
    return text


def problems_of(error: ValidationError, section: type[BaseModel]) -> list[Problem]:
    """Every fault that pydantic found in data of a section."""
    problems: list[Problem] = []
    for detail in error.errors(include_url=False):
        path, known = _locate(section, detail["loc"])
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, SectionError):
            problems += [((*path, *below), sentence) for below, sentence in cause.problems]
        else:
            problems.append(_problem(detail, path, known))
    return problems


def _problem(detail: ErrorDetails, path: Path, known: list[str]) -> Problem:
    context: Mapping[str, Any] = detail.get("ctx", {})
    kind, found = detail["type"], detail["input"]
    if kind == "missing":
        return path, "is missing."
    if kind == "extra_forbidden":
        return path, _unknown_key(str(path[-1]), known)
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return path, f"found {shown(found)}; it must be {words} {context[bound]:g}."
    if kind == "literal_error":
        return path, _wrong_word(found, context["expected"])
    if kind == "union_tag_not_found":
        return _tag_problem(found, path, context, known)
    if kind == "union_tag_invalid":
        tag = context["discriminator"].strip("'")
        return (*path, tag), _wrong_word(found.get(tag) if isinstance(found, dict) else found, context["expected_tags"])
    if kind in ("too_short", "too_long"):
        return path, "is empty; it needs at least one entry." if kind == "too_short" else "has too many entries."
    if kind in ("model_type", "model_attributes_type", "dict_type", "mapping_type"):
        return path, f"found {shown(found)} where a mapping is expected."
    return path, f"found {shown(found)}: {detail['msg'][0].lower()}{detail['msg'][1:]}."


def _tag_problem(found: object, path: Path, context: Mapping[str, Any], known: list[str]) -> Problem:
    tag = context["discriminator"].strip("'")
    if isinstance(found, dict):
        return (*path, tag), f"is missing; it is one of {', '.join(known)}."
    return path, f"found {shown(found)} where a mapping with the key {tag} is expected."


def _wrong_word(found: object, expected: str) -> str:
    words = re.findall(r"'([^']*)'", expected) or [expected]
    hint = did_you_mean(found, words) if isinstance(found, str) else ""
    several = "it is one of " if len(words) > 1 else "it must be "
    return f"found {shown(found)}; {several}{', '.join(words)}{hint or '.'}"


def _unknown_key(key: str, known: list[str]) -> str:
    other = SEED_NAMES.get(key)
    hint = f"; did you mean '{other}'?" if other in known else did_you_mean(key, known)
    return f"is an unknown key{hint or '; known are ' + ', '.join(known) + '.'}"


def _locate(section: type[BaseModel], loc: tuple[int | str, ...]) -> tuple[Path, list[str]]:
    """The path in the file, without the union tags that pydantic puts in, and the known keys of the last mapping."""
    path: list[int | str] = []
    known: list[str] = []
    kind: Kind = section
    steps = list(loc)
    while steps:
        kind = _sections_or_item(kind)
        if isinstance(kind, dict):
            kind = kind.get(steps.pop(0))
            continue
        step = steps.pop(0)
        path.append(step)
        known = []
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
            known, kind = list(fields), fields.get(str(step))
        else:
            kind = _item(kind)
    tagged = _sections_or_item(kind)
    return tuple(path), list(tagged) if isinstance(tagged, dict) else known


def _sections_or_item(kind: Kind) -> Kind:
    """What stands behind `Annotated` and `| None`; the sections of a tagged union by their tags."""
    while (origin := _origin(kind)) in (Annotated, Union, UnionType):
        if origin is Annotated:
            kind = get_args(kind)[0]
            continue
        members = [member for member in get_args(kind) if member is not type(None)]
        if len(members) > 1:
            if not all(isinstance(member, type) and issubclass(member, BaseModel) for member in members):
                return None
            return {tag: member for member in members for tag in _tags(member)}
        kind = members[0]
    return kind


def _origin(kind: Kind) -> object:
    return get_origin(kind)


def _tags(member: Kind) -> tuple[str, ...]:
    first = next(iter(member.model_fields.values()))
    return get_args(first.annotation)


def _item(kind: Kind) -> Kind:
    """What a list or a mapping with free keys holds."""
    arguments = get_args(kind)
    if _origin(kind) is tuple:
        return arguments[0]
    return arguments[1] if _origin(kind) is dict else None
