"""A vault in Delta tables, for clusters without a database: the same protocol, and nothing of it on the driver.

New tokens are drawn while their rows are staged; what a task drew that ran twice is in no file that the commit names,
and everybody reads the tokens back from what was committed.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.keys import KeyRing
from anonspark.domain.tokens import Erased, KeyName, WrappedKey, new_tokens
from anonspark.frames.local_rows import local_rows
from anonspark.frames.persisted import persisted
from anonspark.pii.ciphertext import Opener, sealer, sealing_key
from anonspark.pii.delta_tables import SCHEMAS, SCOPE, TEXT, WRAPPED, VaultTables, Version
from anonspark.pii.vaults import (
    CIPHERTEXT,
    DIGEST,
    KEY_ID,
    KEY_VERSION,
    PII_TYPE,
    SUBJECT,
    TOKEN,
    key_name,
    require_keys,
    value_header,
)
from anonspark.pii.workers import arrow_column, no_values_told, worker_refusals

log = logging.getLogger(__name__)

ROWS_A_FILE: Final = 500_000


class DeltaVault:
    """The vault below one URI."""

    def __init__(
        self,
        spark: SparkSession,
        uri: str,
        run_id: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the folder of its tables, and the run that new tokens are noted with.

        Raises:
            LocationError: Only Spark reaches the storage, so that two writers could not be kept apart.
        """
        self.tables = VaultTables(spark, uri, run_id, clock, sleep)
        self.spark, self.run_id, self.clock, self.name = spark, run_id, clock, self.tables.uri

    def claim(self, scope: str, wrapped: WrappedKey) -> WrappedKey:
        """Begin a scope, unless it was begun before."""

        def change(there: Version) -> tuple[DataFrame | None, WrappedKey]:
            found = wrapped_key_in(there, scope)
            return (None, found) if found is not None else (self._scope_row(scope, wrapped), wrapped)

        return self.tables.append("scopes", change)

    def wrapped_key(self, scope: str) -> WrappedKey | None:
        """The key of a scope's digests."""
        return wrapped_key_in(self.tables.version("scopes"), scope)

    def rewrap(self, scope: str, old: WrappedKey, new: WrappedKey) -> None:
        """Keep the key of a scope's digests encrypted with another key."""

        def change(there: Version) -> tuple[DataFrame | None, None]:
            if wrapped_key_in(there, scope) != old:
                return None, None
            return there.rows().where(F.col(SCOPE) != scope).unionByName(self._scope_row(scope, new)), None

        self.tables.replace("scopes", change)

    def scopes(self) -> list[str]:
        """The scopes that have been begun."""
        return [row[0] for row in self.tables.version("scopes").rows().select(SCOPE).orderBy(SCOPE).collect()]

    def pii_types(self, scope: str) -> list[str | None]:
        """What the values of a scope are."""
        return [row[0] for row in self.tables.version("tokens").rows(scope).select(PII_TYPE).distinct().collect()]

    def count_by_key(self, scope: str) -> dict[KeyName, int]:
        """How many values are encrypted with which key."""
        return count_keys(self.tables.version("tokens").rows(scope))

    def mint(self, entries: DataFrame, scope: str, key: KeyName, held: ExitStack) -> DataFrame:  # noqa: ARG002
        """The tokens, read back from the table."""

        def change(there: Version) -> tuple[DataFrame | None, int]:
            known = there.rows(scope).select(DIGEST)
            missing = entries.dropDuplicates([DIGEST]).join(known, DIGEST, "left_anti")
            with persisted(missing) as new:
                n_new = new.count()
                log.info("%d new tokens in %s", n_new, self.name)
                return (self._token_rows(new, scope, key, n_new) if n_new else None), n_new

        self.tables.append("tokens", change)
        known = self.tables.version("tokens").rows(scope).select(DIGEST, TOKEN)
        return entries.select(DIGEST).distinct().join(known, DIGEST)

    def link(self, links: DataFrame, scope: str) -> None:
        """Note whose values tokens stand for."""

        def change(there: Version) -> tuple[DataFrame | None, None]:
            known = there.rows(scope).select(SUBJECT, DIGEST)
            new = links.join(known, [SUBJECT, DIGEST], "left_anti").select(F.lit(scope).alias(SCOPE), SUBJECT, DIGEST)
            return (None if new.isEmpty() else new), None

        self.tables.append("subjects", change)

    def reveal(self, tokens: DataFrame, scope: str) -> DataFrame:
        """What is held for tokens."""
        held = self.tables.version("tokens").rows(scope).select(TOKEN, CIPHERTEXT, KEY_ID, KEY_VERSION)
        return tokens.select(TOKEN).distinct().join(held, TOKEN)

    def erase_values(self, scope: str, digests: Sequence[bytes]) -> Erased:
        """Forget what the tokens of values stand for, in all versions of the table."""
        wanted = sorted(set(digests))
        erased = self._erase_tokens(scope, self._digests(wanted))
        return Erased(asked=len(wanted), found=erased, tokens=erased)

    def erase_subjects(self, scope: str, subjects: Sequence[bytes]) -> Erased:
        """Forget what the tokens of persons stand for, except for values that others have too.

        Tokens go first: an erasure that was interrupted still finds the persons when it is repeated.
        """
        wanted = sorted(set(subjects))
        persons = self._digests(wanted, SUBJECT)
        links = self.tables.version("subjects").rows(scope)
        with persisted(links.join(persons, SUBJECT)) as theirs:
            found = theirs.select(SUBJECT).distinct().count()
            digests = theirs.select(DIGEST).distinct()
            others = links.join(persons, SUBJECT, "left_anti").select(DIGEST).distinct()
            shared = digests.join(others, DIGEST).count()
            erased = self._erase_tokens(scope, digests.join(others, DIGEST, "left_anti"))

        def change(there: Version) -> tuple[DataFrame | None, None]:
            rows = there.rows()
            gone = persons.withColumn(SCOPE, F.lit(scope))
            return (
                rows.join(gone, [SCOPE, SUBJECT], "left_anti").select(*SCHEMAS["subjects"].names) if found else None
            ), None

        self.tables.replace("subjects", change)
        return Erased(asked=len(wanted), found=found, tokens=erased, shared=shared)

    def reencrypt(self, scope: str, ring: KeyRing) -> int:
        """Encrypt all values with the ring's current key, in one commit.

        Raises:
            CiphertextError: Some are encrypted with a key that the ring lacks; nothing is changed then.
        """
        new = key_name(ring.current)

        def change(there: Version) -> tuple[DataFrame | None, int]:
            counts = count_keys(there.rows(scope))
            require_keys(counts, self.name, scope, ring)
            n_old = sum(count for key, count in counts.items() if key != new)
            return (reencrypted(there.rows(), scope, ring) if n_old else None), n_old

        with worker_refusals():
            return self.tables.replace("tokens", change)

    def _erase_tokens(self, scope: str, digests: DataFrame) -> int:
        def change(there: Version) -> tuple[DataFrame | None, int]:
            n_found = there.rows(scope).join(digests, DIGEST).count()
            if not n_found:
                return None, 0
            gone = digests.withColumn(SCOPE, F.lit(scope))
            return there.rows().join(gone, [SCOPE, DIGEST], "left_anti").select(*SCHEMAS["tokens"].names), n_found

        return self.tables.replace("tokens", change)

    def _token_rows(self, new: DataFrame, scope: str, key: KeyName, n_rows: int) -> DataFrame:
        def draw(digests: pa.Array) -> pa.Array:
            return pa.array(new_tokens(len(digests)), pa.string())

        values = {
            SCOPE: F.lit(scope),
            DIGEST: F.col(DIGEST),
            TOKEN: arrow_column(draw, TEXT, F.col(DIGEST), random=True),
            CIPHERTEXT: F.col(CIPHERTEXT),
            KEY_ID: F.lit(key.id),
            KEY_VERSION: F.lit(key.version),
            PII_TYPE: F.col(PII_TYPE),
            "created_at": F.lit(self._now()),
            "run_id": F.lit(self.run_id),
        }
        rows = new.select(*[value.alias(name) for name, value in values.items()])
        return rows.coalesce(-(-n_rows // ROWS_A_FILE))

    def _scope_row(self, scope: str, wrapped: WrappedKey) -> DataFrame:
        row = (scope, wrapped.ciphertext, wrapped.key.id, wrapped.key.version, self._now())
        return self.spark.createDataFrame([row], SCHEMAS["scopes"]).coalesce(1)

    def _digests(self, digests: Sequence[bytes], name: str = DIGEST) -> DataFrame:
        return local_rows(self.spark, pa.table({name: pa.array(digests, pa.binary())}))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def wrapped_key_in(scopes: Version, scope: str) -> WrappedKey | None:
    """The key of a scope's digests; None where the scope was never begun."""
    row = scopes.rows(scope).select(WRAPPED, KEY_ID, KEY_VERSION).first()
    return None if row is None else WrappedKey(bytes(row[0]), KeyName(row[1], row[2]))


def count_keys(tokens: DataFrame) -> dict[KeyName, int]:
    """How many values are encrypted with which key."""
    found = tokens.groupBy(KEY_ID, KEY_VERSION).count().collect()
    return {KeyName(key_id, version): count for key_id, version, count in found}


def reencrypted(tokens: DataFrame, scope: str, ring: KeyRing) -> DataFrame:
    """All rows, the values of a scope encrypted with the ring's current key."""
    header = value_header(ring.current)
    secret = sealing_key(ring.current, scope, header)

    def change(texts: pa.Array) -> pa.Array:
        with no_values_told():
            seal, opener = sealer(secret, header), Opener(ring, scope)
            found = [None if text is None else f"{header}:{seal(opener.open(text))}" for text in texts.to_pylist()]
            return pa.array(found, pa.string())

    mine = (F.col(SCOPE) == scope) & ~((F.col(KEY_ID) == header.key_id) & (F.col(KEY_VERSION) == header.key_version))
    again = arrow_column(change, TEXT, F.when(mine, F.col(CIPHERTEXT)), random=True)
    put = {
        CIPHERTEXT: F.coalesce(again, F.col(CIPHERTEXT)),
        KEY_ID: F.when(mine, header.key_id).otherwise(F.col(KEY_ID)),
        KEY_VERSION: F.when(mine, header.key_version).otherwise(F.col(KEY_VERSION)),
    }
    return tokens.select(*[put.get(name, F.col(name)).alias(name) for name in SCHEMAS["tokens"].names])
