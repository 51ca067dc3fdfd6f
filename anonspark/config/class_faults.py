"""Faults between sections of a job that looks at the classes of a table as it is."""

from collections.abc import Iterator, Mapping

from anonspark.config.crosschecks import Item, faults_of_names, items_of, texts_of
from anonspark.config.fields import Path, Problem, shown
from anonspark.config.placement import faults_of_places, faults_of_tables
from anonspark.config.plain import Data, section
from anonspark.errors import did_you_mean
from anonspark.vocabulary import AttributeRole

LISTS = {"quasi_identifiers": AttributeRole.QUASI_IDENTIFIER, "sensitive": AttributeRole.SENSITIVE}
"""The lists of columns that say shortly what `attributes` say at length."""

Named = tuple[Path, str, str]
"""Where a column is named, its name and its role."""


def faults_of_classes_job(data: Mapping[str, Data], base: str) -> list[Problem]:
    """Every fault that the jobs `risk` and `validate` can have between sections."""
    attributes = items_of(data, "attributes")
    named = [*columns_named(data), *_person(data)]
    return [
        *_no_quasi_identifiers(data, attributes),
        *_named_in_two_ways(data, attributes),
        *faults_of_names(attributes),
        *_two_roles(named),
        *_left_out(data, named),
        *faults_of_tables(data, beside="input"),
        *faults_of_places(data, base),
    ]


def columns_named(data: Mapping[str, Data]) -> Iterator[Named]:
    """Every column of the lists and of `attributes`."""
    for key, role in LISTS.items():
        entries = data.get(key)
        for index, name in enumerate(entries if isinstance(entries, list) else []):
            if isinstance(name, str) and name:
                yield (key, index), name, role
    for index, attribute in items_of(data, "attributes"):
        column, kind = attribute.get("name"), attribute.get("type")
        if isinstance(column, str) and column and kind in list(AttributeRole):
            yield ("attributes", index, "name"), column, str(kind)


def _person(data: Mapping[str, Data]) -> Iterator[Named]:
    person = data.get("person_id")
    if isinstance(person, str) and person:
        yield ("person_id",), person, AttributeRole.IDENTIFIER


def _no_quasi_identifiers(data: Mapping[str, Data], attributes: list[Item]) -> Iterator[Problem]:
    entries = data.get("attributes", [])
    broken = not isinstance(entries, list) or len(attributes) < len(entries)
    if data.get("quasi_identifiers") is not None or broken:
        return
    roles = [attribute.get("type") for _, attribute in attributes]
    if all(role in list(AttributeRole) and role != AttributeRole.QUASI_IDENTIFIER for role in roles):
        found = "is null" if "quasi_identifiers" in data else "is missing"
        yield ("quasi_identifiers",), f"{found}, and they are not detected yet; name the columns, as in [age, zip]."


def _named_in_two_ways(data: Mapping[str, Data], attributes: list[Item]) -> Iterator[Problem]:
    for key, role in LISTS.items():
        if data.get(key) and any(attribute.get("type") == role for _, attribute in attributes):
            yield (key,), f"stands beside attributes of type {role}; name them in one place."


def _two_roles(named: list[Named]) -> Iterator[Problem]:
    first: dict[str, Named] = {}
    for path, name, role in named:
        other_path, _, other_role = first.setdefault(name.casefold(), (path, name, role))
        if role != other_role and {path[0], other_path[0]} != {"attributes"}:  # these are told of by their names
            yield (
                path,
                f"{shown(str(name))} is {role} here and {other_role} in {other_path[0]}; a column plays one role.",
            )


def _left_out(data: Mapping[str, Data], named: list[Named]) -> Iterator[Problem]:
    columns = texts_of(section(data, "input").get("columns"))
    kept = {column.casefold() for column in columns}
    for path, name, _ in named:
        if columns and name.casefold() not in kept:
            yield (
                path,
                f"{shown(str(name))} is not among input.columns{did_you_mean(name, columns) or '; add it there.'}",
            )
