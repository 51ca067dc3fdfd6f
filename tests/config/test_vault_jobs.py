"""The job files of detokenize, decrypt, rotate-keys and erase."""

import json
from typing import Any

import pytest

from anonspark.config.key_settings import vault_at
from anonspark.config.load import load_job
from anonspark.config.recover import DecryptJob, DetokenizeJob
from anonspark.config.vault_jobs import EraseJob, RotateKeysJob
from anonspark.domain.vaults import VaultKind
from anonspark.errors import ConfigurationError
from anonspark.vocabulary import OnUnknownToken

VAULT = {"vault": "sqlite:///vault.db", "encryption_key": "env:KEY"}
TABLES = {"input": {"uri": "in"}, "output": {"uri": "out"}}
META = {"metadata": {"uri": "meta"}}


def job(kind: str, **keys: Any) -> Any:
    return load_job(json.dumps({"version": 1, "job": kind, **keys}), "/srv/jobs/job.yaml")


def faults(kind: str, **keys: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        job(kind, **keys)
    return [f"{field}: {sentence}" for field, sentence in refused.value.problems]


def test_what_each_kind_says() -> None:
    detokenize = job("detokenize", **TABLES, columns=["email", "address.zip"], settings=VAULT)
    assert isinstance(detokenize, DetokenizeJob)
    assert (detokenize.paths, detokenize.unknown) == (("email", "address.zip"), OnUnknownToken.FAIL)
    assert detokenize.settings is not None
    assert detokenize.settings.place(detokenize.base).address == "/srv/jobs/vault.db"
    assert detokenize.settings.key_scope == "project"
    decrypt = job(
        "decrypt", **TABLES, columns=["card"], alphabets={"card": "0123456789"}, settings={"encryption_key": "env:K"}
    )
    assert isinstance(decrypt, DecryptJob)
    rotate = job("rotate-keys", settings=VAULT | {"older_keys": ["env:OLD"]}, **META)
    assert isinstance(rotate, RotateKeysJob)
    assert (rotate.source().name, rotate.target()) == ("sqlite:////srv/jobs/vault.db", None)
    erase = job("erase", subjects={"uri": "gone.csv", "column": "who"}, settings=VAULT, **META)
    assert isinstance(erase, EraseJob)
    assert (erase.of_persons, erase.column, erase.source().uri) == (True, "who", "/srv/jobs/gone.csv")
    assert list(erase.uris()) == ["/srv/jobs/gone.csv", "/srv/jobs/meta"]


def test_a_vault_that_is_a_table_brings_its_connector() -> None:
    rotate = job("rotate-keys", settings=VAULT | {"vault": "s3a://lake/vault"}, **META)
    assert "s3a://lake/vault" in list(rotate.uris())
    relative = job("detokenize", **TABLES, columns=["a"], settings=VAULT | {"vault": "vault"})
    assert "/srv/jobs/vault" in list(relative.uris())


def test_lines_of_standard_input_are_in_no_record() -> None:
    erase = job("erase", settings=VAULT, **META)
    given = erase.with_lines(("CANARY-7431",), of_persons=True)
    assert (given.lines, given.of_persons, given.source().name) == (("CANARY-7431",), True, "stdin")
    assert "CANARY" not in given.canonical() + repr(given)
    assert erase.lines is None
    with pytest.raises(ConfigurationError, match="or values is missing"):
        erase.source()
    named = job("erase", values={"uri": "gone.csv", "column": "who"}, settings=VAULT, **META)
    assert not named.of_persons
    with pytest.raises(ConfigurationError, match="stand in the file"):
        named.with_lines((), of_persons=False)


def test_what_is_missing() -> None:
    assert {line.split(":")[0] for line in faults("detokenize")} == {"input", "output", "columns", "settings"}
    assert faults("decrypt", **TABLES, columns=[], settings={"encryption_key": "env:K"}) == [
        "columns: is empty; it needs at least one entry."
    ]
    assert faults("detokenize", **TABLES, columns=["a"], settings={"encryption_key": "env:K"}) == [
        "settings.vault: is missing."
    ]
    assert {line.split(":")[0] for line in faults("erase")} == {"settings", "metadata"}
    assert {line.split(":")[0] for line in faults("rotate-keys", settings={"encryption_key": "env:K"})} == {
        "input", "output", "columns",
    }  # fmt: skip
    assert faults("rotate-keys", settings=VAULT) == [
        "metadata: is missing; name the folder of the run record and the audit: {uri: ...}."
    ]


def test_what_contradicts_itself() -> None:
    both = {"uri": "gone.csv", "column": "who"}
    assert "names no table" in faults("erase", subjects={"column": "who"}, settings=VAULT, **META)[0]
    assert "stands beside subjects" in faults("erase", subjects=both, values=both, settings=VAULT, **META)[0]
    assert "stands beside settings.vault" in faults("rotate-keys", **TABLES, columns=["a"], settings=VAULT)[0]
    alphabets = {"card": "0123456789"}
    settings = {"encryption_key": "env:K"}
    assert "is none of columns" in faults("decrypt", **TABLES, columns=["a"], alphabets=alphabets, settings=settings)[0]
    same = {"input": {"uri": "in"}, "output": {"uri": "in"}}
    assert "in_place" in faults("decrypt", **same, columns=["a"], settings=settings)[0]
    assert job("decrypt", **same, columns=["a"], settings=settings, in_place=True).in_place


def test_a_key_or_a_password_in_a_job_file_is_refused_and_not_repeated() -> None:
    secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
    told = faults("decrypt", **TABLES, columns=["a"], settings={"encryption_key": secret})
    assert told[0].startswith("settings.encryption_key: is no reference to a key")
    told += faults("rotate-keys", settings=VAULT | {"vault": f"postgresql://me:{secret}@db/v"}, **META)
    assert "PGPASSWORD" in told[1]
    assert secret not in str(told)


def test_paths_that_are_none() -> None:
    assert faults("detokenize", **TABLES, columns=["ok", "a..b"], settings=VAULT)[0].startswith("columns[1]: 'a..b'")


def test_where_a_vault_lies_is_seen_from_the_job_file() -> None:
    assert vault_at("postgresql://db/v", "/srv").kind is VaultKind.POSTGRESQL
    assert vault_at("sqlite:////abs/v.db", "s3a://lake/jobs").address == "/abs/v.db"
    with pytest.raises(ConfigurationError, match="lies on no disk"):
        vault_at("sqlite:///v.db", "s3a://lake/jobs")
