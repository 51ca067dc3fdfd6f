"""Redact, mask, truncate, generalize and add_noise, each held to values worked out by hand."""

import math
import statistics
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ByteType, DecimalType, DoubleType, LongType

from anonspark.domain.treatments import AddNoise, Generalize, Mask, Truncate
from anonspark.pii.transforms.generalize import fitting_settings, generalize, network_of
from anonspark.pii.transforms.mask import mask
from anonspark.pii.transforms.noise import add_noise, scale_of
from anonspark.pii.transforms.on_arrays import masked, truncated
from anonspark.pii.transforms.redact import redact
from anonspark.pii.transforms.truncate import truncate
from anonspark.vocabulary import DataKind

FACE = "\U0001f600"
SIGNS = "\u5c71\u7530 \u592a\u90ce"

MASKS = [
    ("4111 1111 1111 1234", Mask(), "**** **** **** 1234"),
    ("123-45-6789", Mask(2, 2), "12*-**-**89"),
    ("123-45-6789", Mask(0, 0, "x"), "xxx-xx-xxxx"),
    ("123-45-6789", Mask(0, 4, "*", keep_separators=False), "*******6789"),
    ("AB-1-2-3", Mask(), "**-*-*-3"),
    ("---ab", Mask(), "---*b"),
    ("Bob", Mask(), "**b"),
    ("Bo", Mask(2, 2), "*o"),
    ("B", Mask(), "*"),
    ("", Mask(), ""),
    ("-", Mask(), "*"),
    ("a.b", Mask(1, 0, "$"), "a.$"),
    ("xxxx", Mask(), "**xx"),
    ("e\u0301" * 4, Mask(), "**" + "e\u0301" * 2),
    (SIGNS, Mask(1, 1), "\u5c71* *\u90ce"),
    (FACE * 2, Mask(), "**"),
    (FACE * 4, Mask(1, 1, "*", keep_separators=False), f"{FACE}**{FACE}"),
    ("\u0660\u0661\u0662\u0663", Mask(), "**\u0662\u0663"),
]


@pytest.mark.parametrize(("text", "action", "expected"), MASKS)
def test_a_masked_text(text: str, action: Mask, expected: str) -> None:
    assert masked(text, action) == expected


def test_spark_masks_as_python_does(spark: SparkSession) -> None:
    odd = ["a" + chr(code) + "b1" for code in range(128)] + [chr(code) for code in range(128)]
    texts = (
        [text for text, _, _ in MASKS] + odd + ["O'Neil-M\u00fcller", "\u0301a", "a\u0301 b\u0301 c", "\u00df1\u0130"]
    )
    actions = [Mask(), Mask(2, 3), Mask(1, 0, "$"), Mask(0, 0, "x"), Mask(3, 3, "\\", keep_separators=False)]
    table = spark.createDataFrame([(text,) for text in texts] + [(None,)], "text string").repartition(2)
    for action in actions:
        for row in table.select("text", mask(table.text, action).alias("masked")).collect():
            expected = None if row["text"] is None else masked(row["text"], action)
            assert row["masked"] == expected, (row["text"], action)


