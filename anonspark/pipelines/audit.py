"""Who took values back, erased them or changed keys: rows of the metadata table `audit`, of what failed too."""

import getpass
import logging
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from anonspark.io.failures import storage_errors
from anonspark.io.manifest import append_rows
from anonspark.io.metadata_tables import arrow_rows
from anonspark.pipelines.attempt import Attempt

log = logging.getLogger(__name__)

ACTOR: Final = "ANONSPARK_ACTOR"
"""The environment variable that names who is behind a job that a scheduler started."""

COMPLETED: Final = "completed"


@dataclass(frozen=True, slots=True)
class Audited:
    """What is done.

    Attributes:
        operation: `detokenize`, `decrypt`, `erase`, `rotate-keys`.
        subjects: Names of columns or scopes it is done to; never values or persons.
        key_id: Of the key that it is done with.
    """

    operation: str
    subjects: Sequence[str]
    key_id: str


def actor_of(environment: Mapping[str, str] = os.environ) -> str:
    """Who is behind this process: ANONSPARK_ACTOR, else the user of the operating system."""
    named = environment.get(ACTOR)
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return f"uid {os.getuid()}"


@contextmanager
def failures_audited(attempt: Attempt, audited: Audited) -> Iterator[None]:
    """Whatever ends the block is recorded, by its class: a try with a wrong key is worth knowing."""
    try:
        yield
    except BaseException as error:
        try:
            rows = audit_rows(audited, {}, f"failed: {type(error).__name__}")
            name = f"{attempt.run_id}/audit/{secrets.token_hex(8)}"  # each try has rows of its own
            attempt.tables.append("audit", name, 1, arrow_rows("audit", attempt.run_id, rows))
        except Exception as second:  # noqa: BLE001  it must not hide the first
            log.warning("run %s: its failure could not be audited (%s)", attempt.run_id, type(second).__name__)
        raise


def record_audit(attempt: Attempt, audited: Audited, rows: Mapping[str, int]) -> None:
    """Record what was done, once for a run however often it is called.

    Args:
        attempt: The run.
        audited: What was done.
        rows: Cells or values, by subject.

    Raises:
        AnonsparkError: The metadata cannot be written.
    """
    with storage_errors(attempt.metadata_uri, "metadata"):
        append_rows(attempt.tables, "audit", attempt.run_id, audit_rows(audited, rows, COMPLETED))


def audit_rows(audited: Audited, rows: Mapping[str, int], outcome: str) -> list[dict[str, object]]:
    """A row a subject."""
    now, actor = datetime.now(UTC), actor_of()
    return [
        {
            "at": now,
            "actor": actor,
            "operation": audited.operation,
            "subject": subject,
            "key_id": audited.key_id,
            "rows": rows.get(subject),
            "outcome": outcome,
        }
        for subject in audited.subjects
    ]
