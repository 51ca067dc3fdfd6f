"""Values inside sentences, log lines and JSON; what is no value stays; the vectorised form sees the same."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from anonspark.pii.context_words import CONTEXT
from anonspark.pii.free_text import SPANS, Span, find_spans, replace_spans, replaced, spans_of
from anonspark.pii.spotters import SPOTTERS

WIDE_PHONE = "".join(chr(ord(sign) + 0xFEE0) for sign in "090-1234-5678")


def seen(text: str) -> list[tuple[str, str]]:
    return [(span.pii_type, text[span.start : span.end]) for span in find_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "My phone number is 212-555-0123 and my SSN is 536-90-4399.",
            [("us_phone", "212-555-0123"), ("ssn", "536-90-4399")],
        ),
        (
            "Paid with 4111 1111 1111 1111, exp 04/27, cvv: 123",
            [("credit_card", "4111 1111 1111 1111"), ("expiration_date", "04/27"), ("cvv", "123")],
        ),
        ("IBAN GB82 WEST 1234 5698 7654 32 AND more", [("iban", "GB82 WEST 1234 5698 7654 32")]),
        (
            "Write to ada@example.com, or see https://example.com/u?mail=ada@example.com.",
            [("email", "ada@example.com"), ("url", "https://example.com/u?mail=ada@example.com")],
        ),
        ("born on 10 December 1915, seen 2024-02-29", [("date_of_birth", "10 December 1915"), ("date", "2024-02-29")]),
        (
            "Lindenstraße 12, 10115 Berlin, Tel. 030 901820, geb. 31.12.1985",
            [("address", "Lindenstraße 12, 10115 Berlin"), ("eu_phone", "030 901820"), ("date_of_birth", "31.12.1985")],
        ),
        ("J'habite 12 bis, rue de la Paix, 75002 Paris", [("address", "12 bis, rue de la Paix, 75002 Paris")]),
        (
            "Vive en la calle de Alcalá, 42 y su DNI es 54362315K",
            [("address", "calle de Alcalá, 42"), ("es_nif", "54362315K")],
        ),
        (
            "Meet at 1600 Pennsylvania Avenue NW, Washington, DC 20500 soon",
            [("address", "1600 Pennsylvania Avenue NW, Washington, DC 20500")],
        ),
        (f"電話番号は{WIDE_PHONE}です", [("phone", WIDE_PHONE)]),
        (
            "from 203.0.113.7 (00:1A:2B:3C:4D:5E) with 2001:db8::7",
            [("ipv4", "203.0.113.7"), ("mac_address", "00:1A:2B:3C:4D:5E"), ("ipv6", "2001:db8::7")],
        ),
        (
            "npi 1245319599, DEA AB1234563, MRN: 00123456",
            [("npi", "1245319599"), ("dea_number", "AB1234563"), ("medical_record_number", "00123456")],
        ),
        ("a 47-year-old man, aged 47", [("age", "47"), ("age", "47")]),
        ("follow me on instagram @ada_lovelace", [("social_handle", "@ada_lovelace")]),
        (
            "password=Tr0ub4dor&3 token=ghp_0123456789abcdefghijklmnopqrstuvwxyz",
            [("password", "Tr0ub4dor&3"), ("credential", "ghp_0123456789abcdefghijklmnopqrstuvwxyz")],
        ),
        ("Passport number is X1234567", [("passport", "X1234567")]),
        ("Rufen Sie 0171 2345678 an.", [("eu_phone", "0171 2345678")]),
        ("mon numéro est le 06 39 98 12 34.", [("eu_phone", "06 39 98 12 34")]),
        ("Mijn BSN is 111222333, Keizersgracht 241", [("nl_bsn", "111222333"), ("address", "Keizersgracht 241")]),
        (
            "cell. 347 123 4567, via Garibaldi 12, 20121 Milano.",
            [("phone", "347 123 4567"), ("address", "via Garibaldi 12, 20121 Milano")],
        ),
        ("CPF é 390.533.447-05, celular (11) 96123-4567", [("br_cpf", "390.533.447-05"), ("phone", "(11) 96123-4567")]),
        (
            "電話は090-1234-5678、生年月日 1985年3月14日",
            [("phone", "090-1234-5678"), ("date_of_birth", "1985年3月14日")],
        ),
        (
            "NHS number 943 476 5919, postcode SW1A 1AA",
            [("uk_nhs_number", "943 476 5919"), ("uk_postcode", "SW1A 1AA")],
        ),
        ("email=ada@example.com&zip=02139", [("email", "ada@example.com"), ("us_zip", "02139")]),
        ("lat 52.5200 lon 13.4050", [("latitude", "52.5200"), ("longitude", "13.4050")]),
        ("IMSI 310150123456789, our VAT id DE136695976", [("imsi", "310150123456789"), ("eu_vat", "DE136695976")]),
        ("at 52.5200, 13.4050", [("coordinates", "52.5200, 13.4050")]),
    ],
)
def test_values_are_found_where_they_stand(text: str, expected: list[tuple[str, str]]) -> None:
    assert seen(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Ticket 123456789 was closed after 10 minutes",
        "version 1.2.3.4 of the driver",
        "order 4111111111111112 costs 1,234.50 EUR",
        "During 2017 we sold 1200 items, 25% more",
        "part 80-1234567 rev 3, see 10.1.2",
        "ratio 3:4:5, time 10:15:30",
        "the best way to close 10 deals",
        "Chapter 5, page 1234567890",
        "12345678-1234-1234-1234-1234567890",
        "ISBN 978-3-16-148410-0",
        "",
        "no digits at all",
        "UPS 1Z 060 418 64 7516 574 4",
        "policy 2024-2025 renewed, logo@2x.png",
        "social media reach 1200000 in 2023",
        "EAN 4006381333931, flight LH 1234 at 18:45",
        "Error 0x80070005 at 0x00007FF6B2C41234",
        "GPU 3584x2160, 144 Hz, Score 3-2, 10-4-1",
        "The PIN has 4 digits, the password at least 12 characters",
    ],
)
def test_numbers_that_nothing_calls_personal_stay(text: str) -> None:
    assert seen(text) == []


def test_a_weak_number_is_what_the_word_beside_it_says() -> None:
    assert seen("routing 121042882, SSN 121042882") == [("us_routing_number", "121042882"), ("ssn", "121042882")]
    assert seen("phones 2125550123, 6465550124") == [("us_phone", "2125550123"), ("us_phone", "6465550124")]
    assert seen("121042882 (SSN)") == [("ssn", "121042882")]


def test_a_key_of_json_tells_only_of_its_own_value() -> None:
    text = json.dumps({"customerSsn": "536904399", "order": "536904398", "user": {"mobile_phone": "2125550123"}})
    assert seen(text) == [("ssn", "536904399"), ("us_phone", "2125550123")]


def test_a_number_typed_wrong_behind_its_word_is_still_a_number_of_a_person() -> None:
    assert seen("SSN: 666-12-3456 and card 4123-4567-8901-2345") == [
        ("ssn", "666-12-3456"),
        ("credit_card", "4123-4567-8901-2345"),
    ]


def test_only_what_was_found_is_replaced() -> None:
    text = "Call 212-555-0123\u2009\u2014 or mail \U0001f600 ada@example.com!"
    assert replace_spans(text, lambda span, value: f"<{span.pii_type}:{len(value)}>") == (
        "Call <us_phone:12>\u2009\u2014 or mail \U0001f600 <email:15>!"
    )


def test_a_whole_array_is_replaced_as_each_text_would_be() -> None:
    texts = ["mail ada@example.com", None, "nothing", "call 212-555-0123 or 212-555-0199"]

    def star(span: Span, value: str) -> str:
        return f"{span.pii_type}{'*' * len(value)}"

    found = zip(texts, spans_of(pa.array(texts)).to_pylist(), strict=True)
    assert [
        None if text is None else replaced(text, [Span(**span) for span in spans], star) for text, spans in found
    ] == [None if text is None else replace_spans(text, star) for text in texts]


def test_a_cell_that_is_nothing_but_a_date_or_four_numbers_is_left_to_its_column() -> None:
    assert seen("2024-02-29") == []
    assert seen("admitted 2024-02-29") == [("date", "2024-02-29")]
    assert seen("9.1.0.7") == []
    assert seen("from 203.0.113.7") == [("ipv4", "203.0.113.7")]


def test_types_can_be_narrowed_and_the_threshold_moved() -> None:
    text = "ada@example.com 536904399"
    assert [span.pii_type for span in find_spans(text, types={"ssn"}, threshold=0.4)] == ["ssn"]
    assert find_spans(text, types={"ssn"}) == []


def test_the_vectorised_form_answers_null_for_null_and_an_empty_list_for_nothing() -> None:
    spans = spans_of(pa.array(["mail ada@example.com", None, "", "nothing"]))
    assert spans.type == SPANS
    assert spans.to_pylist() == [
        [{"start": 5, "end": 20, "pii_type": "email", "score": pytest.approx(0.95)}],
        None,
        [],
        [],
    ]


fragments = st.sampled_from(
    [
        *("ssn", " SSN: ", "536-90-4399", "536904399", "phone ", "212-555-0123", "+49 30 901820", "card"),
        *("4111 1111 1111 1111", " ", ", ", ". ", "\n", '{"dob": "', "1985-12-31", '"}', "ada@example.com", "10.0.0.1"),
        *(
            "v",
            "Main Street",
            "12 ",
            "DE89370400440532013000",
            "é",
            "ß",
            "年",
            "\uff11\uff12",
            "1",
            "22",
            "333",
            "-",
            "zip ",
        ),
        *(
            "passport ",
            "X1234567",
            "02139",
            "socialSecurity",
            "rue de la Paix",
            "Lindenstraße",
            "twitter @ada_l",
            "\x00",
        ),
    ]
)
texts = st.one_of(st.lists(fragments, max_size=12).map("".join), st.text(max_size=80))


@given(texts)
def test_spans_lie_within_the_text_in_order_and_apart(text: str) -> None:
    spans = find_spans(text, threshold=0.0)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@given(st.lists(st.one_of(st.none(), texts), max_size=6), st.sampled_from([0.3, 0.8, 0.9]))
def test_the_vectorised_form_sees_what_the_plain_one_sees(cells: list[str | None], threshold: float) -> None:
    plain = [None if cell is None else find_spans(cell, threshold=threshold) for cell in cells]
    listed = spans_of(pa.array(cells, pa.string()), threshold=threshold).to_pylist()
    assert [None if spans is None else [(s["start"], s["end"], s["pii_type"]) for s in spans] for spans in listed] == [
        None if spans is None else [(s.start, s.end, s.pii_type) for s in spans] for spans in plain
    ]


@given(texts)
def test_replacing_each_value_by_itself_changes_nothing(text: str) -> None:
    def keep(_span: Span, value: str) -> str:
        return value

    assert replace_spans(text, keep, threshold=0.0) == text


def test_every_spotter_names_words_that_exist_and_a_type_of_the_catalogue(shared: Path) -> None:
    known = {
        line.split(",")[0] for line in (shared / "reference/pii_types.csv").read_text(encoding="utf-8").splitlines()
    }
    assert {spotter.pii_type for spotter in SPOTTERS} <= known
    assert {key for spotter in SPOTTERS for key in (spotter.context, spotter.unless) if key} <= CONTEXT.keys()


FAMILIES = {
    "CREDIT_CARD": {"credit_card", "amex"},
    "PHONE_NUMBER": {"us_phone", "uk_phone", "eu_phone", "intl_phone", "phone"},
    "EMAIL_ADDRESS": {"email"},
    "IBAN_CODE": {"iban"},
    "US_SSN": {"ssn"},
    "IP_ADDRESS": {"ipv4", "ipv6"},
    "DOMAIN_NAME": {"url"},
    "AGE": {"age"},
    "US_DRIVER_LICENSE": {"drivers_license"},
    "STREET_ADDRESS": {"address", "us_zip", "postal_code", "uk_postcode"},
    "ZIP_CODE": {"us_zip", "postal_code", "address"},
}


def test_in_300_made_up_texts_hardly_anything_is_flagged_wrongly_and_numbers_are_found(shared: Path) -> None:
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    wrong = 0
    for line in (shared / "data/pii/presidio_research_text_300.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        spans = find_spans(entry["full_text"])
        labels = [(s["start_position"], s["end_position"], s["entity_type"]) for s in entry["spans"]]
        for start, end, label in labels:
            total[label] += 1
            found[label] += any(
                s.start < end and start < s.end and s.pii_type in FAMILIES.get(label, ()) for s in spans
            )
        wrong += sum(not any(s.start < end and start < s.end for start, end, _ in labels) for s in spans)
    assert wrong <= 2
    recall = {label: found[label] / total[label] for label in FAMILIES if total[label]}
    numbers = {"CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "US_SSN", "IP_ADDRESS", "DOMAIN_NAME", "US_DRIVER_LICENSE"}
    assert {label for label in numbers if recall[label] < 1.0} == set()
    assert recall["PHONE_NUMBER"] >= 0.8
    assert recall["AGE"] >= 0.8
    assert recall["STREET_ADDRESS"] >= 0.5


def test_spark_finds_the_spans_of_a_column(spark: SparkSession) -> None:
    from pyspark.sql import functions as F

    @F.arrow_udf("array<struct<start: int, end: int, pii_type: string, score: float>>")
    def find(texts: pa.Array) -> pa.Array:
        return spans_of(texts)

    table = spark.createDataFrame([("mail \U0001f600 ada@example.com",), (None,), ("nothing",)], "note string")
    spans = find("note")
    rows = table.select(
        spans.isNull().alias("unknown"),
        F.transform(spans, lambda s: F.substring("note", s["start"] + 1, s["end"] - s["start"])).alias("values"),
        F.transform(spans, lambda s: s["pii_type"]).alias("types"),
    ).collect()
    assert [tuple(row) for row in rows] == [
        (False, ["ada@example.com"], ["email"]),
        (True, None, None),
        (False, [], []),
    ]
