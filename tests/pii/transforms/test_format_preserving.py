import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from anonspark.domain.keys import root_key
from anonspark.domain.treatments import FormatPreservingEncrypt
from anonspark.errors import InputError, UntreatableValueError
from anonspark.pii.transforms.format_preserving import fpe_decrypt, fpe_encrypt, moved_texts
from anonspark.pii.workers import WorkerRefusalError, worker_refusals

KEY = root_key(bytes(range(32)))
SECRET = bytes(range(32))


def test_separators_stay_and_everything_comes_back(spark: SparkSession) -> None:
    values = [
        "4111-1111-1111-1111",
        "5500 0000 0000 0004",
        "123456",
        "N\u00b0 00-00-00 \U0001f600",
        "",
        "  ",
        None,
        "9" * 40,
    ]
    table = spark.createDataFrame([(n, value) for n, value in enumerate(values)], "n int, x string")
    sealed = table.select("n", fpe_encrypt(F.col("x"), FormatPreservingEncrypt(), KEY, "p").alias("x"))
    found = [row.x for row in sorted(sealed.collect(), key=lambda row: row.n)]
    for before, after in zip(values, found, strict=True):
        if before is None or not before.strip():
            assert after == before
        else:
            assert after != before
            assert re.sub(r"\d", "d", after) == re.sub(r"\d", "d", before)
    back = sealed.select("n", fpe_decrypt(F.col("x"), FormatPreservingEncrypt(), KEY, "p").alias("x"))
    assert [row.x for row in sorted(back.collect(), key=lambda row: row.n)] == values


@given(st.lists(st.text(st.sampled_from("0123456789- \u0663\u00e9\U0001f600"), min_size=1)), st.integers(0, 3))
def test_texts_of_any_characters_come_back_from_any_slice(texts: list[str], start: int) -> None:
    texts = [text + "000000" for text in texts]
    whole = pa.array([*["skipped"] * start, *texts])[start:]
    sealed = moved_texts(whole, b"0123456789", SECRET, decrypt=False)
    assert moved_texts(sealed, b"0123456789", SECRET, decrypt=True).to_pylist() == texts
    assert [len(text) for text in sealed.to_pylist()] == [len(text) for text in texts]


def test_digits_alone_are_the_ff1_of_the_digits() -> None:
    # Sample 7 of NIST for AES-256 without a tweak.
    key = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94")
    assert moved_texts(pa.array(["012-345-67.89"]), b"0123456789", key, decrypt=False).to_pylist() == ["665-766-70.09"]


def test_no_two_texts_of_a_form_have_one_result() -> None:
    texts = pa.array([f"{number:07}" for number in range(100_000)])
    assert len(moved_texts(texts, b"0123456789", SECRET, decrypt=False).unique()) == 100_000


@pytest.mark.parametrize("text", ["12345", "canary", "\u0661\u0662\u0663\u0664\u0665\u0666\u0667"])
def test_texts_with_too_few_characters_of_the_alphabet_are_refused(spark: SparkSession, text: str) -> None:
    with pytest.raises(WorkerRefusalError) as refused:
        moved_texts(pa.array(["123456", text]), b"0123456789", SECRET, decrypt=False)
    assert text not in str(refused.value)


def test_a_refusal_reaches_the_driver_with_the_way_out_and_without_the_value(spark: SparkSession) -> None:
    table = spark.createDataFrame([("canary-12345",)], "x string")
    with pytest.raises(UntreatableValueError, match="use tokenize, encrypt or redact") as raised, worker_refusals("x"):
        table.select(fpe_encrypt(F.col("x"), FormatPreservingEncrypt(), KEY, "p")).collect()
    assert "canary" not in raised.value.message


@pytest.mark.parametrize("alphabet", ["", "0", "001", "01 ", "01\u0663"])
def test_alphabets_that_are_none_are_refused(spark: SparkSession, alphabet: str) -> None:
    with pytest.raises(InputError, match="two or more printable ASCII characters"):
        fpe_encrypt(F.lit(""), FormatPreservingEncrypt(alphabet), KEY, "p")
