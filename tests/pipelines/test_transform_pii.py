"""`transform-pii` from its job file to its metadata, on tables of made-up people."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.config.load import load_job
from anonspark.errors import (
    ColumnTypeError,
    ConfigurationError,
    InputError,
    NoReleaseError,
    UntreatableValueError,
    VerificationError,
)
from anonspark.io.manifest import read_metadata
from anonspark.pipelines.run import run

KEY = "base64:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
PEOPLE = 60


def person(number: int) -> dict[str, str]:
    return {
        "customer_email": f"person.{number}@mail{number % 7}.example.com",
        "ssn": f"{100 + number}-{10 + number % 80}-{1000 + number}",
        "zip": f"{10000 + 137 * number:05d}",
        "birth_date": f"19{50 + number % 50}-{1 + number % 12:02d}-{1 + number % 28:02d}",
        "amount": str(10 * number),
        "shelf": f"A{number % 9}",
        "note": f"Call {200 + number}-555-01{number % 100:02d} about the order",
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [person(number) for number in range(PEOPLE)]
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    (tmp_path / "people.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def job(**changes: Any) -> dict[str, Any]:
    given = {
        "version": 1,
        "job": "transform-pii",
        "input": {"uri": "people.csv", "schema": {"amount": "int", "birth_date": "date"}},
        "output": {"uri": "out", "format": "delta"},
        "rules": [{"pii_type": "email", "action": "redact"}],
    }
    return {key: value for key, value in {**given, **changes}.items() if value is not ...}


def transform(spark: SparkSession, folder: Path, run_id: str | None = None, **changes: Any) -> dict[str, Any]:
    return run(load_job(json.dumps(job(**changes)), str(folder / "job.yaml")), spark, run_id=run_id)


def released(folder: Path) -> dict[str, list[Any]]:
    return DeltaTable(str(folder / "out")).to_pyarrow_table().to_pydict()


def test_types_are_found_treated_and_looked_for_again(spark: SparkSession, folder: Path) -> None:
    rules = [
        {"pii_type": "email", "action": "redact"},
        {"pii_type": "ssn", "action": "hash", "priority": 5},
        {"pii_type": "national_id", "action": "redact"},
        {"column": "amount", "action": "add_noise", "config": {"min": 0}},
        {"column": "shelf", "action": "suppress"},
    ]
    summary = transform(spark, folder, rules=rules, profile="hipaa", run_id="first")
    rows = released(folder)
    assert "shelf" not in rows
    assert set(rows["customer_email"]) == {"[REDACTED]"}
    assert all(len(value) == 64 for value in rows["ssn"])
    assert set(map(len, rows["zip"])) == {5}
    assert set(rows["birth_date"]) <= {f"19{year}" for year in range(50, 100)}
    assert rows["amount"] != [10 * number for number in range(PEOPLE)]
    assert min(rows["amount"]) >= 0
    told = {each["column"]: each for each in summary["treatments"]}
    assert told["ssn"]["because"] == "rule 2 (priority 5) for ssn"
    assert told["zip"]["because"].startswith("profile hipaa")
    assert {each["rows"] for each in told.values()} == {PEOPLE}
    assert summary["rows"] == PEOPLE
    assert summary["compliance"]["compliant"] is True
    assert "customer_email" not in {each["column"] for each in summary["remaining"]}
    actions = read_metadata(spark, f"file://{folder}/_anonspark", "pii_actions").collect()
    assert {(row.column, row.action, row.rows) for row in actions} == {
        (column, each["action"], PEOPLE) for column, each in told.items()
    }
    assert any("no key" in warning for warning in summary["warnings"])
    assert any("not differential privacy" in warning for warning in summary["warnings"])


def test_a_complete_run_is_told_again_and_nothing_is_done(spark: SparkSession, folder: Path) -> None:
    summary = transform(spark, folder, run_id="once")
    assert transform(spark, folder, run_id="once") == summary
    assert DeltaTable(str(folder / "out")).version() == summary["output"]["version"] == 0


def test_a_run_that_published_and_died_only_records_that(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from anonspark.pipelines import transform_pii

    def dies(*_: object) -> None:
        raise RuntimeError("the driver is gone")

    with monkeypatch.context() as patched:
        patched.setattr(transform_pii, "append_rows", dies)
        with pytest.raises(RuntimeError):
            transform(spark, folder, run_id="died")
    summary = transform(spark, folder, run_id="died")
    assert summary["output"]["version"] == DeltaTable(str(folder / "out")).version() == 0
    assert summary["treatments"][0]["rows"] == PEOPLE


def test_the_target_keeps_its_version_where_the_check_fails(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from anonspark.pipelines import transform_pii

    transform(spark, folder)
    treat = transform_pii.treat
    monkeypatch.setattr(transform_pii, "treat", lambda *given: treat(*given).limit(3))
    with pytest.raises(VerificationError, match="3 rows were written of 60"):
        transform(spark, folder)
    assert DeltaTable(str(folder / "out")).version() == 0
    assert len(released(folder)["shelf"]) == PEOPLE


def test_the_input_is_replaced_only_where_the_job_says_so(spark: SparkSession, folder: Path) -> None:
    transform(spark, folder)
    again = {"input": {"uri": "out", "format": "delta"}, "rules": [{"column": "shelf", "action": "redact"}]}
    with pytest.raises(ConfigurationError, match="in_place"):
        transform(spark, folder, **again)
    summary = transform(spark, folder, **again, in_place=True)
    assert set(released(folder)["shelf"]) == {"[REDACTED]"}
    assert any("VACUUM" in warning for warning in summary["warnings"])


def test_findings_of_an_earlier_run_are_taken(spark: SparkSession, folder: Path) -> None:
    detect = {"version": 1, "job": "detect-pii", "input": job()["input"], "metadata": {"uri": "meta"}}
    run(load_job(json.dumps(detect), str(folder / "d.yaml")), spark, run_id="looked")
    summary = transform(spark, folder, detections="looked", metadata={"uri": "meta"})
    assert [each["column"] for each in summary["treatments"]] == ["customer_email"]
    assert "found by run looked" in summary["pending"][0]["evidence"]
    with pytest.raises(InputError, match="has recorded nothing"):
        transform(spark, folder, detections="other", metadata={"uri": "meta"})


def test_only_what_is_found_in_texts_changes(spark: SparkSession, folder: Path) -> None:
    rules = [{"pii_type": "phone", "action": "redact"}]
    transform(spark, folder, deep_scan=True, rules=rules)
    assert set(released(folder)["note"]) == {"Call [REDACTED] about the order"}


def test_columns_become_k_anonymous_together(spark: SparkSession, folder: Path) -> None:
    rules = [
        {"column": "zip", "action": "k_anonymize", "config": {"k": 4, "max_suppression": 0.1}},
        {"column": "birth_date", "action": "k_anonymize", "config": {"k": 3, "max_suppression": 0.2}},
        {"pii_type": "email", "action": "pseudonymize"},
    ]
    summary = transform(spark, folder, rules=rules)
    rows = released(folder)
    pairs = list(zip(rows["zip"], rows["birth_date"], strict=True))
    kept = [pair for pair in pairs if pair != ("*", "*")]
    assert min(kept.count(pair) for pair in kept) >= 4
    assert summary["k_anonymity"]["k"] == 4
    assert summary["k_anonymity"]["suppressed"] == len(pairs) - len(kept) <= 6
    assert len(set(rows["customer_email"])) == PEOPLE
    assert any("l-diversity" in warning for warning in summary["warnings"])


def test_a_k_that_no_table_can_have_ends_as_a_goal_not_met(spark: SparkSession, folder: Path) -> None:
    rules = [{"column": "zip", "action": "k_anonymize", "config": {"k": PEOPLE + 1}}]
    with pytest.raises(NoReleaseError):
        transform(spark, folder, rules=rules)
    assert not (folder / "out" / "_delta_log").exists()


def test_tokens_and_ciphertexts_name_their_key(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TREAT_TEST_KEY", KEY.removeprefix("base64:"))
    rules = [{"pii_type": "email", "action": "tokenize"}, {"pii_type": "ssn", "action": "encrypt"}]
    settings = {"encryption_key": "env:TREAT_TEST_KEY", "vault": "sqlite:///vault.db"}
    summary = transform(spark, folder, rules=rules, settings=settings)
    rows = released(folder)
    assert all(token.startswith("tok_") for token in rows["customer_email"])
    assert len(set(rows["customer_email"])) == PEOPLE
    assert all(text.startswith("anon1:gcm:") for text in rows["ssn"])
    assert all(each["key_id"] for each in summary["treatments"])
    first = rows["customer_email"]
    transform(spark, folder, rules=rules, settings=settings)
    assert sorted(released(folder)["customer_email"]) == sorted(first)


@pytest.mark.parametrize(
    ("rule", "error", "sentence"),
    [
        ({"column": "shelf", "action": "add_noise"}, ColumnTypeError, "'shelf' has type text; add_noise takes whole"),
        ({"column": "amount", "action": "generalize"}, ColumnTypeError, "generalize it by bin_size"),
        ({"column": "amount", "action": "generalize", "config": {"to": "year"}}, ColumnTypeError, "bin_size"),
        ({"column": "shelf", "action": "generalize"}, ColumnTypeError, "generalize it by to or keep"),
        ({"column": "birth_date", "action": "mask"}, ColumnTypeError, "mask takes text and whole numbers"),
        ({"column": "shlf", "action": "mask"}, InputError, "did you mean 'shelf'"),
    ],
)
def test_an_action_that_a_column_cannot_take_names_what_fits(
    spark: SparkSession, folder: Path, rule: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence) as raised:
        transform(spark, folder, rules=[rule])
    assert getattr(raised.value, "exit_code", None) == 2
    assert not (folder / "out").exists() or not (folder / "out" / "_delta_log").exists()


def test_values_that_an_action_cannot_take_end_the_run_without_being_told(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TREAT_TEST_KEY", KEY.removeprefix("base64:"))
    with pytest.raises(UntreatableValueError) as raised:
        transform(
            spark,
            folder,
            rules=[{"column": "shelf", "action": "format_preserving_encrypt"}],
            settings={"encryption_key": "env:TREAT_TEST_KEY"},
        )
    assert str(raised.value).startswith("Column 'shelf' holds values with so few characters")
    assert "A1" not in str(raised.value)


def test_a_default_that_needs_a_key_or_a_vault_names_the_setting(spark: SparkSession, folder: Path) -> None:
    (folder / "own.yaml").write_text("id: own\nname: Own\npii_types: [ssn]\ndefault_action: tokenize\n")
    with pytest.raises(ConfigurationError, match=r"settings\.vault: is missing; tokenize of 'ssn'"):
        transform(spark, folder, profiles=["own.yaml"], profile="own", rules=...)


def test_files_are_written_too(spark: SparkSession, folder: Path) -> None:
    transform(spark, folder, output={"uri": "out.csv"})
    text = (folder / "out.csv").read_text()
    assert "[REDACTED]" in text
    assert "@mail" not in text


def test_no_value_and_no_key_is_in_the_summary_the_metadata_or_the_log(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TREAT_TEST_KEY", KEY.removeprefix("base64:"))
    caplog.set_level(logging.DEBUG)
    rules = [{"pii_type": "email", "action": "hash"}, {"pii_type": "ssn", "action": "pseudonymize"}]
    summary = transform(spark, folder, rules=rules, settings={"hash_key": "env:TREAT_TEST_KEY"}, profile="gdpr")
    kept = b"".join(path.read_bytes() for path in (folder / "_anonspark").rglob("*") if path.is_file())
    told = json.dumps(summary) + caplog.text
    for canary in ("person.17@", "117-27-1017", KEY.removeprefix("base64:"), "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"):
        assert canary not in told
        assert canary.encode() not in kept
