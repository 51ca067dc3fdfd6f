"""The job files of `detokenize` and `decrypt`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from anonspark.config.fields import Columns, Flag, Name, Problem, SectionError, Text, one_of, shown
from anonspark.config.job_file import TABLE_TO_READ, JobFile
from anonspark.config.key_settings import KeySettings, VaultSettings
from anonspark.config.placement import faults_of_places, faults_of_tables
from anonspark.config.tables import Input, Output, source_of, target_of
from anonspark.domain.paths import parse_path
from anonspark.domain.sources import TableSource, TableTarget
from anonspark.domain.vaults import VaultKind
from anonspark.errors import ConfigurationError, InputError
from anonspark.vocabulary import OnUnknownToken


def _check_paths(paths: tuple[str, ...]) -> tuple[str, ...]:
    faults: list[Problem] = []
    for index, path in enumerate(paths):
        try:
            parse_path(path)
        except InputError as error:
            faults.append(((index,), error.message))
    if faults:
        raise SectionError(*faults)
    return paths


Paths = Annotated[Columns, AfterValidator(_check_paths)]


class RecoverJob(JobFile):
    """A job that writes a table with the values that stand behind tokens or ciphertexts."""

    required: ClassVar[Mapping[str, str]] = {
        "input": TABLE_TO_READ,
        "output": "name the table to write: {uri: ..., format: ...} or {table: ...}.",
        "columns": "name the columns to take back, for example [email, address.zip].",
        "settings": "name the keys: {encryption_key: env:NAME, key_scope: ...}.",
    }

    input: Input | None = None
    """The table to read."""
    output: Output | None = None
    """The table to write; it holds personal data again."""
    columns: Annotated[Paths, Field(min_length=1)] | None = None
    """The columns to take back, by path: email, address.zip; the others stay as they are."""
    in_place: Flag = False
    """Let the output replace its own input."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:
        return [*faults_of_tables(data), *faults_of_places(data, base)]

    def source(self) -> TableSource:
        """The table to read.

        Raises:
            ConfigurationError: The job names none.
        """
        return source_of(self.input, self.base)

    def target(self) -> TableTarget:
        """The table to write.

        Raises:
            ConfigurationError: The job names none.
        """
        return target_of(self.output, self.base)

    @property
    def paths(self) -> tuple[str, ...]:
        """The columns to take back.

        Raises:
            ConfigurationError: The job names none.
        """
        if self.columns is None:
            raise ConfigurationError([("columns", "is missing.")])
        return self.columns


class DetokenizeJob(RecoverJob):
    """Put the values back that tokens stand for; who may is whoever has the key, and every use is audited."""

    required: ClassVar[Mapping[str, str]] = {
        **RecoverJob.required,
        "settings": "name the vault and its key: {vault: ..., encryption_key: env:NAME, key_scope: ...}.",
    }

    job: Literal["detokenize"] = "detokenize"
    """What to do."""
    settings: VaultSettings | None = None
    """The vault and its keys."""
    unknown: Annotated[OnUnknownToken, one_of(*OnUnknownToken)] = OnUnknownToken.FAIL
    """Texts that the vault knows no value for fail the run (fail), stay (keep) or become null (clear)."""

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """The vault, where it is a table."""
        yield from vault_uris(self.settings, self.base)


class DecryptJob(RecoverJob):
    """Put the values back that were encrypted; every use is audited."""

    job: Literal["decrypt"] = "decrypt"
    """What to do."""
    settings: KeySettings | None = None
    """The keys."""
    alphabets: dict[Name, Text] = Field(default_factory=dict)
    """Of columns that format_preserving_encrypt encrypted: the alphabet that it was given, by column."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:
        problems = super()._faults_across(data, base)
        columns, alphabets = data.get("columns"), data.get("alphabets")
        if isinstance(columns, list) and isinstance(alphabets, dict):
            problems += [
                (("alphabets", name), f"is none of columns; name {shown(name)} there too.")
                for name in alphabets
                if name not in columns
            ]
        return problems


def vault_uris(settings: VaultSettings | None, base: str) -> Iterator[str | None]:
    """The URI of a vault that is a table, for the connectors of the session."""
    if settings is not None and (place := settings.place(base)).kind is VaultKind.DELTA:
        yield place.address
