"""Values that are and are not of a type, from the rules' own publishers; whatever the text, an answer."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.pii.validators import VALIDATORS, compact, tidy

REAL = {
    "ssn": ["536-90-4399", " 536 90 4399 ", "536904399"],
    "date_of_birth": ["1985-12-31", "31.12.1985", "12/31/1985", "3/8/71", "19851231", "29. März 1982", "1982年3月29日"],
    "date": [
        "2024-02-29T10:15:30Z",
        "29 Feb 2024",
        "February 29, 2024",
        "2024/2/29 9:05 pm",
        "20240229093000",
        "15 de março de 2021",
    ],
    "age": ["0", "47", "120", "47.0"],
    "ein": ["12-3456789"],
    "ca_sin": ["046 454 286", "130-692-544"],
    "in_aadhaar": ["2341 2341 2346"],
    "br_cpf": ["390.533.447-05", "39053344705"],
    "fr_nir": ["2 95 10 99 126 111 93"],
    "es_nif": ["54362315K", "X-5253868-R"],
    "it_codice_fiscale": ["RCCMNL83S18D969H"],
    "pl_pesel": ["44051401359"],
    "nl_bsn": ["1112.22.333", "111222333"],
    "se_personnummer": ["880320-0016"],
    "za_id_number": ["7503305044089"],
    "mx_curp": ["BOXW310820HNERXN09"],
    "de_steuer_id": ["36 574 261 809"],
    "in_pan": ["ACUPA7085R"],
    "au_tfn": ["123 456 782"],
    "eu_vat": ["DE136695976", "FR 40 303 265 045", "ATU13585627"],
    "uk_driving_licence": ["MORGA657054SM9IJ", "MORGA 657054 SM9IJ"],
    "national_id": ["39053344705", "010101-0101", "15070649C103", "85073003328", "756.9217.0769.85"],
    "tax_id": ["12-3456789", "912-90-3456", "529.982.247-25", "36574261809"],
    "phone": [
        "+49 30 901820",
        "030 901820",
        "(212) 555-0123",
        "2125550123",
        "090-1234-5678",
        "06 12 34 56 78",
        "tel:+442079460018",
    ],
    "us_phone": ["212-555-0123", "(212) 555-0123 ext. 12", "+1 212.555.0123", "1-800-356-9377", "001-212-555-0123x44"],
    "uk_phone": ["020 7946 0018", "+44 (0)20 7946 0018", "07700 900123", "+44 7700 900123", "01632 960123"],
    "eu_phone": ["+33 6 12 34 56 78", "06 12 34 56 78", "0049 30 901820", "+351 912 345 678", "912 345 678"],
    "intl_phone": ["+81 90-1234-5678", "0041 44 668 18 00"],
    "fax": ["+49 30 901821"],
    "address": [
        "1600 Pennsylvania Avenue NW, Washington, DC 20500",
        "221b Baker Street",
        "Lindenstraße 77",
        "12 bis, rue de la Paix",
        "Calle de Alcalá, 42",
        "Via Garibaldi 12",
        "Rua Augusta, 1500",
        "Keizersgracht 241",
        "Keizersgracht",
        "boulevard Voltaire",
        "Innerer Ring 49/81",
        "東京都千代田区千代田1-1",
        "P.O. Box 255",
        "PSC 1234, Box 5678\nAPO AE 09012",
        "Flat 3, Rose Court",
        "4 Dakota Rise\nFisherland, TAS, 2955",
        "Za Statky 4\n186 09 Praha",
        "al. Wąska 18",
        "ул. Волжская, д. 19",
        "Strada Florilor Nr. 20",
        "Fürdői utca 21.",
        "Søndergade 52, 8000 Aarhus C",
        "Jalan Melati 7",
        "Carrera 7 # 12-34",
        "Rua das Flores, S/N",
        "北京市朝阳区建国路88号",
    ],
    "social_handle": ["@ada_lovelace"],
    "cvv": ["123", "0123"],
    "expiration_date": ["04/27", "4/2027", "0427", "2027-04", "Apr-27", "2027-04-30"],
    "service_code": ["101", "201", "620"],
    "magnetic_stripe": [
        "%B4111111111111111^LOVELACE/ADA^27041010000000000000?",
        ";4111111111111111=27041010000000000000?",
        "4111111111111111D27041010000000000000F",
    ],
    "credit_score": ["300", "720", "850"],
    "imsi": ["310150123456789"],
    "diagnosis": ["E11.9", "I10", "S72.001A", "c50.911"],
    "medication": ["0069-2587-10", "50090-0481-0", "00069258710"],
    "us_zip": ["02139", "02139-4307"],
    "uk_postcode": ["SW1A 1AA", "M1 1AE", "ec1a1bb", "GIR 0AA"],
    "ca_postal_code": ["K1A 0B1", "H0H0H0"],
    "latitude": ["52.5200", "-33.8688", "52,5200"],
    "longitude": ["151.2093", "-0.1278"],
    "coordinates": [
        "52.5200, 13.4050",
        "(52.52,13.405)",
        "POINT (151.2093 -33.8688)",
        "geo:52.5200,13.4050",
        "52°31'12\" N, 13°24'18\" E",
    ],
    "ip_address": ["203.0.113.7", "2001:db8::7"],
    "ipv4": ["203.0.113.0/24"],
    "ipv6": ["fe80::1%eth0", "::ffff:203.0.113.7"],
    "mac_address": ["001a.2b3c.4d5e"],
    "url": ["https://example.com/a?b=1#c", "www.example.org", "HTTP://203.0.113.7:8080/"],
    "uuid": ["{550E8400-E29B-41D4-A716-446655440000}", "018f2a6e-7c1b-7def-8123-456789abcdef"],
    "user_agent": ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "curl/8.5.0"],
    "password": [
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$hash",
    ],
    "credential": ["AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"],
    "bitcoin_address": [
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",  # BIP 350
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",  # BIP 173
    ],
    "email": ["Ada.Lovelace@example.com ", "ada@intranet.local", "ada@xn--bcher-kva.example"],
    "swift_bic": ["deutdeff"],
    "iban": ["GB82 WEST 1234 5698 7654 32", "ES16 2080 8209 8725 5202 6095", "gb82west12345698765432"],
}
"""Mostly the examples of who made the rule: states, networks, RFCs, BIPs; reserved numbers of phones and hosts."""

UNREAL = {
    "ssn": ["219-09-9999", "5-3-6-9-0-4-3-9-9x"],
    "date_of_birth": ["1985-02-30", "2999-01-01", "1785-01-01", "1.2.3.4", "soon", "20241340", "34.56.7890"],
    "date": ["2023-02-29", "10:15", "12345678"],
    "age": ["121", "-3", "47.5"],
    "br_cpf": ["390.533.447-06", "00000000000"],
    "pl_pesel": ["44051401358"],
    "es_nif": ["54362315Z"],
    "in_pan": ["ACUZA7085R", "ACUPA0000R"],
    "uk_driving_licence": ["MORGA607554SM9IJ", "MORGA613054SM9IJ", "99999657054SM9IJ"],
    "phone": [
        "1985-12-31",
        "31.12.1985",
        "203.0.113.7",
        "52.520008",
        "2019-2020",
        "12345",
        "999-99-9999",
        "4111111111111111",
    ],
    "us_phone": ["212-555-012", "112-555-0123", "212-155-0123", "911-555-0123", "536-90-4399", "02139-4307"],
    "uk_phone": ["+1 212 555 0123", "2079460018", "30.09.1985"],
    "eu_phone": ["01.02.1985", "+44 20 7946 0018", "612345678", "0.5", "000000000"],
    "intl_phone": ["+999 1234 5678", "2125550123"],
    "address": [
        "10 best ways to close a deal",
        "Order 55 was placed",
        "route 66",
        "via email on 12 March",
        "square root of 16",
        "Parque Nacional 2020",
        "Hello, World 2024",
        "Version 2, 2024 Edition",
        "5 apples",
        "Main Street",
        "via e-mail",
    ],
    "expiration_date": ["13/27", "00/27", "12345"],
    "service_code": ["301", "211", "108"],
    "magnetic_stripe": [";4111111111111112=27041010000000000000?", "4111111111111111"],
    "npi": ["3234567893"],
    "diagnosis": ["111", "E1", "E11.99999"],
    "us_zip": ["00012", "1234", "021394307"],
    "uk_postcode": ["QQ1 1AA", "M1 1AC", "SW1A"],
    "ca_postal_code": ["D1A 0B1", "K1A 0O1", "W1A 0B1"],
    "latitude": ["90.001", "52.5", "1234.567"],
    "longitude": ["180.001", "13"],
    "coordinates": ["91.0000, 13.4050", "POINT (13.4050 95.2093)", "12.5000", "1.5, 2.5"],
    "ipv4": ["1.2.3.4.5", "1.2.3.4.", "203.0.113.0/33", "0203.0.113.1"],
    "ipv6": ["10:15:30", "::g", "2001:db8::/129"],
    "mac_address": ["00:00:00:00:00:00", "FF-FF-FF-FF-FF-FF", "00:1A:2B:3C:4D-5E"],
    "url": ["example", "http://", "report.txt", "https://[half"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "550e8400-e29b-91d4-a716-446655440000"],
    "credential": ["hello world", "token"],
    "bitcoin_address": [
        "bc1pw5dgrnzv",  # BIP 350: invalid program length
        "bc1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",  # BIP 350: bech32m with version 0
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",  # BIP 173: invalid checksum
        "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",  # BIP 173: program of 16 bytes with version 0
        "bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du",  # BIP 173: more than four bits of padding
        "bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",  # mixed case
    ],
    "ethereum_address": ["0x" + "0" * 40],
    "email": ["a@b@example.com", "ada@", "a" * 65 + "@example.com"],
    "vin": ["12345678901234567", "98765432109876543"],
    "imei": ["378282246310005"],
    "iban": ["GB82 WEST"],
}


@pytest.mark.parametrize(("pii_type", "text"), [(kind, text) for kind, texts in REAL.items() for text in texts])
def test_a_real_value_of_the_type_is_told(pii_type: str, text: str) -> None:
    assert VALIDATORS[pii_type](text)


@pytest.mark.parametrize(("pii_type", "text"), [(kind, text) for kind, texts in UNREAL.items() for text in texts])
def test_what_only_looks_like_one_is_refused(pii_type: str, text: str) -> None:
    assert not VALIDATORS[pii_type](text)


def test_all_published_vectors_are_answered_right(shared: Path) -> None:
    with (shared / "data/pii/validator_vectors.csv").open(encoding="utf-8", newline="") as lines:
        vectors = list(csv.DictReader(lines))
    wrong = [v for v in vectors if VALIDATORS[v["pii_type"]](v["value"]) != (v["valid"] == "1")]
    assert wrong == []
    assert len(vectors) == 376


def test_every_type_with_a_validator_is_in_the_catalogue(shared: Path) -> None:
    with (shared / "reference/pii_types.csv").open(encoding="utf-8", newline="") as lines:
        assert VALIDATORS.keys() <= {row["id"] for row in csv.DictReader(lines)}


number_like = st.text(alphabet="0123456789ABCDEXYZabcdez+-./()@: ^=%;\u0661\uff11\u00b2\u0663", max_size=30)


@given(st.one_of(st.text(max_size=60), number_like))
def test_any_text_gets_an_answer(text: str) -> None:
    for validate in VALIDATORS.values():
        assert validate(text) in (True, False)


@given(number_like)
def test_blanks_around_a_cell_change_no_answer(text: str) -> None:
    for validate in VALIDATORS.values():
        assert validate(f"  {text.strip()}\t") == validate(text.strip())


def test_full_width_digits_and_typographic_dashes_are_read_as_plain_ones() -> None:
    assert tidy("\uff10\uff19\uff10\u20111234\u22125678") == "090-1234-5678"
    assert VALIDATORS["phone"]("\uff10\uff19\uff10\uff0d\uff11\uff12\uff13\uff14\uff0d\uff15\uff16\uff17\uff18")


def test_a_number_is_compacted_only_if_there_is_nothing_but_a_number() -> None:
    assert compact("gb82 west-1234") == "GB82WEST1234"
    assert compact("a@b") == ""
    assert compact("-12") == ""
