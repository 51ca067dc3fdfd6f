"""Trees of categories in a job file."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core.core_schema import CoreSchema, no_info_plain_validator_function

from anonspark.config.fields import WRITTEN, Path, Problem, SectionError, as_text, shown
from anonspark.domain.rules import Tree

TREE: Final = "Tree"
"""The name of `TREE_SCHEMA` among the definitions of a schema."""

TREE_SCHEMA: Final[JsonSchemaValue] = {
    "title": TREE,
    "description": "A list of values, or labels with a tree below each.",
    "anyOf": [
        {"type": "array", "items": WRITTEN, "minItems": 1},
        {"type": "object", "additionalProperties": {"$ref": f"#/$defs/{TREE}"}, "minProperties": 1},
    ],
}


def read_tree(tree: object) -> Tree:
    """A tree with every fault in it told: branches that end in nothing, and leaves that stand twice."""
    leaves: list[tuple[Path, str]] = []
    broken: list[Problem] = []
    read = _read_branch(tree, (), leaves, broken)
    seen: set[str] = set()
    for path, leaf in leaves:
        if leaf in seen:
            broken.append((path, f"the leaf {shown(leaf)} stands twice in the tree; leave one out."))
        seen.add(leaf)
    if broken:
        raise SectionError(*broken)
    return read


def _read_branch(branch: object, path: Path, leaves: list[tuple[Path, str]], broken: list[Problem]) -> Tree:
    if isinstance(branch, Mapping) and branch:
        return {str(label): _read_branch(below, (*path, label), leaves, broken) for label, below in branch.items()}
    if not isinstance(branch, list | tuple) or not branch:
        found = "nothing" if branch is None or branch in ([], {}, ()) else shown(branch)
        broken.append((path, f"found {found} where a list of leaves or a mapping of branches is expected."))
        return ()
    own: list[str] = []
    for index, leaf in enumerate(branch):
        try:
            own.append(as_text(leaf))
            leaves.append(((*path, index), own[-1]))
        except SectionError as error:
            broken += [((*path, index), sentence) for _, sentence in error.problems]
    return tuple(own)


class _TreeReader:
    """Lets one reading tell every fault of a tree."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_plain_validator_function(read_tree)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": TREE_SCHEMA["anyOf"]}


# The domain's `Tree` is recursive, which a pydantic field is not.
WrittenTree = Annotated[Mapping[str, Any] | tuple[str, ...], _TreeReader()]
