"""Personal data inside texts: sentences, log lines, JSON; found by shape, proof and the words beside it.

Names of people are not found here: they have no shape. `pii.entities` finds them with a language model.
"""

import re
from bisect import bisect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anonspark.pii.context_words import CONTEXT
from anonspark.pii.spotters import SPOTTERS, Spotter

Mask: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]
"""One boolean a text."""

Rows: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]
"""Indexes of texts."""

BEFORE: Final = 48
"""Characters before a value in which a word can tell what it is."""

AFTER: Final = 24
"""Characters behind it, up to the next mark."""

THRESHOLD: Final = 0.8

SPANS: Final = pa.list_(
    pa.struct([("start", pa.int32()), ("end", pa.int32()), ("pii_type", pa.string()), ("score", pa.float32())])
)
"""Type of `spans_of`: one list a text, spans in their order."""

_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), 0xFF0D, 0xFF20, 0xFF0B, 0xFF08, 0xFF09)}
_GATES: Final = ("[0-9]", r"[0-9](?:[^0-9A-Za-z]{0,3}[0-9]){5}")
"""A digit; six digits with nothing but marks between them."""

_LONG_NUMBERS: Final = frozenset(
    {"amex", "au_tfn", "br_cpf", "ca_sin", "credit_card", "de_steuer_id", "dea_number", "ein", "es_nif", "eu_phone"}
    | {"fr_nir", "imei", "imsi", "in_aadhaar", "intl_phone", "itin", "magnetic_stripe", "mx_curp", "nl_bsn", "npi"}
    | {"phone", "pl_pesel", "se_personnummer", "ssn", "uk_driving_licence", "uk_nhs_number", "uk_nino", "uk_phone"}
    | {"us_phone", "us_routing_number", "za_id_number"}
)
"""Types that no value with fewer than six digits in a row is of."""

_LETTER: Final = "[0-9A-Za-z\u00c0-\u1fff\u2c00-\u2dff]"
"""Of scripts that part words by blanks; a number may follow Chinese signs and kana directly."""

_NEXT_MARK: Final = re.compile(r"[.,;:\"\n]")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_-]")
_JSON_KEY: Final = re.compile(r"\"([^\"\\]{1,64})\"\s{0,3}:\s{0,3}[\[{]{0,2}\s{0,3}\"?[^\"{}\[\]]{0,200}$")
_OTHER_VALUE: Final = re.compile(r"[0-9]{4}[^0-9]*?(?<![^\W\d_])(?!(?:and|und)(?![^\W_]))[^\W\d_]{3,}")
"""A number and then words of another matter; a list of numbers shares the word before it."""

_GROUP_BEFORE: Final = re.compile(r"[0-9][A-Z]? $")
_GROUP_BEHIND: Final = re.compile(r" [0-9]")
_PER_DISTANCE: Final = 0.0005  # of two words that tell, the nearer one is right


@dataclass(frozen=True, slots=True)
class Span:
    """Personal data within a text.

    Attributes:
        start: Of its first character, in code points, as Python and Spark's `substring` (which adds 1) count.
        end: Behind its last.
        pii_type: Which.
        score: How sure, in [0, 1].
    """

    start: int
    end: int
    pii_type: str
    score: float


def find_spans(text: str, *, threshold: float = THRESHOLD, types: Collection[str] | None = None) -> list[Span]:
    """Personal data in a text, from left to right; spans do not overlap, of two that would the surer one stays.

    >>> [(span.pii_type, span.start, span.end) for span in find_spans("Mail ada@example.com or call 212-555-0123.")]
    [('email', 5, 20), ('us_phone', 29, 41)]
    """
    return _find(text, range(len(SPOTTERS)), threshold, types)


def replace_spans(
    text: str,
    replace: Callable[[Span, str], str],
    *,
    threshold: float = THRESHOLD,
    types: Collection[str] | None = None,
) -> str:
    """A text in which each span is replaced by what `replace` makes of it and its value; nothing else changes."""
    return replaced(text, find_spans(text, threshold=threshold, types=types), replace)


def replaced(text: str, spans: Iterable[Span], replace: Callable[[Span, str], str]) -> str:
    """A text with spans that are known already replaced; in their order and without overlap."""
    parts: list[str] = []
    done = 0
    for span in spans:
        parts += (text[done : span.start], replace(span, text[span.start : span.end]))
        done = span.end
    return "".join((*parts, text[done:]))


