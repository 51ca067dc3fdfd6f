"""What anonspark knows of personal data, from the files of `conf/pii` and from files of one's own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from anonspark.config.fields import Path as FieldPath
from anonspark.config.fields import Problem, shown
from anonspark.config.pii_files import ConfidenceEntry, KnowledgeFile, ListEntry, ShapeEntry, TypeEntry
from anonspark.config.pii_lists import faker_list
from anonspark.config.problems import path_text, problems_of
from anonspark.config.text import Document, read_text
from anonspark.domain.pii import PiiCatalogue, PiiType
from anonspark.domain.pii_knowledge import Confidence, Knowledge, Meaning, NameWords, Neighbours, Shape, ValueList
from anonspark.domain.pii_words import folded, spellings, tokens_of
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

LANGUAGES: Final = ("en", "de", "fr", "es", "pt", "it", "nl", "ja", "more")
"""The files of `conf/pii/names`."""

OTHERS: Final = ("shapes.yaml", "neighbours.yaml", "confidence.yaml", "values/people.yaml", "values/places.yaml")


Entry = TypeVar("Entry")
Found = TypeVar("Found")


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


@cache
def _shipped() -> tuple[ReadFile, ...]:
    names = [f"types/{category}.yaml" for category in CATEGORIES]
    names += [f"names/{language}.yaml" for language in LANGUAGES]
    return tuple(read_shipped(name) for name in (*names, *OTHERS))


def load_knowledge(custom: Sequence[str] = ()) -> Knowledge:
    """What anonspark ships, and what files of one's own add to it.

    Args:
        custom: YAML texts with any sections of `KnowledgeFile`: types of one's own, further names, shapes and values.

    Raises:
        ConfigurationError: Every fault of the first file that has some, each with its line and the way out.
    """
    return _knowledge(tuple(custom))


@lru_cache(maxsize=4)
def _knowledge(custom: tuple[str, ...]) -> Knowledge:
    files = [*_shipped(), *read_files(custom)]
    catalogue = catalogue_of(files)
    for read in files:
        _check_types(read, catalogue)
    return Knowledge(
        catalogue,
        _names_of(files),
        _by_type(files, lambda file: file.shapes, _shape),
        _lists_of(files),
        {kind: frozenset(kinds) for read in files for kind, kinds in read.file.kinds.items()},
        {
            kind: Neighbours(frozenset(entry.needs), frozenset(entry.raised_by))
            for read in files
            for kind, entry in read.file.neighbours.items()
        },
        frozenset(kind for read in files for kind in read.file.named_only),
        frozenset(folded(text) for read in files for text in read.file.empty),
        _confidence_of(files),
    )


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


def _check_types(read: ReadFile, catalogue: PiiCatalogue) -> None:
    """Every type that a section names must be one."""
    file = read.file
    named: list[tuple[FieldPath, str]] = [
        ((section, kind), kind)
        for section in ("names", "shapes", "lists", "kinds", "neighbours")
        for kind in getattr(file, section)
    ]
    for kind, entry in file.neighbours.items():
        named += [(("neighbours", kind, "needs"), needed) for needed in entry.needs]
        named += [(("neighbours", kind, "raised_by"), raising) for raising in entry.raised_by]
    named += [
        (("shapes", kind, at, "validator"), shape.validator)
        for kind, shapes in file.shapes.items()
        for at, shape in enumerate(shapes)
        if shape.validator is not None
    ]
    named += [(("named_only", at), kind) for at, kind in enumerate(file.named_only)]
    named += [(("confidence", "caps", kind), kind) for kind in (file.confidence.caps if file.confidence else ())]
    problems: list[Problem] = [
        (path, f"found {shown(kind)}, which is no type{_other_type(kind, catalogue)}")
        for path, kind in named
        if kind not in catalogue.types
    ]
    if problems:
        raise _error(read.source, read.document, problems)


def _other_type(kind: str, catalogue: PiiCatalogue) -> str:
    return did_you_mean(kind, catalogue.types) or "; declare it below types."


def _names_of(files: Sequence[ReadFile]) -> NameWords:
    meanings: dict[str, dict[str, Meaning]] = {}
    longest = 1
    for read in files:
        for kind, entry in read.file.names.items():
            for phrase, weak in (*((text, True) for text in entry.weak), *((text, False) for text in entry.strong)):
                longest = max(longest, len(tokens_of(phrase)))
                for spelling in spellings(phrase):
                    meanings.setdefault(spelling, {})[kind] = Meaning(kind, weak)
    words = {
        section: frozenset(
            spelling for read in files for phrase in getattr(read.file, section) for spelling in spellings(phrase)
        )
        for section in ("nothing", "stop", "people", "things", "neutral", "short")
    }
    return NameWords({phrase: tuple(found.values()) for phrase, found in meanings.items()}, **words, longest=longest)


def _by_type(
    files: Sequence[ReadFile],
    section: Callable[[KnowledgeFile], Mapping[str, tuple[Entry, ...]]],
    found: Callable[[Entry], Found],
) -> dict[str, tuple[Found, ...]]:
    """The entries of a section by type, those of all files together."""
    by_type: dict[str, tuple[Found, ...]] = {}
    for read in files:
        for kind, entries in section(read.file).items():
            by_type[kind] = (*by_type.get(kind, ()), *map(found, entries))
    return by_type


def _shape(entry: ShapeEntry) -> Shape:
    return Shape(**{**entry.model_dump(), "kinds": frozenset(entry.kinds)})


def _lists_of(files: Sequence[ReadFile]) -> dict[str, tuple[ValueList, ...]]:
    by_type: dict[str, tuple[ValueList, ...]] = {}
    for read in files:
        for kind, entries in read.file.lists.items():
            found = tuple(_value_list(read, ("lists", kind, at), entry) for at, entry in enumerate(entries))
            by_type[kind] = (*by_type.get(kind, ()), *found)
    return by_type


def _value_list(read: ReadFile, path: FieldPath, entry: ListEntry) -> ValueList:
    entries = {folded(text) for text in entry.entries}
    for name in entry.faker:
        try:
            entries |= faker_list(name)
        except LookupError:
            raise read.fault(((*path, "faker"), f"found {shown(name)}, which is no list of Faker.")) from None
    return ValueList(frozenset(entries), entry.specificity, entry.alone, entry.by_word, entry.against)


def _confidence_of(files: Sequence[ReadFile]) -> Confidence:
    given: list[ConfidenceEntry] = [read.file.confidence for read in files if read.file.confidence is not None]
    return Confidence(**given[-1].model_dump())


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
    while parent is not None and parent in types and parent not in found:
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
