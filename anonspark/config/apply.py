"""The job file of `apply`."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from anonspark.config.fields import Name, Problem, one_of
from anonspark.config.placement import faults_of_places, faults_of_tables
from anonspark.config.plain import section
from anonspark.config.release_job import ReleaseJob
from anonspark.config.tables import format_of
from anonspark.vocabulary import OnUnsafe, TableFormat, WriteMode


class ApplyJob(ReleaseJob):
    """Release a table at the levels that an earlier run found for another; nothing is searched.

    The metadata must be those of that run: its attributes, hierarchies, models and levels are read there.
    """

    required: ClassVar[Mapping[str, str]] = {
        **ReleaseJob.required,
        "solution": "name the run whose levels are to be applied.",
    }

    job: Literal["apply"] = "apply"
    """What to do."""
    solution: Name | None = None
    """The run whose levels are applied."""
    unsafe: Annotated[OnUnsafe, one_of(*OnUnsafe)] = OnUnsafe.SUPPRESS
    """Records in classes that are unsafe at these levels are suppressed, or the run is refused."""

    @classmethod
    def _faults_across(cls, data: Mapping[str, Any], base: str) -> list[Problem]:
        problems: list[Problem] = [*faults_of_tables(data), *faults_of_places(data, base)]
        output = section(data, "output")
        if output.get("mode") == WriteMode.APPEND and format_of(output) is not TableFormat.DELTA:
            sentence = (
                "append counts what is released already, for which that must be a Delta table; see output.format."
            )
            problems.append((("output", "mode"), sentence))
        if data.get("attributes"):
            problems.append((("attributes",), "come from the solution; leave them out."))
        return problems
