"""The actions on Arrow arrays of texts, for where Spark has no expression: elements of collections, JSON, free text.

Each gives what the action's function of columns gives, so that a value has one form wherever it stands.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from typing import Final

import pyarrow as pa

from anonspark.domain.keys import KeyScope, RootKey
from anonspark.domain.treatments import (
    Action,
    DateShift,
    Encrypt,
    FormatPreservingEncrypt,
    Hash,
    Mask,
    Pseudonymize,
    Redact,
    Truncate,
)
from anonspark.pii.ciphertext import GCM, SIV, Header, sealer, sealing_key
from anonspark.pii.date_texts import moved_text
from anonspark.pii.fakes.draws import Maker
from anonspark.pii.fakes.kinds import maker_of
from anonspark.pii.normalize import normalized
from anonspark.pii.pools import checked_locale
from anonspark.pii.transforms.date_shift import PURPOSE as SHIFTING
from anonspark.pii.transforms.date_shift import days_of
from anonspark.pii.transforms.format_preserving import PURPOSE as PRESERVING
from anonspark.pii.transforms.format_preserving import checked_alphabet, moved_texts
from anonspark.pii.transforms.hash import HASHING
from anonspark.pii.transforms.pseudonymize import PURPOSE as PSEUDONYMS
from anonspark.pii.transforms.redact import REDACTED
from anonspark.pii.workers import Refused, WorkerRefusalError, mapped, mapped_together, no_values_told

Change = Callable[[pa.Array], pa.Array]
"""An array of texts -> another of the same length; null stays null."""

ON_ARRAYS: Final = (Redact, Mask, Truncate, Hash, Encrypt, FormatPreservingEncrypt, DateShift, Pseudonymize)
"""The actions that there is such a function of."""


def change_of(action: Action, keys: KeyScope, family: str, pii_type: str | None, locale: str | None) -> Change:
    """What an action does with an array of texts.

    Args:
        action: One of ON_ARRAYS.
        keys: Of the scope; those that the action needs are there.
        family: Of ciphertexts.
        pii_type: What the texts are, for pseudonyms.
        locale: Of pseudonyms, unless the action has one of its own.

    Raises:
        TypeError: The action is none of them.
    """
    match action:
        case Redact():
            return _each(lambda _: REDACTED)
        case Mask():
            return _each(lambda text: masked(text, action))
        case Truncate():
            return _each(lambda text: truncated(text, action))
        case Hash():
            return _each(_digester(action, keys))
        case Encrypt() if keys.encryption is not None:
            return _sealing(action, keys.encryption, keys.scope, family)
        case FormatPreservingEncrypt() if keys.encryption is not None:
            return _preserving(action, keys.encryption, keys.scope)
        case DateShift():
            return _each(_shifter(action, keys))
        case Pseudonymize():
            return _pseudonyms(pii_type, action.locale or locale, keys)
        case _:
            raise TypeError(f"there is no {action.name} of arrays")


def masked(text: str, action: Mask) -> str:
    """What `mask` does, of one text.

    >>> masked("4111 1111 1111 1234", Mask())
    '**** **** **** 1234'
    """
    characters = _characters(text)
    letters = sum(map(_is_letter, characters)) if action.keep_separators else len(characters)
    if not letters:
        return action.mask_char * len(text)
    last = min(letters // 2, action.show_last)
    first = min(letters // 2 - last, action.show_first)
    for place in range(first, len(characters) - last):
        if not action.keep_separators or _is_letter(characters[place]):
            characters[place] = action.mask_char
    return "".join(characters)


def truncated(text: str, action: Truncate) -> str:
    """What `truncate` does, of one text."""
    if action.start:
        return text[: action.length]
    return text[-action.length :] if action.length else ""


def _characters(text: str) -> list[str]:
    """Letters, digits and symbols, each with the combining marks that follow it."""
    found: list[str] = []
    for symbol in text:
        if found and unicodedata.category(symbol)[0] == "M":
            found[-1] += symbol
        else:
            found.append(symbol)
    return found


def _is_letter(character: str) -> bool:
    return unicodedata.category(character[0])[0] in "LN"


def _each(change: Callable[[str], str]) -> Change:
    def work(texts: pa.Array) -> pa.Array:
        return mapped(texts, change, pa.string())

    return work


def _digester(action: Hash, keys: KeyScope) -> Callable[[str], str]:
    """Without a key the digest of the text as it is, which anybody can check with SHA-2.

    With one, by the rule of any text: the same input has the same hash whatever a column was taken for.
    """
    algorithm = action.algorithm
    if keys.hashing is None:
        return lambda text: hashlib.new(algorithm, text.encode()).hexdigest()
    secret = keys.hashing.derive(HASHING, keys.scope)
    return lambda text: hmac.digest(secret, normalized(text, None).encode(), algorithm).hex()


def _sealing(action: Encrypt, key: RootKey, scope: str, family: str) -> Change:
    header = Header(SIV if action.deterministic else GCM, key.id, key.version, family)
    secret = sealing_key(key, scope, header)

    def seal_all(texts: pa.Array) -> pa.Array:
        with no_values_told():
            seal = sealer(secret, header)
            sealed = [None if text is None else f"{header}:{seal(text.encode())}" for text in texts.to_pylist()]
            return pa.array(sealed, pa.string())

    return seal_all


def _preserving(action: FormatPreservingEncrypt, key: RootKey, scope: str) -> Change:
    alphabet, secret = checked_alphabet(action.alphabet), key.derive(PRESERVING, scope)

    def move(texts: pa.Array) -> pa.Array:
        with no_values_told():
            coded = texts.dictionary_encode()
            return moved_texts(coded.dictionary, alphabet, secret, decrypt=False).take(coded.indices)

    return move


def _pseudonyms(pii_type: str | None, locale: str | None, keys: KeyScope) -> Change:
    maker = Maker(keys.linking.derive(PSEUDONYMS, keys.scope), checked_locale(locale), pii_type)
    make = maker_of(pii_type)

    def replace(texts: pa.Array) -> pa.Array:
        return mapped_together(texts, lambda distinct: make(distinct, maker), pa.string())

    return replace


def _shifter(action: DateShift, keys: KeyScope) -> Callable[[str], str]:
    secret, most = keys.linking.derive(SHIFTING, keys.scope), action.max_days

    def shift(text: str) -> str:
        if not text.strip():
            return text
        moved = moved_text(text, days_of(f"value:{text}", secret, most), day_first=False)
        if moved is None:
            raise WorkerRefusalError(Refused.NO_DATE)
        return moved

    return shift
