"""A token vault in a database: one token a value, however many jobs ask for it at once."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from time import time
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from sqlalchemy import Connection, Engine, Insert, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from anonspark.domain.tokens import Erased, HeldValue, KeyName, VaultEntry, WrappedKey, new_tokens
from anonspark.domain.vaults import VaultPlace
from anonspark.errors import RunConflictError
from anonspark.store.engine import open_engine
from anonspark.store.failures import database_errors
from anonspark.store.migrate import upgrade
from anonspark.store.models import Base, Token, TokenScope, TokenSubject

log = logging.getLogger(__name__)

BATCH: Final = 5_000
"""Rows of one transaction: far fewer than the parameters that either database takes, and soon over for who waits."""

TRIES: Final = 5
"""How often a value may be erased by others between its insertion and its reading."""

Item = TypeVar("Item")

Change = Callable[[Sequence[HeldValue]], Sequence[bytes]]
"""Held values to their ciphertexts under another key, in the same order."""


class TokenVault:
    """The vault of one database; its methods may be called by many processes at once."""

    def __init__(self, engine: Engine, name: str, clock: Callable[[], float]) -> None:
        """Take a database whose tables are there, see `open_vault`."""
        self.engine = engine
        self.name = name
        self.clock = clock

    def __enter__(self) -> Self:
        """The vault for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connections."""
        self.engine.dispose()

    def claim(self, scope: str, wrapped: WrappedKey) -> WrappedKey:
        """Begin a scope with a key of its digests, unless it was begun before; returns the key that it has."""
        row = {
            "scope": scope,
            "wrapped_key": wrapped.ciphertext,
            "key_id": wrapped.key.id,
            "key_version": wrapped.key.version,
            "created_at": self._now(),
        }
        with self._transaction(writes=True) as connection:
            connection.execute(self._insert_if_absent(TokenScope), [row])
            return self._wrapped_key(connection, scope) or wrapped

    def wrapped_key(self, scope: str) -> WrappedKey | None:
        """The key of a scope's digests; None where the scope was never begun."""
        with self._transaction() as connection:
            return self._wrapped_key(connection, scope)

    def rewrap(self, scope: str, old: WrappedKey, new: WrappedKey) -> None:
        """Keep the key of a scope's digests encrypted with another key; nothing happens where another run did so."""
        with self._transaction(writes=True) as connection:
            same = (TokenScope.scope == scope, TokenScope.wrapped_key == old.ciphertext)
            values = {"wrapped_key": new.ciphertext, "key_id": new.key.id, "key_version": new.key.version}
            connection.execute(update(TokenScope).where(*same).values(**values))

    def _wrapped_key(self, connection: Connection, scope: str) -> WrappedKey | None:
        query = select(TokenScope.wrapped_key, TokenScope.key_id, TokenScope.key_version)
        found = connection.execute(query.where(TokenScope.scope == scope)).first()
        return None if found is None else WrappedKey(bytes(found[0]), KeyName(found[1], found[2]))

    def mint(self, scope: str, entries: Sequence[VaultEntry], key: KeyName, run_id: str) -> dict[bytes, str]:
        """The token of each value, new ones for those that have none.

        What it returns is committed. A repeat, another process and another run get the same tokens.

        Args:
            scope: Claimed before.
            entries: Of equal digests the first one counts.
            key: That all were encrypted with.
            run_id: Who asks, for new ones.

        Returns:
            Tokens without prefix, by digest.
        """
        wanted: dict[bytes, VaultEntry] = {}
        for entry in entries:
            wanted.setdefault(entry.digest, entry)
        tokens: dict[bytes, str] = {}
        # Two writers that insert the same rows in the same order cannot wait for each other in a circle.
        for part in batches(sorted(wanted)):
            tokens |= self._mint_batch(scope, [wanted[digest] for digest in part], key, run_id)
        return tokens

    def _mint_batch(self, scope: str, entries: Sequence[VaultEntry], key: KeyName, run_id: str) -> dict[bytes, str]:
        by_digest = {entry.digest: entry for entry in entries}
        with self._transaction() as connection:
            tokens = self._tokens_of(connection, scope, list(by_digest))
        for _ in range(TRIES):
            missing = [entry for digest, entry in by_digest.items() if digest not in tokens]
            if not missing:
                return tokens
            rows = [
                {
                    "scope": scope,
                    "digest": entry.digest,
                    "token": token,
                    "ciphertext": entry.ciphertext,
                    "key_id": key.id,
                    "key_version": key.version,
                    "pii_type": entry.pii_type,
                    "created_at": self._now(),
                    "run_id": run_id,
                }
                for entry, token in zip(missing, new_tokens(len(missing)), strict=True)
            ]
            with self._transaction(writes=True) as connection:
                connection.execute(self._insert_if_absent(Token), rows)
                # Whoever was first has won: what stands there is read back, not what was drawn here.
                tokens |= self._tokens_of(connection, scope, [entry.digest for entry in missing])
        raise RunConflictError(
            f"Tokens of the vault {self.name} were erased as fast as they were made; run again when the erasure ended.",
            field="settings.vault",
        )

    def _tokens_of(self, connection: Connection, scope: str, digests: Sequence[bytes]) -> dict[bytes, str]:
        query = select(Token.digest, Token.token).where(Token.scope == scope, Token.digest.in_(digests))
        return {bytes(digest): token for digest, token in connection.execute(query)}

    def link(self, scope: str, links: Sequence[tuple[bytes, bytes]]) -> None:
        """Note whose values tokens stand for, so that a person's can be erased.

        Args:
            scope: Of the tokens.
            links: Digests of a person and of a value that has a token; a value that was erased meanwhile is left out.
        """
        for part in batches(sorted(set(links))):
            with self._transaction(writes=True) as connection:
                known = self._tokens_of(connection, scope, sorted({digest for _, digest in part}))
                rows = [
                    {"scope": scope, "subject": subject, "digest": digest}
                    for subject, digest in part
                    if digest in known
                ]
                if rows:
                    connection.execute(self._insert_if_absent(TokenSubject), rows)

    def reveal(self, scope: str, tokens: Sequence[str]) -> dict[str, HeldValue]:
        """What is held for tokens without prefix; those that the vault does not know in this scope are left out."""
        found: dict[str, HeldValue] = {}
        for part in batches(sorted(set(tokens))):
            with self._transaction() as connection:
                rows = connection.execute(HELD.where(Token.scope == scope, Token.token.in_(part)))
                found |= {held.token: held for held in map(held_value, rows)}
        return found

    def scopes(self) -> list[str]:
        """The scopes that have been begun, in the order of their names."""
        with self._transaction() as connection:
            return list(connection.execute(select(TokenScope.scope).order_by(TokenScope.scope)).scalars())

    def pii_types(self, scope: str) -> list[str | None]:
        """What the values of a scope are."""
        with self._transaction() as connection:
            return list(connection.execute(select(Token.pii_type).distinct().where(Token.scope == scope)).scalars())

    def count_by_key(self, scope: str) -> dict[KeyName, int]:
        """How many values of a scope are encrypted with which key."""
        query = (
            select(Token.key_id, Token.key_version, func.count())
            .where(Token.scope == scope)
            .group_by(Token.key_id, Token.key_version)
        )
        with self._transaction() as connection:
            return {KeyName(key_id, version): count for key_id, version, count in connection.execute(query)}

    def erase_values(self, scope: str, digests: Sequence[bytes]) -> Erased:
        """Forget what the tokens of values stand for; the tokens stay in tables, and nobody can take them back."""
        erased = 0
        wanted = sorted(set(digests))
        for part in batches(wanted):
            with self._transaction(writes=True) as connection:
                known = self._tokens_of(connection, scope, part)
                connection.execute(delete(Token).where(Token.scope == scope, Token.digest.in_(list(known))))
                erased += len(known)
        self._forget_journal()
        return Erased(asked=len(wanted), found=erased, tokens=erased)

    def erase_subjects(self, scope: str, subjects: Sequence[bytes]) -> Erased:
        """Forget what the tokens of persons stand for, except for values that others have too."""
        wanted = sorted(set(subjects))
        found = 0
        erased: set[bytes] = set()
        shared: set[bytes] = set()
        for part in batches(wanted):
            with self._transaction(writes=True) as connection:
                of_these = (TokenSubject.scope == scope, TokenSubject.subject.in_(part))
                links = connection.execute(select(TokenSubject.subject, TokenSubject.digest).where(*of_these)).all()
                connection.execute(delete(TokenSubject).where(*of_these))
                found += len({bytes(subject) for subject, _ in links})
                for digests in batches(sorted({bytes(digest) for _, digest in links})):
                    query = (
                        select(TokenSubject.digest)
                        .distinct()
                        .where(TokenSubject.scope == scope, TokenSubject.digest.in_(digests))
                    )
                    others = {bytes(digest) for digest in connection.execute(query).scalars()}
                    alone = [digest for digest in digests if digest not in others]
                    connection.execute(delete(Token).where(Token.scope == scope, Token.digest.in_(alone)))
                    erased.update(alone)
                    shared |= others
        self._forget_journal()
        # What persons of two batches share was left by the first and erased with the second.
        return Erased(asked=len(wanted), found=found, tokens=len(erased), shared=len(shared - erased))

    def reencrypt(self, scope: str, old: KeyName, new: KeyName, change: Change) -> int:
        """Encrypt what is encrypted with one key with another; tokens stay.

        Every batch is a transaction of its own: what was interrupted goes on where it stopped, and a repeat finds
        nothing to do.

        Returns:
            How many values were changed.
        """
        changed, after = 0, b""
        under_old = (Token.scope == scope, Token.key_id == old.id, Token.key_version == old.version)
        row = update(Token).where(Token.digest == bindparam("of"), *under_old)
        row = row.values(ciphertext=bindparam("to"), key_id=new.id, key_version=new.version)
        while True:
            with self._transaction(writes=True) as connection:
                query = HELD.where(Token.digest > after, *under_old).order_by(Token.digest).limit(BATCH)
                held = [held_value(found) for found in connection.execute(query.with_for_update())]
                if not held:
                    break
                pairs = zip(held, change(held), strict=True)
                connection.execute(row, [{"of": each.digest, "to": ciphertext} for each, ciphertext in pairs])
            after = held[-1].digest
            changed += len(held)
        self._forget_journal()
        return changed

    def _insert_if_absent(self, table: type[Base]) -> Insert:
        """Nothing happens to a row whose key, or whose token, is there."""
        if self.engine.dialect.name == "postgresql":
            return postgresql.insert(table).on_conflict_do_nothing()
        return sqlite.insert(table).on_conflict_do_nothing()

    def _forget_journal(self) -> None:
        """Take what was erased out of SQLite's journal too, unless somebody reads it at this moment."""
        if self.engine.dialect.name == "sqlite":
            with database_errors(self.name), self.engine.connect() as connection:
                raw = connection.connection.driver_connection
                if raw is not None:
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def _transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        with (
            database_errors(self.name),
            self.engine.connect().execution_options(writes=writes) as connection,
            connection.begin(),
        ):
            yield connection

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


HELD: Final = select(Token.token, Token.digest, Token.ciphertext, Token.key_id, Token.key_version, Token.pii_type)


def held_value(row: Any) -> HeldValue:  # noqa: ANN401  SQLAlchemy's rows have the types of their query
    """A row of `HELD`."""
    return HeldValue(
        row.token, bytes(row.digest), bytes(row.ciphertext), KeyName(row.key_id, row.key_version), row.pii_type
    )


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Parts of at most `BATCH`."""
    return (items[at : at + BATCH] for at in range(0, len(items), BATCH))


def open_vault(place: VaultPlace, clock: Callable[[], float] = time) -> TokenVault:
    """The vault of a database, with its tables created or brought up to date.

    Args:
        place: SQLite or PostgreSQL.
        clock: Seconds since 1970.

    Raises:
        InputError: A newer engine has changed its tables.
        LocationError: It cannot be reached, read or written.
        RunConflictError: Others held it for too long.
        EnvironmentProblem: psycopg is missing.
    """
    engine = open_engine(place)
    try:
        with database_errors(str(place)):
            upgrade(engine, str(place))
    except BaseException:
        engine.dispose()
        raise
    return TokenVault(engine, str(place), clock)
