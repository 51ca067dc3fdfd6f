import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.pii.fakes.draws import Maker
from anonspark.pii.fakes.kinds import maker_of
from anonspark.pii.fakes.names import email, first_name, full_name, last_name
from anonspark.pii.pools import words

MAKER = Maker(bytes(range(32)), None, "name")


def fake(pii_type: str, text: str, locale: str | None = None) -> str:
    return maker_of(pii_type)([text], Maker(bytes(range(32)), locale, pii_type))[0]


def test_a_full_name_is_the_fakes_of_its_parts() -> None:
    john, smith = first_name("John", MAKER), last_name("Smith", MAKER)
    assert full_name("John Smith", MAKER) == f"{john} {smith}"
    assert full_name("SMITH, John", MAKER) == f"{smith.upper()}, {john}"
    assert full_name("john smith", MAKER) == f"{john} {smith}".lower()
    assert full_name("Dr. John von Smith-Smith, Jr.", MAKER).startswith(f"Dr. {john} von {smith}-{smith}, Jr.")
    assert full_name("Mrs. Smith", MAKER) == f"Mrs. {smith}"
    assert {john, smith}.isdisjoint({"John", "Smith"})


def test_an_initial_becomes_another_initial() -> None:
    found = full_name("John A. Smith", MAKER)
    assert re.fullmatch(r"\w+ [B-Z]\. \w+", found)


@pytest.mark.parametrize("text", ["Don", "Le", "don", "le", "Prince Lord", "Iv", "M"])
def test_names_that_look_like_titles_or_particles_are_replaced(text: str) -> None:
    for kind in ("name", "first_name", "last_name"):
        assert not set(fake(kind, text).split()) & set(text.split())


@pytest.mark.parametrize(
    ("text", "locale", "alphabet"),
    [
        ("Иван Петров", None, r"[\u0400-\u04ff]+ [\u0400-\u04ff]+"),
        ("Γιώργος Παππάς", "de_DE", r"[\u0370-\u03ff\u1f00-\u1fff]+ [\u0370-\u03ff\u1f00-\u1fff]+"),
        ("김민준", None, r"[\uac00-\ud7af]{2,5}"),
        ("山田太郎", "ja_JP", r"[\u4e00-\u9fff\u3040-\u30ff]{2,6}"),
        ("やまだ たろう", None, r"\S+ \S+"),
        ("محمد علي", None, r"[\u0600-\u06ff]+ [\u0600-\u06ff]+"),
        ("Hans Müller", "de_DE", r"[A-Za-zÀ-ž]+ [A-Za-zÀ-ž]+"),
    ],
)
def test_a_fake_is_written_in_the_script_of_the_original(text: str, locale: str | None, alphabet: str) -> None:
    found = fake("name", text, locale)
    assert re.fullmatch(alphabet, found), found
    assert found != text


def test_the_locale_of_the_job_names_people_of_its_country() -> None:
    assert fake("first_name", "John", "de_DE") in words("first_name", "de_DE")
    assert fake("last_name", "Smith", "fr_FR") in words("last_name", "fr_FR")


@given(st.sampled_from(["name", "first_name", "last_name", "email", "username", "social_handle"]), st.text())
def test_any_text_has_a_fake_that_is_no_part_of_it(pii_type: str, text: str) -> None:
    found = fake(pii_type, text)
    if any(map(str.isalnum, text)) and any(map(str.isalpha, text)):
        assert found != text
    assert fake(pii_type, text) == found


def test_addresses_of_one_mailbox_have_one_fake_at_a_reserved_domain() -> None:
    assert email(" Alice@Example.ORG", MAKER) == email("alice@example.org", MAKER)
    assert re.fullmatch(r"[a-z]+\.[a-z]+\.[a-z0-9]{12}@example\.(com|org|net)", email("alice@example.org", MAKER))


@pytest.mark.parametrize("pii_type", ["email", "username"])
def test_a_hundred_thousand_addresses_have_as_many_fakes(pii_type: str) -> None:
    texts = [f"user{number}@example.org" for number in range(100_000)]
    fakes = maker_of(pii_type)(texts, Maker(bytes(range(32)), None, pii_type))
    assert len(set(fakes)) == 100_000