@given(st.text(max_size=12), st.integers(0, 9), st.integers(0, 9), st.booleans())
def test_a_mask_never_shows_more_than_half_of_the_letters(text: str, first: int, last: int, keep: bool) -> None:
    letters = [symbol for symbol in text if symbol.isalnum()]
    shown = masked(text, Mask(first, last, "\x00", keep_separators=keep))
    if len(set(letters)) == len(letters):
        assert sum(letter in shown for letter in letters) <= max(len(letters) // 2, len(text) // 2)
    hidden = shown.count("\x00") - (text.count("\x00") if keep else 0)
    assert not letters or hidden > 0


def test_texts_are_cut_from_either_end(spark: SparkSession) -> None:
    table = spark.createDataFrame([("abcdef",), ("ab",), ("",), (f"{FACE}abc",), (None,)], "text string")
    for action in (Truncate(), Truncate(2, start=False), Truncate(0), Truncate(0, start=False)):
        for row in table.select("text", truncate(table.text, action).alias("cut")).collect():
            assert row["cut"] == (None if row["text"] is None else truncated(row["text"], action))
    assert truncated("abcdef", Truncate()) == "abc"
    assert truncated("abcdef", Truncate(2, start=False)) == "ef"


def test_every_type_is_redacted_to_text_and_null_stays(spark: SparkSession) -> None:
    table = spark.createDataFrame([(1, date(2024, 1, 1), True), (None, None, None)], "n int, d date, f boolean")
    found = table.select(*[redact(F.col(name)).alias(name) for name in table.columns])
    assert [tuple(row) for row in found.collect()] == [("[REDACTED]",) * 3, (None,) * 3]
    assert {kind for _, kind in found.dtypes} == {"string"}


TEXT, WHOLE, DECIMAL, DATE, TIME = (
    DataKind.TEXT,
    DataKind.WHOLE,
    DataKind.DECIMAL,
    DataKind.DATE,
    DataKind.TIMESTAMP,
)

GENERALIZED: list[tuple[Any, str, str | None, DataKind, Generalize, str]] = [
    (date(2024, 8, 5), "date", None, DATE, Generalize(), "2024"),
    (date(2024, 8, 5), "date", "date_of_birth", DATE, Generalize(to="month"), "2024-08"),
    (date(2024, 8, 5), "date", "date_of_birth", DATE, Generalize(to="quarter"), "2024-Q3"),
    (date(2024, 8, 5), "date", "date_of_birth", DATE, Generalize(levels=4), "2020s"),
    ("0987-08-05", "date", None, DATE, Generalize(), "0987"),
    (datetime(2024, 8, 5, 23, 59), "timestamp", None, TIME, Generalize(to="month"), "2024-08"),
    ("2024-08-05", "string", "date", TEXT, Generalize(), "2024"),
    ("2024-08-05T10:00:00Z", "string", "date", TEXT, Generalize(to="month"), "2024-08"),
    ("20240805", "string", "date", TEXT, Generalize(to="month"), "2024-08"),
    ("05.08.2024", "string", "date", TEXT, Generalize(to="month"), "2024-08"),
    ("25/08/2024", "string", "date_of_birth", TEXT, Generalize(to="quarter"), "2024-Q3"),
    ("08/25/2024 09:30", "string", "date_of_birth", TEXT, Generalize(to="quarter"), "2024-Q3"),
    ("07/08/2024", "string", "date_of_birth", TEXT, Generalize(to="month"), "2024"),
    ("08/08/2024", "string", "date_of_birth", TEXT, Generalize(to="month"), "2024-08"),
    ("05/27", "string", "expiration_date", TEXT, Generalize(), "2027"),
    ("03/04/85", "string", "date_of_birth", TEXT, Generalize(), "*"),
    ("soon", "string", "date", TEXT, Generalize(), "*"),
    ("02134", "string", "us_zip", TEXT, Generalize(), "021**"),
    ("02134-1234", "string", "us_zip", TEXT, Generalize(keep=3), "021**"),
    (2134, "int", "us_zip", WHOLE, Generalize(), "021**"),
    ("03601", "string", "us_zip", TEXT, Generalize(), "000**"),
    ("03601", "string", "us_zip", TEXT, Generalize(keep=4), "0360*"),
    ("03601", "string", "us_zip", TEXT, Generalize(keep=2), "00***"),
    ("x", "string", "us_zip", TEXT, Generalize(), "*"),
    ("SW1A 1AA", "string", "uk_postcode", TEXT, Generalize(), "SW1*****"),
    ("10115", "string", "postal_code", TEXT, Generalize(levels=2), "10***"),
    ("Boston", "string", "city", TEXT, Generalize(keep=1), "B*****"),
    ("192.0.2.77", "string", "ipv4", TEXT, Generalize(), "192.0.2.0/24"),
    ("192.0.2.77", "string", "ip_address", TEXT, Generalize(prefix=20), "192.0.0.0/20"),
    ("192.0.2.77", "string", "ip_address", TEXT, Generalize(prefix=64), "192.0.2.0/24"),
    ("192.0.2.777", "string", "ip_address", TEXT, Generalize(), "*"),
    ("2001:DB8:1:2::3", "string", "ipv6", TEXT, Generalize(), "2001:db8:1::/48"),
    ("::ffff:192.0.2.77", "string", "ip_address", TEXT, Generalize(), "192.0.2.0/24"),
    (34, "int", "age", WHOLE, Generalize(), "[30, 40)"),
    (89, "int", "age", WHOLE, Generalize(bin_size=20), "[80, 90)"),
    (90, "int", "age", WHOLE, Generalize(bin_size=1), "90+"),
    ("104", "string", "age", TEXT, Generalize(), "90+"),
    (-1, "int", "age", WHOLE, Generalize(), "*"),
    (1234567, "bigint", "salary", WHOLE, Generalize(bin_size=5000), "[1230000, 1235000)"),
    (-3, "int", None, WHOLE, Generalize(bin_size=10), "[-10, 0)"),
    (0.3, "double", None, DECIMAL, Generalize(bin_size=0.25), "[0.25, 0.50)"),
    (float("nan"), "double", None, DECIMAL, Generalize(bin_size=0.25), "*"),
    (51.5074, "double", "latitude", DECIMAL, Generalize(), "51.5"),
    ("-0.1278", "string", "longitude", TEXT, Generalize(), "-0.1"),
    ("51.5074, -0.1278", "string", "coordinates", TEXT, Generalize(), "51.5, -0.1"),
    ("Ada@Example.org", "string", "email", TEXT, Generalize(), "*@example.org"),
    ("E11.9", "string", "diagnosis", TEXT, Generalize(), "E11"),
    ("e119", "string", "diagnosis", TEXT, Generalize(levels=2), "E"),
]


def test_values_become_less_precise(spark: SparkSession) -> None:
    columns = [
        generalize(F.lit(value).cast(kind), action, pii_type, data_kind).alias(f"c{at}")
        for at, (value, kind, pii_type, data_kind, action, _) in enumerate(GENERALIZED)
    ]
    for begin in range(0, len(columns), 8):
        row = spark.range(1).select(*columns[begin : begin + 8]).collect()[0]
        for value, (given_value, _, pii_type, _, action, expected) in zip(row, GENERALIZED[begin:], strict=False):
            assert value == expected, (given_value, pii_type, action)


def test_null_stays_null_when_values_become_less_precise(spark: SparkSession) -> None:
    table = spark.createDataFrame([(None, None)], "text string, n int")
    found = table.select(
        generalize(table.text, Generalize(), "ip_address", TEXT),
        generalize(table.n, Generalize(bin_size=5), None, WHOLE),
    )
    assert tuple(found.collect()[0]) == (None, None)


def test_what_a_column_can_be_told_of_is_known() -> None:
    assert fitting_settings("us_zip", TEXT) == ("keep", "levels")
    assert fitting_settings(None, WHOLE) == ("bin_size",)
    assert fitting_settings("age", WHOLE) == ("bin_size", "levels")
    assert fitting_settings(None, DataKind.FLAG) == ()
    with pytest.raises(ValueError, match="cannot be generalized"):
        generalize(None, Generalize(), None, DataKind.FLAG)  # type: ignore[arg-type]


@given(st.text())
def test_a_network_is_made_of_any_text_or_none(text: str) -> None:
    found = network_of(text, 24, 48)
    assert found is None or "/" in found


def noise_of(spark: SparkSession, action: AddNoise, scale: float) -> list[float]:
    table = spark.range(20_000, numPartitions=4).select(F.lit(100.0).alias("x"))
    found = table.select((add_noise(table.x, action, scale, 7, DoubleType()) - 100.0).alias("noise")).collect()
    return [row[0] for row in found]


def test_noise_has_the_deviation_that_it_should_have(spark: SparkSession) -> None:
    gaussian = noise_of(spark, AddNoise(), 3.0)
    laplace = noise_of(spark, AddNoise("laplace"), 3.0)
    # Of 20,000 draws the deviation errs by 1 % or so.
    assert statistics.stdev(gaussian) == pytest.approx(3.0, rel=0.05)
    assert statistics.stdev(laplace) == pytest.approx(3.0 * math.sqrt(2), rel=0.05)
    assert abs(statistics.mean(gaussian)) < 0.1
    # Half of Laplace's draws lie within b ln 2.
    assert statistics.median(map(abs, laplace)) == pytest.approx(3.0 * math.log(2), rel=0.05)


def test_noise_keeps_type_range_null_and_bounds(spark: SparkSession) -> None:
    rows = [
        (2**63 - 1, 127, Decimal("999.99"), float("nan")),
        (None, None, None, None),
        (-(2**63), -128, Decimal("-999.99"), 1.5),
    ]
    table = spark.createDataFrame(rows, "l bigint, b tinyint, d decimal(5,2), f double")
    found = table.select(
        add_noise(table.l, AddNoise(), 1e6, 1, LongType()).alias("l"),
        add_noise(table.b, AddNoise(), 50.0, 2, ByteType()).alias("b"),
        add_noise(table.d, AddNoise(), 500.0, 3, DecimalType(5, 2)).alias("d"),
        add_noise(table.f, AddNoise(minimum=0, maximum=3, round_to=1), 5.0, 4, DoubleType()).alias("f"),
    )
    assert found.dtypes == table.dtypes
    first, second, third = found.collect()
    assert tuple(second) == (None,) * 4
    assert math.isnan(first["f"])
    assert 0 <= third["f"] <= 3
    assert third["f"] == round(third["f"], 1)
    assert abs(first["l"] - (2**63 - 1)) < 10**8


def test_a_scale_is_told_or_follows_from_epsilon() -> None:
    assert scale_of(AddNoise(scale=2)) == 2
    assert scale_of(AddNoise(epsilon=0.5, sensitivity=10)) == 20
    assert scale_of(AddNoise()) is None
