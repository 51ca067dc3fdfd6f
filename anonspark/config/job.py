"""The job file of `anonymize`, and what every job file has."""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from anonspark.config.attributes import Attribute
from anonspark.config.crosschecks import faults_across_sections
from anonspark.config.fields import (
    Flag,
    Fraction,
    Name,
    Positive,
    Problem,
    Section,
    SectionError,
    Whole,
    as_tuple,
    as_whole,
    fault,
    one_of,
    shown,
)
from anonspark.config.hierarchies import RowReader
from anonspark.config.locations import beside, resolve
from anonspark.config.models import ClassModel, Model, WholeReleaseModel
from anonspark.config.plain import plain_data
from anonspark.config.problems import path_text, problems_of
from anonspark.config.tables import Input, Metadata, Output, Population
from anonspark.domain.hierarchy import Label
from anonspark.domain.policy import Policy, SearchSettings
from anonspark.domain.sources import TableSource, TableTarget
from anonspark.errors import ConfigurationError
from anonspark.vocabulary import AttributeRole, Metric, QualityGate, RecodingKind, Strategy, Suppression

METADATA_FOLDER = "_anonspark"


def _read_version(value: object) -> int:
    if as_whole(value) != 1:
        raise fault(f"found {shown(value)}; this engine reads version: 1.")
    return 1


def _base_of(context: object) -> str:
    return str(context.get("base", "")) if isinstance(context, Mapping) else ""


class Search(Section):
    """How the lattice is searched."""

    strategy: Annotated[Strategy, one_of(*Strategy)] = Strategy.AUTO
    """auto proves the optimum of up to a million nodes, best_first takes larger lattices; mondrian recodes classes."""
    time_limit_s: Positive | None = None
    """Seconds after which the best node so far is taken, once there is one."""
    memory_mb: Annotated[Whole, Field(ge=1)] = 2048
    """MiB that the classes may take on the driver; more of them are searched on the cluster."""
    recoding: Annotated[RecodingKind | None, one_of(*RecodingKind, optional=True)] = None
    """Give classes levels of their own after the node is found; strict ones do not overlap."""

    def to_settings(self) -> SearchSettings:
        """The domain's settings."""
        kind = self.recoding
        if kind is None and self.strategy is Strategy.MONDRIAN:
            kind = RecodingKind.STRICT
        return SearchSettings(self.strategy, self.time_limit_s, self.memory_mb, kind)


class JobFile(Section):
    """What every job file has.

    `base` is the folder of the file, from which relative URIs are seen; empty for the working folder.
    """

    version: Annotated[int, BeforeValidator(_read_version, json_schema_input_type=Literal[1])] = 1
    """Of the job file's form: 1."""
    input: Input | None = None
    """The table to read."""
    output: Output | None = None
    """The table to write."""
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
        """A job from Python's own mappings, lists and scalars; in a notebook it may do without input and output.

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
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:  # noqa: ARG003  for other jobs
        """Faults that no single section shows, none unless a kind of job has some; data is plain but may be broken."""
        return []

    def source(self) -> TableSource:
        """The table to read.

        Raises:
            ConfigurationError: The job names none.
        """
        if self.input is None:
            raise ConfigurationError([("input", "is missing.")])
        return self.input.to_source(self.base)

    def target(self) -> TableTarget:
        """The table to write.

        Raises:
            ConfigurationError: The job names none.
        """
        if self.output is None:
            raise ConfigurationError([("output", "is missing.")])
        return self.output.to_target(self.base)

    @property
    def metadata_uri(self) -> str:
        """The folder of the metadata tables: `_anonspark` beside the output where none is given.

        Raises:
            ConfigurationError: There is no output to be beside.
        """
        if self.metadata:
            return resolve(self.metadata.uri, self.base)
        uri = self.target().uri
        if uri is None:
            raise ConfigurationError([("metadata", "is missing; name its uri, since the output has none.")])
        return beside(uri, METADATA_FOLDER)

    def canonical(self) -> str:
        """The job with every default written out, as JSON on one line: what a run record keeps."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, separators=(",", ":"))

    def config_hash(self) -> str:
        """SHA-256 of `canonical`, in hexadecimal.

        Neither the folder of the file nor the run's id is in it, so that a retry on another machine is the same job.
        """
        return sha256(self.canonical().encode()).hexdigest()


