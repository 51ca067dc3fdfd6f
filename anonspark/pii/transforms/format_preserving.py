"""FF1 on the characters of an alphabet within texts; all others, such as separators, stay where they are."""

from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql.types import StringType

from anonspark.domain.keys import RootKey
from anonspark.domain.treatments import FormatPreservingEncrypt
from anonspark.errors import InputError
from anonspark.pii.ff1 import MIN_DOMAIN, ff1_encrypt
from anonspark.pii.workers import Refused, WorkerRefusalError, arrow_column, no_values_told

PURPOSE: Final = "format preserving encryption"

BLANKS: Final = frozenset(b"\t\n\r ")


def fpe_encrypt(value: Column, action: FormatPreservingEncrypt, key: RootKey, scope: str) -> Column:
    """Texts of the same form, one to one: `4111-1111` to another `dddd-dddd`; null and blank texts stay.

    Equal texts have equal results in every column of the scope. A result carries no key id; who decrypts has to know
    the key. Two texts that differ only in other characters differ only there afterwards.

    A job over it fails with a refusal, see `workers.worker_refusals`, where a text has so few characters of the
    alphabet that less than a million texts of its form are possible, which could all be tried.

    Args:
        value: Text.
        action: Its alphabet.
        key: Of `settings.encryption_key`.
        scope: `settings.key_scope`.

    Raises:
        InputError: The alphabet is none.
    """
    return _moved(value, action, key, scope, decrypt=False)


def fpe_decrypt(value: Column, action: FormatPreservingEncrypt, key: RootKey, scope: str) -> Column:
    """What `fpe_encrypt` encrypted with this alphabet, key and scope; with another key it is merely another text."""
    return _moved(value, action, key, scope, decrypt=True)


def _moved(value: Column, action: FormatPreservingEncrypt, key: RootKey, scope: str, *, decrypt: bool) -> Column:
    alphabet = checked_alphabet(action.alphabet)
    secret = key.derive(PURPOSE, scope)

    def move(values: pa.Array) -> pa.Array:
        with no_values_told():
            coded = values.dictionary_encode()
            return moved_texts(coded.dictionary, alphabet, secret, decrypt=decrypt).take(coded.indices)

    return arrow_column(move, StringType(), value)


def checked_alphabet(alphabet: str) -> bytes:
    """The alphabet in bytes.

    Raises:
        InputError: Fewer than two characters, one twice, or one that is not printable ASCII.
    """
    if len(alphabet) < 2 or len(set(alphabet)) < len(alphabet) or not all("!" <= symbol <= "~" for symbol in alphabet):
        raise InputError(
            "An alphabet of format_preserving_encrypt has two or more printable ASCII characters, none of them twice "
            "and no blank.",
            field="alphabet",
        )
    return alphabet.encode()


def moved_texts(texts: pa.StringArray, alphabet: bytes, key: bytes, *, decrypt: bool) -> pa.StringArray:
    """Texts without nulls with their characters of the alphabet encrypted or decrypted, those of equal number together.

    Raises:
        WorkerRefusalError: A text has too few of them.
    """
    offsets, content = _flat(texts)
    place_of = np.full(256, -1, np.int64)
    place_of[np.frombuffer(alphabet, np.uint8)] = np.arange(len(alphabet))
    places = place_of[content]  # bytes of characters beyond ASCII are in no alphabet
    found = np.flatnonzero(places >= 0)
    # How many of the alphabet's characters stand before each byte, so that a text's first one is found by its offset.
    before = np.concatenate([[0], np.cumsum(places >= 0)])
    counts = before[offsets[1:]] - before[offsets[:-1]]
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        if len(alphabet) ** int(count) < MIN_DOMAIN:
            _refuse_unless_blank([texts[int(row)].as_py() for row in rows])
            continue
        at = found[before[offsets[:-1]][rows][:, None] + np.arange(count)]
        moved = ff1_encrypt(key, b"", places[at], len(alphabet), decrypt=decrypt)
        content[at] = np.frombuffer(alphabet, np.uint8)[moved]
    whole = pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(content))
    return whole.cast(pa.string())


def _flat(
    texts: pa.StringArray,
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.uint8]]]:
    """Offsets of texts and their bytes one after the other, in a copy that can be changed."""
    large = texts.cast(pa.large_string())
    _, ends, data = large.buffers()
    offsets = np.frombuffer(ends, np.int64)[large.offset : large.offset + len(large) + 1]
    content = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
    return offsets - offsets[0], content[offsets[0] : offsets[-1]].copy()


def _refuse_unless_blank(texts: list[str]) -> None:
    if any(set(text.encode()) - BLANKS for text in texts):
        raise WorkerRefusalError(Refused.FEW_CHARACTERS)
