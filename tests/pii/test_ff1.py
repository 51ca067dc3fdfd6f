import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.pii.ff1 import ff1_encrypt

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
NIST_KEY = "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94"


def ff1(key: str, tweak: str, text: str, radix: int, *, alphabet: str = ALPHABET, decrypt: bool = False) -> str:
    digits = np.array([[alphabet.index(symbol) for symbol in text]], np.int64).reshape(1, len(text))
    # The vectors go by the first edition of the standard, which takes 100 values or more.
    found = ff1_encrypt(bytes.fromhex(key), bytes.fromhex(tweak), digits, radix, min_domain=100, decrypt=decrypt)
    return "".join(alphabet[digit] for digit in found[0])


@pytest.mark.parametrize(
    ("key_bytes", "tweak", "radix", "plain", "cipher"),
    [
        (16, "", 10, "0123456789", "2433477484"),
        (16, "39383736353433323130", 10, "0123456789", "6124200773"),
        (16, "3737373770717273373737", 36, "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
        (24, "", 10, "0123456789", "2830668132"),
        (24, "39383736353433323130", 10, "0123456789", "2496655549"),
        (24, "3737373770717273373737", 36, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
        (32, "", 10, "0123456789", "6657667009"),
        (32, "39383736353433323130", 10, "0123456789", "1001623463"),
        (32, "3737373770717273373737", 36, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
    ],
)
def test_the_samples_that_nist_published_come_out(
    key_bytes: int, tweak: str, radix: int, plain: str, cipher: str
) -> None:
    key = NIST_KEY[: 2 * key_bytes]
    assert ff1(key, tweak, plain, radix) == cipher
    assert ff1(key, tweak, cipher, radix, decrypt=True) == plain


@pytest.mark.parametrize("name", ["base10", "base36"])
def test_all_vectors_of_wycheproof_agree_and_all_invalid_ones_are_refused(shared: Path, name: str) -> None:
    vectors = json.loads((shared / f"data/pii/wycheproof_ff1_{name}_subset.json").read_text())
    seen = 0
    for group in vectors["testGroups"]:
        alphabet, radix = group["alphabet"], group["radix"]
        for test in group["tests"]:
            seen += 1
            if test["result"] == "valid":
                found = ff1(test["key"], test["tweak"], test["msg"], radix, alphabet=alphabet)
                back = ff1(test["key"], test["tweak"], test["ct"], radix, alphabet=alphabet, decrypt=True)
                assert (found, back) == (test["ct"], test["msg"]), test["tcId"]
            else:
                with pytest.raises(ValueError, match=r"FF1 takes|[Kk]ey"):
                    ff1(test["key"], test["tweak"], test["msg"], radix, alphabet=alphabet)
    assert seen == vectors["numberOfTests"]


@given(st.integers(2, 90), st.integers(20, 40), st.integers(0, 2**32), st.binary(max_size=40), st.integers(0, 5))
def test_many_values_together_are_what_they_are_one_by_one_and_come_back(
    radix: int, length: int, seed: int, tweak: bytes, n_values: int
) -> None:
    key = bytes(range(32))
    digits = np.random.default_rng(seed).integers(0, radix, (n_values, length))
    together = ff1_encrypt(key, tweak, digits, radix)
    assert np.array_equal(ff1_encrypt(key, tweak, together, radix, decrypt=True), digits)
    for row, found in zip(digits, together, strict=True):
        assert np.array_equal(ff1_encrypt(key, tweak, row[None, :], radix)[0], found)


def test_all_values_of_a_length_are_permuted() -> None:
    digits = np.array([[int(symbol) for symbol in f"{number:06}"] for number in range(10**6)])
    found = ff1_encrypt(bytes(range(16)), b"", digits, 10) @ (10 ** np.arange(5, -1, -1))
    assert len(np.unique(found)) == 10**6
    assert 0 < (found == np.arange(10**6)).sum() < 10, "a permutation drawn at random has one fixed point on average"


@pytest.mark.parametrize(("radix", "length"), [(10, 5), (36, 3), (2, 19), (10, 0), (10**4, 1)])
def test_domains_below_a_million_values_are_refused(radix: int, length: int) -> None:
    with pytest.raises(ValueError, match="1,000,000 or more"):
        ff1_encrypt(bytes(16), b"", np.zeros((1, length), np.int64), radix)


def test_digits_and_radixes_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="not below the radix"):
        ff1_encrypt(bytes(16), b"", np.full((1, 8), 10), 10)
    with pytest.raises(ValueError, match="not below the radix"):
        ff1_encrypt(bytes(16), b"", np.full((1, 8), -1), 10)
    for radix in (1, 2**16 + 1):
        with pytest.raises(ValueError, match="radix of FF1"):
            ff1_encrypt(bytes(16), b"", np.zeros((1, 30), np.int64), radix)
