"""Files put in their places by a list that is written first, so that whoever comes next finishes what a run began."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import quote

import pyarrow.fs as pafs

from anonspark.errors import RunConflictError
from anonspark.io.object_store import Storage
from anonspark.io.stage import run_folder

HIDDEN: Final = "_anonspark"
"""The folder beside a target for what no reader of it may see, leases too."""


@dataclass(frozen=True, slots=True)
class Moves:
    """The lists of moves of one target, a file for each run that published there.

    A list that is there means published: its moves can be repeated, and the next run under the lease finishes them
    before it does anything else.

    Attributes:
        storage: The folder in which the target lies.
        name: The target's name in that folder.
    """

    storage: Storage
    name: str

    @property
    def target(self) -> Storage:
        """The target itself, where it is a folder."""
        return Storage(f"{self.storage.uri.rstrip('/')}/{self.name}", self.storage.options)

    @property
    def staged(self) -> str:
        """The folder of what is written and not published."""
        return f"{HIDDEN}/staged/{quote(self.name, safe='')}"

    def list_of(self, run_id: str) -> str:
        """Where a run's list lies."""
        return f"{HIDDEN}/published/{quote(self.name, safe='')}/{run_folder(run_id)}.json"

    def publish(self, run_id: str, folder: str, moves: Iterable[tuple[str, str]]) -> None:
        """Move files to their places; from the first moment on a rerun finishes what is left to do.

        Args:
            run_id: Whose files they are.
            folder: What holds them, below `staged`; it is deleted.
            moves: From where to where, in order.

        Raises:
            RunConflictError: Another run finished these moves, as this one had lost its lease.
        """
        listed = {"folder": folder, "moves": [list(move) for move in moves]}
        place = self.list_of(run_id)
        self.storage.write(place, json.dumps(listed).encode())
        if not self._carry_out(place):
            raise RunConflictError(f"Another run took over {self.name} and published this release. Run it again.")

    def finish(self, run_id: str) -> bool:
        """Whether a run has published; what it left undone is done."""
        place = self.list_of(run_id)
        if self.storage.files().get_file_info(place).type is not pafs.FileType.File:
            return False
        self._carry_out(place)
        return True

    def finish_all(self) -> None:
        """Do what runs that died left undone, and delete what they staged; the caller holds the target's lease."""
        staged = self._files_below(self.staged)
        if not staged:
            return
        folder = str(PurePosixPath(self.list_of("any")).parent)
        for place in self._files_below(folder):
            self._carry_out(place)
        self.discard(self.staged)

    def discard(self, folder: str) -> None:
        """Delete a folder below `staged`, and the empty ones above it."""
        self.storage.delete(folder)
        if self.storage.scheme != "file":
            return
        for parent in (PurePosixPath(folder).parent, PurePosixPath(self.staged), PurePosixPath(self.staged).parent):
            place = Path(self.storage.uri, parent)
            if parent.is_relative_to(f"{HIDDEN}/staged") and place.is_dir() and not any(place.iterdir()):
                place.rmdir()

    def _carry_out(self, place: str) -> bool:
        """Do the moves of a list that are not done yet; returns whether all were left to this caller."""
        files = self.storage.files()
        with files.open_input_stream(place) as stream:
            listed = json.loads(stream.read())
        there = self._files_below(listed["folder"])
        if not there:
            return not listed["moves"]
        for source, goal in listed["moves"]:
            if source not in there:
                continue
            if self.storage.scheme == "file":
                files.create_dir(str(PurePosixPath(goal).parent), recursive=True)
            files.move(source, goal)
        self.discard(listed["folder"])
        return True

    def _files_below(self, folder: str) -> set[str]:
        found = self.storage.files().get_file_info(pafs.FileSelector(folder, recursive=True, allow_not_found=True))
        return {info.path for info in found if info.is_file}
