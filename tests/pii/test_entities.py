"""Names beside shapes, with an analyzer that a test hands over; and what is said where there is none."""

from dataclasses import dataclass
from types import SimpleNamespace

import pyarrow as pa
import pytest

from anonspark.errors import EnvironmentProblem
from anonspark.pii import entities
from anonspark.pii.entities import find_all, load_analyzer, spans_with_names
from anonspark.pii.free_text import SPANS


@dataclass
class Found:
    entity_type: str
    start: int
    end: int
    score: float


class Listed:
    """Sees the words that it is given."""

    def __init__(self, *words: tuple[str, str, float]) -> None:
        self.words = words
        self.asked: list[tuple[str, list[str]]] = []

    def analyze(self, text: str, language: str, entities: list[str]) -> list[Found]:
        self.asked.append((language, entities))
        return [
            Found(kind, text.index(word), text.index(word) + len(word), score)
            for word, kind, score in self.words
            if word in text
        ]


def test_names_are_found_beside_what_has_a_shape() -> None:
    text = "Ada Lovelace wrote to ada@example.com from London"
    analyzer = Listed(("Ada Lovelace", "PERSON", 0.85), ("London", "LOCATION", 0.85), ("ada", "PERSON", 0.9))
    spans = find_all(text, analyzer)
    assert [(span.pii_type, text[span.start : span.end]) for span in spans] == [
        ("name", "Ada Lovelace"),
        ("email", "ada@example.com"),
        ("location", "London"),
    ]
    assert analyzer.asked == [("en", ["PERSON", "LOCATION", "NRP"])]


def test_of_entities_that_overlap_the_surer_one_stays_and_the_unsure_and_the_unknown_are_left_out() -> None:
    analyzer = Listed(
        ("Ada Lovelace", "PERSON", 0.85), ("Lovelace", "LOCATION", 0.95), ("x", "PERSON", 0.5), ("wrote", "VERB", 1.0)
    )
    spans = find_all("Ada Lovelace wrote x", analyzer)
    assert [(span.pii_type, span.start, span.end) for span in spans] == [("location", 4, 12)]


def test_an_array_of_texts_is_answered_as_without_names() -> None:
    find = spans_with_names("de", load=lambda _: Listed(("Ada", "PERSON", 0.85)))
    found = find(pa.array(["Ada", None, "", "Ada: 212-555-0123"]))
    assert found.type == SPANS
    assert [None if row is None else [span["pii_type"] for span in row] for row in found.to_pylist()] == [
        ["name"],
        None,
        [],
        ["name", "us_phone"],
    ]


def test_a_language_without_a_model_is_refused() -> None:
    with pytest.raises(EnvironmentProblem, match="no model for language 'xx'; en, de"):
        load_analyzer("xx")


def test_a_model_that_is_not_there_is_not_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    spacy = SimpleNamespace(util=SimpleNamespace(is_package=lambda _: False))
    monkeypatch.setattr(entities, "import_module", lambda _: spacy)
    load_analyzer.cache_clear()
    with pytest.raises(EnvironmentProblem, match="python -m spacy download ja_core_news_lg"):
        load_analyzer("ja")


def test_missing_libraries_are_named_with_the_way_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(entities, "import_module", refuse)
    load_analyzer.cache_clear()
    with pytest.raises(EnvironmentProblem, match="pip install presidio-analyzer spacy"):
        load_analyzer("en")
