"""The vault of a database, on SQLite and on a real PostgreSQL."""

import multiprocessing
import os
import re
import signal
import sqlite3
import stat
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from anonspark.domain.tokens import Erased, HeldValue, KeyName, VaultEntry, WrappedKey
from anonspark.domain.vaults import VaultKind, VaultPlace, parse_vault
from anonspark.errors import InputError, LocationError, RunConflictError
from anonspark.store import engine as engine_module
from anonspark.store import vault as vault_module
from anonspark.store.models import Base
from anonspark.store.vault import TokenVault, open_vault

KEY, NEXT = KeyName("k", 1), KeyName("k", 2)
WRAPPED = WrappedKey(b"wrapped", KEY)


def digest(value: str) -> bytes:
    return sha256(value.encode()).digest()


def entries(values: Iterable[str], pii_type: str | None = None) -> list[VaultEntry]:
    return [VaultEntry(digest(value), b"locked " + value.encode(), pii_type) for value in values]


def names(first: int, last: int) -> list[str]:
    return [f"value {place}" for place in range(first, last)]


def count(vault: TokenVault, table: str = "tokens") -> int:
    with vault.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_value_has_one_token_and_keeps_it(vault: TokenVault) -> None:
    first = vault.mint("people", entries(["a", "b", "a"]), KEY, "run 1")
    again = vault.mint("people", entries(["b", "c"]), KEY, "run 2")
    assert set(first) == {digest("a"), digest("b")}
    assert again[digest("b")] == first[digest("b")]
    assert len({*first.values(), *again.values()}) == count(vault) == 3
    assert all(re.fullmatch("[a-z2-7]{26}", token) for token in first.values())


def test_more_values_than_one_transaction_takes(vault: TokenVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_module, "BATCH", 7)
    tokens = vault.mint("people", entries(names(0, 50)), KEY, "r")
    assert len(set(tokens.values())) == 50
    held = vault.reveal("people", list(tokens.values()))
    assert {each.ciphertext for each in held.values()} == {each.ciphertext for each in entries(names(0, 50))}


def test_the_values_of_scopes_are_apart(vault: TokenVault) -> None:
    vault.claim("others", WRAPPED)
    mine = vault.mint("people", entries(["a"]), KEY, "r")[digest("a")]
    theirs = vault.mint("others", entries(["a"]), KEY, "r")[digest("a")]
    assert mine != theirs
    assert vault.reveal("people", [theirs, "nothing"]) == {}
    assert vault.scopes() == ["others", "people"]
    assert vault.erase_values("others", [digest("a")]) == Erased(1, 1, 1)
    assert list(vault.reveal("people", [mine])) == [mine]


def test_what_a_token_stands_for_is_told_with_its_key(vault: TokenVault) -> None:
    (token,) = vault.mint("people", entries(["a"], "email"), KEY, "r").values()
    assert vault.reveal("people", [token, token]) == {token: HeldValue(token, digest("a"), b"locked a", KEY, "email")}
    assert vault.pii_types("people") == ["email"]
    assert vault.count_by_key("people") == {KEY: 1}


def test_a_scope_keeps_the_key_that_it_was_begun_with(vault: TokenVault) -> None:
    assert vault.claim("people", WrappedKey(b"another", NEXT)) == WRAPPED
    assert vault.wrapped_key("others") is None
    vault.rewrap("people", WrappedKey(b"somebody was faster", KEY), WrappedKey(b"lost", NEXT))
    assert vault.wrapped_key("people") == WRAPPED
    vault.rewrap("people", WRAPPED, WrappedKey(b"again", NEXT))
    assert vault.wrapped_key("people") == WrappedKey(b"again", NEXT)


def test_an_erased_value_is_gone_and_gets_another_token_when_it_comes_again(vault: TokenVault) -> None:
    tokens = vault.mint("people", entries(["a", "b"]), KEY, "r")
    assert vault.erase_values("people", [digest("a"), digest("z"), digest("a")]) == Erased(asked=2, found=1, tokens=1)
    assert list(vault.reveal("people", list(tokens.values()))) == [tokens[digest("b")]]
    assert vault.mint("people", entries(["a"]), KEY, "r")[digest("a")] not in tokens.values()