class AnonymizeJob(JobFile):
    """Find the least lossy release that satisfies every model, and write it."""

    model_config = ConfigDict(json_schema_extra={"required": ["attributes", "privacy"]})

    job: Literal["anonymize"] = "anonymize"
    """What to do."""
    attributes: Annotated[tuple[Attribute, ...], BeforeValidator(as_tuple)] = ()
    """The columns that matter; those that are not named are released as they are."""
    privacy: Annotated[tuple[Model, ...], BeforeValidator(as_tuple)] = ()
    """The privacy models; all must hold."""
    max_suppression: Fraction = 0.0
    """The fraction of records that may be suppressed."""
    suppression: Annotated[Suppression, one_of(*Suppression)] = Suppression.MASK
    """A suppressed record keeps its row with * in every quasi-identifier (mask), or loses it (drop)."""
    identifiers: Annotated[Suppression, one_of(*Suppression)] = Suppression.MASK
    """An identifier's cells become * (mask), or its column is left out (drop)."""
    metric: Annotated[Metric, one_of(*Metric)] = Metric.LOSS
    """What the search minimizes."""
    search: Search = Search()
    """How the lattice is searched."""
    population: Population | None = None
    """A table of everybody whom the release could be about, with the same quasi-identifiers."""
    person_id: Name | None = None
    """The column that names the person of each record, where one can have several; classes count persons then."""
    risk_threshold: Fraction = 0.2
    """A record is at risk if the chance of finding its person is above this."""
    verify: Flag = True
    """Measure the written files again before anybody sees them."""
    quality: Annotated[QualityGate, one_of(*QualityGate)] = QualityGate.FAIL
    """What a failed quality check does to the run."""
    in_place: Flag = False
    """Let the output replace its own input."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:
        return faults_across_sections(data, base)

    def population_source(self) -> TableSource | None:
        """The table of everybody whom the release could be about, where one is given."""
        return self.population.to_source(self.base) if self.population else None

    def to_policy(self, read_rows: RowReader) -> Policy:
        """The domain's policy.

        Args:
            read_rows: Called with the URI, seen from the job file, and the separator of each csv hierarchy.
        """

        def read(uri: str, sep: str) -> Iterable[Sequence[Label]]:
            return read_rows(resolve(uri, self.base), sep)

        return Policy(
            quasi_identifiers=tuple(
                attribute.to_quasi_identifier(read) for attribute in self._of_type(AttributeRole.QUASI_IDENTIFIER)
            ),
            models=tuple(model.to_model() for model in self.privacy if isinstance(model, ClassModel)),
            sensitive=tuple(attribute.to_sensitive(read) for attribute in self._of_type(AttributeRole.SENSITIVE)),
            identifiers=self._identifiers(),
            max_suppression=self.max_suppression,
            suppression=self.suppression,
            identifier_treatment=self.identifiers,
            metric=self.metric,
            search=self.search.to_settings(),
            risk_threshold=self.risk_threshold,
            release_models=tuple(model.to_model() for model in self.privacy if isinstance(model, WholeReleaseModel)),
            person_id=self.person_id,
        )

    def _identifiers(self) -> tuple[str, ...]:
        """The identifiers; who names a record's person is one, listed or not: it would lead from class to class."""
        listed = [attribute.name for attribute in self._of_type(AttributeRole.IDENTIFIER)]
        return tuple(listed if self.person_id is None or self.person_id in listed else [*listed, self.person_id])

    def _of_type(self, role: AttributeRole) -> list[Attribute]:
        return [attribute for attribute in self.attributes if attribute.type is role]
