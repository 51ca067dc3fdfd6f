"""Tokens back to the values that they stand for."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType

from anonspark.domain.keys import KeyRing
from anonspark.domain.paths import ColumnPath, parse_path
from anonspark.domain.tokens import KeyName
from anonspark.errors import ColumnTypeError, UntreatableValueError
from anonspark.frames.lookups import MOST_BROADCAST
from anonspark.frames.names import numbered
from anonspark.frames.persisted import persisted
from anonspark.pii.ciphertext import Opener
from anonspark.pii.scalar_paths import is_scalar, value_at, with_value
from anonspark.pii.vaults import CIPHERTEXT, KEY_ID, KEY_VERSION, TOKEN, Vault, wrong_key
from anonspark.pii.workers import arrow_column, mapped, worker_refusals
from anonspark.vocabulary import OnUnknownToken

BODY: Final = "([a-z2-7]{26})$"
"""A token is the last characters of its text, whatever prefix it was given."""

VALUE: Final = "value"

Step = Callable[[DataFrame], DataFrame]


@dataclass(frozen=True, slots=True)
class Detokenized:
    """What was found behind the tokens of a table.

    Attributes:
        step: Puts the values back; other columns, names and order stay.
        cells: Tokens of each column, as it was named.
        unknown: Among its cells that are not null, those that are no token or have no value in the vault.
    """

    step: Step
    cells: Mapping[str, int]
    unknown: Mapping[str, int]


def detokenize_columns(
    table: DataFrame,
    columns: Sequence[str],
    vault: Vault,
    ring: KeyRing,
    scope: str,
    *,
    held: ExitStack,
    unknown: OnUnknownToken = OnUnknownToken.FAIL,
) -> Detokenized:
    """Look all tokens of the columns up; starts jobs.

    A value comes back as it stood in the table, as text. Where several spellings of a value shared a token, the one
    that the vault saw first does.

    Args:
        table: To which the step is applied.
        columns: By path; null stays null.
        vault: That made the tokens.
        ring: With the keys that its values are encrypted with.
        scope: Of the tokens.
        held: What the step needs lives as long as it.
        unknown: What becomes of texts that are no tokens of this scope, or that were erased.

    Raises:
        CiphertextError: A key is missing, or what the vault holds was changed.
        UntreatableValueError: There are unknown tokens, and they are not to be kept.
        ColumnNotFoundError: A column is not there.
        ColumnTypeError: A column holds no single values.
    """
    paths = [parse_path(path) for path in columns]
    for path in paths:
        if not is_scalar(path):
            raise ColumnTypeError(str(path), "within a collection", "only single values can be detokenized")
    tokens = held.enter_context(persisted(distinct_tokens(table, paths)))
    found = vault.reveal(tokens, scope)
    require_keys_of(found, vault.name, scope, ring)

    def open_all(texts: pa.Array) -> pa.Array:
        return mapped(texts, Opener(ring, scope).open, pa.binary())

    opened = arrow_column(open_all, BinaryType(), F.col(CIPHERTEXT))
    known = held.enter_context(persisted(found.select(TOKEN, opened.cast("string").alias(VALUE))))
    with worker_refusals():
        n_known = known.count()
    step = put_values(paths, known, unknown, broadcast=n_known <= MOST_BROADCAST)
    counts = count_tokens(table, paths, known)
    cells = {column: found for column, (found, _) in zip(columns, counts, strict=True)}
    missing = {column: count for column, (_, count) in zip(columns, counts, strict=True)}
    if unknown is OnUnknownToken.FAIL and any(missing.values()):
        raise unknown_tokens(missing, vault.name, scope)
    return Detokenized(step, cells, missing)


def distinct_tokens(table: DataFrame, paths: Sequence[ColumnPath]) -> DataFrame:
    """`token`, each without prefix and once, in one pass over the table."""
    bodies = F.array(*[body_of(value_at(table, path, "detokenized")) for path in paths])
    rows = numbered(table).select(F.explode(bodies).alias(TOKEN))
    return rows.where(F.length(TOKEN) > 0).distinct()


def body_of(text: Column) -> Column:
    """The token in a text, without prefix; empty where it holds none, null for null."""
    return F.regexp_extract(text, BODY, 1)


def require_keys_of(found: DataFrame, name: str, scope: str, ring: KeyRing) -> None:
    """Make sure that all values can be opened, before anything is.

    Raises:
        CiphertextError: A key is not in the ring.
    """
    for key_id, version in found.select(KEY_ID, KEY_VERSION).distinct().collect():
        if ring.find(key_id, version) is None:
            raise wrong_key(name, scope, KeyName(key_id, version), ring)


def count_tokens(table: DataFrame, paths: Sequence[ColumnPath], known: DataFrame) -> list[tuple[int, int]]:
    """Of each path the cells that are tokens, and those that are not null and no token; a pass over the table."""
    rows, values = joined(table, paths, known, broadcast=False)
    asked = []
    for place, (text, value) in enumerate(values):
        asked += [
            F.count_if(text.isNotNull() & value.isNotNull()).alias(f"n{place}"),
            F.count_if(text.isNotNull() & value.isNull()).alias(f"u{place}"),
        ]
    (found,) = rows.agg(*asked).collect()
    return [(int(found[f"n{place}"]), int(found[f"u{place}"])) for place in range(len(paths))]


def joined(
    table: DataFrame, paths: Sequence[ColumnPath], known: DataFrame, *, broadcast: bool
) -> tuple[DataFrame, list[tuple[Column, Column]]]:
    """The numbered table beside the values of its tokens, and for each path its text and its value."""
    rows, values = numbered(table), []
    for place, path in enumerate(paths):
        token, value = f"token{place}", f"value{place}"
        text = value_at(table, path, "detokenized")
        named = known.select(F.col(TOKEN).alias(token), F.col(VALUE).alias(value))
        rows = rows.join(F.broadcast(named) if broadcast else named, body_of(text) == F.col(token), "left")
        values.append((text, F.col(value)))
    return rows, values


def put_values(paths: Sequence[ColumnPath], known: DataFrame, unknown: OnUnknownToken, *, broadcast: bool) -> Step:
    """The step that replaces tokens by their values; other columns, names and order stay."""

    def step(table: DataFrame) -> DataFrame:
        rows, values = joined(table, paths, known, broadcast=broadcast)
        put = {name: F.col(name) for name in numbered(table).columns}
        for path, (text, value) in zip(paths, values, strict=True):
            place = f"c{table.columns.index(path.column)}"
            kept = F.coalesce(value, text) if unknown is OnUnknownToken.KEEP else value
            put[place] = with_value(put[place], path, kept)
        return rows.select(*[column.alias(name) for name, column in put.items()]).toDF(*table.columns)

    return step


def unknown_tokens(missing: Mapping[str, int], name: str, scope: str) -> UntreatableValueError:
    """The error about texts that are no tokens of a vault."""
    told = ", ".join(f"{count:,} cells of '{column}'" for column, count in missing.items() if count)
    first = next(column for column, count in missing.items() if count)
    return UntreatableValueError(
        f"The vault {name} knows no value in the scope '{scope}' for {told}: they are no tokens, of another scope, or "
        'erased. Set unknown: keep or unknown: "null" to go on without them.',
        field=first,
    )
