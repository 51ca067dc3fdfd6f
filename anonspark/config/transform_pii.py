"""The job file of `transform-pii`."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from anonspark.config.actions import Locale
from anonspark.config.crosschecks import faults_of_names, items_of, texts_of
from anonspark.config.detect_pii import DetectPiiJob, Files, faults_of_profile, faults_of_types
from anonspark.config.fields import Columns, Flag, Fraction, Name, Problem, Section, Whole, as_tuple, fault, shown
from anonspark.config.job_file import InputJob
from anonspark.config.key_settings import KeyReference, VaultName, vault_at
from anonspark.config.locations import resolve
from anonspark.config.pii_knowledge import load_catalogue
from anonspark.config.pii_rules import AnyPiiRule
from anonspark.config.placement import faults_of_places, faults_of_tables
from anonspark.config.plain import Data, section
from anonspark.config.profiles import load_profiles
from anonspark.config.tables import Output, target_of
from anonspark.domain.paths import parse_path
from anonspark.domain.sources import TableTarget
from anonspark.domain.treatments import TreatmentRule
from anonspark.domain.vaults import VaultKind, VaultPlace
from anonspark.errors import InputError, did_you_mean
from anonspark.vocabulary import ActionName, AttributeRole

NEEDS_ENCRYPTION_KEY: Final = (ActionName.ENCRYPT, ActionName.FORMAT_PRESERVING_ENCRYPT)


def _check_path(text: str) -> str:
    try:
        parse_path(text)
    except InputError as error:
        raise fault(error.message) from None
    return text


class TransformSettings(Section):
    """How sure a finding must be, and the keys and the vault that actions need."""

    confidence_threshold: Fraction = 0.8
    """What is less sure is not treated by type; a rule that names the column is."""
    apply_profile_defaults: Flag = True
    """Whether types of the profile that no rule is about take the profile's own action."""
    encryption_key: KeyReference | None = None
    """The key of encrypt, format_preserving_encrypt and tokenize, as a reference such as env:NAME."""
    older_keys: Annotated[tuple[KeyReference, ...], BeforeValidator(as_tuple)] = ()
    """Keys that were current before, as references; a vault's scope may have been begun with one of them."""
    hash_key: KeyReference | None = None
    """The key of hash, and what links pseudonyms and date shifts of several tables, as a reference."""
    key_scope: Name = "project"
    """Tables that share a scope and its keys can be joined on treated columns."""
    locale: Locale | None = None
    """Whose names and addresses pseudonyms have, such as de_DE; guessed from the values where not given."""
    vault: VaultName | None = None
    """Where tokens are kept: sqlite:///vault.db, postgresql://host/database, or the URI of a Delta table."""
    subject: Annotated[Name, AfterValidator(_check_path)] | None = None
    """The column that tells the person, so that all tokens of a person can be erased."""


