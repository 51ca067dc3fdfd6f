"""The column patterns that anonspark brings: one a type of personal data, and those of `conf/pii/patterns.yaml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Final

from pydantic import BeforeValidator, ValidationError

from anonspark.config.fields import Name, as_tuple
from anonspark.config.patterns import PatternFile
from anonspark.config.pii_knowledge import load_catalogue, read_shipped
from anonspark.config.problems import path_text, problems_of
from anonspark.config.text import read_text
from anonspark.domain.patterns import ColumnPattern
from anonspark.domain.pii import PiiCatalogue
from anonspark.errors import ConfigurationError
from anonspark.resources import resource
from anonspark.vocabulary import Identity

SOURCE: Final = "pii/patterns.yaml"

LANGUAGES: Final = ("en", "de", "fr", "es", "pt", "it", "nl", "ja")

TYPE_PRIORITY: Final = 50
"""Of the pattern of a type of personal data."""


class BuiltInFile(PatternFile):
    """The shipped file."""

    types: dict[Identity, Annotated[tuple[Name, ...], BeforeValidator(as_tuple)]]
    """Types of personal data by what their columns are; a type stands for its kinds that are not named."""


@dataclass(frozen=True, slots=True)
class BuiltInPatterns:
    """What anonspark brings.

    Attributes:
        of_types: What a column is that holds a type of personal data, for every type of the catalogue.
        others: Patterns of columns that hold none, in the order in which they are tried.
    """

    of_types: Mapping[str, Identity]
    others: tuple[ColumnPattern, ...]

    def listed(self) -> tuple[ColumnPattern, ...]:
        """All as patterns: of types first, with the names of columns that say the type in eight languages."""
        phrases = _phrases()
        of_types = (
            ColumnPattern(
                name=pii_type,
                classification=classification,
                column_patterns=tuple(dict.fromkeys(phrases.get(pii_type, (pii_type,)))),
                priority=TYPE_PRIORITY,
                description=load_catalogue().types[pii_type].description,
                id=pii_type,
                built_in=True,
            )
            for pii_type, classification in self.of_types.items()
        )
        return (*of_types, *self.others)


@cache
def load_built_in() -> BuiltInPatterns:
    """The shipped patterns.

    >>> load_built_in().of_types["first_name"], load_built_in().of_types["gender"]
    (<Identity.DIRECT: 'DI'>, <Identity.QUASI: 'QI'>)
    """
    document = read_text(resource(SOURCE).read_text(encoding="utf-8"))
    try:
        file = BuiltInFile.model_validate(document.data)
    except ValidationError as error:
        problems = problems_of(error, BuiltInFile)
        raise ConfigurationError([(path_text(path), text) for path, text in problems], f"conf/{SOURCE}") from None
    named = {pii_type: identity for identity, types in file.types.items() for pii_type in types}
    others = (replace(entry.to_domain(), built_in=True) for entry in file.patterns)
    return BuiltInPatterns(dict(_all_types(named, load_catalogue())), tuple(sorted(others, key=_priority)))


def _all_types(named: Mapping[str, Identity], catalogue: PiiCatalogue) -> Iterator[tuple[str, Identity]]:
    """Every type of the catalogue with what it is, or the nearest type above it that is named."""
    for pii_type in catalogue.types:
        yield pii_type, next(named[wider] for wider in catalogue.lineage(pii_type) if wider in named)


@cache
def _phrases() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for pii_type, entry in read_shipped(f"names/{language}.yaml").file.names.items():
            found.setdefault(pii_type, []).extend(phrase.replace(" ", "_") for phrase in entry.strong)
    return {pii_type: tuple(phrases) for pii_type, phrases in found.items()}


def _priority(pattern: ColumnPattern) -> int:
    return pattern.priority