def spans_of(texts: pa.Array, *, threshold: float = THRESHOLD, types: Collection[str] | None = None) -> pa.Array:
    """The spans of each text; null for null.

    RE2 asks the whole array which shapes occur in which text at all, so that only candidates cost Python's time.

    Returns:
        Lists of structs, type `SPANS`.
    """
    return as_array(dict(spans_by_row(texts, threshold=threshold, types=types)), texts.is_null())


def spans_by_row(
    texts: pa.Array, *, threshold: float = THRESHOLD, types: Collection[str] | None = None
) -> Iterator[tuple[int, list[Span]]]:
    """Each row whose text has spans, in their order, and those."""
    texts = texts.cast(pa.string())
    for row, spotters in _candidates(texts, threshold, types):
        spans = _find(texts[row].as_py(), spotters, threshold, types)
        if spans:
            yield row, spans


def as_array(spans: Mapping[int, Sequence[Span]], nulls: pa.Array) -> pa.Array:
    """Spans by row, in the order of rows, as an array of type `SPANS` with a null where `nulls` is true."""
    found = [span for row in spans.values() for span in row]
    sizes = np.zeros(len(nulls), np.int32)
    sizes[list(spans)] = [len(row) for row in spans.values()]
    structs = pa.StructArray.from_arrays(
        [
            pa.array([span.start for span in found], pa.int32()),
            pa.array([span.end for span in found], pa.int32()),
            pa.array([span.pii_type for span in found], pa.string()),
            pa.array([span.score for span in found], pa.float32()),
        ],
        fields=list(SPANS.value_type),
    )
    offsets = pa.array(np.concatenate(([0], np.cumsum(sizes))), pa.int32())
    return pa.ListArray.from_arrays(offsets, structs, type=SPANS, mask=nulls)


def _candidates(
    texts: pa.Array, threshold: float, types: Collection[str] | None
) -> Iterator[tuple[int, Sequence[int]]]:
    """Rows in which a shape occurs, in their order, each with the indexes of the spotters to ask.

    A shape that says too little on its own counts only in a text with one of its words.
    """
    subsets: list[tuple[Rows, pa.Array]] = [(np.arange(len(texts)), texts)]
    for gate in _GATES:
        rows, subset = subsets[-1]
        rows = rows[_matches(subset, gate)]
        subsets.append((rows, texts.take(pa.array(rows))))
    asked = np.zeros((len(texts), len(SPOTTERS)), bool)
    for number, spotter in enumerate(SPOTTERS):
        rows, subset = subsets[_gates_before(spotter)]
        if len(rows) and (types is None or spotter.pii_type in types):
            rows = rows[_matches(subset, spotter.prefilter or spotter.pattern)]
            if spotter.score < threshold and spotter.context is not None and len(rows):
                rows = rows[_matches(texts.take(pa.array(rows)), _anywhere(spotter.context))]
            asked[rows, number] = True
    asked[_matches(texts, "[\uff10-\uff19\uff20]")] = True  # full-width digits are digits to the spotters only
    for row in np.flatnonzero(asked.any(axis=1)).tolist():
        yield row, np.flatnonzero(asked[row]).tolist()


def _matches(texts: pa.Array, pattern: str) -> Mask:
    """Which texts have a match; a null has none. Shape (texts,)."""
    matches: Mask = pc.fill_null(pc.match_substring_regex(texts, pattern), False).to_numpy(zero_copy_only=False)
    return matches


def _find(text: str, spotters: Iterable[int], threshold: float, types: Collection[str] | None) -> list[Span]:
    """The spans that some spotters see, the overlapping ones settled."""
    readable = text if text.isascii() else text.translate(_FULL_WIDTH)
    seen: list[tuple[bool, float, int, int, Span]] = []
    for number in spotters:
        spotter = SPOTTERS[number]
        if types is None or spotter.pii_type in types:
            seen += (
                (not spotter.wide, -span.score, span.start - span.end, number, span)
                for span in _look(readable, spotter)
                if span.score >= threshold
            )
    return without_overlap(span for *_, span in sorted(seen, key=lambda entry: entry[:4]))


def without_overlap(spans: Iterable[Span]) -> list[Span]:
    """Of spans in their order of preference those that overlap none before, from left to right."""
    kept: list[Span] = []
    for span in spans:
        place = bisect(kept, span.start, key=lambda other: other.start)
        if (place == 0 or kept[place - 1].end <= span.start) and (place == len(kept) or span.end <= kept[place].start):
            kept.insert(place, span)
    return kept


