"""Lists of names, places and occupations that Faker ships, of all of its locales."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from anonspark.domain.pii_words import folded


@cache
def faker_list(name: str) -> frozenset[str]:
    """The entries of an attribute of all locales of a provider, folded.

    Args:
        name: Provider and attribute: `person.first_names`.

    Raises:
        LookupError: No locale of the provider has such a list.
    """
    provider, _, attribute = name.partition(".")
    entries = frozenset(
        folded(text)
        for listed in _attributes(provider, attribute)
        for text in _texts(listed)
        # Some lists of places hold the numbers of the places too.
        if text.strip() and not text.strip().isdigit()
    )
    if not entries:
        raise LookupError(name)
    return entries


def _attributes(provider: str, attribute: str) -> Iterator[object]:
    try:
        package = import_module(f"faker.providers.{provider}")
    except ImportError:
        return
    for locale in iter_modules(package.__path__):
        module = import_module(f"{package.__name__}.{locale.name}")
        listed = getattr(module.Provider, attribute, None)
        # A locale that has no list of its own inherits the provider's.
        if listed is not None:
            yield listed


def _texts(listed: object) -> Iterator[str]:
    """The texts of a list, of a mapping's keys, or of pairs such as kanji, kana and romaji."""
    if isinstance(listed, str):
        yield listed
    elif isinstance(listed, dict | list | tuple | set | frozenset):
        for item in listed:
            yield from _texts(item)
