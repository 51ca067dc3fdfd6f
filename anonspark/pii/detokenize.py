"""Tokens back to the values that they stand for."""

import re
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
from anonspark.errors import InputError, UntreatableValueError
from anonspark.frames.lookups import MOST_BROADCAST
from anonspark.frames.names import numbered
from anonspark.frames.persisted import persisted
from anonspark.pii.ciphertext import Opener
from anonspark.pii.scalar_paths import is_scalar, value_at, with_value
from anonspark.pii.transforms.on_arrays import Change
from anonspark.pii.transforms.tokenize import MOST_WITHIN
from anonspark.pii.vaults import CIPHERTEXT, KEY_ID, KEY_VERSION, TOKEN, Vault, wrong_key
from anonspark.pii.within import changed_within, texts_within
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
    tokens = held.enter_context(persisted(distinct_tokens(table, paths)))
    found = vault.reveal(tokens, scope)
    require_keys_of(found, vault.name, scope, ring)

    def open_all(texts: pa.Array) -> pa.Array:
        return mapped(texts, Opener(ring, scope).open, pa.binary())

    opened = arrow_column(open_all, BinaryType(), F.col(CIPHERTEXT))
    known = held.enter_context(persisted(found.select(TOKEN, CIPHERTEXT, opened.cast("string").alias(VALUE))))
    with worker_refusals():
        n_known = known.count()
    counts = [count_tokens(table, path, known) for path in paths]
    cells = {column: tokens for column, (tokens, _) in zip(columns, counts, strict=True)}
    missing = {column: others for column, (_, others) in zip(columns, counts, strict=True)}
    if unknown is OnUnknownToken.FAIL and any(missing.values()):
        raise unknown_tokens(missing, vault.name, scope)
    within = collect_values_within(known) if not all(map(is_scalar, paths)) else {}
    change = value_change(within, ring, scope, unknown)
    step = put_values(paths, known, change, unknown, broadcast=n_known <= MOST_BROADCAST)
    return Detokenized(step, cells, missing)


def texts_of(table: DataFrame, path: ColumnPath) -> Column:
    """The texts at a path of the numbered table, an array a row; nulls are among them where a row has one value."""
    if is_scalar(path):
        return F.array(value_at(table, path, "detokenized"))
    return texts_within(table, path, "detokenized")


def distinct_tokens(table: DataFrame, paths: Sequence[ColumnPath]) -> DataFrame:
    """`token`, each without prefix and once, in one pass over the table."""
    texts = F.concat(*[texts_of(table, path) for path in paths])
    rows = numbered(table).select(F.explode(texts).alias("text")).select(body_of(F.col("text")).alias(TOKEN))
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


def count_tokens(table: DataFrame, path: ColumnPath, known: DataFrame) -> tuple[int, int]:
    """Cells at a path that are tokens, and those that are not null and no token; a pass over the table."""
    texts = numbered(table).select(F.explode(texts_of(table, path)).alias("text")).where(F.col("text").isNotNull())
    bodies = texts.groupBy(body_of(F.col("text")).alias(TOKEN)).count()
    found = bodies.join(known.select(TOKEN, F.lit(True).alias("there")), TOKEN, "left")
    there = F.coalesce(F.col("there"), F.lit(False))
    sums = [F.sum(F.when(wanted, F.col("count")).otherwise(0)) for wanted in (there, ~there)]
    (row,) = found.agg(*[total.alias(name) for total, name in zip(sums, ("tokens", "others"), strict=True)]).collect()
    return int(row["tokens"] or 0), int(row["others"] or 0)


def collect_values_within(known: DataFrame) -> dict[str, str]:
    """Ciphertexts by token, for texts within collections, which no join reaches.

    Raises:
        InputError: There are too many for the driver.
    """
    found = known.select(TOKEN, CIPHERTEXT).limit(MOST_WITHIN + 1).toArrow()
    if len(found) > MOST_WITHIN:
        raise InputError(
            f"More than {MOST_WITHIN:,} distinct tokens are too many to be taken back within collections or JSON; do "
            "so in parts, with input.where.",
            field="columns",
        )
    return dict(zip(found.column(TOKEN).to_pylist(), found.column(CIPHERTEXT).to_pylist(), strict=True))


def value_change(within: Mapping[str, str], ring: KeyRing, scope: str, unknown: OnUnknownToken) -> Change:
    """The values of an array of tokens, opened in the worker; neither keys nor values are in a plan."""

    def change(texts: pa.Array) -> pa.Array:
        opener = Opener(ring, scope)

        def one(text: str) -> str | None:
            body = re.search(BODY, text)
            sealed = within.get(body[1]) if body else None
            if sealed is None:
                return text if unknown is OnUnknownToken.KEEP else None
            return opener.open(sealed).decode("utf-8", "replace")

        return mapped(texts, one, pa.string())

    return change


def put_values(
    paths: Sequence[ColumnPath], known: DataFrame, change: Change, unknown: OnUnknownToken, *, broadcast: bool
) -> Step:
    """The step that replaces tokens by their values; other columns, names and order stay."""

    def step(table: DataFrame) -> DataFrame:
        rows = numbered(table)
        put = {name: F.col(name) for name in rows.columns}
        for number, path in enumerate(paths):
            place = table.columns.index(path.column)
            name = f"c{place}"
            if not is_scalar(path):
                kind = table.schema[place].dataType
                put[name], _ = changed_within(put[name], kind, path, change, "detokenized")
                continue
            token, value = f"token{number}", f"value{number}"
            text = value_at(table, path, "detokenized")
            named = known.select(F.col(TOKEN).alias(token), F.col(VALUE).alias(value))
            rows = rows.join(F.broadcast(named) if broadcast else named, body_of(text) == F.col(token), "left")
            kept = F.coalesce(F.col(value), text) if unknown is OnUnknownToken.KEEP else F.col(value)
            put[name] = with_value(put[name], path, kept)
        return rows.select(*[column.alias(name) for name, column in put.items()]).toDF(*table.columns)

    return step


def unknown_tokens(missing: Mapping[str, int], name: str, scope: str) -> UntreatableValueError:
    """The error about texts that are no tokens of a vault."""
    told = ", ".join(f"{count:,} cells of '{column}'" for column, count in missing.items() if count)
    first = next(column for column, count in missing.items() if count)
    return UntreatableValueError(
        f"The vault {name} knows no value in the scope '{scope}' for {told}: they are no tokens, of another scope, or "
        "erased. Set unknown: keep to leave them as they are, or unknown: clear to have nulls there.",
        field=first,
    )
