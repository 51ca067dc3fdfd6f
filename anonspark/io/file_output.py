"""Files of csv, json and parquet as the output of a run: one object that is replaced at once, or a folder."""

import logging
import secrets
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import pyarrow.fs as pafs
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from anonspark.domain.sources import TableSource, TableTarget
from anonspark.errors import InputError, LocationError
from anonspark.io.delta_log import Published, column_types, nullable
from anonspark.io.moves import Moves
from anonspark.io.object_store import Storage, reachable_storage
from anonspark.io.objects import is_one_object, read_files, require_columns_fit, write_files
from anonspark.io.publish import Fence, is_data
from anonspark.io.stage import check_columns, run_folder
from anonspark.io.tables import read_table
from anonspark.vocabulary import TableFormat, WriteMode

log = logging.getLogger(__name__)

SUCCESS: Final = "_SUCCESS"
"""The last file of a folder: readers of Hadoop's world take it for the sign that the folder is complete."""

LARGEST_COPY: Final = 5 << 30
"""Bytes that S3 copies at a time; a move there is a copy."""


@dataclass(frozen=True, slots=True)
class FileOutput:
    """One object, or a folder of files."""

    spark: SparkSession
    target: TableTarget
    run_id: str

    def published(self) -> Published | None:
        """Whether this run has published; what it left undone is done."""
        return Published(None) if self.moves().finish(self.run_id) else None

    def discard_orphans(self) -> None:
        """Finish what other runs had begun to publish, and delete what they have only staged."""
        self.moves().finish_all()

    def check_fit(self, released: DataFrame) -> None:
        """Refuse columns that the format cannot hold, and a target that may not be replaced or added to."""
        check_columns(released.columns, self.target.partition_by)
        require_columns_fit(released, self.target)
        moves = self.moves()
        self.check(moves)
        self.check_appended(moves, nullable(released.schema))

    def stage(self, released: DataFrame) -> "StagedObjects":
        """Write the release into a hidden folder beside the target."""
        self.check_fit(released)
        schema, moves = nullable(released.schema), self.moves()
        # A folder of its own for each attempt, as a list of moves may still name the files of the one before.
        folder = f"{moves.staged}/{run_folder(self.run_id)}/{secrets.token_hex(4)}"
        staged = StagedObjects(self, moves, folder, schema)
        write_files(released, self.target, staged.location)
        log.info("run %s: staged %d columns for %s", self.run_id, len(schema), self.target.name)
        return staged

    def moves(self) -> Moves:
        """The target's lists of moves.

        Raises:
            LocationError: Only Spark reaches the storage.
        """
        parent, _, name = self.uri.rpartition("/")
        storage = reachable_storage(self.spark, f"{parent}/")
        if storage is None:
            raise LocationError(
                f"{self.target.name} is reached by Spark alone, and the driver puts {self.target.format} files in "
                "their place; give the driver access, or set output.format: delta.",
                field="output",
            )
        return Moves(storage, name)

    @property
    def uri(self) -> str:
        """Of the target.

        Raises:
            InputError: It is a table of the catalog.
        """
        if self.target.uri is None:
            raise InputError(
                f"{self.target.name} is a table of the catalog, which holds no {self.target.format}; "
                "set output.format: delta or name a uri.",
                field="output.format",
            )
        return self.target.uri.rstrip("/")

    def check(self, moves: Moves) -> None:
        """Refuse a target that its mode or its content rules out.

        Raises:
            LocationError: Something is there that may not be replaced.
            InputError: The mode does not go with one object.
        """
        found = moves.storage.files().get_file_info(moves.name).type
        if is_one_object(self.target):
            check_object(self.target, found)
        else:
            check_folder(self.target, found, moves.target)

    def check_appended(self, moves: Moves, schema: StructType) -> None:
        """Refuse to add files of other columns; json takes any.

        Raises:
            InputError: It names the columns.
        """
        if self.target.format is TableFormat.JSON or not visible_children(moves.target):
            return
        there = column_types(read_table(self.spark, TableSource(self.uri, format=self.target.format)).table.schema)
        here = column_types(schema)
        if self.target.format is TableFormat.CSV:  # all texts there
            there, here = dict.fromkeys(there, "string"), dict.fromkeys(here, "string")
        if there != here:
            different = sorted({name for name, _ in there.items() ^ here.items()})
            raise InputError(
                f"The release cannot be appended to {self.target.name}: these columns differ in presence or type: "
                f"{', '.join(map(repr, different))}. Name another output.",
                field="output",
            )


