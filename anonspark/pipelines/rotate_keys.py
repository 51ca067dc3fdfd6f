"""The job `rotate-keys`: what older keys encrypted, encrypted again with the current one."""

from contextlib import ExitStack

from pyspark.sql import DataFrame

from anonspark.config.vault_jobs import RotateKeysJob
from anonspark.domain.vaults import VaultPlace
from anonspark.errors import ConfigurationError
from anonspark.pii.decrypt_columns import find_ciphertexts, reencrypt_columns
from anonspark.pii.open_vault import open_vault
from anonspark.pii.vaults import key_name, unwrap, wrap
from anonspark.pipelines.attempt import Attempt, Outcome
from anonspark.pipelines.audit import Audited, failures_audited, record_audit
from anonspark.pipelines.erase import require_scope
from anonspark.pipelines.open_columns import given, ring_of
from anonspark.pipelines.recover import Prepared, change_table


def rotate_keys(job: RotateKeysJob, attempt: Attempt) -> Outcome:
    """Encrypt a vault's scope, or columns of a table, again.

    Raises:
        AnonsparkError: Whatever is wrong. A table is as it was then; a vault in a database may hold values of both
            keys, and the next run goes on where this one stopped.
    """
    place = job.vault_place()
    return _rotate_table(job, attempt) if place is None else _rotate_vault(job, attempt, place)


def _rotate_vault(job: RotateKeysJob, attempt: Attempt, place: VaultPlace) -> Outcome:
    settings = given(job.settings)
    ring, scope = ring_of(settings), settings.key_scope
    audited = Audited("rotate-keys", [f"{place} {scope}"], str(key_name(ring.current)))
    with failures_audited(attempt, audited), ExitStack() as held:
        attempt.follower.enter("apply", "encrypting the values of the vault again")
        vault = open_vault(place, attempt.spark, attempt.run_id, held)
        wrapped = require_scope(vault, scope)
        digest_key = unwrap(wrapped, vault.name, scope, ring)
        # Values first: were it interrupted between, the scope would still open with the older key.
        changed = vault.reencrypt(scope, ring)
        if wrapped.key != key_name(ring.current):
            vault.rewrap(scope, wrapped, wrap(digest_key, scope, ring.current))
        attempt.follower.enter("publish", "recording the run")
        record_audit(attempt, audited, {audited.subjects[0]: changed})
        told = {"vault": vault.name, "scope": scope, "key": audited.key_id, "values": changed}
    return Outcome(told=told, input_rows=changed)


def _rotate_table(job: RotateKeysJob, attempt: Attempt) -> Outcome:
    settings = given(job.settings)
    ring, target = ring_of(settings), job.target()
    if target is None or job.columns is None:
        raise ConfigurationError([("output", "is missing; name input, output and columns, or settings.vault.")])
    columns = job.columns

    def prepare(table: DataFrame, held: ExitStack) -> Prepared:  # noqa: ARG001  as others need it
        attempt.follower.report("looking at the ciphertexts")
        found = find_ciphertexts(table, columns, ring, {})
        told = {each.name: {"cells": each.cells, "changed": each.of_old_keys} for each in found}
        step = reencrypt_columns(found, ring, settings.key_scope)
        return Prepared(step, told, {each.name: each.of_old_keys for each in found})

    audited = Audited("rotate-keys", columns, str(key_name(ring.current)))
    return change_table(job.source(), target, attempt, audited, prepare)
