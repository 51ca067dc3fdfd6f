"""The sections of a file that says what personal data is: its types, and how their columns are recognized.

The shipped files of `conf/pii` hold one section each; a file of one's own may hold them all.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from anonspark.config.fields import Name, Section, Text, Whole, fault, shown

ID_SHAPE = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
"""What an id of a type or a category looks like: words in lower case, joined by underscores."""


def _is_id(text: str) -> str:
    if not re.fullmatch(ID_SHAPE, text):
        raise fault(f"found {shown(text)}; an id is words in lower case, digits and single underscores.")
    return text


TypeId = Annotated[Name, AfterValidator(_is_id)]


class TypeEntry(Section):
    """A kind of personal data."""

    name: Name | None = None
    """How people call it; its id in title case where not given."""
    description: Text = ""
    """One sentence."""
    parent: TypeId | None = None
    """The wider type that it is a kind of."""
    weight: Annotated[Whole, Field(ge=1, le=3)] = 2
    """How much it tells of a person: 3 high, 2 medium, 1 low."""


class KnowledgeFile(Section):
    """What one file adds."""

    category: TypeId = "custom"
    """The concern that its types belong to."""
    types: dict[TypeId, TypeEntry] = Field(default_factory=dict)
    """Kinds of personal data by id."""
