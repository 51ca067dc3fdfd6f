import ipaddress
import re
import unicodedata
import uuid

import phonenumbers
import pytest
import stdnum.iban
import stdnum.luhn
import stdnum.us.ssn
from hypothesis import given, settings
from hypothesis import strategies as st

from anonspark.pii.fakes.draws import Maker
from anonspark.pii.fakes.kinds import BY_TYPE, DATES, maker_of
from anonspark.pii.fakes.phones import US_AREAS
from anonspark.pii.pools import checked_locale

KEY = bytes(range(32))


def fakes(pii_type: str | None, texts: list[str], locale: str | None = None) -> list[str]:
    return maker_of(pii_type)(texts, Maker(KEY, locale, pii_type))


def fake(pii_type: str | None, text: str, locale: str | None = None) -> str:
    return fakes(pii_type, [text], locale)[0]


@given(st.integers(0, 10**9 - 1))
def test_social_security_numbers_come_from_where_there_are_none(number: int) -> None:
    text = f"{number:09}"
    found = fake("ssn", f"{text[:3]}-{text[3:5]}-{text[5:]}")
    assert re.fullmatch(r"9\d\d-\d\d-\d{4}", found)
    assert not stdnum.us.ssn.is_valid(found)
    group = int(found[4:6])
    assert group not in {*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)}, "no ITIN either"
    assert fake("ssn", text) == found.replace("-", "")


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("4012 8888 8888 1881", ("4111 11", "4012 88", "4242 42", "4000 05")),
        ("5555-5555-5555-4444", ("5555-55", "5105-10", "5200-82")),
        ("378282246310005", ("378282", "371449")),
        ("30569309025904", ("305693", "385200")),
        ("6011111111111117", ("601111", "601100")),
    ],
)
def test_cards_are_of_the_network_with_a_number_for_tests_and_valid_by_luhn(text: str, starts: tuple[str, ...]) -> None:
    found = fake("credit_card", text)
    assert found.startswith(starts)
    assert stdnum.luhn.is_valid(re.sub("[ -]", "", found))
    assert re.sub(r"\d", "d", found) == re.sub(r"\d", "d", text)
    assert found != text


@pytest.mark.parametrize(
    "text",
    ["DE89370400440532013000", "GB82 WEST 12345698765432", "nl91abna0417164300", "FR1420041010050500013M02606"],
)
def test_accounts_keep_country_and_form_and_have_valid_check_digits(text: str) -> None:
    found = fake("iban", text)
    assert stdnum.iban.is_valid(found, check_country=False)
    assert found[:2] == text[:2]
    assert found.replace(" ", "")[4:6].upper() in {"99", "XX"}
    assert [symbol.isspace() for symbol in found] == [symbol.isspace() for symbol in text]


def test_routing_numbers_are_valid_in_form_and_of_no_district() -> None:
    found = fake("us_routing_number", "021000021")
    weighted = sum(weight * int(digit) for weight, digit in zip((3, 7, 1) * 3, found, strict=True))
    assert weighted % 10 == 0
    assert 33 <= int(found[:2]) <= 60


@pytest.mark.parametrize(
    ("text", "pii_type", "locale", "pattern"),
    [
        ("(212) 555-1234", "phone", None, r"\(\d{3}\) 555-01\d\d"),
        ("+1 212.555.1234", "phone", None, r"\+1 \d{3}\.555\.01\d\d"),
        ("212-555-1234 ext. 42", "us_phone", None, r"\d{3}-555-01\d\d ext\. \d\d"),
        ("555-1234", "phone", None, r"555-01\d\d"),
        ("+44 20 7946 0123", "phone", None, r"\+44 \d\d \d{4} \d{4}"),
        ("07911 123456", "uk_phone", None, r"07700 900\d{3}"),
        ("030 12345678", "phone", "de_DE", r"0\d{2} \d+"),
        ("+49 (0)171 1234567", "phone", None, r"\+49 \(0\)17\d \d+"),
        ("06 12 34 56 78", "phone", "fr_FR", r"06 39 98 \d\d \d\d"),
        ("+39 06 1234567", "phone", None, r"\+99 9\d \d{7}"),
        ("03-1234-5678", "phone", "ja_JP", r"00-\d{4}-\d{4}"),
        ("020 7946 0958", "phone", None, r"00\d \d{4} \d{4}"),
    ],
)
def test_phones_come_from_ranges_for_fiction_in_the_form_of_the_original(
    text: str, pii_type: str, locale: str | None, pattern: str
) -> None:
    found = fake(pii_type, text, locale)
    assert re.fullmatch(pattern, found), found
    assert found != text


