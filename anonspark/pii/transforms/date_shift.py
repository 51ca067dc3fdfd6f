"""Dates moved by days that differ from person to person and are the same for all dates of one, in tables and runs."""

import hmac
from typing import Final

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, DateType, IntegerType, StringType, TimestampNTZType, TimestampType

from anonspark.domain.keys import RootKey
from anonspark.domain.treatments import DateShift
from anonspark.errors import ColumnTypeError
from anonspark.pii.date_texts import NO_YEARS, moved_text
from anonspark.pii.workers import Refused, WorkerRefusalError, arrow_column, mapped, no_values_told

PURPOSE: Final = "date shift"


def shift_date(
    value: Column,
    person: Column | None,
    action: DateShift,
    key: RootKey,
    scope: str,
    kind: DataType | None = None,
    *,
    day_first: bool = False,
) -> Column:
    """Dates of the same type moved by 1 to `max_days` days forward or back; null stays null.

    The distance of two dates of a person stays, the day of the week and the time of the year do not. 9999-12-31 and the
    year 1, which stand for no date, stay too. Texts keep their form; a job over texts that are no dates fails with a
    refusal, see `workers.worker_refusals`.

    Args:
        value: A date, a point in time or a text, as `kind` says.
        person: Tells the person, normalized, as text. Where it is null or not given each value is moved by itself:
            equal dates by equal days.
        action: Its `max_days`, from 1.
        key: The linking key of the scope.
        scope: `settings.key_scope`.
        kind: Text where not given.
        day_first: Of texts such as 03/04/2024.

    Raises:
        ColumnTypeError: The column is of another type.
    """
    kind = kind or StringType()
    secret, most = key.derive(PURPOSE, scope), action.max_days
    word = value.cast("string")
    who = F.concat(F.lit("value:"), word)
    if person is not None:
        who = F.coalesce(F.concat(F.lit("person:"), person.cast("string")), who)
    if isinstance(kind, StringType):

        def move(texts: pa.Array, people: pa.Array) -> pa.Array:
            with no_values_told():
                days = mapped(people, lambda each: days_of(each, secret, most), pa.int32()).to_pylist()
                pairs = zip(texts.to_pylist(), days, strict=True)
                return pa.array(
                    [None if text is None else _text(text, by, day_first) for text, by in pairs], pa.string()
                )

        return arrow_column(move, StringType(), value, who)
    if not isinstance(kind, DateType | TimestampType | TimestampNTZType):
        raise ColumnTypeError("?", kind.simpleString(), "date_shift takes dates, points in time and texts of dates")

    def shift(people: pa.Array) -> pa.Array:
        return mapped(people, lambda each: days_of(each, secret, most), pa.int32())

    days = arrow_column(shift, IntegerType(), F.when(value.isNotNull(), who))
    moved = F.date_add(value, days) if isinstance(kind, DateType) else value + F.make_dt_interval(days)
    return F.when(F.year(value).isin(*NO_YEARS), value).otherwise(moved)


def days_of(person: str | bytes, key: bytes, most: int) -> int:
    """By how many days: one of -most to -1 and 1 to most, each as likely as the others.

    >>> {abs(days_of(f"person {n}", b"key", 2)) for n in range(50)}
    {1, 2}
    """
    content = person.encode() if isinstance(person, str) else person
    # 2^64 is so much more than any number of days that the remainder is uniform to 10^-15.
    drawn = int.from_bytes(hmac.digest(key, content, "sha256")[:8]) % (2 * most)
    return drawn - most if drawn < most else drawn - most + 1


def _text(text: str, days: int, day_first: bool) -> str:
    if not text.strip():
        return text
    moved = moved_text(text, days, day_first=day_first)
    if moved is None:
        raise WorkerRefusalError(Refused.NO_DATE)
    return moved
