"""Names and places inside texts, by a language model: Presidio over spaCy, where they are installed.

Nothing else needs them. A model guesses, and takes milliseconds a text, so what is found by shape and proof
(`pii.free_text`) stays, and the model adds to it.
"""

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Final, Protocol

import pyarrow as pa

from anonspark.errors import EnvironmentProblem
from anonspark.pii.free_text import THRESHOLD, Span, as_array, find_spans, without_overlap

MODELS: Final = {
    "en": "en_core_web_lg",
    "de": "de_core_news_lg",
    "es": "es_core_news_lg",
    "fr": "fr_core_news_lg",
    "it": "it_core_news_lg",
    "ja": "ja_core_news_lg",
    "nl": "nl_core_news_lg",
    "pt": "pt_core_news_lg",
}
"""spaCy's model of each language."""

TYPES: Final = {"PERSON": "name", "LOCATION": "location", "NRP": "nationality"}
"""Presidio's entities that have no shape, by type of the catalogue."""


class Entity(Protocol):
    """What an analyzer answers."""

    entity_type: str
    start: int
    end: int
    score: float


class Analyzer(Protocol):
    """Presidio's `AnalyzerEngine`, as far as it is used here."""

    def analyze(self, text: str, language: str, entities: list[str]) -> Sequence[Entity]:
        """Entities of some kinds in a text."""


@cache
def load_analyzer(language: str = "en") -> Analyzer:
    """The analyzer of a language, once a process, since a model takes seconds and a gigabyte to load.

    Raises:
        EnvironmentProblem: A language without a model, Presidio or spaCy not installed, or the model not there; nothing
            is downloaded on its own.
    """
    if language not in MODELS:
        message = f"There is no model for language '{language}'; {', '.join(MODELS)} have one."
        raise EnvironmentProblem(message, field="ner")
    try:
        spacy = import_module("spacy")
        presidio = import_module("presidio_analyzer")
        engines = import_module("presidio_analyzer.nlp_engine")
    except ImportError as error:
        message = "Names in texts need presidio-analyzer and spacy: pip install presidio-analyzer spacy."
        raise EnvironmentProblem(message, field="ner") from error
    model = MODELS[language]
    if not spacy.util.is_package(model):
        message = f"Names in texts need spaCy's model {model}: python -m spacy download {model}."
        raise EnvironmentProblem(message, field="ner")
    models = [{"lang_code": language, "model_name": model}]
    engine = engines.NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    analyzer: Analyzer = presidio.AnalyzerEngine(nlp_engine=engine, supported_languages=[language])
    return analyzer


def find_all(text: str, analyzer: Analyzer, *, language: str = "en", threshold: float = THRESHOLD) -> list[Span]:
    """What has a shape, and the names, places and nationalities that an analyzer sees outside of that."""
    entities = [
        Span(entity.start, entity.end, TYPES[entity.entity_type], round(entity.score, 4))
        for entity in analyzer.analyze(text=text, language=language, entities=list(TYPES))
        if entity.entity_type in TYPES and entity.score >= threshold
    ]
    entities.sort(key=lambda span: (-span.score, span.start - span.end))
    return without_overlap([*find_spans(text, threshold=threshold), *entities])


def spans_with_names(
    language: str = "en", *, threshold: float = THRESHOLD, load: Callable[[str], Analyzer] = load_analyzer
) -> Callable[[pa.Array], pa.Array]:
    """`free_text.spans_of` with names: texts -> lists of spans; the model is loaded where the function first runs."""

    def spans_of(texts: pa.Array) -> pa.Array:
        analyzer = load(language)
        cells = texts.cast(pa.string()).to_pylist()
        spans = {
            row: find_all(cell, analyzer, language=language, threshold=threshold)
            for row, cell in enumerate(cells)
            if cell  # neither null nor empty
        }
        return as_array(spans, texts.is_null())

    return spans_of
