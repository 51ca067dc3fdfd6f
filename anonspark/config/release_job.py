"""What the jobs have that write a release."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from anonspark.config.fields import Flag, one_of
from anonspark.config.job_file import InputJob
from anonspark.config.tables import Output, target_of
from anonspark.domain.sources import TableTarget
from anonspark.vocabulary import QualityGate


class ReleaseJob(InputJob):
    """A job that writes a release of its input."""

    required: ClassVar[Mapping[str, str]] = {
        **InputJob.required,
        "output": "name the table to write: {uri: ..., format: ...} or {table: ...}.",
    }

    output: Output | None = None
    """The table to write."""
    verify: Flag = True
    """Measure the written files again before anybody sees them."""
    quality: Annotated[QualityGate, one_of(*QualityGate)] = QualityGate.FAIL
    """What a failed quality check does to the run."""
    in_place: Flag = False
    """Let the output replace its own input."""

    def target(self) -> TableTarget:
        """The table to write.

        Raises:
            ConfigurationError: The job names none.
        """
        return target_of(self.output, self.base)