def test_a_person_is_erased_but_for_what_others_share(vault: TokenVault, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = vault.mint("people", entries(["ann@x", "bob@x", "Ulm", "Bonn"]), KEY, "r")
    ann, bob, eve = digest("ann"), digest("bob"), digest("eve")
    links = [(ann, "ann@x"), (ann, "Ulm"), (ann, "Bonn"), (bob, "bob@x"), (bob, "Ulm"), (eve, "Ulm"), (eve, "Bonn")]
    for _ in range(2):  # a repeat changes nothing
        vault.link("people", [(person, digest(value)) for person, value in links])
    assert count(vault, "token_subjects") == 7
    assert vault.erase_subjects("people", [ann, digest("nobody")]) == Erased(asked=2, found=1, tokens=1, shared=2)
    monkeypatch.setattr(vault_module, "BATCH", 1)
    # Ulm is shared by two of the erased, who are in two transactions.
    assert vault.erase_subjects("people", [eve, bob]) == Erased(asked=2, found=2, tokens=3, shared=0)
    assert vault.reveal("people", list(tokens.values())) == {}
    assert count(vault, "token_subjects") == 0


def test_a_link_to_a_value_that_was_erased_is_left_out(vault: TokenVault) -> None:
    vault.link("people", [(digest("ann"), digest("gone"))])
    assert count(vault, "token_subjects") == 0


def test_what_is_encrypted_again_keeps_its_token_and_can_be_interrupted(
    vault: TokenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault_module, "BATCH", 10)
    tokens = vault.mint("people", entries(names(0, 35)), KEY, "r")
    asked = 0

    def change(held: Iterable[HeldValue]) -> list[bytes]:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise KeyboardInterrupt
        return [b"re" + each.ciphertext for each in held]

    with pytest.raises(KeyboardInterrupt):
        vault.reencrypt("people", KEY, NEXT, change)
    assert vault.count_by_key("people") == {KEY: 15, NEXT: 20}
    assert vault.reencrypt("people", KEY, NEXT, change) == 15
    assert vault.reencrypt("people", KEY, NEXT, change) == 0
    held = vault.reveal("people", list(tokens.values()))
    assert {each.ciphertext for each in held.values()} == {b"relocked " + name.encode() for name in names(0, 35)}
    assert {each.key for each in held.values()} == {NEXT}
    assert vault.mint("people", entries(names(0, 35)), NEXT, "later") == tokens


def mint_in_a_process(place: VaultPlace, first: int, last: int, go: object, told: object) -> None:
    go.wait()  # type: ignore[attr-defined]
    with open_vault(place) as vault:
        vault.claim("people", WRAPPED)
        told.put(vault.mint("people", entries(names(first, last)), KEY, f"from {first}"))  # type: ignore[attr-defined]


def test_four_processes_with_overlapping_values_mint_one_token_a_value(place: VaultPlace) -> None:
    """None of them has seen the vault before: the tables are made by whoever comes first."""
    context = multiprocessing.get_context("spawn")
    go, told = context.Event(), context.Queue()
    shares = [(part * 3_000, part * 3_000 + 12_000) for part in range(4)]
    processes = [context.Process(target=mint_in_a_process, args=(place, *share, go, told)) for share in shares]
    for process in processes:
        process.start()
    go.set()
    found = [told.get(timeout=240) for _ in processes]
    for process in processes:
        process.join(60)
    together: dict[bytes, str] = {}
    for tokens in found:
        assert len(tokens) == 12_000
        assert all(together.setdefault(key, token) == token for key, token in tokens.items())
    assert len(set(together.values())) == len(together) == 21_000
    with open_vault(place) as vault:
        assert count(vault) == 21_000


def mint_for_ever(place: VaultPlace, told: object) -> None:
    with open_vault(place) as vault:
        vault.claim("people", WRAPPED)
        for at in range(0, 10_000_000, 50):
            tokens = vault.mint("people", entries(names(at, at + 50)), KEY, "killed")
            told.send(tokens)  # type: ignore[attr-defined]


def test_what_a_killed_process_was_told_is_in_the_vault(place: VaultPlace) -> None:
    context = multiprocessing.get_context("spawn")
    listens, tells = context.Pipe(duplex=False)
    process = context.Process(target=mint_for_ever, args=(place, tells))
    process.start()
    tells.close()
    told: dict[bytes, str] = {}
    while len(told) < 500:
        told |= listens.recv()
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join(60)
    try:
        while listens.poll():
            told |= listens.recv()
    except EOFError:
        pass
    with open_vault(place) as vault:
        held = vault.reveal("people", list(told.values()))
        assert {each.digest: token for token, each in held.items()} == told
        assert vault.mint("people", entries(names(0, 500)), KEY, "again").items() <= told.items()


def test_the_migrations_make_the_tables_of_the_models(vault: TokenVault) -> None:
    with vault.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_vault_that_a_newer_engine_has_changed_is_refused(vault: TokenVault, place: VaultPlace) -> None:
    with vault.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'vault_9999'"))
    with pytest.raises(InputError, match="newer anonspark"):
        open_vault(place)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "vault.db"


def test_a_file_is_for_its_owner_alone(file: Path) -> None:
    file.touch(0o666)
    file.chmod(0o666)
    with open_vault(parse_vault(f"sqlite:///{file}")) as vault:
        vault.claim("people", WRAPPED)
        assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {
            "vault.db": 0o600, "vault.db-wal": 0o600, "vault.db-shm": 0o600,
        }  # fmt: skip
        with vault.engine.connect() as connection:
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in engine_module.PRAGMAS}
    assert found == {
        "busy_timeout": 120_000, "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1,
    }  # fmt: skip


