"""What the name of a column says: which types, how surely, and of whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from anonspark.domain.paths import Within, parse_path
from anonspark.domain.pii_knowledge import Confidence, NameWords
from anonspark.domain.pii_words import tokens_of
from anonspark.vocabulary import DetectionMethod

WHETHER: Final = frozenset({"flag", "flg", "ind", "indicator", "is", "has", "was", "status", "code", "type"})
"""Words that make a name tell whether something holds, which tells as much where it is a disability or a faith."""

_GLUED: Final = 3
"""Letters of the shortest word that a name glued together is cut into."""

_AFFIX: Final = 7
"""Letters of the shortest phrase that counts at the begin or end of an unknown word."""


@dataclass(frozen=True, slots=True)
class NameEvidence:
    """What a name says of one type.

    Attributes:
        score: How surely, before any value is seen.
        method: How it says it.
        whether: It says only whether something holds: `has_disability`.
    """

    pii_type: str
    score: float
    method: DetectionMethod
    whether: bool = False


@dataclass(frozen=True, slots=True)
class NameReading:
    """All that a name says.

    Attributes:
        evidence: By type.
        elsewhere: It names something that is no personal data, or tells about a value: `file_name`, `email_sent`.
        of_thing: It speaks of something that is no person: `product_code`.
        of_people: It speaks of people: `customer_code`.
    """

    evidence: Mapping[str, NameEvidence] = field(default_factory=dict)
    elsewhere: bool = False
    of_thing: bool = False
    of_people: bool = False


@dataclass(frozen=True, slots=True)
class _Run:
    """Words from one place to another that are a known phrase; `affix` where it is only part of a word."""

    start: int
    end: int
    phrase: str
    nothing: bool
    strong: bool
    affix: bool = False


def read_name(path: str, words: NameWords, confidence: Confidence) -> NameReading:
    """What the name at the end of a path says; the names around it tell of whom.

    Args:
        path: Of a column or of values within one: `customer.home_phone`.
        words: The words that are known.
        confidence: The numbers.
    """
    around, leaf = _names_of(path)
    outer = [word for name in around for word in _words_of(name, words)]
    inner = _words_of(leaf, words)
    runs = _known_runs([*outer, *inner], len(outer), words)
    return _Reader(outer, inner, runs, words, confidence).reading()


def _names_of(path: str) -> tuple[list[str], str]:
    parsed = parse_path(path)
    names = [parsed.column, *(step.field for step in parsed.steps if step.into is Within.FIELD)]
    return names[:-1], names[-1]


def _words_of(name: str, words: NameWords) -> list[str]:
    """The words of a name, those that are glued together cut apart."""
    found: list[str] = []
    for word in tokens_of(name):
        found += [word] if _is_known(word, words) else _cut(word, words) or [_singular(word, words)]
    return found


def _is_known(word: str, words: NameWords) -> bool:
    return word in words.meanings or any(
        word in known for known in (words.people, words.things, words.neutral, words.stop, words.nothing)
    )


def _singular(word: str, words: NameWords) -> str:
    for ending in ("es", "s", "en", "n"):
        if len(word) > len(ending) + 2 and word.endswith(ending) and _is_known(word[: -len(ending)], words):
            return word[: -len(ending)]
    return word


def _cut(word: str, words: NameWords) -> list[str]:
    """The fewest known words that a word is made of; none where it is not made of known words alone."""
    shortest = _GLUED if word.isascii() else 1
    best: list[list[str] | None] = [[], *([None] * len(word))]
    for end in range(1, len(word) + 1):
        for start in range(end - shortest, -1, -1):
            head, piece = best[start], word[start:end]
            if head is None or not _is_known(piece, words) or _misleads(piece, words):
                continue
            found = best[end]
            if found is None or len(head) + 1 < len(found):
                best[end] = [*head, piece]
    return best[-1] or []


def _misleads(piece: str, words: NameWords) -> bool:
    """Whether a phrase is too short to be seen in other words, as `age` in `passage`."""
    return len(piece) == _GLUED and piece.isascii() and piece in words.meanings and piece not in words.short


def _known_runs(tokens: Sequence[str], inner: int, words: NameWords) -> list[_Run]:
    """Known phrases that end within the name itself, the longest ones, none over another."""
    found: list[_Run] = []
    for end in range(inner + 1, len(tokens) + 1):
        for start in range(max(0, end - words.longest - 1), end):
            phrase = "".join(tokens[start:end])
            meanings = words.meanings.get(phrase, ())
            nothing = phrase in words.nothing
            if meanings or nothing:
                strong = any(not meaning.weak for meaning in meanings)
                found.append(_Run(start, end, phrase, nothing and not strong, strong))
    chosen: list[_Run] = []
    for run in sorted(found, key=lambda run: (run.start - run.end, not run.strong, not run.nothing, -run.end)):
        if all(run.end <= other.start or run.start >= other.end for other in chosen):
            chosen.append(run)
    chosen += [
        affix
        for at in range(inner, len(tokens))
        if all(at < run.start or at >= run.end for run in chosen)
        and not _is_known(tokens[at], words)
        and (affix := _affix(tokens[at], at, words)) is not None
    ]
    return sorted(chosen, key=lambda run: run.start)


def _affix(word: str, at: int, words: NameWords) -> _Run | None:
    """The longest phrase that an unknown word begins or ends with."""
    shortest = _AFFIX if word.isascii() else 2
    for length in range(len(word) - 1, shortest - 1, -1):
        for phrase in (word[-length:], word[:length]):
            if any(not meaning.weak for meaning in words.meanings.get(phrase, ())):
                return _Run(at, at + 1, phrase, nothing=False, strong=True, affix=True)
    return None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Weighs the phrases of a name against its other words."""

    outer: Sequence[str]
    inner: Sequence[str]
    runs: Sequence[_Run]
    words: NameWords
    confidence: Confidence

    def reading(self) -> NameReading:
        """All that the name says."""
        rest = self.rest(self.runs)
        of_thing, of_people = self.about(self.runs)
        stops = [word for word in rest if word in self.words.stop]
        last_nothing = max((run.end for run in self.runs if run.nothing), default=0)
        meaningful = [run for run in self.runs if not run.nothing]
        if last_nothing:
            # A phrase after it is the head of the name: `file_name_email`.
            meaningful = [run for run in meaningful if run.start >= last_nothing and run.strong]
        whether = bool(stops) and set(stops) <= WHETHER
        evidence: dict[str, NameEvidence] = {}
        if not stops or whether:
            for run in meaningful:
                for found in self.evidence_of(run, meaningful, whether=whether):
                    known = evidence.get(found.pii_type)
                    if known is None or found.score > known.score:
                        evidence[found.pii_type] = found
        return NameReading(evidence, bool(last_nothing or stops) and not evidence, of_thing, of_people)

    def rest(self, runs: Sequence[_Run]) -> list[str]:
        """The words of the name itself that no phrase takes, without numbers and single letters."""
        first = len(self.outer)
        return [
            word
            for at, word in enumerate(self.inner, start=first)
            if not any(run.start <= at < run.end for run in runs)
            and not word.isdigit()
            and not (len(word) == 1 and word.isascii())
        ]

    def about(self, runs: Sequence[_Run]) -> tuple[bool, bool]:
        """Whether the name speaks of a thing, and whether of people; of the two the later word counts."""
        covered = {at for run in runs for at in range(run.start, run.end)}
        for at in range(len(self.outer) + len(self.inner) - 1, -1, -1):
            word = self.outer[at] if at < len(self.outer) else self.inner[at - len(self.outer)]
            if at in covered:
                continue
            if word in self.words.people:
                return False, True
            if word in self.words.things:
                return True, False
        return False, False

    def evidence_of(self, run: _Run, runs: Sequence[_Run], *, whether: bool) -> list[NameEvidence]:
        """What one phrase says of each type that it can mean."""
        rest = self.rest([run])
        of_thing, of_people = self.about([run])
        unknown = [word for word in self.rest(self.runs) if not self.is_plain(word)]
        followed = any(other.start >= run.end and other.strong for other in runs)
        found = []
        for meaning in self.words.meanings[run.phrase]:
            score, method = self.weigh(run, rest, unknown, weak=meaning.weak, thing=of_thing, people=of_people)
            if followed:
                score = min(score, self.confidence.weak_name)
            if score > 0:
                found.append(NameEvidence(meaning.pii_type, score, method, whether))
        return found

    def is_plain(self, word: str) -> bool:
        """Whether a word changes nothing or is one for people."""
        return word in self.words.neutral or word in self.words.people or word in self.words.stop

    def weigh(
        self, run: _Run, rest: Sequence[str], unknown: Sequence[str], *, weak: bool, thing: bool, people: bool
    ) -> tuple[float, DetectionMethod]:
        """How surely a phrase says a type among the other words of the name."""
        numbers = self.confidence
        if weak:
            if thing or unknown or run.affix:
                return 0, DetectionMethod.KEYWORD_NAME
            score = numbers.contained_name if people else numbers.weak_name
            return score, DetectionMethod.KEYWORD_NAME
        if thing:
            return numbers.thing_name, DetectionMethod.KEYWORD_NAME
        if run.affix or unknown:
            return numbers.affix_name, DetectionMethod.AFFIX_NAME
        if rest:
            return numbers.contained_name, DetectionMethod.KEYWORD_NAME
        return numbers.exact_name, DetectionMethod.EXACT_NAME
