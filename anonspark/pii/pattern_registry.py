"""The column patterns of one's own, in a file that people edit too."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from anonspark.config.patterns import checked, read_patterns, written
from anonspark.domain.patterns import ColumnPattern
from anonspark.errors import InputError, LocationError, PatternExistsError, PatternNotFoundError
from anonspark.vocabulary import Identity

CHANGEABLE: Final = (
    "name",
    "classification",
    "column_patterns",
    "priority",
    "value_patterns",
    "min_match_ratio",
    "description",
)

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


class PatternRegistry:
    """Makes, changes and deletes patterns; what is in force is the last state of the file that could be read.

    Every change first reads the file again, so that nothing that somebody wrote by hand is lost, and a file that is
    broken refuses the change. Processes wait for each other; a reader never sees half a file.
    """

    def __init__(self, path: Path, now: Now = utc_now) -> None:
        """Take the file, which need not be there yet, and read it.

        Raises:
            ConfigurationError: It is broken.
        """
        self._path, self._now = path, now
        self._patterns: tuple[ColumnPattern, ...] = ()
        self.reload()

    def reload(self) -> int:
        """Read the file again, as after an edit by hand; returns how many patterns it has.

        Raises:
            ConfigurationError: It is broken; what was in force stays so.
            LocationError: It cannot be read.
        """
        self._patterns = self._read()
        return len(self._patterns)

    def patterns(self, classification: Identity | None = None) -> tuple[ColumnPattern, ...]:
        """Those in force, in the order of the file; of one classification where it is given."""
        return tuple(each for each in self._patterns if classification in (None, each.classification))

    def get(self, pattern_id: str) -> ColumnPattern:
        """One by its id.

        Raises:
            PatternNotFoundError: There is none.
        """
        found = next((each for each in self._patterns if each.id == pattern_id), None)
        if found is None:
            raise PatternNotFoundError(pattern_id)
        return found

    def create(self, fields: Mapping[str, Any], created_by: str | None = None) -> ColumnPattern:
        """Make a pattern from the fields of a pattern file.

        Raises:
            ConfigurationError: Fields are wrong, or the file is broken.
            PatternExistsError: There is one of this name.
        """
        require_changeable(fields)
        stamped = {"id": str(uuid4()), "created_at": self._now().isoformat(), "created_by": created_by}
        pattern = checked({**fields, **{key: value for key, value in stamped.items() if value is not None}})
        with self._changing() as patterns:
            require_free(pattern.name, patterns)
            patterns.append(pattern)
        return pattern

    def update(self, pattern_id: str, fields: Mapping[str, Any]) -> ColumnPattern:
        """Change the fields that are given; null only takes a description away.

        Raises:
            ConfigurationError: Fields are wrong, or the file is broken.
            PatternNotFoundError: There is no such pattern.
            PatternExistsError: Another one has the new name.
        """
        require_changeable(fields)
        with self._changing() as patterns:
            place = place_of(pattern_id, patterns)
            told = {**asdict(patterns[place]), **fields}
            del told["built_in"]
            told["created_at"] = None if patterns[place].created_at is None else told["created_at"].isoformat()
            nullable = ("description", "created_at", "created_by")
            changed = checked({key: value for key, value in told.items() if value is not None or key not in nullable})
            require_free(changed.name, [*patterns[:place], *patterns[place + 1 :]])
            patterns[place] = changed
        return changed

    def delete(self, pattern_id: str) -> None:
        """Take one away.

        Raises:
            PatternNotFoundError: There is none.
        """
        with self._changing() as patterns:
            del patterns[place_of(pattern_id, patterns)]

    def delete_all(self) -> int:
        """Take all away, returns how many; the file stays, without patterns."""
        with self._changing() as patterns:
            n_patterns = len(patterns)
            patterns.clear()
        return n_patterns

    @contextmanager
    def _changing(self) -> Iterator[list[ColumnPattern]]:
        """The patterns of the file as it is; what the block makes of them is written, unless it fails."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(f".{self._path.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            patterns = list(self._read())
            yield patterns
            draft = self._path.with_name(f".{self._path.name}.{uuid4()}")
            with draft.open("w", encoding="utf-8") as file:
                file.write(written(patterns))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            self._patterns = tuple(patterns)

    def _read(self) -> tuple[ColumnPattern, ...]:
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise LocationError(f"The pattern file {self._path} cannot be read: {type(error).__name__}.") from None
        return read_patterns(text, str(self._path))


def require_changeable(fields: Mapping[str, Any]) -> None:
    """Refuse fields that are not the caller's to set.

    Raises:
        InputError: Naming them.
    """
    own = sorted(set(fields) & {"id", "created_at", "created_by"})
    if own:
        raise InputError(f"{', '.join(own)} cannot be set; a pattern has {', '.join(CHANGEABLE)}.", field=own[0])


def require_free(name: str, patterns: Sequence[ColumnPattern]) -> None:
    """Refuse a name that another pattern has.

    Raises:
        PatternExistsError: One has it, in whatever case.
    """
    if any(each.name.casefold() == name.casefold() for each in patterns):
        raise PatternExistsError(name)


def place_of(pattern_id: str, patterns: Sequence[ColumnPattern]) -> int:
    """Where a pattern stands.

    Raises:
        PatternNotFoundError: Nowhere.
    """
    place = next((place for place, each in enumerate(patterns) if each.id == pattern_id), None)
    if place is None:
        raise PatternNotFoundError(pattern_id)
    return place
