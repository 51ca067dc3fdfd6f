"""The JSON Schema of job files, by which an editor completes, explains and checks one while it is written.

It takes every file that `load_job` takes. What depends on two keys at once, or on the text of a URI, it leaves to
`load_job`: JSON Schema would say it in a way that no editor turns into a sentence.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from anonspark.config.load import JOBS, REQUIRED
from anonspark.config.trees import TREE, TREE_SCHEMA

Schema = dict[str, Any]

BOUNDS: Final = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
"""What pydantic says of a number that a function reads first, and JSON Schema's word for it."""

NULL: Final = {"type": "null"}


def job_schema() -> Schema:
    """The schema of every kind of job, draft 2020-12."""
    references, found = models_json_schema([(job, "validation") for job in JOBS.values()])
    definitions = {name: _titled(name, _for_editors(schema)) for name, schema in found["$defs"].items()}
    kinds: dict[str, str] = {kind: references[job, "validation"]["$ref"] for kind, job in JOBS.items()}
    for kind, reference in kinds.items():
        _require_keys(definitions[reference.removeprefix("#/$defs/")], [*REQUIRED, *JOBS[kind].required])
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "A job file of anonspark",
        **_one_of("job", kinds),
        "$defs": {name: definitions[name] for name in sorted(definitions)} | {TREE: TREE_SCHEMA},
    }


def _for_editors(schema: Schema) -> Schema:
    """A schema of pydantic in the words of the standard, without what an editor would show in vain."""
    told: Schema = {}
    if "discriminator" in schema:
        return _one_of(schema["discriminator"]["propertyName"], schema["discriminator"]["mapping"])
    for key, value in schema.items():
        if key == "title" or (key == "default" and (value is None or isinstance(value, dict))):
            continue
        if key == "properties":
            told[key] = {name: _for_editors(below) for name, below in value.items()}
        elif isinstance(value, dict):
            told[key] = _for_editors(value)
        elif key == "anyOf":
            told[key] = [_for_editors(below) for below in value]
        else:
            told[BOUNDS.get(key, key)] = value
    if told.get("type") == "array" and "minLength" in told:
        told["minItems"] = told.pop("minLength")
    return told


def _one_of(tag: str, references: Mapping[str, str]) -> Schema:
    """A section of the kind that its tag names.

    As `oneOf` says it, every kind would complain about a fault in one of them.
    """
    return {
        "type": "object",
        "required": [tag],
        "properties": {tag: {"enum": [*references]}},
        "allOf": [
            {"if": {"required": [tag], "properties": {tag: {"const": word}}}, "then": {"$ref": reference}}
            for word, reference in references.items()
        ],
    }


def _titled(name: str, schema: Schema) -> Schema:
    """A section under the word that a file calls it by: the kind of a hierarchy, the name of a model."""
    words = [each["const"] for each in schema.get("properties", {}).values() if isinstance(each.get("const"), str)]
    return {"title": words[0] if words else name, **schema}


def _require_keys(job: Schema, required: Sequence[str]) -> None:
    """Ask for what a file must have, though a job that is made in a notebook can do without."""
    job["required"] = [*dict.fromkeys([*required, *job.get("required", [])])]
    for key in job["required"]:
        choices = job["properties"][key].get("anyOf")
        if choices:
            choices.remove(NULL)