def test_every_area_of_the_list_is_one_of_the_united_states() -> None:
    assert len(set(US_AREAS)) == len(US_AREAS) > 250
    for area in US_AREAS:
        number = phonenumbers.parse(f"+1{area}5550123")
        assert phonenumbers.is_valid_number_for_region(number, "US"), area


def test_a_number_has_one_fake_with_and_without_its_country() -> None:
    assert fake("phone", "+1 (212) 555-1234") == f"+1 {fake('phone', '(212) 555-1234')}"


def test_addresses_of_networks_and_devices_belong_to_nobody() -> None:
    assert ipaddress.ip_address(fake("ipv4", "8.8.8.8")) in ipaddress.ip_network("240.0.0.0/4")
    assert ipaddress.ip_address(fake("ip_address", "2a00:1450::1")) in ipaddress.ip_network("2001:db8::/32")
    assert fake("ipv4", "10.1.0.0/16").endswith("/16")
    mac = fake("mac_address", "00:1A:2B:3C:4D:5E")
    assert re.fullmatch("[0-9A-F][26AE](:[0-9A-F]{2}){5}", mac), "locally administered, of one device"
    assert re.fullmatch(
        r"https://www\.example\.(com|org|net)/\w{14}\.html", fake("url", "https://acme.org/a/b.html?x=1")
    )
    given = uuid.UUID("123e4567-e89b-42d3-a456-426614174000")
    found = uuid.UUID(fake("uuid", str(given)))
    assert (found.version, found.variant, found != given) == (given.version, given.variant, True)


def test_an_ethereum_address_in_capitals_and_small_letters_has_a_valid_checksum() -> None:
    # The last vector of EIP-55 that is all capitals is no mixed one, so its fake may have any case.
    assert fake("ethereum_address", "0xde709f2102306220921060314715629080e2fb77").islower()
    found = fake("ethereum_address", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
    assert re.fullmatch("0x[0-9a-fA-F]{40}", found)
    assert found != found.lower()


def test_days_stay_within_five_years_and_one_day_has_one_fake_in_every_form() -> None:
    iso = fake("date_of_birth", "1983-05-04")
    assert 1980 <= int(iso[:4]) <= 1984
    assert fake("date_of_birth", "19830504") == iso.replace("-", "")
    assert fake("date_of_birth", "5/4/1983") == f"{int(iso[5:7])}/{int(iso[8:])}/{iso[:4]}"
    assert 1980 <= int(fake("date_of_birth", "1983")) <= 1984
    assert re.fullmatch(r"(0[1-9]|1[0-2])/27", fake("expiration_date", "04/27"))
    assert {fake("age", str(age)) for age in range(45, 50)} <= {"45", "46", "47", "48", "49"}


def test_degrees_stay_degrees() -> None:
    for text, pii_type, most in (("48.8566", "latitude", 90), ("-120.25", "longitude", 180)):
        found = fake(pii_type, text)
        assert abs(float(found)) <= most
        assert len(found.partition(".")[2]) == len(text.partition(".")[2])
    assert re.fullmatch(r"-?\d+\.\d{4}, -?\d+\.\d{4}", fake("coordinates", "48.8566, 2.3522"))


@pytest.mark.parametrize("pii_type", [*BY_TYPE, *DATES, None, "diagnosis"])
@settings(max_examples=25)
@given(text=st.one_of(st.text(), st.text(st.sampled_from("0123456789-+()./: ,xA\u0663"))))
def test_every_maker_takes_any_text_and_gives_another_one_each_time_the_same(pii_type: str | None, text: str) -> None:
    found = fake(pii_type, text)
    assert fake(pii_type, text) == found
    symbols = set(filter(str.isalnum, unicodedata.normalize("NFKC", text)))
    if symbols - {"0"} and pii_type in {"email", "uuid", "ssn", "credit_card", "iban", "url"}:
        assert found != text
    if not symbols:
        assert found in {text, text.strip(), unicodedata.normalize("NFC", text)}


@pytest.mark.parametrize(
    ("pii_type", "form"),
    [
        ("passport", "C{:08}"),
        ("customer_id", "{:06}"),
        ("uuid", "123e4567-e89b-42d3-8456-{:012}"),
        ("iban", "DE44{:018}"),
    ],
)
def test_a_hundred_thousand_ids_have_as_many_fakes(pii_type: str, form: str) -> None:
    assert len(set(fakes(pii_type, [form.format(number) for number in range(100_000)]))) == 100_000


def test_locales_are_found_by_language_and_others_are_told() -> None:
    assert [checked_locale(text) for text in ("de", "de-AT", "EN_gb", "en", "it")] == [
        "de_DE", "de_AT", "en_GB", "en_US", "it_IT",
    ]  # fmt: skip
    with pytest.raises(Exception, match="no pseudonyms for the locale 'de_XX'; did you mean 'de_"):
        checked_locale("de_XX")
