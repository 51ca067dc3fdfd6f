"""Trees of categories in a job file."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core.core_schema import CoreSchema, no_info_plain_validator_function

from anonspark.config.fields import Path, Problem, SectionError, as_text, shown
from anonspark.domain.rules import Tree


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


# The domain's `Tree` is recursive, which a pydantic field is not.
WrittenTree = Annotated[Mapping[str, Any] | tuple[str, ...], _TreeReader()]
