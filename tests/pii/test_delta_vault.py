"""What only a vault in Delta tables has to prove: writers that wait for each other, and files that are gone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession

from anonspark.domain.keys import KeyRing, KeyScope, RootKey
from anonspark.domain.treatments import Tokenize
from anonspark.errors import RunConflictError
from anonspark.pii import delta_tables
from anonspark.pii.delta_tables import Version
from anonspark.pii.delta_vault import DeltaVault
from anonspark.pii.transforms.tokenize import tokenize_columns
from anonspark.pii.vaults import claim_scope, digest_of


@pytest.fixture
def delta(spark: SparkSession, tmp_path: Path) -> DeltaVault:
    return DeltaVault(spark, str(tmp_path / "vault"), "run")


def tokens_of(spark: SparkSession, vault: DeltaVault, keys: KeyScope, values: range) -> dict[str, str]:
    table = spark.createDataFrame(
        [(f"value {place}", f"value {place}") for place in values], "raw string, token string"
    )
    with ExitStack() as held:
        step = tokenize_columns(table, {"token": Tokenize("")}, vault, keys, held=held)
        return dict(map(tuple, table.transform(step).collect()))


@pytest.mark.nightly
def test_four_jobs_at_once_mint_one_token_a_value(spark: SparkSession, delta: DeltaVault, keys: KeyScope) -> None:
    with ThreadPoolExecutor(4) as pool:
        shares = [range(part * 50, part * 50 + 100) for part in range(4)]
        jobs = [
            pool.submit(tokens_of, spark, DeltaVault(spark, delta.name, f"run {part}"), keys, share)
            for part, share in enumerate(shares)
        ]
        found = [job.result() for job in jobs]
    together: dict[str, str] = {}
    for tokens in found:
        assert all(together.setdefault(value, token) == token for value, token in tokens.items())
    assert len(set(together.values())) == len(together) == 250
    assert DeltaTable(f"{delta.name.removeprefix('file://')}/tokens").to_pyarrow_table().num_rows == 250


@pytest.mark.nightly
def test_a_writer_that_was_overtaken_starts_again(
    spark: SparkSession, delta: DeltaVault, keys: KeyScope, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where storage has no leases: the other one commits between the reading and the writing."""
    tokens_of(spark, delta, keys, range(1))
    monkeypatch.setattr(delta_tables.VaultTables, "_leased", without_lease)
    other, looked = DeltaVault(spark, delta.name, "other"), []

    def change(there: Version) -> tuple[DataFrame | None, int]:
        looked.append(there.version)
        if len(looked) == 1:
            tokens_of(spark, other, keys, range(1, 3))
        return there.rows().limit(1), there.rows().count()

    tables = delta_tables.VaultTables(spark, delta.name, "run", lambda: 0.0, lambda _: None)
    assert tables.append("tokens", change) == 3
    assert looked == [0, 1]


class Unleased:
    """What stands for a lease where there is none."""

    fence = 0

    def __enter__(self) -> "Unleased":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def check(self) -> None:
        pass


def without_lease(_: object) -> Unleased:
    return Unleased()


def test_a_vault_that_others_hold_for_too_long(
    spark: SparkSession, delta: DeltaVault, keys: KeyScope, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(0, 10_000, 400))
    waits: list[float] = []
    tables = delta_tables.VaultTables(spark, delta.name, "second", lambda: float(next(now)), waits.append)

    def taken(_: object) -> Iterator[None]:
        raise RunConflictError("Run first is writing the vault.")

    monkeypatch.setattr(delta_tables.VaultTables, "_leased", taken)
    with pytest.raises(RunConflictError, match="held by other runs for too long"):
        tables.append("tokens", lambda there: (None, there))
    assert len(waits) == 2
    assert all(0.5 <= wait <= 1.0 for wait in waits)


@pytest.mark.nightly
def test_what_was_erased_is_in_no_file(
    spark: SparkSession, delta: DeltaVault, keys: KeyScope, root: RootKey, tmp_path: Path
) -> None:
    tokens_of(spark, delta, keys, range(20))
    key = claim_scope(delta, "people", KeyRing(root))
    assert delta.erase_values("people", [digest_of(b"value 3", None, key)]).tokens == 1
    folder = tmp_path / "vault/tokens"
    named = {uri.removeprefix("file://") for uri in DeltaTable(folder).file_uris()}
    assert {str(path) for path in folder.rglob("*.parquet")} == named
    assert len(tokens_of(spark, delta, keys, range(20))) == 20
