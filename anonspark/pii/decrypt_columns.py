"""Encrypted columns of a table: what they hold, and the steps that open them or encrypt them again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StringType

from anonspark.domain.keys import KeyRing
from anonspark.domain.paths import ColumnPath, parse_path
from anonspark.domain.treatments import FormatPreservingEncrypt
from anonspark.errors import ColumnTypeError
from anonspark.frames.names import numbered
from anonspark.pii.ciphertext import FORMAT, Opener, parse_header, sealer, sealing_key
from anonspark.pii.scalar_paths import is_scalar, value_at, with_value
from anonspark.pii.transforms.encrypt import decrypt, header_of, kind_of
from anonspark.pii.transforms.format_preserving import checked_alphabet, fpe_decrypt
from anonspark.pii.workers import Refused, WorkerRefusalError, arrow_column, no_values_told

Step = Callable[[DataFrame], DataFrame]

TEXT: Final[DataType] = StringType()


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """What a column with ciphertexts holds.

    Attributes:
        name: Of the column, as the job writes its path.
        path: Of the column.
        cells: That are not null.
        of_old_keys: Among them, those of another key than the current one.
        kind: The type that it had; None where format_preserving_encrypt encrypted it, which leaves no trace.
    """

    name: str
    path: ColumnPath
    cells: int
    of_old_keys: int
    kind: DataType | None


def find_ciphertexts(
    table: DataFrame, columns: Sequence[str], ring: KeyRing, alphabets: Mapping[str, str]
) -> list[EncryptedColumn]:
    """What the columns hold, in one pass over the table, and before anything is opened.

    Args:
        table: With the columns.
        columns: By path.
        ring: That is to open them.
        alphabets: Of the columns that format_preserving_encrypt encrypted.

    Raises:
        CiphertextError: A column holds something else, or the ring lacks a key.
        ColumnNotFoundError: A column is not there.
        ColumnTypeError: A column holds no single texts.
        ConfigurationError: An alphabet is none.
    """
    paths = {column: parse_path(column) for column in columns}
    for alphabet in alphabets.values():
        checked_alphabet(alphabet)
    asked: list[Column] = []
    for place, path in enumerate(paths.values()):
        value = text_at(table, path)
        asked += [
            F.count(value).alias(f"n{place}"),
            F.count_if(~value.rlike(of_key(ring))).alias(f"old{place}"),
            F.collect_set(header_of(value)).alias(f"headers{place}"),
        ]
    (found,) = numbered(table).agg(*asked).collect()
    return [
        EncryptedColumn(
            column,
            path,
            found[f"n{place}"],
            found[f"old{place}"],
            None if column in alphabets else kind_of(found[f"headers{place}"], ring, column),
        )
        for place, (column, path) in enumerate(paths.items())
    ]


def text_at(table: DataFrame, path: ColumnPath) -> Column:
    """The ciphertexts of a column of the numbered table.

    Raises:
        ColumnNotFoundError: It is not there.
        ColumnTypeError: It holds no single values.
    """
    if not is_scalar(path):
        raise ColumnTypeError(str(path), "within a collection", "only single values can be decrypted")
    return value_at(table, path, "decrypted")


def of_key(ring: KeyRing) -> str:
    """The pattern of ciphertexts of the current key."""
    key_id = "".join(f"\\{symbol}" if not symbol.isalnum() else symbol for symbol in quote(ring.current.id, safe=""))
    return f"^{FORMAT}:[a-z]+:{key_id}:{ring.current.version}:"


def open_columns(columns: Sequence[EncryptedColumn], ring: KeyRing, scope: str, alphabets: Mapping[str, str]) -> Step:
    """The step that decrypts columns, in the types that they had; other columns, names and order stay."""

    def opened(value: Column, column: EncryptedColumn) -> Column:
        if column.kind is not None:
            return decrypt(value, ring, scope, column.kind)
        return fpe_decrypt(value, FormatPreservingEncrypt(alphabets[column.name]), ring.current, scope)

    return _each(columns, opened)


def reencrypt_columns(columns: Sequence[EncryptedColumn], ring: KeyRing, scope: str) -> Step:
    """The step that encrypts with the ring's current key what another one encrypted; the rest stays as it is."""
    return _each(columns, lambda value, _: reencrypt(value, ring, scope))


def reencrypt(value: Column, ring: KeyRing, scope: str) -> Column:
    """Ciphertexts of the ring's current key for those of its older ones, alike in all else; null stays null."""
    current = ring.current

    def change(texts: pa.Array) -> pa.Array:
        opener = Opener(ring, scope)
        seals: dict[str, tuple[str, Callable[[bytes], str]]] = {}

        def one(text: str) -> str:
            head = text.rpartition(":")[0]
            header = parse_header(head)
            if header is None:
                raise WorkerRefusalError(Refused.NO_CIPHERTEXT)
            if (header.key_id, header.key_version) == (current.id, current.version):
                return text
            if head not in seals:
                new = replace(header, key_id=current.id, key_version=current.version)
                seals[head] = f"{new}:", sealer(sealing_key(current, scope, new), new)
            begin, seal = seals[head]
            return begin + seal(opener.open(text))

        with no_values_told():
            return pa.array([None if text is None else one(text) for text in texts.to_pylist()], pa.string())

    return arrow_column(change, TEXT, value, random=True)


def _each(columns: Sequence[EncryptedColumn], change: Callable[[Column, EncryptedColumn], Column]) -> Step:
    def step(table: DataFrame) -> DataFrame:
        put = {name: F.col(name) for name in numbered(table).columns}
        for column in columns:
            place = f"c{table.columns.index(column.path.column)}"
            put[place] = with_value(put[place], column.path, change(text_at(table, column.path), column))
        return numbered(table).select(*[value.alias(name) for name, value in put.items()]).toDF(*table.columns)

    return step
