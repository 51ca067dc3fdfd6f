"""Which action fits which column, worked out by hand."""

import pytest

from anonspark.domain.keys import KeyScope, RootKey
from anonspark.domain.treatments import (
    ACTIONS,
    Action,
    AddNoise,
    DateShift,
    Encrypt,
    Generalize,
    Hash,
    Keep,
    Mask,
    Pseudonymize,
    Redact,
    Suppress,
    Tokenize,
    Treatment,
)
from anonspark.errors import ColumnTypeError, ConfigurationError
from anonspark.pii.takes import KINDS, require_fit, require_keys
from anonspark.vocabulary import ActionName, DataKind

ROOT = RootKey("k", 1, bytes(32))


def treated(action: Action, column: str = "c", pii_type: str | None = None) -> Treatment:
    return Treatment(column, pii_type, action, "rule 1 (priority 0) for c")


@pytest.mark.parametrize("kind", DataKind)
def test_every_column_can_be_suppressed_or_kept(kind: DataKind) -> None:
    for action in (Suppress(), Keep()):
        require_fit(treated(action), kind)


def test_every_action_has_kinds() -> None:
    assert set(KINDS) == set(ActionName) == set(ACTIONS)


@pytest.mark.parametrize(
    ("treatment", "kind", "sentence"),
    [
        (treated(AddNoise()), DataKind.TEXT, "'c' has type text; add_noise takes whole numbers and numbers; of the"),
        (treated(Mask()), DataKind.DATE, "has type dates; mask takes text and whole numbers"),
        (treated(DateShift()), DataKind.WHOLE, "date_shift takes text, dates and points in time"),
        (treated(Redact()), DataKind.BINARY, "of the actions encrypt, suppress, keep fit"),
        (treated(Tokenize(), "c[]"), DataKind.TEXT, "several values a row; tokenize needs one value a row"),
        (treated(Generalize(), "c.$.zip", "us_zip"), DataKind.TEXT, "has type JSON; generalize is not for values"),
        (treated(Generalize(to="year"), "c", "us_zip"), DataKind.TEXT, "generalize it by keep or levels"),
        (treated(Generalize(levels=1)), DataKind.DECIMAL, "generalize it by bin_size"),
        (treated(Generalize(), "c[]", "ip_address"), DataKind.TEXT, "generalize needs one value a row"),
    ],
)
def test_an_action_that_does_not_fit_names_what_does(treatment: Treatment, kind: DataKind, sentence: str) -> None:
    with pytest.raises(ColumnTypeError) as raised:
        require_fit(treatment, kind)
    assert sentence in str(raised.value)
    assert raised.value.field == treatment.column


def test_parts_of_texts_take_what_works_on_pieces() -> None:
    for action in (Redact(), Mask(), Hash(), Encrypt(), Pseudonymize()):
        require_fit(treated(action), DataKind.TEXT, free_text=True)
    with pytest.raises(ColumnTypeError, match="tokenize is not for parts of a text"):
        require_fit(treated(Tokenize()), DataKind.TEXT, free_text=True)


def test_a_key_or_a_vault_that_is_missing_is_named_with_the_column() -> None:
    without, having = KeyScope("s", ROOT), KeyScope("s", ROOT, encryption=ROOT)
    with pytest.raises(ConfigurationError, match=r"settings\.encryption_key: is missing; encrypt of 'c' \(rule 1"):
        require_keys([treated(Encrypt())], without, has_vault=False)
    with pytest.raises(ConfigurationError, match=r"settings\.vault: is missing; tokenize of 'c'"):
        require_keys([treated(Tokenize())], having, has_vault=False)
    require_keys([treated(Encrypt()), treated(Tokenize()), treated(Hash())], having, has_vault=True)
