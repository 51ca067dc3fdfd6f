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
from anonspark.frames.names import numbered
from anonspark.pii.ciphertext import FORMAT, Opener, parse_header, sealer, sealing_key
from anonspark.pii.scalar_paths import is_scalar, value_at, with_value
from anonspark.pii.transforms.encrypt import decrypt, header_of, kind_of
from anonspark.pii.transforms.format_preserving import PURPOSE as PRESERVING
from anonspark.pii.transforms.format_preserving import checked_alphabet, fpe_decrypt, moved_texts
from anonspark.pii.transforms.on_arrays import Change
from anonspark.pii.within import changed_within, texts_within
from anonspark.pii.workers import Refused, WorkerRefusalError, arrow_column, mapped, mapped_together, no_values_told

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
    for alphabet in alphabets.values():
        checked_alphabet(alphabet)
    paths = {column: parse_path(column) for column in columns}
    scalars = [column for column, path in paths.items() if is_scalar(path)]
    values = {column: value_at(table, paths[column], "decrypted") for column in scalars}
    found = _facts(numbered(table), list(values.values()), ring)
    facts = dict(zip(scalars, found, strict=True))
    for column, path in paths.items():
        if column not in facts:
            texts = numbered(table).select(F.explode(texts_within(table, path, "decrypted")).alias("text"))
            (facts[column],) = _facts(texts, [F.col("text")], ring)
    found_columns = []
    for column, path in paths.items():
        cells, of_old_keys, headers = facts[column]
        kind = None if column in alphabets else kind_of(headers, ring, column)
        found_columns.append(EncryptedColumn(column, path, cells, of_old_keys, kind))
    return found_columns


def _facts(rows: DataFrame, values: Sequence[Column], ring: KeyRing) -> list[tuple[int, int, list[str]]]:
    """Of each column of texts the cells, those of older keys, and the distinct headers."""
    asked: list[Column] = []
    for place, value in enumerate(values):
        asked += [
            F.count(value).alias(f"n{place}"),
            F.count_if(~value.rlike(of_key(ring))).alias(f"old{place}"),
            F.collect_set(header_of(value)).alias(f"headers{place}"),
        ]
    if not asked:
        return []
    (found,) = rows.agg(*asked).collect()
    return [(found[f"n{place}"], found[f"old{place}"], found[f"headers{place}"]) for place in range(len(values))]


def of_key(ring: KeyRing) -> str:
    """The pattern of ciphertexts of the current key."""
    key_id = "".join(f"\\{symbol}" if not symbol.isalnum() else symbol for symbol in quote(ring.current.id, safe=""))
    return f"^{FORMAT}:[a-z]+:{key_id}:{ring.current.version}:"


def open_columns(columns: Sequence[EncryptedColumn], ring: KeyRing, scope: str, alphabets: Mapping[str, str]) -> Step:
    """The step that decrypts columns, in the types that they had, within collections as texts.

    Other columns, names and order stay.
    """

    def opened(value: Column, column: EncryptedColumn) -> Column:
        if column.kind is not None:
            return decrypt(value, ring, scope, column.kind)
        return fpe_decrypt(value, FormatPreservingEncrypt(alphabets[column.name]), ring.current, scope)

    def open_texts(column: EncryptedColumn) -> Change:
        if column.kind is None:
            alphabet, secret = checked_alphabet(alphabets[column.name]), ring.current.derive(PRESERVING, scope)
            return lambda texts: mapped_together(
                texts, lambda distinct: moved_texts(pa.array(distinct, pa.string()), alphabet, secret, decrypt=True),
                pa.string(),
            )  # fmt: skip
        return lambda texts: mapped(texts, _opener(ring, scope), pa.string())

    return _each(columns, opened, open_texts)


def _opener(ring: KeyRing, scope: str) -> Callable[[str], str]:
    opener = Opener(ring, scope)
    return lambda text: opener.open(text).decode()


def reencrypt_columns(columns: Sequence[EncryptedColumn], ring: KeyRing, scope: str) -> Step:
    """The step that encrypts with the ring's current key what another one encrypted; the rest stays as it is."""
    change = reencrypt_texts(ring, scope)
    return _each(columns, lambda value, _: arrow_column(change, TEXT, value, random=True), lambda _: change)


def reencrypt_texts(ring: KeyRing, scope: str) -> Change:
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

    return change


def _each(
    columns: Sequence[EncryptedColumn],
    change: Callable[[Column, EncryptedColumn], Column],
    change_within: Callable[[EncryptedColumn], Change],
) -> Step:
    def step(table: DataFrame) -> DataFrame:
        put = {name: F.col(name) for name in numbered(table).columns}
        types = {f"c{place}": field.dataType for place, field in enumerate(table.schema)}
        # Within collections first: what is opened beside them changes the type of the column.
        for column in sorted(columns, key=lambda each: is_scalar(each.path)):
            place = f"c{table.columns.index(column.path.column)}"
            if is_scalar(column.path):
                value = value_at(table, column.path, "decrypted")
                put[place] = with_value(put[place], column.path, change(value, column))
            else:
                made = change_within(column)
                put[place], types[place] = changed_within(put[place], types[place], column.path, made, "decrypted")
        return numbered(table).select(*[value.alias(name) for name, value in put.items()]).toDF(*table.columns)

    return step
