"""Where a release goes: written beside its target, read back, then published or discarded."""

from dataclasses import dataclass
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession

from anonspark.domain.sources import TableTarget
from anonspark.io.delta_log import Published
from anonspark.io.publish import Fence, publish, published_release
from anonspark.io.stage import StagedFiles, check_fit, discard, discard_orphans, read_staged, stage


class StagedRelease(Protocol):
    """A release that is written and that no reader sees yet."""

    def read(self) -> DataFrame:
        """It as it was written, columns in the types of the release, rows that cannot be read marked."""
        ...

    def publish(self, fence: Fence, input_version: int | None = None) -> Published:
        """Let readers see it instead of what they saw, or beside it, and nothing if the fence fell.

        A Delta table keeps the version of the input that the release was made of.
        """
        ...

    def discard(self) -> None:
        """Delete it; it must not have been published."""
        ...


class Output(Protocol):
    """The target of one run."""

    def published(self) -> Published | None:
        """What this run has published there; None if it never did."""
        ...

    def discard_orphans(self) -> None:
        """Clean up after runs that died; the caller holds the target's lease."""
        ...

    def check_fit(self, released: DataFrame) -> None:
        """Refuse a release that the target does not take; looks at its columns alone and writes nothing.

        Raises:
            InputError: Its mode, its content or a column is against it.
        """
        ...

    def stage(self, released: DataFrame) -> StagedRelease:
        """Write a release; one Spark job.

        Raises:
            InputError: As `check_fit` does.
        """
        ...


@dataclass(frozen=True, slots=True)
class DeltaOutput:
    """A Delta table, by its URI or in the catalog; a release is one commit."""

    spark: SparkSession
    target: TableTarget
    run_id: str

    def published(self) -> Published | None:
        """The version that this run committed, as the table's log tells."""
        return published_release(self.spark, self.target, self.run_id)

    def discard_orphans(self) -> None:
        """Delete what runs that never published have staged."""
        discard_orphans(self.spark, self.target)

    def check_fit(self, released: DataFrame) -> None:
        """Refuse other columns than an append needs, a folder of something else, and what mode `error` refuses."""
        check_fit(released, self.target)

    def stage(self, released: DataFrame) -> "StagedVersion":
        """Write the release below the table's root, where its log does not name it."""
        return StagedVersion(self.spark, stage(released, self.target, self.run_id))


@dataclass(frozen=True, slots=True)
class StagedVersion:
    """The next version of a Delta table."""

    spark: SparkSession
    files: StagedFiles

    def read(self) -> DataFrame:
        """The release as it was written."""
        return read_staged(self.spark, self.files)

    def publish(self, fence: Fence, input_version: int | None = None) -> Published:
        """Commit it."""
        return Published(publish(self.spark, self.files, fence, input_version), input_version)

    def discard(self) -> None:
        """Delete its files."""
        discard(self.spark, self.files)
