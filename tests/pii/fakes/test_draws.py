from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from anonspark.pii.fakes.draws import DIGITS, HEXADECIMAL, LETTERS_AND_DIGITS, Draw, Maker

KEY = bytes(range(32))


@given(st.lists(st.integers(1, 10**40), max_size=30), st.text())
def test_draws_are_below_their_size_and_follow_from_key_and_value(sizes: list[int], identity: str) -> None:
    draw, again = Draw(KEY, "x", identity), Draw(KEY, "x", identity)
    found = [draw.below(size) for size in sizes]
    assert found == [again.below(size) for size in sizes]
    assert all(0 <= number < size for number, size in zip(found, sizes, strict=True))


@given(st.sampled_from([DIGITS, HEXADECIMAL, LETTERS_AND_DIGITS, "ab"]), st.integers(0, 60))
def test_texts_have_their_length_and_alphabet(alphabet: str, length: int) -> None:
    text = Draw(KEY, "x", "y").text(length, alphabet)
    assert len(text) == length
    assert set(text) <= set(alphabet)


def test_draws_are_uniform() -> None:
    counted = Counter(Draw(KEY, "x", str(n)).below(10) for n in range(20_000))
    # Chi-squared with 9 degrees of freedom: above 33 once in 10,000 keys, and this key is always the same.
    assert sum((count - 2000) ** 2 / 2000 for count in counted.values()) < 33


def test_other_keys_purposes_attempts_and_values_draw_otherwise() -> None:
    others = [(KEY, "x", "y", 0), (bytes(32), "x", "y", 0), (KEY, "z", "y", 0), (KEY, "x", "z", 0), (KEY, "x", "y", 1)]
    draws = [Draw(*other) for other in others]
    assert len({draw.below(2**128) for draw in draws}) == 5


def test_a_maker_does_not_show_its_key() -> None:
    assert repr(KEY)[2:-1] not in repr(Maker(KEY, None, "name"))
