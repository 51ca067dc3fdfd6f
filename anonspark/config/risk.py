"""The job file of `risk`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from anonspark.config.classes_job import ClassesJob
from anonspark.config.fields import Fraction, Problem, Whole
from anonspark.config.locations import canonical, resolve
from anonspark.config.plain import Data, section
from anonspark.config.tables import Input
from anonspark.domain.sources import TableSource


class RiskJob(ClassesJob):
    """Measure how easily the people of a table are found, and of its release beside it where one is named."""

    job: Literal["risk"] = "risk"
    """What to do."""
    released: Input | None = None
    """Its release, to be measured beside it."""
    population_size: Annotated[Whole, Field(ge=1)] | None = None
    """How many people the table could be about; tells how many of its uniques are unique among all."""
    risk_threshold: Fraction = 0.2
    """A record is at risk if the chance of finding its person is above this."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:
        problems = super()._faults_across(data, base)
        table, released = (_place(section(data, key), base) for key in ("input", "released"))
        if released is not None and released == table:
            problems.append((("released",), "is the input itself; name the release, or leave it out."))
        return problems

    def released_source(self) -> TableSource | None:
        """The release to put beside the table, where one is named."""
        return self.released.to_source(self.base) if self.released else None

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """The release, the population and the hierarchy files."""
        released = self.released_source()
        yield released.uri if released else None
        yield from super().uris_beside_the_source()


def _place(table: Mapping[str, Data], base: str) -> tuple[str, str] | None:
    """A table's place and version; two versions of one table are a before and an after."""
    uri, name, version = table.get("uri"), table.get("table"), str(table.get("version"))
    if isinstance(uri, str) and uri:
        return canonical(resolve(uri, base)), version
    return (name.casefold(), version) if isinstance(name, str) and name else None
