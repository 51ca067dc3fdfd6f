"""The job file of `detect-pii`."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from anonspark.config.crosschecks import items_of, texts_of
from anonspark.config.fields import Columns, Flag, Fraction, Name, Path, Problem, Whole, as_tuple, meaning, shown
from anonspark.config.job_file import TABLE_TO_READ, JobFile
from anonspark.config.locations import Uri, resolve
from anonspark.config.pii_knowledge import load_catalogue
from anonspark.config.placement import faults_of_table, faults_of_tables
from anonspark.config.plain import Data
from anonspark.config.profiles import load_profiles
from anonspark.config.tables import Input
from anonspark.domain.sources import TableSource
from anonspark.errors import ConfigurationError, did_you_mean

Files = Annotated[tuple[Uri, ...], BeforeValidator(as_tuple)]


class DetectPiiJob(JobFile):
    """Find personal data in tables: in which columns, of which types, how sure that is and how many cells."""

    job: Literal["detect-pii"] = "detect-pii"
    """What to do."""
    input: Input | None = None
    """The table to look at."""
    tables: Annotated[tuple[Input, ...], BeforeValidator(as_tuple), Field(min_length=1)] | None = None
    """Several tables to look at, instead of input."""
    profile: Name | None = None
    """The regulation to hold the findings against, such as hipaa or gdpr; what it does not name is found too."""
    types: Annotated[Columns, Field(min_length=1)] | None = None
    """The types of personal data to look for, each with its kinds; all where not given."""
    confidence_threshold: Fraction = 0.8
    """What is less sure is not reported."""
    sample_size: Annotated[Whole, Field(ge=1)] | None = None
    """Rows to look at, so that a large table is not read as a whole; all of them where not given."""
    deep_scan: Flag = False
    """Whether to look inside every text of every row too."""
    ner: Name | None = None
    """The language (en, de, ...) of a model that looks for names of people and places too; a deep scan only."""
    knowledge: Files = ()
    """Files with types of one's own, or more names and shapes for known ones, in the form of conf/pii."""
    profiles: Files = ()
    """Files with regulations of one's own, in the form of conf/pii/profiles."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:  # noqa: ARG003  as of all kinds
        problems = [*faults_of_tables(data, beside="input"), *_tables(data)]
        if data.get("ner") is not None and meaning(data.get("deep_scan")) is not True:
            problems.append((("ner",), "looks inside texts; set deep_scan: true, or leave it out."))
        # Names that files of one's own bring are known only once these are read.
        if not data.get("knowledge"):
            problems += faults_of_types(texts_of(data.get("types")), load_catalogue().types)
            if not data.get("profiles") and isinstance(data.get("profile"), str):
                problems += faults_of_profile(data["profile"], load_profiles(load_catalogue()))
        return problems

    def sources(self) -> list[TableSource]:
        """The tables to look at, in the order of the file.

        Raises:
            ConfigurationError: The job names none.
        """
        given = self.tables or ((self.input,) if self.input else ())
        if not given:
            raise ConfigurationError([("input", "is missing.")])
        return [each.to_source(self.base) for each in given]

    def source(self) -> TableSource:
        """The first of them."""
        return self.sources()[0]

    def fields(self) -> list[str]:
        """Where the job file names each of `sources`."""
        return ["input"] if self.tables is None else [f"tables[{index}]" for index in range(len(self.tables))]

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """The other tables, and the files of one's own."""
        yield from (source.uri for source in self.sources()[1:])
        yield from (resolve(uri, self.base) for uri in (*self.knowledge, *self.profiles))


def faults_of_types(types: Collection[str], known: Collection[str]) -> Iterator[Problem]:
    """Types that nobody knows."""
    for index, name in enumerate(types):
        if name not in known:
            path: Path = ("types", index)
            yield path, f"found {shown(name)}, which is no type of personal data{did_you_mean(name, known) or '.'}"


def faults_of_profile(name: str, known: Collection[str]) -> Iterator[Problem]:
    """A profile that nobody knows."""
    if name not in known:
        yield ("profile",), f"found {shown(name)}; it is one of {', '.join(known)}{did_you_mean(name, known) or '.'}"


def _tables(data: Mapping[str, Data]) -> Iterator[Problem]:
    """No table, tables in two places, or ones that cannot be read as they are described."""
    if data.get("input") is None and data.get("tables") is None:
        yield ("input",), f"is missing; {TABLE_TO_READ}"
    if data.get("input") is not None and data.get("tables") is not None:
        yield ("tables",), "stands beside input; keep only one of the two."
    for index, table in items_of(data, "tables"):
        yield from faults_of_table(("tables", index), table)
    first = next((table for _, table in items_of(data, "tables")), {})
    if first.get("table") is not None and first.get("uri") is None and data.get("metadata") is None:
        yield ("metadata",), "is missing; name its uri, since the first table is one of the catalog."
