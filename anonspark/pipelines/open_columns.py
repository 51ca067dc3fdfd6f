"""The jobs `detokenize` and `decrypt`: values back where tokens or ciphertexts stand."""

from contextlib import ExitStack
from dataclasses import replace
from typing import TypeVar

from pyspark.sql import DataFrame

from anonspark.config.key_settings import KeySettings
from anonspark.config.recover import DecryptJob, DetokenizeJob
from anonspark.domain.keys import KeyRing
from anonspark.errors import ConfigurationError
from anonspark.io.keys import open_ring
from anonspark.pii.decrypt_columns import find_ciphertexts, open_columns
from anonspark.pii.detokenize import detokenize_columns
from anonspark.pii.open_vault import open_vault
from anonspark.pii.vaults import key_name
from anonspark.pipelines.attempt import Attempt, Outcome
from anonspark.pipelines.audit import Audited
from anonspark.pipelines.recover import REVEALED, Prepared, change_table


def detokenize_table(job: DetokenizeJob, attempt: Attempt) -> Outcome:
    """Write a table with the values that its tokens stand for.

    Raises:
        AnonsparkError: Whatever is wrong; nothing was published then.
    """
    settings = given(job.settings)
    ring = ring_of(settings)

    def prepare(table: DataFrame, held: ExitStack) -> Prepared:
        attempt.follower.report("looking tokens up")
        vault = open_vault(settings.place(job.base), attempt.spark, attempt.run_id, held)
        found = detokenize_columns(table, job.paths, vault, ring, settings.key_scope, held=held, unknown=job.unknown)
        told = {column: {"cells": found.cells[column], "unknown": found.unknown[column]} for column in job.paths}
        return Prepared(found.step, told, found.cells)

    audited = audited_by("detokenize", job.paths, ring)
    return revealed(change_table(job.source(), job.target(), attempt, audited, prepare))


def decrypt_table(job: DecryptJob, attempt: Attempt) -> Outcome:
    """Write a table with its columns decrypted.

    Raises:
        AnonsparkError: Whatever is wrong; nothing was published then.
    """
    settings = given(job.settings)
    ring = ring_of(settings)

    def prepare(table: DataFrame, held: ExitStack) -> Prepared:  # noqa: ARG001  as others need it
        attempt.follower.report("looking at the ciphertexts")
        columns = find_ciphertexts(table, job.paths, ring, job.alphabets)
        told = {
            each.name: {"cells": each.cells, "type": each.kind.simpleString() if each.kind else "string"}
            for each in columns
        }
        step = open_columns(columns, ring, settings.key_scope, job.alphabets)
        return Prepared(step, told, {each.name: each.cells for each in columns})

    audited = audited_by("decrypt", job.paths, ring)
    return revealed(change_table(job.source(), job.target(), attempt, audited, prepare))


def ring_of(settings: KeySettings) -> KeyRing:
    """The keys of a job.

    Raises:
        SecretKeyError: One cannot be had.
    """
    return open_ring(settings.encryption_key, *settings.older_keys, field="settings.encryption_key")


Settings = TypeVar("Settings", bound=KeySettings)


def given(settings: Settings | None) -> Settings:
    """The settings of a job, which one made in a notebook may lack.

    Raises:
        ConfigurationError: It does.
    """
    if settings is None:
        raise ConfigurationError([("settings", "is missing.")])
    return settings


def audited_by(operation: str, columns: tuple[str, ...], ring: KeyRing) -> Audited:
    """What the audit says of an operation on columns."""
    return Audited(operation, columns, str(key_name(ring.current)))


def revealed(outcome: Outcome) -> Outcome:
    """What every reader of the summary must know."""
    return replace(outcome, warnings=[*outcome.warnings, REVEALED])
