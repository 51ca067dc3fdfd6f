from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType, IntegerType, StringType

from anonspark.domain.keys import KeyRing, RootKey, root_key
from anonspark.domain.treatments import Encrypt
from anonspark.errors import CiphertextError, ColumnTypeError
from anonspark.pii.transforms.encrypt import decrypt, encrypt, header_of, kind_of
from anonspark.pii.workers import worker_refusals

KEY, OLD = root_key(bytes(range(32)), 2), root_key(bytes(range(32, 64)))
WAYS = [Encrypt(), Encrypt(deterministic=True)]


def texts(spark: SparkSession, values: list[str | None]) -> DataFrame:
    return spark.createDataFrame([(n, value) for n, value in enumerate(values)], "n int, x string")


def column(table: DataFrame, name: str) -> list[Any]:
    return [row[name] for row in sorted(table.collect(), key=lambda row: row.n)]


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.none(), st.text()), min_size=1, max_size=400))
def test_every_text_comes_back_exactly(spark: SparkSession, way: Encrypt, values: list[str | None]) -> None:
    values = [*values, "", None, "\0", "\U0001f600", "e\u0301", "\u00e9", "\ufeff", " a ", "a\r\nb"]
    sealed = texts(spark, values).select("n", encrypt(F.col("x"), way, KEY, "p", "email").alias("x"))
    assert column(sealed.select("n", decrypt(F.col("x"), KeyRing(KEY), "p").alias("y")), "y") == values


@pytest.mark.parametrize("way", WAYS)
def test_texts_that_are_no_utf8_come_back_byte_by_byte(spark: SparkSession, way: Encrypt) -> None:
    table = spark.createDataFrame([(b"\xff\xfe\x00\xc3",)], "b binary").select(F.col("b").cast("string").alias("x"))
    back = table.select(decrypt(encrypt(F.col("x"), way, KEY, "p", "f"), KeyRing(KEY), "p").cast("binary").alias("b"))
    assert bytes(back.first().b) == b"\xff\xfe\x00\xc3"


EVERY_TYPE = [
    ("boolean", [True, False]),
    ("tinyint", [-128, 127]),
    ("smallint", [-32768, 32767]),
    ("int", [-(2**31), 2**31 - 1]),
    ("bigint", [-(2**63), 2**63 - 1]),
    ("float", [0.1, float("inf"), -0.0, 1e-45]),
    ("double", [0.1 + 0.2, float("-inf"), 5e-324, 1.7976931348623157e308]),
    ("decimal(38,18)", [Decimal("-99999999999999999999.999999999999999999"), Decimal("0.000000000000000001")]),
    ("decimal(5,0)", [Decimal(12345), Decimal(-1)]),
    ("date", [date(1, 1, 1), date(1582, 10, 4), date(2024, 2, 29), date(9999, 12, 31)]),
    ("timestamp", [datetime(2024, 10, 27, 0, 30, 0, 1, UTC), datetime(1900, 1, 1, tzinfo=UTC)]),
    ("timestamp_ntz", [datetime(2024, 3, 31, 2, 30, 0, 999999), datetime(1, 1, 1)]),
    ("binary", [b"", b"\x00\xff"]),
]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_values_of_every_type_come_back_in_their_type(spark: SparkSession, zone: str) -> None:
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        names = [name for name, _ in EVERY_TYPE]
        rows = list(zip_longest(*(values for _, values in EVERY_TYPE), []))
        table = spark.createDataFrame([row[:-1] for row in rows], ", ".join(f"`{name}` {name}" for name in names))
        sealed = table.select(
            *(F.col(f"`{name}`") for name in names),
            *(
                encrypt(F.col(f"`{name}`"), way, KEY, "p", "f", table.schema[name].dataType).alias(f"{n} {name}")
                for n, way in enumerate(WAYS)
                for name in names
            ),
        )
        sealed_names = [f"{n} {name}" for n in (0, 1) for name in names]
        tops = sealed.agg(*(F.max(header_of(F.col(f"`{name}`"))).alias(name) for name in sealed_names))
        found = tops.first().asDict()
        kinds = {name: kind_of([header], KeyRing(KEY), name) for name, header in found.items()}
        assert [kinds[name] for name in sealed_names] == 2 * [each.dataType for each in table.schema]
        # Compared by Spark, since the driver would read points in time in its own zone.
        differ = {
            name: F.count_if(
                ~decrypt(F.col(f"`{name}`"), KeyRing(KEY), "p", kind).eqNullSafe(F.col(f"`{name.partition(' ')[2]}`"))
            )
            for name, kind in kinds.items()
        }
        counted = sealed.agg(*(count.alias(name) for name, count in differ.items()))
        assert [name for name, count in counted.first().asDict().items() if count] == []
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")


