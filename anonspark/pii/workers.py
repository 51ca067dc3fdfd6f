"""What runs in Spark's Python workers: distinct values once, and failures that say nothing of a value."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import DataType, StringType

from anonspark.errors import AnonsparkError, CiphertextError, UntreatableValueError
from anonspark.io.failures import SPARK_ERRORS


class Refused(StrEnum):
    """Why a worker gave up; only this comes back to the driver."""

    NO_CIPHERTEXT = "no_ciphertext"
    UNKNOWN_KEY = "unknown_key"
    WRONG_KEY = "wrong_key"
    FEW_CHARACTERS = "few_characters"
    NO_DATE = "no_date"
    OTHER = "other"


SENTENCES: Final[dict[Refused, tuple[type[AnonsparkError], str]]] = {
    Refused.NO_CIPHERTEXT: (CiphertextError, "holds values that are no ciphertexts of anonspark"),
    Refused.UNKNOWN_KEY: (CiphertextError, "was encrypted with a key that is not among those given; name it too"),
    Refused.WRONG_KEY: (
        CiphertextError,
        "does not open: it was encrypted in another key scope, or has been changed since",
    ),
    Refused.FEW_CHARACTERS: (
        UntreatableValueError,
        "holds values with so few characters of the alphabet that format_preserving_encrypt would not hide them (a "
        "million values of one form have to be possible: six digits); use tokenize, encrypt or redact",
    ),
    Refused.NO_DATE: (
        UntreatableValueError,
        "holds texts that are no dates, so date_shift cannot move them; correct them, or use redact or pseudonymize",
    ),
    Refused.OTHER: (UntreatableValueError, "holds values that its action cannot take"),
}


class WorkerRefusalError(Exception):
    """Raised in a worker; Spark passes its text on and loses its class."""

    def __init__(self, why: Refused) -> None:
        super().__init__(f"[anonspark refuses: {why}]")


_SAID: Final = re.compile(r"\[anonspark refuses: ([a-z_]+)\]")


@contextmanager
def no_values_told() -> Iterator[None]:
    """Within a worker: let nothing out that could quote a value, as many libraries' errors do."""
    try:
        yield
    except WorkerRefusalError:
        raise
    except Exception:  # noqa: BLE001  whatever it is, its text may hold a cell
        raise WorkerRefusalError(Refused.OTHER) from None


@contextmanager
def worker_refusals(column: str | None = None) -> Iterator[None]:
    """Around what starts a Spark job on the driver: turn what a worker refused into an error of ours.

    Raises:
        CiphertextError: Values cannot be decrypted.
        UntreatableValueError: Values that an action cannot take.
    """
    try:
        yield
    except SPARK_ERRORS as error:
        said = _SAID.search(str(error))
        if said is None or said[1] not in set(Refused):
            raise
        kind, sentence = SENTENCES[Refused(said[1])]
        raise kind(f"{f'Column {column!r}' if column else 'A column'} {sentence}.", field=column) from None


def mapped(values: pa.Array, one: Callable[[Any], object], kind: pa.DataType) -> pa.Array:
    """What comes of each value, asked once for equal ones; null stays null."""
    return mapped_together(values, lambda distinct: [one(value) for value in distinct], kind)


def mapped_together(values: pa.Array, all_of: Callable[[list[Any]], Any], kind: pa.DataType) -> pa.Array:
    """As `mapped`, by a function from all distinct values to their results in the same order."""
    with no_values_told():
        coded = values.dictionary_encode()
        found = pa.array(all_of(coded.dictionary.to_pylist()), kind)
        return pc.take(found, coded.indices)


def text_column(change: Callable[[str], str | None], value: Column) -> Column:
    """What a function makes of each text of a column that is not null, in Python workers; equal ones are asked once."""

    def each(texts: pa.Array) -> pa.Array:
        return mapped(texts, change, pa.string())

    return arrow_column(each, StringType(), value)


def arrow_column(work: Callable[..., pa.Array], kind: DataType, *values: Column, random: bool = False) -> Column:
    """A column that Python workers compute from others, batch by batch.

    Args:
        work: From the values of a batch, an array for each column, to their results; its type hints have to say so.
            What it closes over, keys too, is in no plan.
        kind: Of the results.
        values: The other columns.
        random: Equal values have other results each time, so that Spark does not compute them twice.
    """
    # Its stubs want the kind of UDF named, and when it is, it warns that it prefers type hints, which `work` has.
    made = arrow_udf(work, kind)  # type: ignore[call-overload]
    column: Column = (made.asNondeterministic() if random else made)(*values)
    return column
