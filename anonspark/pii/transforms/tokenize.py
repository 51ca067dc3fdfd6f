"""Columns to random tokens; a vault keeps what they stand for.

No token is ever made in a task, which Spark may run twice: the distinct values come first, the vault commits a token
for each, and only then the table is joined with them.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, DataType, StringType

from anonspark.domain.keys import KeyRing, KeyScope, RootKey
from anonspark.domain.paths import ColumnPath, parse_path
from anonspark.domain.tokens import DIGEST_BYTES
from anonspark.domain.treatments import Tokenize
from anonspark.errors import ColumnTypeError, InputError
from anonspark.frames.lookups import MOST_BROADCAST
from anonspark.frames.names import numbered
from anonspark.frames.persisted import persisted
from anonspark.pii.ciphertext import sealer, sealing_key
from anonspark.pii.nested import with_texts
from anonspark.pii.scalar_paths import is_scalar, value_at, with_value
from anonspark.pii.transforms.on_arrays import Change
from anonspark.pii.vaults import (
    CIPHERTEXT,
    DIGEST,
    PII_TYPE,
    SUBJECT,
    TOKEN,
    Vault,
    claim_scope,
    digest_of,
    key_name,
    subject_digest,
    value_header,
    vault_key,
)
from anonspark.pii.within import changed_within, texts_within
from anonspark.pii.workers import arrow_column, mapped, no_values_told

log = logging.getLogger(__name__)

RAW, WITHIN = "raw", "within"

MOST_WITHIN: Final = 1 << 20
"""Distinct values within collections, whose tokens every worker gets a copy of: about 100 MB."""

BINARY: Final[DataType] = BinaryType()

CHANGED: Final = "[anonspark] the table changed while it was tokenized"
"""What Spark says of a value that was not there when the tokens were made; it holds no value."""

Step = Callable[[DataFrame], DataFrame]


@dataclass(frozen=True, slots=True)
class TokenColumn:
    """A column that becomes tokens."""

    path: ColumnPath
    prefix: str
    pii_type: str | None


def tokenize_columns(
    table: DataFrame,
    columns: Mapping[str, Tokenize],
    vault: Vault,
    keys: KeyScope,
    *,
    held: ExitStack,
    older: Sequence[RootKey] = (),
    pii_types: Mapping[str, str | None] | None = None,
    subject: str | None = None,
) -> Step:
    """Make tokens for all values of the columns, and return the step that puts them in; starts jobs.

    Equal values have equal tokens in all columns, tables and runs of the key scope; what is equal, see
    `normalize.rule_of`. One pass over the table finds the distinct values. When this function returns, the vault has
    committed every token.

    Args:
        table: To which the step is applied, with nothing between that changes these columns.
        columns: By path, with their prefixes; values of any type but nested ones. The step makes texts of them, and
            null stays null.
        vault: Where tokens are kept.
        keys: Of the scope.
        held: What the step needs lives as long as it.
        older: Keys with which the scope may have been begun, before keys were rotated.
        pii_types: What the columns hold, by path, for the rule by which values are equal.
        subject: The path of the column that tells the person, so that a person's tokens can be erased.

    Raises:
        ConfigurationError: The job names no key.
        CiphertextError: The scope was begun with another key.
        ColumnNotFoundError: A column is not there.
        ColumnTypeError: A column's values cannot be tokenized.
    """
    types = pii_types or {}
    chosen = [TokenColumn(parse_path(path), action.prefix, types.get(path)) for path, action in columns.items()]
    key = vault_key(keys)
    person = None if subject is None else parse_path(subject)
    found = distinct_values(table, chosen, person)
    digest_key = claim_scope(vault, keys.scope, KeyRing(key, tuple(older)))
    values = held.enter_context(persisted(found))
    entries = held.enter_context(persisted(sealed_entries(values, key, keys.scope, digest_key)))
    n_values = entries.count()
    tokens = vault.mint(entries.select(DIGEST, CIPHERTEXT, PII_TYPE), keys.scope, key_name(key), held)
    if person is not None:
        links = links_of(values, entries, digest_key)
        with persisted(links) as noted:
            vault.link(noted, keys.scope)
    known = held.enter_context(persisted(entries.join(tokens, DIGEST).select(RAW, PII_TYPE, WITHIN, DIGEST, TOKEN)))
    log.info("%d distinct values of %d columns have tokens in %s", n_values, len(chosen), vault.name)
    within = collect_tokens_within(known) if any(not is_scalar(each.path) for each in chosen) else {}
    return put_tokens(chosen, known, within, digest_key, broadcast=n_values <= MOST_BROADCAST)


def distinct_values(table: DataFrame, columns: list[TokenColumn], person: ColumnPath | None) -> DataFrame:
    """`raw`, `pii_type`, `within` and, where a person is told, `subject`, each combination once; one pass.

    Raises:
        ColumnNotFoundError: A column is not there.
        ColumnTypeError: A column's values cannot be tokenized, or the person is within a collection.
    """
    of_row: dict[str, Column] = {}
    if person is not None:
        if not is_scalar(person):
            raise ColumnTypeError(str(person), "within a collection", "a row's person is one value")
        of_row = {SUBJECT: value_at(table, person, "persons")}

    def row(raw: Column, each: TokenColumn, within: bool) -> Column:
        others = [value.alias(name) for name, value in of_row.items()]
        pii_type = F.lit(each.pii_type).cast("string")
        return F.struct(raw.alias(RAW), pii_type.alias(PII_TYPE), F.lit(within).alias(WITHIN), *others)

    def rows_of(each: TokenColumn) -> Column:
        if is_scalar(each.path):
            return F.array(row(value_at(table, each.path, "tokenized"), each, False))
        texts = texts_within(table, each.path, "tokenized", by_row=person is not None)
        return F.transform(texts, lambda text: row(text, each, True))

    rows = numbered(table).select(F.inline(F.concat(*map(rows_of, columns))))
    return rows.where(F.col(RAW).isNotNull()).distinct()


def sealed_entries(values: DataFrame, key: RootKey, scope: str, digest_key: bytes) -> DataFrame:
    """`raw`, `pii_type`, `within`, `digest`, `ciphertext` of each distinct value.

    Keys travel in the closure of an Arrow UDF.
    """
    header = value_header(key)
    secret = sealing_key(key, scope, header)
    head = f"{header}:".encode()

    def seal_each(raws: pa.Array, pii_types: pa.Array) -> pa.Array:
        with no_values_told():
            seal = sealer(secret, header)
            pairs = zip(raws.to_pylist(), pii_types.to_pylist(), strict=True)
            sealed = [digest_of(raw, pii_type, digest_key) + head + seal(raw).encode() for raw, pii_type in pairs]
            return pa.array(sealed, pa.binary())

    # Salts are drawn: Spark must not think that it may compute this twice.
    both = arrow_column(seal_each, BINARY, F.col(RAW).cast("binary"), F.col(PII_TYPE), random=True)
    distinct = values.groupBy(RAW, PII_TYPE).agg(F.bool_or(WITHIN).alias(WITHIN))
    sealed = distinct.select(RAW, PII_TYPE, WITHIN, both.alias("sealed"))
    return sealed.select(
        RAW,
        PII_TYPE,
        WITHIN,
        F.substring("sealed", 1, DIGEST_BYTES).alias(DIGEST),
        F.substring("sealed", DIGEST_BYTES + 1, 2**31 - 1).cast("string").alias(CIPHERTEXT),
    )


def collect_tokens_within(known: DataFrame) -> dict[bytes, str]:
    """The tokens of values within collections, by digest: no join reaches these, so each worker looks them up.

    Raises:
        InputError: There are too many for the driver.
    """
    found = known.where(WITHIN).select(DIGEST, TOKEN).distinct().limit(MOST_WITHIN + 1).toArrow()
    if len(found) > MOST_WITHIN:
        raise InputError(
            f"The columns to tokenize hold more than {MOST_WITHIN:,} distinct values within collections or JSON; put "
            "these into columns of their own first, or use pseudonymize or encrypt.",
            field="rules",
        )
    return dict(zip(found.column(DIGEST).to_pylist(), found.column(TOKEN).to_pylist(), strict=True))


def links_of(values: DataFrame, entries: DataFrame, digest_key: bytes) -> DataFrame:
    """`subject` and `digest` of each person and value that go together."""

    def digest_each(persons: pa.Array) -> pa.Array:
        with no_values_told():
            return pa.array([subject_digest(person, digest_key) for person in persons.to_pylist()], pa.binary())

    known = entries.select(F.col(RAW).alias("known"), F.col(PII_TYPE).alias("type"), DIGEST)
    same = (F.col(RAW) == F.col("known")) & F.col(PII_TYPE).eqNullSafe(F.col("type"))
    pairs = values.where(F.col(SUBJECT).isNotNull()).join(known, same).select(SUBJECT, DIGEST)
    digests = arrow_column(digest_each, BINARY, F.col(SUBJECT).cast("binary"))
    return pairs.select(digests.alias(SUBJECT), DIGEST).distinct()


def put_tokens(
    columns: list[TokenColumn], known: DataFrame, within: Mapping[bytes, str], digest_key: bytes, *, broadcast: bool
) -> Step:
    """The step that replaces values by their tokens; other columns, names and order stay."""

    def step(table: DataFrame) -> DataFrame:
        rows = numbered(table)
        put: dict[str, Column] = {name: F.col(name) for name in rows.columns}
        types = {f"c{place}": field.dataType for place, field in enumerate(table.schema)}
        for number, each in enumerate(columns):
            place = f"c{table.columns.index(each.path.column)}"
            if not is_scalar(each.path):
                change = token_change(within, each, digest_key)
                put[place], types[place] = changed_within(put[place], types[place], each.path, change, "tokenized")
                continue
            raw, token = f"raw{number}", f"token{number}"
            of_type = known.where(F.col(PII_TYPE).eqNullSafe(F.lit(each.pii_type)))
            named = of_type.select(F.col(RAW).alias(raw), F.col(TOKEN).alias(token))
            value = value_at(table, each.path, "tokenized")
            rows = rows.join(F.broadcast(named) if broadcast else named, value == F.col(raw), "left")
            text = F.concat(F.lit(each.prefix), F.coalesce(F.col(token), F.raise_error(F.lit(CHANGED)).cast("string")))
            put[place] = with_value(put[place], each.path, F.when(value.isNotNull(), text))
            types[place] = with_texts(types[place], each.path.steps, StringType())
        return rows.select(*[column.alias(name) for name, column in put.items()]).toDF(*table.columns)

    return step


def token_change(tokens: Mapping[bytes, str], column: TokenColumn, digest_key: bytes) -> Change:
    """The tokens of an array of texts; what they are looked up in is in no plan."""

    def one(text: str) -> str:
        digest = digest_of(text.encode("utf-8", "surrogateescape"), column.pii_type, digest_key)
        return column.prefix + tokens[digest]

    return lambda texts: mapped(texts, one, pa.string())
