"""The vault that a place names, ready for tables of a session."""

from contextlib import ExitStack

from pyspark.sql import SparkSession

from anonspark.domain.vaults import VaultKind, VaultPlace
from anonspark.pii.database_vault import DatabaseVault
from anonspark.pii.delta_vault import DeltaVault
from anonspark.pii.vaults import Vault


def open_vault(place: VaultPlace, spark: SparkSession, run_id: str, held: ExitStack) -> Vault:
    """Open a vault; a database is closed with `held`.

    Args:
        place: Where it lies.
        spark: Of the tables.
        run_id: That new tokens are noted with.
        held: How long it is needed.

    Raises:
        LocationError: It cannot be reached, read or written.
        InputError: A newer engine has changed it.
        RunConflictError: Others held it for too long.
        EnvironmentProblem: psycopg is missing.
    """
    if place.kind is VaultKind.DELTA:
        return DeltaVault(spark, place.address, run_id)
    # SQLAlchemy takes a tenth of a second to import, which a job without a vault need not wait for.
    from anonspark.store.vault import open_vault as open_database

    return DatabaseVault(held.enter_context(open_database(place)), run_id)