def test_deterministic_ciphertexts_join_within_a_family_and_not_beyond(spark: SparkSession) -> None:
    way = Encrypt(deterministic=True)
    left, right, other = (
        texts(spark, ["a", "b", "a", None]).select("n", encrypt(F.col("x"), way, KEY, "p", family).alias("x"))
        for family in ("email", "email", "phone")
    )
    assert left.join(right, "x").count() == 5
    assert left.join(other, "x").count() == 0
    assert len(set(column(left, "x"))) == 3


def test_values_of_one_text_differ_where_not_deterministic(spark: SparkSession) -> None:
    sealed = (
        texts(spark, ["same"] * 50).repartition(3).select("n", encrypt(F.col("x"), Encrypt(), KEY, "p", "f").alias("x"))
    )
    assert len(set(column(sealed, "x"))) == 50


def test_a_text_is_larger_by_the_header_and_a_third(spark: SparkSession) -> None:
    sealed = texts(spark, ["x" * 30]).select("n", encrypt(F.col("x"), Encrypt(), KEY, "p", "email").alias("x"))
    (text,) = column(sealed, "x")
    assert text.startswith(f"anon1:gcm:{KEY.id}:2:email:string:")
    assert len(text.rpartition(":")[2]) == 88  # 30 bytes and 36 of salt, counter and tag, four characters for three


def headers(table: DataFrame) -> list[str]:
    return [
        row.h for row in table.select(header_of(F.col("x")).alias("h")).filter("h is not null").distinct().collect()
    ]


def test_a_key_that_is_not_given_is_named_before_anything_is_decrypted(spark: SparkSession) -> None:
    sealed = texts(spark, ["a", None]).select("n", encrypt(F.col("x"), Encrypt(), OLD, "p", "f").alias("x"))
    with pytest.raises(CiphertextError, match=f"was encrypted with key {OLD.id} version 1, which is not given"):
        kind_of(headers(sealed), KeyRing(KEY), "x")
    assert kind_of(headers(sealed), KeyRing(KEY, (OLD,)), "x") == StringType()


def test_what_is_no_ciphertext_is_told_before_anything_is_decrypted(spark: SparkSession) -> None:
    with pytest.raises(CiphertextError, match="Column 'x' holds values that are no ciphertexts"):
        kind_of(headers(texts(spark, ["canary"])), KeyRing(KEY), "x")


def test_the_type_is_that_of_all_ciphertexts_else_text() -> None:
    def header(kind: str) -> str:
        return f"anon1:siv:{KEY.id}:2:f:{kind}"

    assert kind_of([header("int")], KeyRing(KEY), "x") == IntegerType()
    assert kind_of([header("decimal(7,2)")], KeyRing(KEY), "x") == DecimalType(7, 2)
    assert kind_of([header("int"), header("date")], KeyRing(KEY), "x") == StringType()
    assert kind_of([], KeyRing(KEY), "x") == StringType()


@pytest.mark.parametrize(
    ("ring", "scope", "sentence"),
    [
        (KeyRing(KEY), "q", "Column 'x' does not open: it was encrypted in another key scope, or has been changed"),
        (KeyRing(RootKey(KEY.id, 2, bytes(32))), "p", "does not open"),
        (KeyRing(OLD), "p", "is not among those given"),
    ],
)
def test_a_wrong_key_fails_the_job_with_a_sentence_and_without_the_value(
    spark: SparkSession, ring: KeyRing, scope: str, sentence: str
) -> None:
    sealed = texts(spark, ["canary"]).select(encrypt(F.col("x"), Encrypt(), KEY, "p", "f").alias("x"))
    with pytest.raises(CiphertextError, match=sentence) as raised, worker_refusals("x"):
        sealed.select(decrypt(F.col("x"), ring, scope)).collect()
    assert "canary" not in raised.value.message
    assert raised.value.__cause__ is None


def test_types_that_cannot_be_encrypted_are_refused(spark: SparkSession) -> None:
    table = spark.createDataFrame([([1],)], "x array<int>")
    with pytest.raises(ColumnTypeError, match="array<int>"):
        encrypt(F.col("x"), Encrypt(), KEY, "p", "f", table.schema["x"].dataType)
