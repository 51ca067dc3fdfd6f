"""A vault in a database: rows stream through the driver, in parts of bounded size."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Final

import pyarrow as pa
from pyspark.sql import DataFrame

from anonspark.domain.keys import KeyRing
from anonspark.domain.tokens import Erased, HeldValue, KeyName, VaultEntry, WrappedKey
from anonspark.frames.chunks import chunks
from anonspark.frames.local_rows import local_rows
from anonspark.pii.ciphertext import Opener, sealer, sealing_key
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
    wrong_key,
)
from anonspark.pii.workers import WorkerRefusalError
from anonspark.store.vault import TokenVault

PART_BYTES: Final = 64 << 20
"""Of a part on the driver."""

CELLS_A_ROW: Final = 12
"""What a row with a ciphertext is counted as, of 16 bytes each."""


class DatabaseVault:
    """The vault of one database, for tables of a cluster."""

    def __init__(self, store: TokenVault, run_id: str) -> None:
        """Take an open vault, and the run that new tokens are noted with."""
        self.store = store
        self.run_id = run_id
        self.name = store.name

    def claim(self, scope: str, wrapped: WrappedKey) -> WrappedKey:
        """Begin a scope, unless it was begun before."""
        return self.store.claim(scope, wrapped)

    def wrapped_key(self, scope: str) -> WrappedKey | None:
        """The key of a scope's digests."""
        return self.store.wrapped_key(scope)

    def rewrap(self, scope: str, old: WrappedKey, new: WrappedKey) -> None:
        """Keep the key of a scope's digests encrypted with another key."""
        self.store.rewrap(scope, old, new)

    def scopes(self) -> list[str]:
        """The scopes that have been begun."""
        return self.store.scopes()

    def pii_types(self, scope: str) -> list[str | None]:
        """What the values of a scope are."""
        return self.store.pii_types(scope)

    def count_by_key(self, scope: str) -> dict[KeyName, int]:
        """How many values are encrypted with which key."""
        return self.store.count_by_key(scope)

    def mint(self, entries: DataFrame, scope: str, key: KeyName, held: ExitStack) -> DataFrame:  # noqa: ARG002
        """The tokens, as rows that the driver sends; about 100 bytes of it a value."""
        tokens: dict[bytes, str] = {}
        for part in parts(entries.select(DIGEST, CIPHERTEXT, PII_TYPE)):
            rows = zip(*(part.column(name).to_pylist() for name in (DIGEST, CIPHERTEXT, PII_TYPE)), strict=True)
            batch = [VaultEntry(digest, text.encode(), pii_type) for digest, text, pii_type in rows]
            tokens |= self.store.mint(scope, batch, key, self.run_id)
        known = {DIGEST: pa.array(tokens.keys(), pa.binary()), TOKEN: pa.array(tokens.values(), pa.string())}
        return local_rows(entries.sparkSession, pa.table(known))

    def link(self, links: DataFrame, scope: str) -> None:
        """Note whose values tokens stand for."""
        for part in parts(links.select(SUBJECT, DIGEST)):
            self.store.link(
                scope, list(zip(*(part.column(name).to_pylist() for name in (SUBJECT, DIGEST)), strict=True))
            )

    def reveal(self, tokens: DataFrame, scope: str) -> DataFrame:
        """What is held for tokens, as rows that the driver sends."""
        asked = (part.column(TOKEN).to_pylist() for part in parts(tokens.select(TOKEN)))
        found = [as_rows(self.store.reveal(scope, wanted).values()) for wanted in asked]
        return local_rows(tokens.sparkSession, pa.concat_tables(found))

    def erase_values(self, scope: str, digests: Sequence[bytes]) -> Erased:
        """Forget what the tokens of values stand for."""
        return self.store.erase_values(scope, digests)

    def erase_subjects(self, scope: str, subjects: Sequence[bytes]) -> Erased:
        """Forget what the tokens of persons stand for, except for values that others have too."""
        return self.store.erase_subjects(scope, subjects)

    def reencrypt(self, scope: str, ring: KeyRing) -> int:
        """Encrypt all values with the ring's current key, a batch of them a transaction.

        Raises:
            CiphertextError: Some are encrypted with a key that the ring lacks; nothing is changed then.
        """
        header = value_header(ring.current)
        secret, opener = sealing_key(ring.current, scope, header), Opener(ring, scope)

        def change(held: Sequence[HeldValue]) -> list[bytes]:
            seal = sealer(secret, header)
            try:
                return [f"{header}:{seal(opener.open(each.ciphertext.decode()))}".encode() for each in held]
            except WorkerRefusalError:
                raise wrong_key(self.name, scope, held[0].key, ring) from None

        new = key_name(ring.current)
        others = [key for key in self.count_by_key(scope) if key != new]
        require_keys(others, self.name, scope, ring)
        return sum(self.store.reencrypt(scope, old, new, change) for old in others)


def parts(rows: DataFrame) -> Iterable[pa.Table]:
    """Rows on their way to the driver."""
    return chunks(rows, 1, CELLS_A_ROW, most_bytes=PART_BYTES)


def as_rows(held: Iterable[HeldValue]) -> pa.Table:
    """What a vault holds, as columns."""
    rows = list(held)
    columns: Mapping[str, pa.Array] = {
        TOKEN: pa.array([each.token for each in rows], pa.string()),
        CIPHERTEXT: pa.array([each.ciphertext.decode() for each in rows], pa.string()),
        KEY_ID: pa.array([each.key.id for each in rows], pa.string()),
        KEY_VERSION: pa.array([each.key.version for each in rows], pa.int32()),
    }
    return pa.table(columns)
