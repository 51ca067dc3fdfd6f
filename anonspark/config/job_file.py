"""What every job file has, whatever its kind."""

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from anonspark.config.attributes import Attribute
from anonspark.config.fields import Problem, Section, SectionError, as_tuple, as_whole, fault, shown
from anonspark.config.hierarchies import CsvHierarchy
from anonspark.config.locations import beside, resolve
from anonspark.config.plain import plain_data
from anonspark.config.problems import path_text, problems_of
from anonspark.config.tables import Input, Metadata, source_of
from anonspark.domain.sources import TableSource, TableTarget
from anonspark.errors import ConfigurationError
from anonspark.vocabulary import AttributeRole

METADATA_FOLDER = "_anonspark"

TABLE_TO_READ = "name the table to read: {uri: ..., format: ...} or {table: ...}."


def _read_version(value: object) -> int:
    if as_whole(value) != 1:
        raise fault(f"found {shown(value)}; this engine reads version: 1.")
    return 1


def _base_of(context: object) -> str:
    return str(context.get("base", "")) if isinstance(context, Mapping) else ""


class JobFile(Section):
    """What the job files of every kind have.

    `base` is the folder of the file, from which relative URIs are seen; empty for the working folder.

    Attributes:
        required: The sections that a file cannot do without, though a notebook can, each with what to write.
    """

    required: ClassVar[Mapping[str, str]] = {}

    version: Annotated[int, BeforeValidator(_read_version, json_schema_input_type=Literal[1])] = 1
    """Of the job file's form: 1."""
    job: str
    """What to do."""
    metadata: Metadata | None = None
    """Where the run's record goes; _anonspark beside the output where not given."""
    _base: str = PrivateAttr(default="")

    @property
    def base(self) -> str:
        """The folder from which relative URIs are seen."""
        return self._base

    def model_post_init(self, context: object, /) -> None:
        """Keep the folder."""
        self._base = _base_of(context)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], base: str = "") -> Self:
        """A job from Python's own mappings, lists and scalars; in a notebook it may do without its tables.

        Raises:
            ConfigurationError: Every fault at once, each with its path.
        """
        try:
            return cls.model_validate(data, context={"base": base})
        except ValidationError as error:
            problems = problems_of(error, cls)
            raise ConfigurationError([(path_text(path) or None, text) for path, text in problems]) from None

    @model_validator(mode="wrap")
    @classmethod
    def _tell_every_fault(cls, data: object, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """Check what stands between sections too, even where a section is broken."""
        if isinstance(data, cls):
            return data
        plain, problems = plain_data(data)
        if not isinstance(plain, dict):
            problems = problems or [((), f"found {shown(plain)} where a mapping with the keys of a job is expected.")]
            raise SectionError(*problems)
        try:
            job = handler(plain)
        except ValidationError as error:
            problems += problems_of(error, cls)
        problems += cls._faults_across(plain, _base_of(info.context))
        if problems:
            raise SectionError(*problems)
        return job

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:  # noqa: ARG003  for kinds of job
        """Faults that no single section shows, none unless a kind of job has some; data is plain but may be broken."""
        return []

    @abstractmethod
    def source(self) -> TableSource:
        """The table that the job is about, which the run record names as its input.

        Raises:
            ConfigurationError: The job names none.
        """

    def target(self) -> TableTarget | None:
        """The table to write; None for a kind that writes none.

        Raises:
            ConfigurationError: The kind writes one and the job names none.
        """
        return None

    def uris(self) -> Iterator[str]:
        """Every URI that the job reads or writes, as seen from its file."""
        target = self.target()
        places = [self.source().uri, target.uri if target else None, self.metadata_uri, *self.uris_beside_the_source()]
        yield from filter(None, places)

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """What else is read; None for tables of the catalog."""
        yield from ()

    @property
    def metadata_uri(self) -> str:
        """The folder of the metadata tables: where none is given `_anonspark` beside the output, else the input.

        Raises:
            ConfigurationError: There is no file or folder to be beside.
        """
        if self.metadata:
            return resolve(self.metadata.uri, self.base)
        target = self.target()
        place, what = (self.source().uri, "input") if target is None else (target.uri, "output")
        if place is None:
            raise ConfigurationError([("metadata", f"is missing; name its uri, since the {what} has none.")])
        return beside(place, METADATA_FOLDER)

    def canonical(self) -> str:
        """The job with every default written out, as JSON on one line: what a run record keeps."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, separators=(",", ":"))

    def config_hash(self) -> str:
        """SHA-256 of `canonical`, in hexadecimal.

        Neither the folder of the file nor the run's id is in it, so that a retry on another machine is the same job.
        """
        return sha256(self.canonical().encode()).hexdigest()


class AttributesJob(JobFile):
    """A job that says what columns are to an attacker."""

    attributes: Annotated[tuple[Attribute, ...], BeforeValidator(as_tuple)] = ()
    """The columns that matter; those that are not named are released as they are."""

    def of_type(self, role: AttributeRole) -> list[Attribute]:
        """The attributes of a role, in the order of the file."""
        return [attribute for attribute in self.attributes if attribute.type is role]

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """The hierarchy files."""
        hierarchies = [attribute.hierarchy for attribute in self.attributes]
        yield from (resolve(each.uri, self.base) for each in hierarchies if isinstance(each, CsvHierarchy))


class InputJob(AttributesJob):
    """A job that is about one table, its `input`."""

    required: ClassVar[Mapping[str, str]] = {"input": TABLE_TO_READ}

    input: Input | None = None
    """The table to read."""

    def source(self) -> TableSource:
        """The table to read.

        Raises:
            ConfigurationError: The job names none.
        """
        return source_of(self.input, self.base)
