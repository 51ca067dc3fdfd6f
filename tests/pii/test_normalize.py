from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from anonspark.pii.normalize import RULES, normalize, normalized, rule_of

TYPES = [None, *RULES]


@pytest.mark.parametrize(
    ("pii_type", "spellings", "one"),
    [
        ("email", ["Alice@Example.com", " alice@example.COM\t"], "alice@example.com"),
        ("name", ["Jose\u0301  Garci\u0301a", "JOS\u00c9 GARC\u00cdA "], "jos\u00e9 garc\u00eda"),
        ("us_phone", ["(212) 555-0123", "+1 212 555 0123", "0012125550123", "1-212-555-0123"], "2125550123"),
        ("intl_phone", ["+44 20 7946 0000", "0044 20 7946 0000", "442079460000"], "442079460000"),
        ("credit_card", ["4111 1111 1111 1111", "4111-1111-1111-1111"], "4111111111111111"),
        ("ssn", ["012-34-5678", "12345678", "\uff10\uff11\uff12-34-5678"], "012345678"),
        ("us_zip", ["02134", "2134"], "02134"),
        ("iban", ["GB82 WEST 1234 5698 7654 32", "gb82west12345698765432"], "GB82WEST12345698765432"),
        ("mac_address", ["00:1A:2b:3c:4d:5e", "00-1a-2b-3c-4d-5e"], "001A2B3C4D5E"),
        (None, ["Mu\u0308ller", " M\u00fcller\n"], "M\u00fcller"),
    ],
)
def test_all_spellings_of_a_value_become_one(pii_type: str | None, spellings: list[str], one: str) -> None:
    assert {normalized(spelling, pii_type) for spelling in spellings} == {one}


def test_values_that_are_none_of_the_type_stay_apart() -> None:
    assert normalized(" n/a ", "ssn") == "n/a"
    assert normalized("?", "iban") != normalized("-", "iban")


def test_case_matters_where_it_tells_values_apart() -> None:
    for pii_type in ("bitcoin_address", "url", "password", None):
        assert normalized("aB", pii_type) != normalized("ab", pii_type)


@given(st.text(), st.sampled_from(TYPES))
def test_equal_texts_in_another_normal_form_are_one_value(text: str, pii_type: str | None) -> None:
    import unicodedata

    spelled = normalized(unicodedata.normalize("NFD", text), pii_type)
    assert normalized(unicodedata.normalize("NFC", text), pii_type) == spelled


def test_every_rule_is_one_of_a_type_of_the_catalogue(shared: Path) -> None:
    lines = (shared / "reference" / "pii_types.csv").read_text().splitlines()[1:]
    assert set(RULES) <= {line.split(",")[0] for line in lines}


def test_rules_are_stated_in_words() -> None:
    assert rule_of("ssn") != rule_of("email")
    assert rule_of("no such type") == rule_of(None)


def test_spark_and_python_agree_on_every_ascii_text_and_on_others(spark: SparkSession) -> None:
    ascii_texts = [chr(code) for code in range(128)]
    texts = ascii_texts + [f"{a}{b}" for a in " \t\x1f0a-Z" for b in ascii_texts]
    texts += ["", " ", "  a \n b ", "0044 20", "0000", "00", "1" + "2" * 10, "1" * 11, "1" * 12, "+1 (212) 555-0123 x9"]
    texts += [
        "12-3",
        "123456789",
        "1234567890",
        "Stra\u00dfe",
        "\u0130stanbul",
        "\u039f\u0394\u039f\u03a3",
        "\u0661\u0662\u0663",
        "\u00a0a\u00a0",
    ]
    texts += ["\U0001f600 a", "e\u0301", "\u212b", "\ufb01", "\u3000\u5c71\u7530  \u592a\u90ce"]
    table = spark.createDataFrame([(text,) for text in texts] + [(None,)], "text string")
    rules = {rule_of(pii_type): pii_type for pii_type in TYPES}
    found = table.select("text", *[normalize(table.text, pii_type).alias(rule) for rule, pii_type in rules.items()])
    for row in found.collect():
        for rule, pii_type in rules.items():
            expected = None if row["text"] is None else normalized(row["text"], pii_type)
            assert row[rule] == expected, (rule, row["text"])
