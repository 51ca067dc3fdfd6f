"""The job files of `erase` and `rotate-keys`, which change a token vault or ciphertexts and release nothing."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr

from anonspark.config.fields import Flag, Name, Problem
from anonspark.config.job_file import JobFile
from anonspark.config.key_settings import KeySettings, VaultName, VaultSettings, vault_at
from anonspark.config.placement import faults_of_places, faults_of_table, faults_of_tables
from anonspark.config.plain import section
from anonspark.config.recover import Paths, vault_uris
from anonspark.config.tables import Input, Output
from anonspark.domain.sources import TableSource, TableTarget
from anonspark.domain.vaults import VaultKind, VaultPlace
from anonspark.errors import ConfigurationError

STDIN = "stdin"
"""What the run record calls a list that was handed over on standard input."""


class Named(Input):
    """A table with a column of values or persons."""

    column: Name
    """The column that holds them."""


class EraseJob(JobFile):
    """Forget what the tokens of persons or of values stand for; nobody can take them back then."""

    required: ClassVar[Mapping[str, str]] = {
        "settings": "name the vault and its key: {vault: ..., encryption_key: env:NAME, key_scope: ...}.",
        "metadata": "name the folder of the run record and the audit: {uri: ...}.",
    }

    job: Literal["erase"] = "erase"
    """What to do."""
    subjects: Named | None = None
    """The persons, as the subject column named them when the tables were tokenized."""
    values: Named | None = None
    """The values themselves, in any spelling that is the same value; instead of subjects."""
    settings: VaultSettings | None = None
    """The vault and its keys."""
    _given: tuple[str, ...] | None = PrivateAttr(default=None)
    _of_persons: bool = PrivateAttr(default=False)

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:  # noqa: ARG003  as of all kinds
        named = [key for key in ("subjects", "values") if isinstance(data.get(key), dict)]
        problems = [problem for key in named for problem in faults_of_table((key,), section(data, key))]
        if len(named) > 1:
            problems.append((("values",), "stands beside subjects; keep only one of the two."))
        return problems

    def with_lines(self, lines: tuple[str, ...], *, of_persons: bool) -> "EraseJob":
        """The job with persons or values that stand in no file; they are in no record either.

        Raises:
            ConfigurationError: The file names some too.
        """
        if self.subjects is not None or self.values is not None:
            raise ConfigurationError([("subjects", "or values stand in the file; leave them out, or --stdin.")])
        job = self.model_copy()
        job._given, job._of_persons = lines, of_persons  # noqa: SLF001  it is this class
        return job

    @property
    def lines(self) -> tuple[str, ...] | None:
        """What was handed over on standard input; None where a table is named."""
        return self._given

    @property
    def of_persons(self) -> bool:
        """Whether persons are named, and not values."""
        return self._of_persons if self._given is not None else self.subjects is not None

    @property
    def column(self) -> str:
        """The column of the table that holds them."""
        return self._named().column

    def source(self) -> TableSource:
        """The table of persons or values.

        Raises:
            ConfigurationError: The job names none.
        """
        return TableSource(table=STDIN) if self._given is not None else self._named().to_source(self.base)

    def _named(self) -> Named:
        found = self.subjects or self.values
        if found is None:
            sentence = "or values is missing; name a table and its column, or hand them over with --stdin."
            raise ConfigurationError([("subjects", sentence)])
        return found

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """The vault, where it is a table."""
        yield from vault_uris(self.settings, self.base)


class RotateSettings(KeySettings):
    """The new key, the ones before, and the vault whose values are encrypted again."""

    vault: VaultName | None = None
    """Whose values of the scope are encrypted again; leave it out where input and columns are named."""


class RotateKeysJob(JobFile):
    """Encrypt again with settings.encryption_key what one of settings.older_keys encrypted.

    Either the values of a scope in a token vault, whose tokens stay, or columns of a table.
    """

    required: ClassVar[Mapping[str, str]] = {
        "settings": "name the new key and the old: {encryption_key: env:NEW, older_keys: [env:OLD], vault: ...}.",
    }

    job: Literal["rotate-keys"] = "rotate-keys"
    """What to do."""
    input: Input | None = None
    """A table with ciphertexts."""
    output: Output | None = None
    """Where it goes with the new ones."""
    columns: Annotated[Paths, Field(min_length=1)] | None = None
    """Its columns that are encrypted, by path."""
    settings: RotateSettings | None = None
    """The keys, and the vault where one is meant."""
    in_place: Flag = False
    """Let the output replace its own input."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:
        of_table = [key for key in ("input", "output", "columns") if data.get(key) is not None]
        of_vault = section(data, "settings").get("vault") is not None
        if of_table and of_vault:
            return [((of_table[0],), "stands beside settings.vault; rotate the keys of one of the two at a time.")]
        if of_vault:
            missing = data.get("metadata") is None
            sentence = "is missing; name the folder of the run record and the audit: {uri: ...}."
            return [(("metadata",), sentence)] if missing else []
        lacking = [key for key in ("input", "output", "columns") if key not in of_table]
        sentence = "is missing; name input, output and columns, or settings.vault."
        problems: list[Problem] = [((key,), sentence) for key in lacking]
        return [*problems, *faults_of_tables(data), *faults_of_places(data, base)]

    def vault_place(self) -> VaultPlace | None:
        """The vault, where one is meant."""
        if self.settings is None or self.settings.vault is None:
            return None
        return vault_at(self.settings.vault, self.base)

    def source(self) -> TableSource:
        """The table to read; for a vault its name, which the run record keeps."""
        if self.input is not None:
            return self.input.to_source(self.base)
        return TableSource(table=str(self.vault_place() or "nothing"))

    def target(self) -> TableTarget | None:
        """The table to write; None for a vault."""
        return self.output.to_target(self.base) if self.output else None

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """The vault, where it is a table."""
        place = self.vault_place()
        yield place.address if place is not None and place.kind is VaultKind.DELTA else None
