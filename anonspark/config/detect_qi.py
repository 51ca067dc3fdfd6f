"""The job file of `detect-qi`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from anonspark.config.crosschecks import texts_of
from anonspark.config.fields import Columns, Fraction, Problem, Whole, one_of, shown
from anonspark.config.job_file import TABLE_TO_READ, JobFile
from anonspark.config.locations import Uri, resolve
from anonspark.config.placement import faults_of_tables
from anonspark.config.tables import Input, source_of
from anonspark.domain.sources import TableSource
from anonspark.vocabulary import DetectionMode, SamplingMethod


class DetectQiJob(JobFile):
    """Find out what each column of a table is to an attacker."""

    required: ClassVar[Mapping[str, str]] = {"input": TABLE_TO_READ}

    job: Literal["detect-qi"] = "detect-qi"
    """What to do."""
    input: Input | None = None
    """The table to look at."""
    mode: Annotated[DetectionMode, one_of(*DetectionMode)] = DetectionMode.AUTO
    """What decides about columns whose names and values say nothing: a model (ml), nothing (heuristic), or the model
    where it is reliable (auto)."""
    sampling_method: Annotated[SamplingMethod, one_of(*SamplingMethod)] = SamplingMethod.FAST
    """Some thousand rows (fast), as many as it takes for the ranking to stay (adaptive), or all rows for counts and
    some thousand for the ranking (full)."""
    cumulative_importance_threshold: Fraction = 0.8
    """Columns that say nothing by themselves count as quasi-identifiers until these reach this importance together."""
    max_quasi_identifiers: Annotated[Whole, Field(ge=1, le=100)] = 10
    """Quasi-identifiers to return at most, the most important ones."""
    uniqueness_threshold: Fraction = 0.95
    """A column of keys whose values are different in a larger share of its cells identifies directly."""
    known_identifiers: Columns = ()
    """Columns that are known to identify directly."""
    known_sensitive: Columns = ()
    """Columns that are known to be sensitive."""
    ignore_columns: Columns = ()
    """Columns to leave out."""
    patterns: Uri | None = None
    """A file with column patterns of one's own, which win over the built-in ones."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:  # noqa: ARG003  as of all kinds
        problems = [*faults_of_tables(data, beside="input")]
        seen: dict[str, str] = {}
        for key in ("known_identifiers", "known_sensitive", "ignore_columns"):
            for place, name in enumerate(texts_of(data.get(key))):
                if seen.setdefault(name, key) != key:
                    problems.append(((key, place), f"found {shown(name)}, which {seen[name]} has too; leave one out."))
        return problems

    def source(self) -> TableSource:
        """The table to look at.

        Raises:
            ConfigurationError: The job names none.
        """
        return source_of(self.input, self.base)

    def uris_beside_the_source(self) -> Iterator[str | None]:
        """The file of patterns."""
        yield None if self.patterns is None else resolve(self.patterns, self.base)
