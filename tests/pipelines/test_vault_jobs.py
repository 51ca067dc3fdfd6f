"""Tokens and ciphertexts taken back, keys rotated, persons erased: whole runs with their records and audits."""

import json
from base64 import b64encode
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.config.job_file import JobFile
from anonspark.config.load import load_job
from anonspark.config.vault_jobs import EraseJob
from anonspark.domain.keys import KeyScope
from anonspark.domain.treatments import Encrypt, FormatPreservingEncrypt, Tokenize
from anonspark.domain.vaults import parse_vault
from anonspark.errors import (
    AnonsparkError,
    CiphertextError,
    ColumnNotFoundError,
    InputError,
    LocationError,
    SecretKeyError,
    UntreatableValueError,
    VerificationError,
)
from anonspark.io.keys import open_key
from anonspark.pii.open_vault import open_vault
from anonspark.pii.transforms.encrypt import encrypt
from anonspark.pii.transforms.format_preserving import fpe_encrypt
from anonspark.pii.transforms.tokenize import tokenize_columns
from anonspark.pipelines import recover
from anonspark.pipelines.run import run

CANARY = "CANARY-7431"
ROWS = [
    ("ann", f"{CANARY}@x.com", 41, date(1984, 2, 29), "4111111111111111"),
    ("ann", None, None, None, None),
    ("bob", "bob@x.com", -3, date(1582, 10, 4), "5500 0000 0000 0004"),
    ("eve", f"{CANARY}@x.com", 0, date(2024, 1, 1), None),
]
SCHEMA = "person string, mail string, age int, born date, card string"
KEY, NEXT = (b64encode(bytes(range(first, first + 32))).decode() for first in (1, 101))


@dataclass
class Place:
    """A folder with the table, a run's metadata, and a vault."""

    spark: SparkSession
    folder: Path
    vault: str

    @property
    def table(self) -> DataFrame:
        return self.spark.createDataFrame(ROWS, SCHEMA)

    def job(self, kind: str, **keys: Any) -> JobFile:
        settings = {"key_scope": "people", "encryption_key": "env:KEY", **keys.pop("settings", {})}
        data = {"version": 1, "job": kind, "metadata": {"uri": "meta"}, "settings": settings, **keys}
        return load_job(json.dumps(data), str(self.folder / "job.yaml"))

    def recover(self, kind: str, columns: list[str], **keys: Any) -> JobFile:
        vault = {"vault": self.vault} if kind == "detokenize" else {}
        settings = vault | keys.pop("settings", {})
        tables = {"input": {"uri": "treated"}, "output": {"uri": "out"}}
        return self.job(kind, **tables, columns=columns, settings=settings, **keys)

    def tokenize(self) -> None:
        """Write `treated`: mail and age as tokens, with the person."""
        key = open_key("env:KEY")
        keys = KeyScope("people", linking=key, encryption=key)
        with ExitStack() as held:
            place = parse_vault(self.vault if ":" in self.vault else str(self.folder / self.vault))
            vault = open_vault(place, self.spark, "tokenized", held)
            columns = {"mail": Tokenize(), "age": Tokenize("age_")}
            step = tokenize_columns(
                self.table, columns, vault, keys, held=held, pii_types={"mail": "email"}, subject="person"
            )
            self.write(self.table.transform(step))

    def encrypt(self) -> None:
        """Write `treated`: mail, age and born encrypted, the card within its form."""
        key = open_key("env:KEY")

        def of(column: str, deterministic: bool = False) -> Column:
            return encrypt(
                F.col(column), Encrypt(deterministic), key, "people", column, self.table.schema[column].dataType
            )

        card = fpe_encrypt(F.col("card"), FormatPreservingEncrypt(), key, "people")
        self.write(self.table.select("person", of("mail", True).alias("mail"), of("age").alias("age"),
                                     F.struct(of("born").alias("born")).alias("of"), card.alias("card")))  # fmt: skip

    def write(self, table: DataFrame, name: str = "treated") -> None:
        table.coalesce(1).write.format("delta").mode("overwrite").save(str(self.folder / name))

    def rows(self, name: str = "out") -> list[dict[str, Any]]:
        return DeltaTable(self.folder / name).to_pyarrow_table().to_pylist()

    def records(self, name: str) -> list[dict[str, Any]]:
        return DeltaTable(self.folder / "meta" / name).to_pyarrow_table().to_pylist()

    def audit(self) -> list[tuple[Any, ...]]:
        rows = [(row["operation"], row["subject"], row["rows"], row["outcome"]) for row in self.records("audit")]
        return sorted(rows, key=str)

    def run(self, job: JobFile, run_id: str | None = None) -> Mapping[str, Any]:
        return run(job, self.spark, run_id=run_id)

    def fails(self, job: JobFile, error: type[AnonsparkError], words: str) -> None:
        with pytest.raises(error, match=words) as raised:
            self.run(job)
        assert CANARY not in raised.value.message
        assert not DeltaTable.is_deltatable(str(self.folder / "out"))
        assert CANARY not in str(self.records("runs")) + str(self.records("audit"))
        assert {row["outcome"] for row in self.records("audit")} == {f"failed: {error.__name__}"}


