"""Columns to ciphertexts and back; keys travel in the closures of Arrow UDFs, which no plan shows."""

import re
from collections.abc import Collection
from typing import Final

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    BinaryType,
    BooleanType,
    ByteType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    ShortType,
    StringType,
    TimestampNTZType,
    TimestampType,
)

from anonspark.domain.keys import KeyRing, RootKey
from anonspark.domain.treatments import Encrypt
from anonspark.errors import CiphertextError, ColumnTypeError
from anonspark.pii.ciphertext import GCM, SIV, Header, Opener, parse_header, sealer, sealing_key
from anonspark.pii.workers import arrow_column, mapped, no_values_told

KINDS: Final[dict[str, DataType]] = {
    kind.simpleString(): kind
    for kind in (
        StringType(), BinaryType(), BooleanType(), ByteType(), ShortType(), IntegerType(), LongType(), FloatType(),
        DoubleType(), DateType(), TimestampType(), TimestampNTZType(),
    )
}  # fmt: skip
"""Types that can be encrypted, by Spark's word for them; decimals beside them."""

HEADER: Final = r"^(anon1:[a-z]+:[^:]*:[0-9]+:[^:]*:[^:]*):[A-Za-z0-9_-]*$"

_DECIMAL: Final = re.compile(r"decimal\((\d+),(\d+)\)")


def encrypt(
    value: Column,
    action: Encrypt,
    key: RootKey,
    scope: str,
    column_family: str,
    kind: DataType | None = None,
) -> Column:
    """Ciphertexts as text; null stays null and the empty text becomes a ciphertext.

    Every value comes back exactly: all bytes of a text, numbers, dates, points in time to the microsecond.

    Args:
        value: A column of `kind`.
        action: Deterministic: equal values of one type, family, scope and key have equal ciphertexts.
        key: Of `settings.encryption_key`.
        scope: `settings.key_scope`.
        column_family: Columns that are to be joined share it; it can be read in the ciphertext.
        kind: Text where not given.

    Raises:
        ColumnTypeError: The type is nested, or otherwise none that can be encrypted.
    """
    kind = kind or StringType()
    header = Header(SIV if action.deterministic else GCM, key.id, key.version, column_family, _word_of(kind))
    secret = sealing_key(key, scope, header)

    def seal_each(values: pa.Array) -> pa.Array:
        return mapped(values, sealer(secret, header), pa.string())

    def seal_all(values: pa.Array) -> pa.Array:
        with no_values_told():
            seal = sealer(secret, header)
            return pa.array([None if each is None else seal(each) for each in values.to_pylist()], pa.string())

    if action.deterministic:
        payload = arrow_column(seal_each, StringType(), _to_bytes(value, kind))
    else:
        payload = arrow_column(seal_all, StringType(), _to_bytes(value, kind), random=True)
    return F.concat(F.lit(f"{header}:"), payload)


def decrypt(value: Column, ring: KeyRing, scope: str, kind: DataType | None = None) -> Column:
    """What `encrypt` encrypted, as a column of `kind`, which is text where not given; null stays null.

    A job over it fails with a refusal, see `workers.worker_refusals`, where a value is no ciphertext, its key is not in
    the ring, or it is of another scope or was changed.

    Args:
        value: Ciphertexts; whether deterministic or not, and of which key and family, stands in each.
        ring: The keys, older versions too.
        scope: In which they were encrypted.
        kind: As `kind_of` found it.
    """
    kind = kind or StringType()

    def open_all(values: pa.Array) -> pa.Array:
        return mapped(values, Opener(ring, scope).open, pa.binary())

    return _from_bytes(arrow_column(open_all, BinaryType(), value), kind)


def header_of(value: Column) -> Column:
    """What a ciphertext tells openly, for `kind_of`; the empty text for what is none, and null for null."""
    return F.regexp_extract(value, HEADER, 1)


def kind_of(headers: Collection[str], ring: KeyRing, column: str) -> DataType:
    """The type that a column had before it was encrypted; text where values of several types are in it.

    Args:
        headers: The distinct ones of the column, from `header_of`.
        ring: With which it is to be decrypted.
        column: For messages.

    Raises:
        CiphertextError: Something in it is no ciphertext, or the ring lacks a key.
    """
    found = [parse_header(text) for text in headers]
    headers_known = [header for header in found if header is not None]
    if len(headers_known) < len(found):
        raise CiphertextError(f"Column '{column}' holds values that are no ciphertexts of anonspark.", field=column)
    for header in headers_known:
        if ring.find(header.key_id, header.key_version) is None:
            given = ", ".join(f"{key.id} version {key.version}" for key in ring.keys)
            raise CiphertextError(
                f"Column '{column}' was encrypted with key {header.key_id} version {header.key_version}, which is not "
                f"given; given are {given}. Name the reference of that key too.",
                field=column,
            )
    kinds = {header.kind for header in headers_known}
    return _kind_named(kinds.pop()) if len(kinds) == 1 else StringType()


def _word_of(kind: DataType) -> str:
    word = "string" if isinstance(kind, StringType) else kind.simpleString()
    if word not in KINDS and not _DECIMAL.fullmatch(word):
        raise ColumnTypeError("?", word, "encrypt takes texts, numbers, dates, flags and binary values")
    return word


def _kind_named(word: str) -> DataType:
    decimal = _DECIMAL.fullmatch(word)
    return DecimalType(int(decimal[1]), int(decimal[2])) if decimal else KINDS.get(word, StringType())


def _to_bytes(value: Column, kind: DataType) -> Column:
    match kind:
        case BinaryType():
            return value
        case TimestampType():  # a text of it would depend on the session's time zone
            return F.unix_micros(value).cast("string").cast("binary")
        case DateType():
            return F.unix_date(value).cast("string").cast("binary")
        case _:
            return value.cast("string").cast("binary")


def _from_bytes(value: Column, kind: DataType) -> Column:
    match kind:
        case BinaryType():
            return value
        case TimestampType():
            return F.timestamp_micros(value.cast("string").cast("bigint"))
        case DateType():
            return F.date_from_unix_date(value.cast("string").cast("int"))
        case _:
            return value.cast("string").cast(kind)
