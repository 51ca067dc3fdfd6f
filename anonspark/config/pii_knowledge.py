"""What anonspark knows of personal data, from the files of `conf/pii` and from files of one's own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from anonspark.config.fields import Problem
from anonspark.config.pii_files import KnowledgeFile, TypeEntry
from anonspark.config.problems import path_text, problems_of
from anonspark.config.text import Document, read_text
from anonspark.domain.pii import PiiCatalogue, PiiType
from anonspark.errors import ConfigurationError, did_you_mean
from anonspark.resources import resource

CATEGORIES: Final = (
    "personal_identity",
    "contact",
    "financial",
    "healthcare",
    "geographic",
    "digital",
    "cryptocurrency",
    "special_category",
    "behavioral_professional",
)
"""The files of `conf/pii/types`, in the order in which types are listed."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read: its sections, and where each value stands."""

    source: str
    document: Document
    file: KnowledgeFile

    def fault(self, problem: Problem) -> ConfigurationError:
        """The error of one fault found after the file was read."""
        return _error(self.source, self.document, [problem])


@cache
def load_catalogue() -> PiiCatalogue:
    """The types that anonspark ships, in the order of their categories.

    >>> load_catalogue().types["us_phone"].parent
    'phone'
    """
    return catalogue_of(read_shipped(f"types/{category}.yaml") for category in CATEGORIES)


def catalogue_of(files: Iterable[ReadFile], known: Mapping[str, PiiType] | None = None) -> PiiCatalogue:
    """The types of files, and those known before; a type that is named again takes the place of the known one.

    Raises:
        ConfigurationError: A parent that is no type, or a type that is its own ancestor.
    """
    types = dict(known or {})
    origin: dict[str, ReadFile] = {}
    for read in files:
        for pii_type, entry in read.file.types.items():
            types[pii_type] = _type_of(pii_type, entry, read.file.category)
            origin[pii_type] = read
    for pii_type, read in origin.items():
        parent = types[pii_type].parent
        if parent is not None and parent not in types:
            hint = did_you_mean(parent, types) or "; name a type of the catalogue or of this file."
            raise read.fault((("types", pii_type, "parent"), f"found '{parent}', which is no type{hint}"))
        if pii_type in _ancestors(pii_type, types):
            raise read.fault((("types", pii_type, "parent"), "makes the type its own ancestor; leave one parent out."))
    return PiiCatalogue(dict(_parents_first(types)))


def read_shipped(name: str) -> ReadFile:
    """A file below `conf/pii`."""
    return read_file(_text_of(resource(f"pii/{name}")), f"conf/pii/{name}")


def read_files(texts: Sequence[str]) -> list[ReadFile]:
    """Files of one's own, named by their order in messages."""
    return [read_file(text, f"custom types {number}") for number, text in enumerate(texts, start=1)]


def read_file(text: str, source: str) -> ReadFile:
    """The sections of a YAML text.

    Raises:
        ConfigurationError: Every fault of its form at once, each with its line and path.
    """
    document = read_text(text)
    problems = list(document.problems)
    data = {} if document.data is None else document.data
    if not problems:
        try:
            return ReadFile(source, document, KnowledgeFile.model_validate(data))
        except ValidationError as error:
            problems = problems_of(error, KnowledgeFile)
    raise _error(source, document, problems)


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _error(source: str, document: Document, problems: Sequence[Problem]) -> ConfigurationError:
    named = [(path_text(path) or None, sentence) for path, sentence in problems]
    lines = [document.line(path) for path, _ in problems]
    return ConfigurationError(named, source, [f"{source}:{line}" if line else None for line in lines])


def _type_of(pii_type: str, entry: TypeEntry, category: str) -> PiiType:
    name = entry.name or pii_type.replace("_", " ").title()
    return PiiType(pii_type, name, category, entry.description, entry.parent, entry.weight)


def _ancestors(pii_type: str, types: Mapping[str, PiiType]) -> set[str]:
    """The types above one, itself among them only if it is its own ancestor."""
    found: set[str] = set()
    parent = types[pii_type].parent
    while parent is not None and parent not in found:
        found.add(parent)
        parent = types[parent].parent
    return found


def _parents_first(types: Mapping[str, PiiType]) -> Iterator[tuple[str, PiiType]]:
    """The types in their order, but none before its parent."""
    done: set[str] = set()

    def visit(pii_type: str) -> Iterator[tuple[str, PiiType]]:
        if pii_type in done:
            return
        done.add(pii_type)
        parent = types[pii_type].parent
        if parent is not None:
            yield from visit(parent)
        yield pii_type, types[pii_type]

    for pii_type in types:
        yield from visit(pii_type)
