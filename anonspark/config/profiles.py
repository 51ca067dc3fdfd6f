"""Compliance profiles: those of `conf/pii/profiles`, and those of files of one's own in the same form."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, ValidationError

from anonspark.config.fields import Flag, Name, Path, Problem, Section, Text, as_tuple, one_of, shown
from anonspark.config.pii_files import TypeId
from anonspark.config.pii_rules import AnyPiiRule
from anonspark.config.problems import path_text, problems_of
from anonspark.config.text import read_text
from anonspark.domain.pii import ComplianceProfile, PiiCatalogue
from anonspark.domain.treatments import Action
from anonspark.errors import ConfigurationError, did_you_mean
from anonspark.resources import resource
from anonspark.vocabulary import ActionName, Severity

SHIPPED: Final = ("hipaa", "gdpr", "pci_dss", "ccpa", "financial", "sox", "glba", "custom")
"""The profiles that anonspark brings, in the order in which they are listed."""

Types = Annotated[tuple[TypeId, ...], BeforeValidator(as_tuple)]


class ProfileFile(Section):
    """What a regulation calls personal data, and what is done with it."""

    id: TypeId
    """By which a job names the profile."""
    name: Name
    """How people call it."""
    description: Text = ""
    """One sentence."""
    pii_types: Types
    """Its types, in the order of the regulation; each covers its kinds."""
    default_action: Annotated[ActionName, one_of(*ActionName)]
    """What is done with them."""
    also: Types = ()
    """Types that the regulation covers too, without a place of their own in its list."""
    actions: Annotated[tuple[AnyPiiRule, ...], BeforeValidator(as_tuple)] = ()
    """What is done with single types in place of the default action, each written as a rule."""
    severities: dict[TypeId, Annotated[Severity, one_of(*Severity)]] = Field(default_factory=dict)
    """How bad it is that a type stays untreated, where that does not follow from confidence and weight."""
    limits: Annotated[tuple[AnyPiiRule, ...], BeforeValidator(as_tuple)] = ()
    """The most that may be left of a type, by the actions that leave a part; one of those of a type has to hold."""
    no_parts: Types = ()
    """Types of which no part may be left."""
    never_kept: Types = ()
    """Types that may not be kept in any form, not even encrypted."""
    only_with_person: Types = ()
    """Types that count only where the table holds another type that tells of a person."""
    parts_identify: Flag = False
    """Whether what mask and truncate leave of other types is worth a warning."""
    equal_types: Flag = False
    """Whether types that tell little of a person are as critical as others."""
    guarded_hashes: Types = ()
    """Types whose hashes need a key, and may not stand beside a column that shows a part of the values."""

    def to_profile(self) -> ComplianceProfile:
        """The domain's profile."""
        limits: dict[str, tuple[Action, ...]] = dict.fromkeys(self.no_parts, ())
        for limit in self.limits:
            limits[str(limit.pii_type)] = (*limits.get(str(limit.pii_type), ()), limit.config.to_action())
        return ComplianceProfile(
            id=self.id,
            name=self.name,
            description=self.description,
            pii_types=self.pii_types,
            default_action=self.default_action,
            also=self.also,
            actions={str(own.pii_type): own.config.to_action() for own in self.actions},
            severities=self.severities,
            limits=limits,
            never_kept=self.never_kept,
            only_with_person=self.only_with_person,
            parts_identify=self.parts_identify,
            equal_types=self.equal_types,
            guarded_hashes=self.guarded_hashes,
        )

    def faults(self, catalogue: PiiCatalogue) -> list[Problem]:
        """What pydantic does not see: types that nobody knows or that stand twice, and rules about columns."""
        named: list[tuple[Path, str]] = []
        for key in ("pii_types", "also", "no_parts", "never_kept", "only_with_person", "guarded_hashes"):
            named += [((key, index), pii_type) for index, pii_type in enumerate(getattr(self, key))]
        named += [(("severities", pii_type), pii_type) for pii_type in self.severities]
        problems: list[Problem] = []
        for key in ("actions", "limits"):
            for index, rule in enumerate(getattr(self, key)):
                if rule.pii_type is None:
                    problems.append(((key, index, "column"), "a profile knows no columns; name a pii_type."))
                else:
                    named.append(((key, index, "pii_type"), rule.pii_type))
        for path, pii_type in named:
            if pii_type not in catalogue.types:
                hint = did_you_mean(pii_type, catalogue.types)
                problems.append((path, f"found '{pii_type}', which is no type of personal data{hint or '.'}"))
        return [*problems, *self._twice()]

    def _twice(self) -> Iterator[Problem]:
        seen: set[str] = set()
        for key in ("pii_types", "also"):
            for index, pii_type in enumerate(getattr(self, key)):
                if pii_type in seen:
                    yield (key, index), f"names '{pii_type}' a second time; leave one out."
                seen.add(pii_type)
        own = [rule.pii_type for rule in self.actions]
        for index, pii_type in enumerate(own):
            if pii_type is not None and pii_type in own[:index]:
                yield ("actions", index), f"is a second action for '{pii_type}'; leave one out."


def load_profiles(catalogue: PiiCatalogue, custom: Sequence[str] = ()) -> Mapping[str, ComplianceProfile]:
    """The shipped profiles and those of files of one's own, by id, in the order in which they are listed.

    Args:
        catalogue: All types; those of custom files among them.
        custom: Texts of YAML, each a profile in the form of the files of `conf/pii/profiles`.

    Raises:
        ConfigurationError: Every fault of a text at once: unknown keys, actions or types (did you mean), or an id that
            is taken.

    >>> from anonspark.config.pii_knowledge import load_catalogue
    >>> load_profiles(load_catalogue())["pci_dss"].default_action
    <ActionName.TOKENIZE: 'tokenize'>
    """
    texts = [(f"conf/pii/profiles/{name}.yaml", _shipped(name)) for name in SHIPPED]
    texts += [(f"custom profile {number}", text) for number, text in enumerate(custom, start=1)]
    profiles: dict[str, ComplianceProfile] = {}
    for source, text in texts:
        profile = read_profile(text, source, catalogue)
        if profile.id in profiles:
            sentence = f"found '{profile.id}', which another profile is called; give it a name of its own."
            raise ConfigurationError([("id", sentence)], source)
        profiles[profile.id] = profile
    return profiles


def read_profile(text: str, source: str, catalogue: PiiCatalogue) -> ComplianceProfile:
    """The profile of one text.

    Raises:
        ConfigurationError: Every fault of it, each with its line and path.
    """
    document = read_text(text)
    problems = list(document.problems)
    if not problems:
        try:
            profile = ProfileFile.model_validate({} if document.data is None else document.data)
        except ValidationError as error:
            problems = problems_of(error, ProfileFile)
        else:
            problems = profile.faults(catalogue)
            if not problems:
                return profile.to_profile()
    named = [(path_text(path) or None, sentence) for path, sentence in problems]
    lines = [document.line(path) for path, _ in problems]
    raise ConfigurationError(named, source, [f"{source}:{line}" if line else None for line in lines])


def profile_of(profiles: Mapping[str, ComplianceProfile], name: str, field: str = "profile") -> ComplianceProfile:
    """The profile of a name, as a job writes it.

    Raises:
        ConfigurationError: There is none; the sentence names the likely one.
    """
    if name not in profiles:
        hint = did_you_mean(name, profiles)
        raise ConfigurationError([(field, f"found {shown(name)}; it is one of {', '.join(profiles)}{hint or '.'}")])
    return profiles[name]


@cache
def _shipped(name: str) -> str:
    return resource(f"pii/profiles/{name}.yaml").read_text(encoding="utf-8")