class TransformPiiJob(InputJob):
    """Find personal data in a table and do with each column of it what rules and a profile say."""

    required: ClassVar[Mapping[str, str]] = {
        **InputJob.required,
        "output": "name the table to write: {uri: ..., format: ...} or {table: ...}.",
    }

    job: Literal["transform-pii"] = "transform-pii"
    """What to do."""
    output: Output | None = None
    """The table to write."""
    profile: Name | None = None
    """The regulation that says what is done where no rule does, such as hipaa or gdpr."""
    rules: Annotated[tuple[AnyPiiRule, ...], BeforeValidator(as_tuple)] = ()
    """What is done with types of personal data and with columns."""
    settings: TransformSettings = TransformSettings()
    """How sure a finding must be, and the keys and the vault that actions need."""
    detections: Name | None = None
    """The run of detect-pii over this table whose findings are taken; they are looked for again where not given."""
    types: Annotated[Columns, Field(min_length=1)] | None = None
    """The types of personal data to look for, each with its kinds; all where not given."""
    sample_size: Annotated[Whole, Field(ge=1)] | None = None
    """Rows to decide types on, so that this takes no longer in a large table; drawn from all rows where not given."""
    deep_scan: Flag = False
    """Whether to look inside every text too; what is found there is treated there, and the rest of the text stays."""
    knowledge: Files = ()
    """Files with types of one's own, or more names and shapes for known ones, in the form of conf/pii."""
    profiles: Files = ()
    """Files with regulations of one's own, in the form of conf/pii/profiles."""
    in_place: Flag = False
    """Let the output replace its own input."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:
        problems = [
            *faults_of_tables(data),
            *faults_of_places(data, base),
            *faults_of_names(items_of(data, "attributes")),
            *_attributes(data),
            *_nothing_to_do(data),
            *_keys(data),
        ]
        # Names that files of one's own bring are known only once these are read.
        if not data.get("knowledge"):
            known = load_catalogue()
            problems += faults_of_types(texts_of(data.get("types")), known.types)
            problems += faults_of_rule_types(
                [(index, str(rule["pii_type"])) for index, rule in items_of(data, "rules") if rule.get("pii_type")],
                known.types,
            )
            if not data.get("profiles") and isinstance(data.get("profile"), str):
                problems += faults_of_profile(data["profile"], load_profiles(known))
        return problems

    def target(self) -> TableTarget:
        """The table to write.

        Raises:
            ConfigurationError: The job names none.
        """
        return target_of(self.output, self.base)

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """The vault, where it is a table, the files of one's own and those of hierarchies."""
        place = self.vault_place()
        yield place.address if place is not None and place.kind is VaultKind.DELTA else None
        yield from (resolve(uri, self.base) for uri in (*self.knowledge, *self.profiles))
        yield from super().uris_beside_the_source()

    def vault_place(self) -> VaultPlace | None:
        """Where tokens are kept, as seen from the job file."""
        return None if self.settings.vault is None else vault_at(self.settings.vault, self.base)

    def to_rules(self) -> list[TreatmentRule]:
        """The domain's rules, in the order of the file."""
        return [rule.to_rule() for rule in self.rules]

    def detection(self) -> DetectPiiJob:
        """How its input, or what was written of it, is looked at."""
        kept = ("input", "profile", "types", "sample_size", "deep_scan", "knowledge", "profiles")
        told = self.model_dump(mode="json", by_alias=True, exclude_none=True, include=set(kept))
        threshold = self.settings.confidence_threshold
        return DetectPiiJob.from_dict({**told, "confidence_threshold": threshold}, self.base)


def faults_of_rule_types(rules: Collection[tuple[int, str]], known: Collection[str]) -> Iterator[Problem]:
    """Rules for types that nobody knows, by their index."""
    for index, name in rules:
        if name not in known:
            sentence = f"found {shown(name)}, which is no type of personal data{did_you_mean(name, known) or '.'}"
            yield ("rules", index, "pii_type"), sentence


def _nothing_to_do(data: Mapping[str, Data]) -> Iterator[Problem]:
    if data.get("profile") is None and not data.get("rules"):
        yield ("rules",), "say nothing and no profile is named, so nothing would be treated; write one or both."


def _attributes(data: Mapping[str, Data]) -> Iterator[Problem]:
    """Attributes are there for the hierarchies of columns that become k-anonymous."""
    for index, attribute in items_of(data, "attributes"):
        role = attribute.get("type")
        if role in list(AttributeRole) and role != AttributeRole.QUASI_IDENTIFIER:
            yield (
                ("attributes", index, "type"),
                f"is {role}; here attributes give the hierarchies of columns with the action k_anonymize, which are of "
                "type quasi_identifier. Say in rules what is done with other columns.",
            )


def _keys(data: Mapping[str, Data]) -> Iterator[Problem]:
    """Actions whose key or vault is not named."""
    settings = section(data, "settings")
    for index, rule in items_of(data, "rules"):
        action = rule.get("action")
        if action in NEEDS_ENCRYPTION_KEY and settings.get("encryption_key") is None:
            sentence = f"is missing; {action} in rules[{index}] needs it: a reference to a key, such as env:NAME."
            yield ("settings", "encryption_key"), sentence
            break
    for index, rule in items_of(data, "rules"):
        if rule.get("action") == ActionName.TOKENIZE and settings.get("vault") is None:
            sentence = f"is missing; tokenize in rules[{index}] needs it, for example sqlite:///vault.db."
            yield ("settings", "vault"), sentence
            break