def test_what_was_erased_is_in_no_byte_of_the_file_or_its_journal(file: Path) -> None:
    with open_vault(parse_vault(f"sqlite:///{file}")) as vault:
        vault.claim("people", WRAPPED)
        vault.mint("people", entries(["CANARY-7431", *names(0, 500)]), KEY, "r")
        vault.erase_values("people", [digest("CANARY-7431")])
        assert b"CANARY-7431" not in b"".join(path.read_bytes() for path in file.parent.iterdir())


def test_a_file_that_others_hold_for_too_long(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_vault(parse_vault(f"sqlite:///{file}")) as vault:
        vault.claim("people", WRAPPED)
    monkeypatch.setitem(engine_module.PRAGMAS, "busy_timeout", "50")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with open_vault(parse_vault(f"sqlite:///{file}")) as vault, pytest.raises(RunConflictError, match="run again"):
            vault.mint("people", entries(["a"]), KEY, "r")


def test_a_writer_waits_for_the_other_one(file: Path) -> None:
    with open_vault(parse_vault(f"sqlite:///{file}")) as vault:
        vault.claim("people", WRAPPED)
        with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")

            def let_go() -> None:
                time.sleep(0.3)
                other.execute("ROLLBACK")

            thread = threading.Thread(target=let_go)
            thread.start()
            assert len(vault.mint("people", entries(["a"]), KEY, "r")) == 1
            thread.join()


def test_a_file_that_is_none_and_a_folder_that_is_not_there(file: Path) -> None:
    with pytest.raises(LocationError, match="folder must exist"):
        open_vault(parse_vault(f"sqlite:///{file.parent}/nowhere/vault.db"))
    file.write_text("some text, long enough to be no database whatever SQLite makes of it\n" * 20)
    with pytest.raises(LocationError, match="no database of SQLite"):
        open_vault(parse_vault(f"sqlite:///{file}"))


def test_a_server_that_is_away_and_a_database_that_is_not_there(postgresql_server: str) -> None:
    with pytest.raises(LocationError, match="cannot be reached"):
        open_vault(parse_vault("postgresql://127.0.0.1:9/vault"))
    with pytest.raises(LocationError, match="no such database"):
        open_vault(parse_vault(f"{postgresql_server}/nobodys"))
    with pytest.raises(LocationError, match="refuses access"):
        open_vault(parse_vault(postgresql_server.replace("vault@", "nobody@") + "/postgres"))


def test_a_server_that_goes_away_in_the_middle(postgresql: VaultPlace) -> None:
    with open_vault(postgresql) as vault, vault.engine.connect() as other:
        vault.claim("people", WRAPPED)
        other.execute(text("SELECT pg_advisory_lock(1)"))
        with vault.engine.connect() as killer:
            killer.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                     "AND datname = current_database()")
            )  # fmt: skip
        other.invalidate()
        assert len(vault.mint("people", entries(["a"]), KEY, "r")) == 1  # a new connection is made


def test_places_of_vaults(tmp_path: Path) -> None:
    assert parse_vault("sqlite:///vault.db") == VaultPlace(VaultKind.SQLITE, "vault.db")
    assert parse_vault("s3a://lake/vault").kind is VaultKind.DELTA
    assert (
        str(parse_vault("postgresql://me@[::1]:99/v?sslmode=require")) == "postgresql://me@[::1]:99/v?sslmode=require"
    )
    for wrong in (
        "sqlite://", "postgresql://host", "postgresql://u:SECRET@h/v", "postgresql://h/v?password=SECRET",
        "postgresql://h/v?passfile=SECRET", "postgresql://h/v?options=SECRET", "mysql://h/v", "vault.db",
        "postgresql://h:x/v", "postgresql+asyncpg://h/v",
    ):  # fmt: skip
        with pytest.raises(InputError) as refused:
            parse_vault(wrong)
        assert "SECRET" not in refused.value.message