@pytest.fixture(params=["sqlite:///vault.db", "vault"])
def vault(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def place(spark: SparkSession, tmp_path: Path, vault: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("KEY", KEY)
    monkeypatch.setenv("NEXT", NEXT)
    monkeypatch.setenv("ANONSPARK_ACTOR", "night shift")
    monkeypatch.chdir(tmp_path)
    return Place(spark, tmp_path, vault)


of_one_vault = pytest.mark.parametrize("vault", ["sqlite:///vault.db"])


def test_tokens_are_taken_back_and_it_is_audited(place: Place) -> None:
    place.tokenize()
    assert CANARY not in str(place.rows("treated"))
    summary = place.run(place.recover("detokenize", ["mail", "age"]), "r1")
    assert [(row["mail"], row["age"]) for row in place.rows()] == [
        (f"{CANARY}@x.com", "41"), (None, None), ("bob@x.com", "-3"), (f"{CANARY}@x.com", "0"),
    ]  # fmt: skip
    assert summary["columns"] == [
        {"column": "mail", "cells": 3, "unknown": 0}, {"column": "age", "cells": 3, "unknown": 0},
    ]  # fmt: skip
    assert (summary["rows"], summary["output"]["version"]) == (4, 0)
    assert summary["warnings"] == ["The output holds personal data in plain again."]
    assert place.audit() == [("detokenize", "age", 3, "completed"), ("detokenize", "mail", 3, "completed")]
    (audited, _) = place.records("audit")
    assert (audited["actor"], audited["run_id"]) == ("night shift", "r1")
    assert audited["key_id"] == f"{open_key('env:KEY').id} version 1"
    place.run(place.recover("detokenize", ["mail", "age"]), "r1")
    assert len(place.audit()) == 2
    assert CANARY not in str(place.records("runs")) + str(place.records("audit"))
    assert KEY not in str(place.records("runs"))


@of_one_vault
def test_tokens_that_cannot_be_taken_back(place: Place) -> None:
    place.tokenize()
    fails = place.fails
    fails(place.recover("detokenize", ["mail"], settings={"encryption_key": "env:NEXT"}), CiphertextError, "names")
    with pytest.raises(SecretKeyError, match="NOWHERE"):
        place.run(place.recover("detokenize", ["mail"], settings={"encryption_key": "env:NOWHERE"}))


@of_one_vault
def test_tokens_of_another_scope_or_none_at_all(place: Place) -> None:
    place.tokenize()
    other = place.recover("detokenize", ["mail"], settings={"key_scope": "others"})
    place.fails(other, UntreatableValueError, "3 cells of 'mail'")
    place.fails(place.recover("detokenize", ["person"]), UntreatableValueError, "4 cells of 'person'")
    with pytest.raises(ColumnNotFoundError, match="did you mean 'mail'"):
        place.run(place.recover("detokenize", ["mails"]))


@of_one_vault
def test_a_run_that_published_and_could_not_audit_does_so_when_it_is_repeated(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.tokenize()
    job = place.job("detokenize", input={"uri": "treated"}, output={"uri": "treated"}, in_place=True,
                    columns=["mail"], settings={"vault": place.vault})  # fmt: skip

    def away(*_: object) -> None:
        raise VerificationError("The metadata are away.")

    with monkeypatch.context() as patched:
        patched.setattr(recover, "record_audit", away)
        with pytest.raises(VerificationError):
            place.run(job, "r1")
    assert [row["mail"] for row in place.rows("treated")] == [row[1] for row in ROWS]
    summary = place.run(job, "r1")
    assert (summary["rows"], summary["output"]["version"]) == (4, 1)
    assert place.audit() == [
        ("detokenize", "mail", None, "completed"), ("detokenize", "mail", None, "failed: VerificationError"),
    ]  # fmt: skip


@of_one_vault
def test_ciphertexts_are_taken_back_in_the_types_that_they_had(place: Place) -> None:
    place.encrypt()
    assert CANARY not in str(place.rows("treated"))
    columns = ["mail", "age", "of.born", "card"]
    summary = place.run(place.recover("decrypt", columns, alphabets={"card": "0123456789"}))
    assert [(row["person"], row["mail"], row["age"], row["of"]["born"], row["card"]) for row in place.rows()] == ROWS
    assert {each["column"]: (each["cells"], each["type"]) for each in summary["columns"]} == {
        "mail": (3, "string"), "age": (3, "int"), "of.born": (3, "date"), "card": (2, "string"),
    }  # fmt: skip
    assert {row[:2] for row in place.audit()} == {("decrypt", column) for column in columns}


@of_one_vault
def test_ciphertexts_that_cannot_be_taken_back(place: Place) -> None:
    place.encrypt()
    place.fails(place.recover("decrypt", ["mail"], settings={"encryption_key": "env:NEXT"}), CiphertextError, "given")
    place.fails(place.recover("decrypt", ["person"]), CiphertextError, "no ciphertexts")
    elsewhere = place.recover("decrypt", ["mail"], settings={"key_scope": "others"})
    place.fails(elsewhere, CiphertextError, "another key scope")


def test_the_keys_of_a_vault_are_rotated(place: Place) -> None:
    place.tokenize()
    settings = {"vault": place.vault, "encryption_key": "env:NEXT", "older_keys": ["env:KEY"]}
    summary = place.run(place.job("rotate-keys", settings=settings))
    assert (summary["scope"], summary["values"]) == ("people", 5)
    assert place.run(place.job("rotate-keys", settings=settings))["values"] == 0
    assert {row[2:] for row in place.audit()} == {(5, "completed"), (0, "completed")}
    with pytest.raises(CiphertextError):
        place.run(place.recover("detokenize", ["mail"]))
    place.run(place.recover("detokenize", ["mail", "age"], settings={"encryption_key": "env:NEXT"}))
    assert [row["mail"] for row in place.rows()] == [row[1] for row in ROWS]


@of_one_vault
def test_a_vault_is_not_rotated_without_the_old_key(place: Place) -> None:
    place.tokenize()
    settings = {"vault": place.vault, "encryption_key": "env:NEXT"}
    place.fails(place.job("rotate-keys", settings=settings), CiphertextError, "name that key")
    place.run(place.recover("detokenize", ["mail"]))


@of_one_vault
def test_the_keys_of_columns_are_rotated(place: Place) -> None:
    place.encrypt()
    before = [row["mail"] for row in place.rows("treated")]
    assert before[0] == before[3]
    settings = {"encryption_key": "env:NEXT", "older_keys": ["env:KEY"]}
    job = place.job("rotate-keys", input={"uri": "treated"}, output={"uri": "rotated"}, columns=["mail", "of.born"],
                    settings=settings)  # fmt: skip
    summary = place.run(job)
    assert [each["changed"] for each in summary["columns"]] == [3, 3]
    after = [row["mail"] for row in place.rows("rotated")]
    assert after[0] == after[3] != before[0]
    opens = place.job("decrypt", input={"uri": "rotated"}, output={"uri": "out"}, columns=["mail", "of.born"],
                      settings={"encryption_key": "env:NEXT"})  # fmt: skip
    place.run(opens)
    assert [(row["mail"], row["of"]["born"]) for row in place.rows()] == [(row[1], row[3]) for row in ROWS]


def test_persons_and_values_are_erased(place: Place) -> None:
    place.tokenize()
    (place.folder / "gone.csv").write_text(f"who\nann\n{CANARY}\n", encoding="utf-8")
    settings = {"vault": place.vault}
    of_persons = place.job("erase", subjects={"uri": "gone.csv", "column": "who"}, settings=settings)
    summary = place.run(of_persons)
    assert {key: summary[key] for key in ("of", "asked", "found", "tokens", "shared")} == {
        "of": "persons", "asked": 2, "found": 1, "tokens": 1, "shared": 1,
    }  # fmt: skip
    job = place.job("erase", settings=settings)
    assert isinstance(job, EraseJob)
    by_hand = job.with_lines((f"{CANARY}@X.com ", "nobody"), of_persons=False)
    summary = place.run(by_hand)
    assert (summary["asked"], summary["found"], summary["tokens"]) == (2, 1, 1)
    place.run(place.recover("detokenize", ["mail", "age"], unknown="clear"))
    assert [(row["mail"], row["age"]) for row in place.rows()] == [
        (None, None), (None, None), ("bob@x.com", "-3"), (None, "0"),
    ]  # fmt: skip
    audited = [(row[1].split(" people: ")[1], *row[2:]) for row in place.audit() if row[0] == "erase"]
    assert audited == [("persons", 1, "completed"), ("values", 1, "completed")]
    assert CANARY not in str(place.records("runs")) + str(place.records("audit"))


@of_one_vault
@pytest.mark.parametrize(
    ("keys", "error", "words"),
    [
        ({"settings": {"key_scope": "peopel"}}, InputError, "did you mean 'people'"),
        ({"subjects": {"uri": "gone.csv", "column": "whom"}}, ColumnNotFoundError, "did you mean 'who'"),
        ({"subjects": {"uri": "nowhere.csv", "column": "who"}}, LocationError, "nowhere.csv"),
    ],
)
def test_nobody_is_erased(place: Place, keys: dict[str, Any], error: type[AnonsparkError], words: str) -> None:
    place.tokenize()
    (place.folder / "gone.csv").write_text("who\nann\n", encoding="utf-8")
    given: dict[str, Any] = {"subjects": {"uri": "gone.csv", "column": "who"}, **keys}
    settings = {"vault": place.vault, **given.pop("settings", {})}
    place.fails(place.job("erase", settings=settings, **given), error, words)
