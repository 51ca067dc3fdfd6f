"""The job file of `measure`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from anonspark.config.crosschecks import faults_of_names, items_of, texts_of
from anonspark.config.fields import Columns, Name, Problem, Whole, shown
from anonspark.config.hierarchies import RowReader
from anonspark.config.job_file import TABLE_TO_READ, AttributesJob
from anonspark.config.locations import canonical, resolve
from anonspark.config.placement import faults_of_tables
from anonspark.config.plain import Data, section
from anonspark.config.tables import Input
from anonspark.domain.hierarchy import Label
from anonspark.domain.measured import MeasuredAttribute
from anonspark.domain.sources import TableSource
from anonspark.errors import ConfigurationError, did_you_mean
from anonspark.vocabulary import AttributeRole

OTHER_ROLES: Final = frozenset(AttributeRole) - {AttributeRole.QUASI_IDENTIFIER}


class MeasureJob(AttributesJob):
    """Hold a release against its original.

    Attributes:
        quasi_identifiers: What was generalized; the attributes of that type where not given.
        predicted: The column that a classifier is asked for.
    """

    required: ClassVar[Mapping[str, str]] = {"original": TABLE_TO_READ, "released": TABLE_TO_READ}

    job: Literal["measure"] = "measure"
    """What to do."""
    original: Input | None = None
    """The table before."""
    released: Input | None = None
    """The table after."""
    quasi_identifiers: Annotated[Columns, Field(min_length=1)] | None = None
    """The columns that are compared, all of them generalized ones."""
    # JobFile has a method of the key's name.
    predicted: Name | None = Field(default=None, alias="target")
    """A column that a classifier learns to predict, from both tables."""
    memory_mb: Annotated[Whole, Field(ge=1)] = 2048
    """MiB that the classes may take on the driver; more of them are searched on the cluster."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:
        return [
            *faults_of_names(items_of(data, "attributes")),
            *_columns(data),
            *faults_of_tables(data, beside="released"),
            *_one_table(data, base),
        ]

    def source(self) -> TableSource:
        """The release.

        Raises:
            ConfigurationError: The job names none.
        """
        if self.released is None:
            raise ConfigurationError([("released", "is missing.")])
        return self.released.to_source(self.base)

    def original_source(self) -> TableSource:
        """The table that it was made of.

        Raises:
            ConfigurationError: The job names none.
        """
        if self.original is None:
            raise ConfigurationError([("original", "is missing.")])
        return self.original.to_source(self.base)

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """The original and the hierarchy files."""
        yield self.original_source().uri
        yield from super().uris_beside_the_source()

    def to_measured(self, read_rows: RowReader) -> tuple[MeasuredAttribute, ...]:
        """The domain's attributes, in the order of the file.

        Args:
            read_rows: Called with the URI, seen from the job file, and the separator of each csv hierarchy.
        """

        def read(uri: str, sep: str) -> Iterable[Sequence[Label]]:
            return read_rows(resolve(uri, self.base), sep)

        described = {each.name: each for each in self.of_type(AttributeRole.QUASI_IDENTIFIER)}
        found = []
        for name in self.quasi_identifiers or described:
            attribute = described.get(name)
            # What is released as one value a class has no level, so its hierarchy does not tell what it lost.
            if attribute is None or attribute.microaggregation is not None:
                found.append(MeasuredAttribute(name, weight=attribute.weight if attribute else 1.0))
            else:
                found.append(MeasuredAttribute(name, attribute.to_quasi_identifier(read).rule, attribute.weight))
        return tuple(found)


def _columns(data: Mapping[str, Data]) -> Iterator[Problem]:
    """Quasi-identifiers that nobody names, that two places tell differently, or that are the target too."""
    named, attributes = data.get("quasi_identifiers"), items_of(data, "attributes")
    columns = texts_of(named)
    of_type = [(index, each) for index, each in attributes if each.get("type") == AttributeRole.QUASI_IDENTIFIER]
    described = [(index, str(each["name"])) for index, each in of_type if isinstance(each.get("name"), str)]
    if named is None and not data.get("attributes"):
        yield (
            ("quasi_identifiers",),
            "is missing; name the columns that were generalized, or describe them as attributes of type "
            "quasi_identifier.",
        )
    elif named is None and attributes and all(each.get("type") in OTHER_ROLES for _, each in attributes):
        yield ("attributes",), "name no quasi_identifier, so there is nothing to measure."
    for index, name in described:
        if columns and name not in columns:
            hint = did_you_mean(name, columns) or "; add it there."
            yield ("attributes", index, "name"), f"{shown(name)} is not among quasi_identifiers{hint}"
    target = data.get("target")
    if isinstance(target, str) and target in (columns or [name for _, name in described]):
        yield (
            ("target",),
            f"{shown(str(target))} is a quasi-identifier; name a column that is released as it is, or leave it out of "
            "these.",
        )


def _one_table(data: Mapping[str, Data], base: str) -> Iterator[Problem]:
    """An original that is the release itself, and not another version of it."""
    original, released = section(data, "original"), section(data, "released")
    keys = ("uri", "table", "version", "where", "columns")
    first, second = ({key: table.get(key) for key in keys} for table in (original, released))
    for table in (first, second):
        uri = table["uri"]
        if isinstance(uri, str) and uri:
            table["uri"] = canonical(resolve(uri, base))
    if first == second and (first["uri"] or first["table"]):
        yield ("released",), "is the original itself; name the table that was made of it."
