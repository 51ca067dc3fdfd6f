"""The keys of a project, and its vault in a SQLite file and in Delta tables."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from anonspark.domain.keys import KeyScope, RootKey, root_key
from anonspark.domain.vaults import parse_vault
from anonspark.pii.database_vault import DatabaseVault
from anonspark.pii.delta_vault import DeltaVault
from anonspark.pii.vaults import Vault
from anonspark.store.vault import open_vault

SECRET = bytes(range(32))


@pytest.fixture
def root() -> RootKey:
    return root_key(SECRET)


@pytest.fixture
def keys(root: RootKey) -> KeyScope:
    return KeyScope("people", linking=root, encryption=root)


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(params=["sqlite", pytest.param("delta", marks=pytest.mark.nightly)])
def vault(request: pytest.FixtureRequest, spark: SparkSession, tmp_path: Path, held: ExitStack) -> Vault:
    """An empty vault in `vault.db` or below `vault`."""
    if request.param == "delta":
        return DeltaVault(spark, str(tmp_path / "vault"), "run")
    return DatabaseVault(held.enter_context(open_vault(parse_vault(f"sqlite:///{tmp_path}/vault.db"))), "run")
