from collections import Counter
from datetime import date

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DateType, IntegerType, TimestampNTZType, TimestampType

from anonspark.domain.keys import root_key
from anonspark.domain.treatments import DateShift
from anonspark.errors import ColumnTypeError, UntreatableValueError
from anonspark.pii.transforms.date_shift import PURPOSE, days_of, shift_date
from anonspark.pii.workers import worker_refusals

KEY = root_key(bytes(range(32)))


def test_all_dates_of_a_person_move_alike_whatever_their_type(spark: SparkSession) -> None:
    rows = [(f"p{n % 7}", f"20{n:02}-03-0{n % 9 + 1}") for n in range(60)] + [("p1", None)]
    table = spark.createDataFrame(rows, "who string, text string").select(
        "*",
        F.to_date("text").alias("day"),
        F.to_timestamp(F.concat("text", F.lit(" 13:14:15.000001"))).alias("at"),
        F.to_timestamp_ntz(F.concat("text", F.lit(" 13:14:15.000001"))).alias("at_ntz"),
    )
    kinds = {"text": None, "day": DateType(), "at": TimestampType(), "at_ntz": TimestampNTZType()}
    action = DateShift(max_days=30)
    moved = table.select(
        "who",
        F.col("day").alias("was"),
        *(shift_date(F.col(name), F.col("who"), action, KEY, "p", kind).alias(name) for name, kind in kinds.items()),
    )
    assert [field.dataType for field in moved.schema[3:]] == [DateType(), TimestampType(), TimestampNTZType()]
    found = moved.select(
        "who",
        F.datediff("text", "was").alias("text"),
        F.datediff("day", "was").alias("day"),
        F.datediff("at", "was").alias("at"),
        F.datediff("at_ntz", "was").alias("at_ntz"),
        (F.date_format("at", "HH:mm:ss.SSSSSS") == "13:14:15.000001").alias("time"),
    ).collect()
    secret = KEY.derive(PURPOSE, "p")
    for row in found[:-1]:
        days = days_of(f"person:{row.who}", secret, 30)
        assert (row.text, row.day, row.at, row.at_ntz, row.time) == (days, days, days, days, True)
    assert found[-1][1:] == (None, None, None, None, None)
    assert len({row.day for row in found}) > 4


def test_shifts_are_uniform_without_zero_and_differ_over_scopes() -> None:
    secret = KEY.derive(PURPOSE, "p")
    found = Counter(days_of(f"person:{n}", secret, 3) for n in range(60_000))
    assert set(found) == {-3, -2, -1, 1, 2, 3}
    assert all(abs(count - 10_000) < 500 for count in found.values())  # 5 standard deviations
    other = KEY.derive(PURPOSE, "q")
    assert any(days_of(f"person:{n}", secret, 365) != days_of(f"person:{n}", other, 365) for n in range(5))


def test_without_a_person_equal_dates_move_alike_and_others_do_not(spark: SparkSession) -> None:
    days = [date(2000, 1, 1 + n % 20) for n in range(40)] + [date(9999, 12, 31), date(1, 1, 1), None]
    table = spark.createDataFrame([(day, None) for day in days], "day date, who string")
    both = table.select(
        *(
            shift_date(F.col("day"), who, DateShift(), KEY, "p", DateType()).alias(name)
            for name, who in (("alone", None), ("nobody", F.col("who")))
        )
    ).collect()
    moved = [row.alone for row in both]
    assert moved == [row.nobody for row in both]
    assert moved[:20] == moved[20:40]
    assert moved[40:] == [date(9999, 12, 31), date(1, 1, 1), None]
    assert len({after - before for before, after in zip(days[:20], moved[:20], strict=True)}) > 10


def test_texts_that_are_no_dates_are_told_without_them(spark: SparkSession) -> None:
    table = spark.createDataFrame([("2024-01-01",), ("canary",)], "x string")
    moved = table.select(shift_date(F.col("x"), None, DateShift(), KEY, "p"))
    with (
        pytest.raises(UntreatableValueError, match="'x' holds texts that are no dates") as raised,
        worker_refusals("x"),
    ):
        moved.collect()
    assert "canary" not in raised.value.message


def test_numbers_are_no_dates(spark: SparkSession) -> None:
    with pytest.raises(ColumnTypeError, match="has type int; date_shift takes dates"):
        shift_date(F.lit(1), None, DateShift(), KEY, "p", IntegerType())