@dataclass(frozen=True, slots=True)
class StagedObjects:
    """Files in a hidden folder beside their target.

    Attributes:
        output: Whose they are.
        moves: The target's lists of moves.
        folder: Below the folder in which the target lies.
        schema: The release's columns in their order, all nullable.
    """

    output: FileOutput
    moves: Moves
    folder: str
    schema: StructType

    @property
    def location(self) -> str:
        """The folder as Spark names it."""
        return f"{self.output.uri.rpartition('/')[0]}/{self.folder}"

    def read(self) -> DataFrame:
        """The release as it was written."""
        return read_files(self.output.spark, self.output.target, self.schema, self.location)

    def publish(self, fence: Fence, input_version: int | None = None) -> Published:  # noqa: ARG002  files cannot tell it
        """Move the files to their places; one object is replaced at once, a folder is complete once it has _SUCCESS.

        Raises:
            LocationError: An object came to stand there meanwhile, or is too large for one copy.
            RunConflictError: The fence fell.
        """
        output, name = self.output, self.moves.name
        listed = self.moves.storage.files().get_file_info(pafs.FileSelector(self.folder, recursive=True))
        sizes = {info.path.removeprefix(f"{self.folder}/"): info.size for info in listed if info.is_file}
        data = sorted(path for path in sizes if is_data(path))
        if not data or (is_one_object(output.target) and len(data) > 1):
            raise LocationError(f"The driver does not see what Spark wrote beside {output.target.name}.", "output")
        if self.moves.storage.scheme == "s3" and max(sizes[path] for path in data) > LARGEST_COPY:
            raise LocationError(
                f"{output.target.name} would have files above 5 GiB, which S3 does not move; "
                "name a folder, or set output.format: delta.",
                field="output",
            )
        if is_one_object(output.target):
            goals = [(f"{self.folder}/{data[0]}", name)]
        else:
            last = [SUCCESS] if SUCCESS in sizes else []
            goals = [(f"{self.folder}/{path}", f"{name}/{path}") for path in [*data, *last]]
        output.check(self.moves)
        fence()
        self.moves.publish(output.run_id, self.folder, goals)
        log.info("run %s: published %d files as %s", output.run_id, len(data), output.target.name)
        return Published(None)

    def discard(self) -> None:
        """Delete the folder of this run."""
        self.moves.discard(str(PurePosixPath(self.folder).parent))


def check_object(target: TableTarget, found: pafs.FileType) -> None:
    """Refuse to add to one object, and to replace a folder by one, or an object where the mode is `error`."""
    if target.mode is WriteMode.APPEND or target.partition_by:
        raise InputError(
            f"{target.name} is one object: it takes no mode append and no partition_by; name a folder.",
            field="output.mode" if target.mode is WriteMode.APPEND else "output.partition_by",
        )
    if found is pafs.FileType.Directory:
        raise LocationError(f"{target.name} is a folder; name another object.", field="output.uri")
    if found is pafs.FileType.File and target.mode is WriteMode.ERROR:
        raise LocationError(
            f"{target.name} exists; name another object or set output.mode: overwrite.", field="output.mode"
        )


def check_folder(target: TableTarget, found: pafs.FileType, folder: Storage) -> None:
    """Refuse a folder that is not empty unless files are to be added: it has no atomic overwrite."""
    if found is pafs.FileType.File and folder.scheme == "file":
        raise LocationError(f"{target.name} is a file; name a folder, or end its name in its format.", "output.uri")
    if "_delta_log" in folder.children():
        raise LocationError(f"{target.name} is a Delta table; set output.format: delta.", field="output.format")
    if visible_children(folder) and target.mode is not WriteMode.APPEND:
        raise LocationError(
            f"{target.name} is not empty, and a folder of {target.format} files cannot be replaced at once; "
            "name a new folder, set output.mode: append, or output.format: delta.",
            field="output.uri",
        )


def visible_children(folder: Storage) -> list[str]:
    """The names in a folder that Spark takes for data."""
    return [name for name in folder.children() if name and not name.startswith(("_", "."))]