def _look(text: str, spotter: Spotter) -> Iterator[Span]:
    """What one spotter sees; a match that is refused may begin with one that is not, or hide one."""
    shape = _compiled(spotter)
    position = 0
    while (match := shape.search(text, position)) is not None:
        start, end = match.span(1) if shape.groups else match.span()
        position = match.start() + 1
        for shorter in _ends(text, start, end):
            score = (
                0.0
                if spotter.apart and _is_among_groups(text, start, shorter)
                else _score(text, start, shorter, spotter)
            )
            if score > 0:
                yield Span(start, shorter, spotter.pii_type, score)
                position = shorter
                break


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    """Where a match may end: where it does, or before one of its last blanks, since a word or number may follow it.

    A mark at the end is the sentence's.
    """
    while end - start > 1 and text[end - 1] in ".,;:'-":
        end -= 1
    yield end
    for _ in range(3):
        end = text.rfind(" ", start, end)
        if end <= start:
            return
        yield end


def _is_among_groups(text: str, start: int, end: int) -> bool:
    """Whether digits stand before or behind, one blank apart."""
    return (
        _GROUP_BEFORE.search(text, max(0, start - 3), start) is not None or _GROUP_BEHIND.match(text, end) is not None
    )


def _score(text: str, start: int, end: int, spotter: Spotter) -> float:
    """How sure a spotter is of a value; 0 where its rule refuses it."""
    real = spotter.check is None or spotter.check(text[start:end])
    if not real and not spotter.unproven:
        return 0.0
    if spotter.unless and _word(spotter.unless).search(text[max(0, start - 12) : start]):
        return 0.0
    distance = None if spotter.context is None else _distance_to_word(text, start, end, spotter.context)
    if distance is None:
        if not real:
            return 0.0
        return spotter.score if spotter.alone is None or end - start < len(text) else spotter.alone
    told = spotter.told if real else spotter.unproven
    return max(spotter.score if real else 0.0, round(told - _PER_DISTANCE * distance, 4))


def _distance_to_word(text: str, start: int, end: int, context: str) -> int | None:
    """Characters between a value and the nearest word of a concern, up to `BEFORE`; None where there is none.

    In JSON only the key of the value counts, and words within the value itself.
    """
    word = _word(context)
    key = _JSON_KEY.search(text, max(0, start - 280), start) if '":' in text else None
    before = _CAMEL.sub(" ", key[0] if key else text[max(0, start - BEFORE) : start])
    last = None
    for last in word.finditer(before):  # noqa: B007
        pass
    if last is not None and _OTHER_VALUE.search(before, last.end()) is None:
        return 0 if key else len(before) - last.end()
    behind = _NEXT_MARK.split(text[end : end + AFTER], maxsplit=1)[0]
    following = word.search(behind)
    return None if following is None else following.start() + AFTER


@cache
def _compiled(spotter: Spotter) -> re.Pattern[str]:
    """A spotter's shape for Python, not within a word, a longer number or a dotted one."""
    return re.compile(rf"(?<!{_LETTER})(?<![0-9][.-])(?:{spotter.pattern})(?!{_LETTER})(?![.-][0-9])")


@cache
def _word(context: str) -> re.Pattern[str]:
    """Any word of a concern; those in Chinese signs need no bounds."""
    words = CONTEXT[context].replace("-", " ").split("|")  # as `_CAMEL` leaves them
    latin = "|".join(re.escape(word) for word in words if word[0] < "\u2e80")
    signs = "|".join(re.escape(word) for word in words if word[0] >= "\u2e80")
    bounded = rf"(?<![^\W_])(?:{latin})(?![^\W_])"
    return re.compile(f"{bounded}|{signs}" if signs else bounded, re.IGNORECASE)


@cache
def _anywhere(context: str) -> str:
    """Any word of a concern for RE2, its blanks as in keys and headers too: `socialSecurity`, `social_security`."""
    words = CONTEXT[context].replace("-", " ").split("|")
    return "(?i)" + "|".join("[ _-]?".join(map(re.escape, word.split(" "))) for word in words)


def _gates_before(spotter: Spotter) -> int:
    """How many of `_GATES` a text has to pass before a spotter is asked."""
    if spotter.pii_type in {"credential", "url", "email", "password", "social_handle"}:
        return 0
    return 2 if spotter.pii_type in _LONG_NUMBERS else 1
