"""What the jobs have that look at the equivalence classes of a table as it is."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from anonspark.config.class_faults import faults_of_classes_job
from anonspark.config.fields import Columns, Name, Problem, Text, Whole
from anonspark.config.job_file import InputJob
from anonspark.config.tables import Population
from anonspark.domain.sources import TableSource
from anonspark.vocabulary import SUPPRESSED, AttributeRole


class ClassesJob(InputJob):
    """A job about the classes of a table whose labels are values; hierarchies of quasi-identifiers have no use here."""

    quasi_identifiers: Annotated[Columns, Field(min_length=1)] | None = None
    """The columns that others may know about a person."""
    population: Population | None = None
    """A table of everybody whom the release could be about, with the same quasi-identifiers."""
    person_id: Name | None = None
    """The column that names the person of each record, where one can have several; classes count persons then."""
    suppress_value: Text | None = SUPPRESSED
    """What every quasi-identifier of a suppressed row holds; such rows are counted and left out."""
    memory_mb: Annotated[Whole, Field(ge=1)] = 2048
    """MiB that the classes may take on the driver; more of them are searched on the cluster."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:
        return faults_of_classes_job(data, base)

    @property
    def names(self) -> tuple[str, ...]:
        """The quasi-identifiers, by whichever way they are named."""
        if self.quasi_identifiers is not None:
            return self.quasi_identifiers
        return tuple(attribute.name for attribute in self.of_type(AttributeRole.QUASI_IDENTIFIER))

    def population_source(self) -> TableSource | None:
        """The table of everybody whom the table could be about, where one is given."""
        return self.population.to_source(self.base) if self.population else None

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """The population and the hierarchy files."""
        population = self.population_source()
        yield population.uri if population else None
        yield from super().uris_beside_the_source()
