"""The job file of `anonymize`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

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
    time_limit_s: Positive | None = None
    memory_mb: Annotated[Whole, Field(ge=1)] = 2048
    recoding: Annotated[RecodingKind | None, one_of(*RecodingKind, optional=True)] = None

    def to_settings(self) -> SearchSettings:
        """The domain's settings."""
        kind = self.recoding
        if kind is None and self.strategy is Strategy.MONDRIAN:
            kind = RecodingKind.STRICT
        return SearchSettings(self.strategy, self.time_limit_s, self.memory_mb, kind)


class AnonymizeJob(ReleaseJob):
    """Find the least lossy release that satisfies every model, and write it."""

    job: Literal["anonymize"] = "anonymize"
    privacy: Annotated[tuple[Model, ...], BeforeValidator(as_tuple)] = ()
    max_suppression: Fraction = 0.0
    suppression: Annotated[Suppression, one_of(*Suppression)] = Suppression.MASK
    identifiers: Annotated[Suppression, one_of(*Suppression)] = Suppression.MASK
    metric: Annotated[Metric, one_of(*Metric)] = Metric.LOSS
    search: Search = Search()
    population: Population | None = None
    person_id: Name | None = None
    risk_threshold: Fraction = 0.2

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
