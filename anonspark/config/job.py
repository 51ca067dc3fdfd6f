"""The job file of `anonymize`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from anonspark.config.crosschecks import faults_across_sections
from anonspark.config.fields import Fraction, Name, Positive, Problem, Section, Whole, as_tuple, one_of
from anonspark.config.hierarchies import RowReader
from anonspark.config.locations import resolve
from anonspark.config.models import ClassModel, Model, WholeReleaseModel
from anonspark.config.release_job import ReleaseJob
from anonspark.config.tables import Population
from anonspark.domain.hierarchy import Label
from anonspark.domain.policy import Policy, SearchSettings
from anonspark.domain.sources import TableSource
from anonspark.vocabulary import AttributeRole, Metric, RecodingKind, Strategy, Suppression


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


class AnonymizeJob(ReleaseJob):
    """Find the least lossy release that satisfies every model, and write it."""

    model_config = ConfigDict(json_schema_extra={"required": ["attributes", "privacy"]})

    job: Literal["anonymize"] = "anonymize"
    """What to do."""
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

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:
        return faults_across_sections(data, base)

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """The population and the hierarchy files."""
        population = self.population_source()
        yield population.uri if population else None
        yield from super().uris_beside_the_source()

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
                attribute.to_quasi_identifier(read) for attribute in self.of_type(AttributeRole.QUASI_IDENTIFIER)
            ),
            models=tuple(model.to_model() for model in self.privacy if isinstance(model, ClassModel)),
            sensitive=tuple(attribute.to_sensitive(read) for attribute in self.of_type(AttributeRole.SENSITIVE)),
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
        listed = [attribute.name for attribute in self.of_type(AttributeRole.IDENTIFIER)]
        return tuple(listed if self.person_id is None or self.person_id in listed else [*listed, self.person_id])
