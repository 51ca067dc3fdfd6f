"""`anonspark erase`, `rotate-keys`, `detokenize` from the command line: what they print, and no value among it."""

import io
import json
from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.cli.main import main
from anonspark.domain.keys import KeyScope
from anonspark.domain.treatments import Tokenize
from anonspark.domain.vaults import parse_vault
from anonspark.io.keys import open_key
from anonspark.pii.open_vault import open_vault
from anonspark.pii.transforms.tokenize import tokenize_columns

CANARY = "CANARY-7431"


@pytest.fixture
def folder(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table `treated` whose mails are tokens of two persons."""
    monkeypatch.setenv("KEY", b64encode(bytes(range(32))).decode())
    monkeypatch.chdir(tmp_path)
    key = open_key("env:KEY")
    table = spark.createDataFrame([(CANARY, f"{CANARY}@x"), ("bob", "bob@x")], "person string, mail string")
    with ExitStack() as held:
        vault = open_vault(parse_vault("sqlite:///vault.db"), spark, "r", held)
        keys = KeyScope("project", linking=key, encryption=key)
        step = tokenize_columns(table, {"mail": Tokenize()}, vault, keys, held=held, subject="person")
        table.transform(step).coalesce(1).write.format("delta").save(str(tmp_path / "treated"))
    return tmp_path


def ended(kind: str, folder: Path, *arguments: str, **keys: Any) -> int:
    settings = {"vault": "sqlite:///vault.db", "encryption_key": "env:KEY"}
    job = {"version": 1, "job": kind, "metadata": {"uri": "meta"}, "settings": settings, **keys}
    (folder / "job.yaml").write_text(json.dumps(job), encoding="utf-8")
    with pytest.raises(SystemExit) as raised:
        main([kind, "--config", str(folder / "job.yaml"), *arguments])
    assert isinstance(raised.value.code, int)
    return raised.value.code


def test_a_person_named_on_standard_input_is_erased_and_in_no_record(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CANARY}\n\n"))
    assert ended("erase", folder, "--subjects-from-stdin", "--summary", "s.json") == 0
    shown = capsys.readouterr()
    assert "1 of 1 person known; 1 token erased." in shown.out
    records = [DeltaTable(folder / "meta" / name).to_pyarrow_table().to_pylist() for name in ("runs", "audit")]
    assert CANARY not in shown.out + shown.err + caplog.text + str(records) + Path("s.json").read_text("utf-8")
    tables = {"input": {"uri": "treated"}, "output": {"uri": "out"}}
    assert ended("detokenize", folder, **tables, columns=["mail"]) == 2
    assert "knows no value in the scope 'project' for 1 cells of 'mail'" in capsys.readouterr().err
    assert ended("detokenize", folder, "--set", "unknown=keep", **tables, columns=["mail"]) == 0
    shown = capsys.readouterr()
    for words in ("2 rows; mail.", "cells", "unknown", "release   ", "plain again"):
        assert words in shown.out
    assert "bob@x" not in shown.out + shown.err
    assert ended("rotate-keys", folder) == 0
    assert "0 values of the scope project encrypted again" in capsys.readouterr().out


def test_standard_input_is_read_for_one_thing_and_under_no_run_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("erase", tmp_path, "--subjects-from-stdin", "--values-from-stdin") == 2
    assert ended("erase", tmp_path, "--subjects-from-stdin", "--run-id", "r") == 2
    assert "leave --run-id out" in capsys.readouterr().err
