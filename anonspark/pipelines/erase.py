"""The job `erase`: persons, or values, that a token vault is to forget."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict

from pyspark.sql import functions as F

from anonspark.config.vault_jobs import EraseJob
from anonspark.domain.tokens import WrappedKey
from anonspark.errors import ColumnNotFoundError, InputError, did_you_mean
from anonspark.frames.chunks import chunks
from anonspark.frames.names import quoted
from anonspark.io.failures import storage_errors
from anonspark.io.tables import read_table
from anonspark.pii.open_vault import open_vault
from anonspark.pii.vaults import Vault, digest_of, key_name, subject_digest, unwrap
from anonspark.pipelines.attempt import Attempt, Outcome, named_in_errors
from anonspark.pipelines.audit import Audited, failures_audited, record_audit
from anonspark.pipelines.open_columns import given, ring_of


def erase(job: EraseJob, attempt: Attempt) -> Outcome:
    """Forget what the tokens of persons or values stand for.

    The tokens stay where they were released, and nobody can take them back.

    Raises:
        AnonsparkError: Whatever is wrong. A repeat erases what is left.
    """
    settings = given(job.settings)
    ring, scope, place = ring_of(settings), settings.key_scope, settings.place(job.base)
    what = "persons" if job.of_persons else "values"
    audited = Audited("erase", [f"{place} {scope}: {what}"], str(key_name(ring.current)))
    with failures_audited(attempt, audited), ExitStack() as held:
        attempt.follower.enter("read", f"reading the {what}")
        asked = sorted(set(named(job, attempt, held)))
        attempt.follower.enter("apply", f"erasing {len(asked):,} {what}")
        vault = open_vault(place, attempt.spark, attempt.run_id, held)
        digest_key = unwrap(require_scope(vault, scope), vault.name, scope, ring)
        if job.of_persons:
            erased = vault.erase_subjects(scope, [subject_digest(person, digest_key) for person in asked])
        else:
            # The digest of a value follows its type's rule, and who asks need not know which types it was taken for.
            types = vault.pii_types(scope)
            digests = {digest_of(value, pii_type, digest_key) for value in asked for pii_type in types}
            erased = vault.erase_values(scope, sorted(digests))
        attempt.follower.enter("publish", "recording the run")
        record_audit(attempt, audited, {audited.subjects[0]: erased.tokens})
        told = {"vault": vault.name, "scope": scope, "of": what, **asdict(erased), "asked": len(asked)}
    return Outcome(told=told, warnings=warnings_of(erased.shared), input_rows=len(asked))


def named(job: EraseJob, attempt: Attempt, held: ExitStack) -> Iterable[bytes]:
    """The persons or values, in UTF-8.

    Raises:
        AnonsparkError: They cannot be read.
    """
    if job.lines is not None:
        return [line.encode("utf-8", "surrogateescape") for line in job.lines]
    section = "subjects" if job.of_persons else "values"
    source = job.source()
    with named_in_errors(section), storage_errors(source.name, section):
        table = read_table(attempt.spark, source).table
        if job.column not in table.columns:
            raise ColumnNotFoundError(job.column, table.columns)
        column = F.col(quoted(job.column)).cast("string").cast("binary").alias("named")
        found = table.select(column).where(F.col("named").isNotNull()).distinct()
        return [value for part in chunks(found, 1, persist_in=held) for value in part.column(0).to_pylist()]


def require_scope(vault: Vault, scope: str) -> WrappedKey:
    """The key of a scope's digests.

    Raises:
        InputError: Nothing was ever tokenized in it.
    """
    found = vault.wrapped_key(scope)
    if found is None:
        known = vault.scopes()
        hint = did_you_mean(scope, known) or (f"; it has {', '.join(map(repr, known))}." if known else "; it is empty.")
        raise InputError(f"The vault {vault.name} has no scope '{scope}'{hint}", field="settings.key_scope")
    return found


def warnings_of(shared: int) -> list[str]:
    """What stays of erased persons."""
    if not shared:
        return []
    return [
        f"{shared:,} tokens stay, as other persons have the same values; name values instead of subjects to erase "
        "them for all."
    ]
