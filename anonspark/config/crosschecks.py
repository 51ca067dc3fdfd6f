"""Faults that show only when sections of a job file are seen together.

They are looked for in plain data that may be broken, so that one reading tells every fault; what is broken itself is
passed over here, since its own section tells it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from anonspark.config.fields import Path, Problem, shown
from anonspark.config.placement import faults_of_places, faults_of_tables
from anonspark.config.plain import Data, section
from anonspark.errors import did_you_mean
from anonspark.vocabulary import (
    AttributeRole,
    Distance,
    Diversity,
    Likeness,
    ModelName,
    RecodingKind,
    Strategy,
    Suppression,
)

NOT_RECODED = (
    ModelName.DELTA_DISCLOSURE,
    ModelName.K_MAP,
    ModelName.DELTA_PRESENCE,
    ModelName.AVERAGE_RISK,
    ModelName.POPULATION_UNIQUENESS,
)
"""Models that ask about a population or the whole release, or that two safe classes of equal labels can break."""

Item = tuple[int, Mapping[str, Any]]

WITHOUT_ATTRIBUTE = (
    ModelName.K_ANONYMITY,
    ModelName.K_MAP,
    ModelName.DELTA_PRESENCE,
    ModelName.AVERAGE_RISK,
    ModelName.POPULATION_UNIQUENESS,
)
"""Models that protect no sensitive attribute."""

OF_A_POPULATION = (ModelName.K_MAP, ModelName.DELTA_PRESENCE)
"""Models that count the people of `population`."""

VARIANTS = {
    ModelName.L_DIVERSITY: ("variant", Diversity.DISTINCT),
    ModelName.T_CLOSENESS: ("distance", Distance.EQUAL),
    ModelName.BETA_LIKENESS: ("variant", Likeness.ENHANCED),
}
"""The key that tells what of an attribute a model speaks about, and its default."""


def faults_across_sections(data: Mapping[str, Data], base: str) -> list[Problem]:
    """Every fault between sections of an `anonymize` job."""
    attributes, models = items_of(data, "attributes"), items_of(data, "privacy")
    return [
        *_missing(data, attributes),
        *faults_of_names(attributes),
        *faults_of_models(models, attributes),
        *faults_of_population(models, data),
        *_recoding(models, attributes, data),
        *_person(models, attributes, data),
        *_left_out_columns(data, attributes),
        *faults_of_tables(data),
        *faults_of_places(data, base),
    ]


def _missing(data: Mapping[str, Data], attributes: list[Item]) -> Iterator[Problem]:
    named = data.get("attributes", [])
    if named == []:
        yield ("attributes",), "is empty, so the raw table would be the release; name them, or let the job auto do it."
    elif isinstance(named, list) and len(attributes) == len(named):
        types = [attribute.get("type") for _, attribute in attributes]
        if all(kind in list(AttributeRole) and kind != AttributeRole.QUASI_IDENTIFIER for kind in types):
            yield (
                ("attributes",),
                "name no quasi_identifier, so nothing would be generalized; the job auto finds them.",
            )
    if data.get("privacy", []) == []:
        yield ("privacy",), "is empty; name a model, for example [{model: k-anonymity, k: 5}]."


def faults_of_names(attributes: list[Item]) -> Iterator[Problem]:
    """Attributes of one name, or of names that are one to Spark."""
    first: dict[str, Item] = {}
    for index, attribute in attributes:
        name = attribute.get("name")
        if not isinstance(name, str) or not name:
            continue
        other_index, other = first.setdefault(name.casefold(), (index, attribute))
        if other_index == index:
            continue
        path: Path = ("attributes", index, "name")
        where = f"attributes[{other_index}]"
        types = {str(entry.get("type")) for entry in (attribute, other)}
        if len(types) > 1 and types <= set(AttributeRole):
            yield (
                path,
                (
                    f"{shown(str(name))} is {attribute.get('type')} here and {other.get('type')} in {where}; "
                    "a column plays one role."
                ),
            )
        elif other["name"] == name:
            yield path, f"{shown(str(name))} stands in {where} too; leave one out."
        else:
            yield path, f"{shown(str(name))} and {shown(str(other['name']))} of {where} are one column to Spark."


def faults_of_models(models: list[Item], attributes: list[Item]) -> Iterator[Problem]:
    """Models of what is no sensitive attribute, and demands that are made twice."""
    first: dict[tuple[object, ...], int] = {}
    by_name = {attribute["name"]: attribute for _, attribute in attributes if isinstance(attribute.get("name"), str)}
    for index, model in models:
        name = model.get("model")
        if name not in list(ModelName):
            continue
        yield from _sensitive_attribute(index, model, by_name)
        other = first.setdefault(_demand(model), index)
        if other != index:
            yield ("privacy", index), f"{name} is demanded in privacy[{other}] too; keep the stricter one."


def _demand(model: Mapping[str, Any]) -> tuple[object, ...]:
    """What a model speaks about; two models that share it contradict or repeat each other."""
    if model["model"] in WITHOUT_ATTRIBUTE:
        return (model["model"],)
    key, default = VARIANTS.get(ModelName(model["model"]), ("", ""))
    return model["model"], str(model.get("attribute")), str(model.get(key, default))


def faults_of_population(models: list[Item], data: Mapping[str, Data]) -> Iterator[Problem]:
    """Models that count a population where there is none."""
    if data.get("population") is not None:
        return
    for index, model in models:
        if model.get("model") in OF_A_POPULATION:
            sentence = (
                f"is {model['model']}, which counts people of a population; name its table, population: {{uri: ...}}."
            )
            yield ("privacy", index, "model"), sentence


def _sensitive_attribute(index: int, model: Mapping[str, Any], by_name: Mapping[str, Any]) -> Iterator[Problem]:
    name = model.get("attribute")
    if model["model"] in WITHOUT_ATTRIBUTE or not isinstance(name, str) or not name:
        return
    path: Path = ("privacy", index, "attribute")
    attribute = by_name.get(name)
    if attribute is None:
        hint = did_you_mean(name, by_name) or "; add it to attributes with type: sensitive."
        yield path, f"{shown(str(name))} is not among the attributes{hint}"
        return
    kind = attribute.get("type")
    if kind in list(AttributeRole) and kind != AttributeRole.SENSITIVE:
        yield path, f"{shown(str(name))} is of type {kind}; {model['model']} protects attributes of type sensitive."
    elif model.get("distance") == Distance.HIERARCHICAL and attribute.get("hierarchy") is None:
        yield (
            ("privacy", index, "distance"),
            f"hierarchical needs a hierarchy of {shown(str(name))}; give it one, or take distance: equal.",
        )


def _recoding(models: list[Item], attributes: list[Item], data: Mapping[str, Data]) -> Iterator[Problem]:
    """Models that say nothing, or too little, about classes with labels of their own."""
    search = section(data, "search")
    causes = [f"microaggregation of attributes[{index}]" for index, each in attributes if each.get("microaggregation")]
    if search.get("recoding") in list(RecodingKind):
        causes.insert(0, "search.recoding")
    elif search.get("strategy") == Strategy.MONDRIAN:
        causes.insert(0, f"search.strategy: {Strategy.MONDRIAN}")
    if not causes:
        return
    for index, model in models:
        if model.get("model") in NOT_RECODED:
            yield (
                ("privacy", index),
                f"{model['model']} cannot be promised for classes that have labels of their own; "
                f"leave out {causes[0]}.",
            )


def _person(models: list[Item], attributes: list[Item], data: Mapping[str, Data]) -> Iterator[Problem]:
    """A `person_id` that plays another role, or that a model cannot count by."""
    person = data.get("person_id")
    if not isinstance(person, str) or not person:
        return
    for index, attribute in attributes:
        name, kind = attribute.get("name"), attribute.get("type")
        same = isinstance(name, str) and name.casefold() == person.casefold()
        if same and kind in list(AttributeRole) and kind != AttributeRole.IDENTIFIER:
            yield (
                ("person_id",),
                f"{shown(person)} is {kind} in attributes[{index}]; a column that names persons is an identifier.",
            )
    yield from faults_of_presence(models, data)


def faults_of_presence(models: list[Item], data: Mapping[str, Data]) -> Iterator[Problem]:
    """A model of records where records name their persons."""
    if not data.get("person_id"):
        return
    for index, model in models:
        if model.get("model") == ModelName.DELTA_PRESENCE:
            yield (
                ("privacy", index),
                "delta-presence counts records, and with person_id several are one person's; leave one of them out.",
            )


def _left_out_columns(data: Mapping[str, Data], attributes: list[Item]) -> Iterator[Problem]:
    output = section(data, "output")
    partitions = texts_of(output.get("partition_by"))
    columns = texts_of(section(data, "input").get("columns"))
    if columns:
        kept = {column.casefold() for column in columns}
        for index, attribute in attributes:
            name = attribute.get("name")
            if isinstance(name, str) and name and name.casefold() not in kept:
                hint = did_you_mean(name, columns) or "; add it there."
                yield ("attributes", index, "name"), f"{shown(str(name))} is not among input.columns{hint}"
        person = data.get("person_id")
        if isinstance(person, str) and person and person.casefold() not in kept:
            hint = did_you_mean(person, columns) or "; add it there."
            yield ("person_id",), f"{shown(person)} is not among input.columns{hint}"
    if data.get("identifiers") != Suppression.DROP:
        return
    dropped = {
        str(attribute.get("name")).casefold()
        for _, attribute in attributes
        if attribute.get("type") == AttributeRole.IDENTIFIER
    }
    if isinstance(data.get("person_id"), str):
        dropped.add(str(data["person_id"]).casefold())
    for position, column in enumerate(partitions):
        if column.casefold() in dropped:
            yield (
                ("output", "partition_by", position),
                f"{shown(str(column))} is an identifier, which identifiers: drop leaves out.",
            )


def items_of(data: Mapping[str, Data], key: str) -> list[Item]:
    """The entries of a list that are mappings, each with its index."""
    entries = data.get(key)
    if not isinstance(entries, list):
        return []
    return [(index, entry) for index, entry in enumerate(entries) if isinstance(entry, dict)]


def texts_of(entries: object) -> list[str]:
    """The texts among the entries of a list."""
    return [entry for entry in entries if isinstance(entry, str)] if isinstance(entries, list) else []
