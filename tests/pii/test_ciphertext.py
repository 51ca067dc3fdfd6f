import json
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.keys import KeyRing, RootKey, root_key
from anonspark.pii.ciphertext import (
    GCM,
    GCM_OVERHEAD,
    SIV,
    Header,
    Opener,
    parse_header,
    sealer,
    sealing_key,
    siv_opener,
    siv_sealer,
)
from anonspark.pii.workers import Refused, WorkerRefusalError

KEY, OLD = root_key(bytes(range(32)), 2), root_key(bytes(range(32, 64)))


def seal(algorithm: str, value: bytes, key: RootKey = KEY, scope: str = "p", family: str = "email") -> str:
    header = Header(algorithm, key.id, key.version, family)
    return f"{header}:{sealer(sealing_key(key, scope, header), header)(value)}"


def test_aes_siv_agrees_with_all_vectors_of_512_bit_keys(shared: Path) -> None:
    vectors = json.loads((shared / "data/pii/wycheproof_aes_siv_subset.json").read_text())
    seen = {"valid": 0, "invalid": 0}
    for group in (group for group in vectors["testGroups"] if group["keySize"] == 512):
        for test in group["tests"]:
            key, iv, aad, message, ciphertext, tag = (
                bytes.fromhex(test[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
            )
            seen[test["result"]] += 1
            if test["result"] == "valid":
                assert siv_sealer(key, [aad, iv])(message) == tag + ciphertext, test["tcId"]
                assert siv_opener(key, [aad, iv])(tag + ciphertext) == message, test["tcId"]
            else:
                with pytest.raises(InvalidTag):
                    siv_opener(key, [aad, iv])(tag + ciphertext)
    assert seen == {"valid": 64, "invalid": 70}


def test_the_deterministic_cipher_of_columns_is_that_of_the_vectors() -> None:
    header = Header(SIV, KEY.id, 2, "email")
    key = sealing_key(KEY, "p", header)
    payload = urlsafe_b64encode(siv_sealer(key, [str(header).encode()])(b"a@b.example")).rstrip(b"=").decode()
    assert seal(SIV, b"a@b.example") == f"{header}:{payload}"
    assert len(key) == 64


@given(st.sampled_from([GCM, SIV]), st.binary(), st.text(), st.text())
def test_what_was_sealed_opens_to_the_same_bytes(algorithm: str, value: bytes, scope: str, family: str) -> None:
    assert Opener(KeyRing(KEY), scope).open(seal(algorithm, value, scope=scope, family=family)) == value


@given(st.builds(Header, st.sampled_from([GCM, SIV]), st.text(), st.integers(0, 10**9), st.text(), st.text()))
def test_a_header_reads_as_it_was_written(header: Header) -> None:
    written = str(header)
    assert parse_header(written) == header
    assert written.count(":") == 5
    assert written.isascii()


def test_equal_values_have_equal_ciphertexts_only_where_deterministic() -> None:
    assert seal(SIV, b"x") == seal(SIV, b"x")
    assert seal(GCM, b"x") != seal(GCM, b"x")


@pytest.mark.parametrize("algorithm", [GCM, SIV])
def test_families_scopes_and_keys_do_not_share_a_key(algorithm: str) -> None:
    header = Header(algorithm, KEY.id, 2, "email")
    others = [
        sealing_key(KEY, "p", Header(algorithm, KEY.id, 2, "phone")),
        sealing_key(KEY, "q", header),
        sealing_key(OLD, "p", header),
    ]
    assert sealing_key(KEY, "p", header) not in others
    assert len(set(others)) == 3


def test_no_nonce_repeats_within_a_batch_and_no_key_over_batches() -> None:
    header = Header(GCM, KEY.id, 2, "email")
    key = sealing_key(KEY, "p", header)
    seal_one = sealer(key, header)
    same_batch = [seal_one(b"x") for _ in range(300)]
    assert len(set(same_batch)) == 300
    salts = {payload[:20] for payload in same_batch}
    assert len(salts) == 1
    assert sealer(key, header)(b"x")[:20] not in salts


@pytest.mark.parametrize("algorithm", [GCM, SIV])
def test_older_keys_of_a_ring_open_what_they_sealed(algorithm: str) -> None:
    sealed = seal(algorithm, b"x", OLD)
    assert Opener(KeyRing(KEY, (OLD,)), "p").open(sealed) == b"x"
    with pytest.raises(WorkerRefusalError, match=Refused.UNKNOWN_KEY):
        Opener(KeyRing(KEY), "p").open(sealed)


@pytest.mark.parametrize("algorithm", [GCM, SIV])
def test_another_scope_another_secret_and_every_change_are_refused(algorithm: str) -> None:
    sealed = seal(algorithm, b"canary")
    impostor = RootKey(KEY.id, KEY.version, bytes(32))
    changed = [
        (KEY, "q", sealed),
        (impostor, "p", sealed),
        (KEY, "p", sealed.replace(":email:", ":phone:")),
        (KEY, "p", sealed.replace(":string:", ":bigint:")),
        (KEY, "p", sealed.replace(f":{KEY.id}:2:", f":{KEY.id}:3:")),
        (KEY, "p", sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB")),
    ]
    for key, scope, text in changed:
        with pytest.raises(WorkerRefusalError, match=Refused.WRONG_KEY) as raised:
            Opener(KeyRing(key), scope).open(text)
        assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice@example.org",
        "a:b:c:d:e:f:g",
        "anon1:ecb:k:1:f:string:AAAA",
        "anon1:gcm:k:one:f:string:AAAA",
        "::::::",
    ],
)
def test_what_is_no_ciphertext_is_refused(text: str) -> None:
    with pytest.raises(WorkerRefusalError, match=Refused.NO_CIPHERTEXT):
        Opener(KeyRing(KEY), "p").open(text)


def test_a_payload_that_is_too_short_is_no_ciphertext() -> None:
    header = Header(GCM, KEY.id, 2, "email")
    with pytest.raises(WorkerRefusalError, match=Refused.NO_CIPHERTEXT):
        Opener(KeyRing(KEY), "p").open(f"{header}:{'A' * (GCM_OVERHEAD - 1)}")
