"""How names and values are cut and folded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.pii_words import folded, joined, spellings, tokens_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("first_name", ["first", "name"]),
        ("firstName", ["first", "name"]),
        ("FirstName", ["first", "name"]),
        ("FIRST-NAME", ["first", "name"]),
        ("first name", ["first", "name"]),
        ("tbl.first/name", ["tbl", "first", "name"]),
        ("HTTPServerIP", ["http", "server", "ip"]),
        ("userIDs", ["user", "ids"]),
        ("addr2line", ["addr", "2", "line"]),
        ("Straße", ["strasse"]),
        ("prénom_élève", ["prenom", "eleve"]),
        ("Łódź", ["lodz"]),
        ("携帯電話2", ["携帯電話", "2"]),
        ("ﾒｰﾙ", ["メール"]),
        ("がくせき", ["がくせき"]),
        ("Дата рождения", ["дата", "рождения"]),
        ("", []),
        ("___", []),
    ],
)
def test_a_name_is_cut_into_words(name, words):
    assert tokens_of(name) == words


def test_umlauts_are_found_in_both_ways_to_type_them():
    assert spellings("Straße") == {"strasse"}
    assert spellings("Geschäftsführer") == {"geschaftsfuhrer", "geschaeftsfuehrer"}
    assert joined("e-mail address") == joined("eMailAddress") == "emailaddress"


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text):
    assert folded(folded(text)) == folded(text)


@given(st.text(max_size=30))
def test_case_does_not_matter_to_a_folded_text(text):
    assert folded(text) == folded(text.casefold())
