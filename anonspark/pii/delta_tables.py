"""The Delta tables of a vault: read at one version, and changed by one writer at a time.

A writer holds the vault's lease. Where storage has no leases the commits exclude each other, and who comes second
starts again from what the first one left.
"""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, IntegerType, StringType, StructField, StructType, TimestampType

from anonspark.domain.sources import TableTarget
from anonspark.errors import LocationError, RunConflictError
from anonspark.io.delta_log import delta_table, writer_epoch
from anonspark.io.failures import storage_errors
from anonspark.io.lease import Lease, lease, lease_uri
from anonspark.io.object_store import Storage, reachable_storage
from anonspark.io.publish import publish, published_version
from anonspark.io.stage import StagedFiles, discard, discard_orphans, stage
from anonspark.io.uris import normalize_uri
from anonspark.pii.vaults import CIPHERTEXT, DIGEST, KEY_ID, KEY_VERSION, PII_TYPE, SUBJECT, TOKEN
from anonspark.vocabulary import WriteMode

log = logging.getLogger(__name__)

SCOPE, WRAPPED = "scope", "wrapped_key"

TEXT, BYTES, WHOLE, MOMENT = StringType(), BinaryType(), IntegerType(), TimestampType()

SCHEMAS: Final[dict[str, StructType]] = {
    name: StructType([StructField(column, kind) for column, kind in columns.items()])
    for name, columns in {
        "scopes": {SCOPE: TEXT, WRAPPED: BYTES, KEY_ID: TEXT, KEY_VERSION: WHOLE, "created_at": MOMENT},
        "tokens": {
            SCOPE: TEXT, DIGEST: BYTES, TOKEN: TEXT, CIPHERTEXT: TEXT, KEY_ID: TEXT, KEY_VERSION: WHOLE,
            PII_TYPE: TEXT, "created_at": MOMENT, "run_id": TEXT,
        },
        "subjects": {SCOPE: TEXT, SUBJECT: BYTES, DIGEST: BYTES},
    }.items()
}  # fmt: skip
"""The tables below the vault's URI."""

WAIT_S: Final = 900.0
"""How long a run waits for others, each of which holds the vault for one commit."""

LOOK_AGAIN_S: Final = 0.5

Result = TypeVar("Result")

Change = Callable[["Version"], tuple[DataFrame | None, Result]]
"""What a table holds, to the rows to append or to hold instead, None for no change, and what is told of it."""


class Version:
    """One version of a table of the vault."""

    def __init__(self, spark: SparkSession, uri: str, name: str, version: int | None, epoch: int) -> None:
        """Take the version that is read, None where there is no table yet."""
        self.spark, self.uri, self.name, self.version, self.epoch = spark, uri, name, version, epoch

    def rows(self, scope: str | None = None) -> DataFrame:
        """Its rows, those of a scope where one is named."""
        if self.version is None:
            return self.spark.createDataFrame([], SCHEMAS[self.name])
        rows = self.spark.read.format("delta").option("versionAsOf", self.version).load(self.uri)
        return rows if scope is None else rows.where(F.col(SCOPE) == scope)


class VaultTables:
    """The tables below one URI."""

    def __init__(
        self,
        spark: SparkSession,
        uri: str,
        run_id: str,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        """Take their folder, and who changes them.

        Raises:
            LocationError: Only Spark reaches the storage, so that two writers could not be kept apart.
        """
        self.spark, self.uri, self.run_id, self.clock, self.sleep = spark, normalize_uri(uri), run_id, clock, sleep
        with storage_errors(self.uri, "settings.vault"):
            self.storage(self.uri)

    def version(self, name: str) -> Version:
        """The newest version of a table."""
        uri = f"{self.uri}/{name}"
        with storage_errors(self.uri, "settings.vault"):
            table = delta_table(self.storage(uri))
        return Version(self.spark, uri, name, None if table is None else table.version(), writer_epoch(table))

    def storage(self, uri: str) -> Storage:
        """How the driver reaches a table.

        Raises:
            LocationError: Only Spark does.
        """
        found = reachable_storage(self.spark, uri)
        if found is None:
            raise LocationError(
                f"The vault {self.uri} is reached by Spark alone, and the driver keeps its writers apart; give the "
                "driver access, or use a database.",
                field="settings.vault",
            )
        return found

    def append(self, name: str, change: Change[Result]) -> Result:
        """Add rows to a table by what it holds, alone; from the start where another writer was faster.

        Raises:
            RunConflictError: Others held the vault for too long.
        """
        return self._change(name, change, WriteMode.APPEND)

    def replace(self, name: str, change: Change[Result]) -> Result:
        """Put other rows in place of a table's, and delete the files of its earlier versions.

        Raises:
            RunConflictError: Others held the vault for too long.
        """
        return self._change(name, change, WriteMode.OVERWRITE)

    def _change(self, name: str, change: Change[Result], mode: WriteMode) -> Result:
        end = self.clock() + WAIT_S
        while True:
            try:
                with storage_errors(self.uri, "settings.vault"), self._leased() as guard:
                    return self._change_once(name, change, mode, guard)
            except RunConflictError:
                if self.clock() >= end:
                    raise RunConflictError(
                        f"The vault {self.uri} was held by other runs for too long; run again when they have ended.",
                        field="settings.vault",
                    ) from None
                self.sleep(LOOK_AGAIN_S * (1 + secrets.randbelow(100) / 100))

    def _change_once(self, name: str, change: Change[Result], mode: WriteMode, guard: Lease) -> Result:
        there = self.version(name)
        target = TableTarget(uri=there.uri, mode=mode)
        if guard.fence:
            discard_orphans(self.spark, target)
        rows, told = change(there)
        if rows is None:
            return told
        staged = stage(rows, target, f"vault-{secrets.token_hex(8)}")
        try:
            require_epoch(staged, there)
            publish(self.spark, staged, guard.check)
        except BaseException:
            if published_version(self.spark, target, staged.run_id) is None:
                discard(self.spark, staged)
            raise
        if mode is WriteMode.OVERWRITE:
            self._forget_versions(there.uri)
        return told

    def _forget_versions(self, uri: str) -> None:
        """Delete the files of earlier versions: they still hold what was erased, or what an old key opens."""
        table = delta_table(self.storage(uri))
        if table is not None:
            table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)

    @contextmanager
    def _leased(self) -> Iterator[Lease]:
        place = self.storage(lease_uri(TableTarget(uri=f"{self.uri}/tokens"), self.uri))
        with lease(place, self.uri, f"{self.run_id}-{secrets.token_hex(4)}", self.clock) as guard:
            yield guard


def require_epoch(staged: StagedFiles, there: Version) -> None:
    """Make sure that nobody committed between the reading of a table and the writing of what follows from it.

    Raises:
        RunConflictError: Somebody did.
    """
    if staged.writer_epoch != there.epoch:
        raise RunConflictError(f"Another run changed {there.uri} while this one did.", field="settings.vault")
