"""Columns to tokens and back, with a vault in a database and in Delta tables."""

import logging
from collections.abc import Iterable
from contextlib import ExitStack, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.keys import KeyRing, KeyScope, RootKey, root_key
from anonspark.domain.tokens import Erased
from anonspark.domain.treatments import Tokenize
from anonspark.errors import (
    CiphertextError,
    ColumnNotFoundError,
    ColumnTypeError,
    ConfigurationError,
    UntreatableValueError,
)
from anonspark.pii.detokenize import detokenize_columns
from anonspark.pii.normalize import normalized
from anonspark.pii.transforms.tokenize import tokenize_columns
from anonspark.pii.vaults import Vault, claim_scope, digest_of, subject_digest, wrap
from anonspark.vocabulary import OnUnknownToken

CANARY = "CANARY-7431"


def people(spark: SparkSession, rows: Iterable[tuple[object, ...]]) -> DataFrame:
    return spark.createDataFrame(list(rows), "id int, mail string, friend string, home struct<`c.d`:string,x:int>")


def texts(table: DataFrame, column: str = "mail") -> list[str | None]:
    return [row[0] for row in table.select(column).collect()]


def in_one_file(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_equal_values_have_one_token_in_all_columns_and_come_back(
    spark: SparkSession, vault: Vault, keys: KeyScope, root: RootKey, held: ExitStack
) -> None:
    table = people(
        spark,
        [
            (1, "Ann@x.com", "bob", ("Ulm", 1)),
            (2, "ann@x.com ", None, None),
            (3, None, "ann@x.com", (None, 2)),
            (1, "bob", "bob", ("bob", 3)),
        ],
    )
    columns = {"mail": Tokenize(), "friend": Tokenize("f-"), "home.`c.d`": Tokenize(), "id": Tokenize("")}
    types = dict.fromkeys(["mail", "friend"], "email")
    tokens = table.transform(tokenize_columns(table, columns, vault, keys, held=held, pii_types=types)).persist()
    assert tokens.columns == table.columns
    assert tokens.schema.simpleString() == ("struct<id:string,mail:string,friend:string,home:struct<c.d:string,x:int>>")
    ann, ann_again, nobody, bob = [row.asDict(recursive=True) for row in tokens.collect()]
    assert ann["mail"] == ann_again["mail"] == "tok_" + nobody["friend"].removeprefix("f-")
    assert bob["mail"].removeprefix("tok_") == bob["friend"].removeprefix("f-") == ann["friend"].removeprefix("f-")
    assert ann["id"] == bob["id"] != nobody["id"]
    assert len(ann["id"]) == 26
    assert (nobody["mail"], ann_again["friend"], ann_again["home"]) == (None, None, None)
    assert (nobody["home"], bob["home"]["x"]) == ({"c.d": None, "x": 2}, 3)

    back = detokenize_columns(tokens, list(columns), vault, KeyRing(root), "people", held=held)
    found = [row.asDict(recursive=True) for row in tokens.transform(back.step).collect()]
    assert back.unknown == dict.fromkeys(columns, 0)
    assert back.cells == {"mail": 3, "friend": 3, "home.`c.d`": 2, "id": 4}
    assert [row["id"] for row in found] == ["1", "2", "3", "1"]
    assert {row["mail"] for row in found} <= {"Ann@x.com", "ann@x.com ", "ann@x.com", "bob", None}
    assert found[0]["mail"] == found[1]["mail"] == found[2]["friend"]
    assert [row["home"] for row in found] == [
        {"c.d": "Ulm", "x": 1}, None, {"c.d": None, "x": 2}, {"c.d": "bob", "x": 3},
    ]  # fmt: skip


def test_another_run_and_another_table_get_the_same_tokens(
    spark: SparkSession, vault: Vault, keys: KeyScope, held: ExitStack
) -> None:
    first, second = (people(spark, [(1, name, None, None) for name in names]) for names in (["a", "b"], ["b", "c"]))
    one = texts(first.transform(tokenize_columns(first, {"mail": Tokenize()}, vault, keys, held=held)))
    two = texts(second.transform(tokenize_columns(second, {"mail": Tokenize()}, vault, keys, held=held)))
    assert one[1] == two[0]
    assert len({*one, *two}) == 3
    assert sum(vault.count_by_key("people").values()) == 3


def test_one_pass_over_the_table_and_joins_of_what_was_minted(
    spark: SparkSession, vault: Vault, keys: KeyScope, held: ExitStack
) -> None:
    """A step that finds a value for which no token was made ends, as a null would lose it."""
    table = people(spark, [(1, "a", None, None)])
    step = tokenize_columns(table, {"mail": Tokenize()}, vault, keys, held=held)
    other = people(spark, [(1, "b", None, None)])
    with pytest.raises(Exception, match="the table changed"):
        texts(other.transform(step))


def test_no_value_and_no_key_in_plans_logs_and_the_vault(
    spark: SparkSession,
    vault: Vault,
    keys: KeyScope,
    root: RootKey,
    held: ExitStack,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    table = people(spark, [(place, f"{CANARY} {place}", "x", None) for place in range(50)])
    tokens = table.transform(tokenize_columns(table, {"mail": Tokenize()}, vault, keys, held=held, subject="mail"))
    texts(tokens)
    back = detokenize_columns(tokens, ["mail"], vault, KeyRing(root), "people", held=held)
    texts(tokens.transform(back.step))
    plans = StringIO()
    with redirect_stdout(plans):
        tokens.explain(True)
        tokens.transform(back.step).explain("formatted")
    capfd.readouterr()
    where = {"plans": plans.getvalue().encode(), "logs": caplog.text.encode(), "vault": in_one_file(tmp_path)}
    digest_key = claim_scope(vault, "people", KeyRing(root))
    secrets = [root.secret, digest_key]
    assert where["plans"]
    assert where["vault"]
    for place, content in where.items():
        assert CANARY.encode() not in content, place
        for secret in secrets:
            assert secret not in content, place
            assert secret.hex().encode() not in content.lower(), place


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=200))
def test_every_text_comes_back_exactly(
    spark: SparkSession, vault: Vault, keys: KeyScope, root: RootKey, values: list[str]
) -> None:
    # Of values that are one value by their rule, the vault keeps the spelling that it saw first: each once here.
    spellings = {normalized(value, None): value for value in values}
    scope = KeyScope(f"scope {hash(tuple(values))}", linking=root, encryption=root)
    table = spark.createDataFrame(list(enumerate(spellings.values())), "id int, mail string")
    with ExitStack() as held:
        tokens = table.transform(tokenize_columns(table, {"mail": Tokenize()}, vault, scope, held=held))
        back = detokenize_columns(tokens, ["mail"], vault, KeyRing(root), scope.scope, held=held)
        assert dict(map(tuple, tokens.transform(back.step).collect())) == dict(enumerate(spellings.values()))


def test_bytes_that_are_no_text_come_back_exactly(
    spark: SparkSession, vault: Vault, keys: KeyScope, root: RootKey, held: ExitStack
) -> None:
    raw = [b"\xff\xfe", b"\xc3\x28", b"", b"\x00"]
    table = spark.createDataFrame([(value,) for value in raw], "raw binary").select(F.col("raw").cast("string"))
    tokens = table.transform(tokenize_columns(table, {"raw": Tokenize()}, vault, keys, held=held))
    back = detokenize_columns(tokens, ["raw"], vault, KeyRing(root), "people", held=held)
    found = tokens.transform(back.step).select(F.col("raw").cast("binary"))
    assert [bytes(row[0]) for row in found.collect()] == raw


def test_what_is_no_token_fails_is_kept_or_becomes_null(
    spark: SparkSession, vault: Vault, keys: KeyScope, root: RootKey, held: ExitStack
) -> None:
    table = people(spark, [(1, "a", None, None), (2, None, None, None)])
    tokens = table.transform(tokenize_columns(table, {"mail": Tokenize()}, vault, keys, held=held))
    mixed = tokens.withColumn("friend", F.lit("plain")).persist()

    def found(unknown: OnUnknownToken) -> list[tuple[object, ...]]:
        back = detokenize_columns(mixed, ["mail", "friend"], vault, KeyRing(root), "people", held=held, unknown=unknown)
        assert back.unknown == {"mail": 0, "friend": 2}
        return [tuple(row) for row in mixed.transform(back.step).select("mail", "friend").collect()]

    with pytest.raises(UntreatableValueError, match="2 cells of 'friend'"):
        found(OnUnknownToken.FAIL)
    assert found(OnUnknownToken.KEEP) == [("a", "plain"), (None, "plain")]
    assert found(OnUnknownToken.CLEAR) == [("a", None), (None, None)]


def test_another_key_opens_nothing_and_tokenizes_nothing(
    spark: SparkSession, vault: Vault, keys: KeyScope, root: RootKey, held: ExitStack
) -> None:
    table = people(spark, [(1, "a", None, None)])
    tokens = table.transform(tokenize_columns(table, {"mail": Tokenize()}, vault, keys, held=held))
    other = root_key(bytes(range(1, 33)))
    with pytest.raises(CiphertextError, match=f"encrypted with key {root.id} version 1"):
        detokenize_columns(tokens, ["mail"], vault, KeyRing(other), "people", held=held)
    with pytest.raises(CiphertextError, match=f"the job names {other.id}"):
        tokenize_columns(table, {"mail": Tokenize()}, vault, KeyScope("people", other, encryption=other), held=held)
    assert sum(vault.count_by_key("people").values()) == 1


def test_a_value_that_was_changed_in_the_vault_does_not_open(
    spark: SparkSession, vault: Vault, keys: KeyScope, root: RootKey, held: ExitStack
) -> None:
    """It is told so before anything is written."""
    moved = KeyScope("others", linking=root, encryption=root)
    table = people(spark, [(1, "a", None, None)])
    tokens = table.transform(tokenize_columns(table, {"mail": Tokenize()}, vault, keys, held=held)).persist()
    texts(tokens)

    class Exchanged:
        name = vault.name

        def reveal(self, wanted: DataFrame, _scope: str) -> DataFrame:
            return vault.reveal(wanted, "people")

    with pytest.raises(CiphertextError, match="another key scope"):
        detokenize_columns(tokens, ["mail"], Exchanged(), KeyRing(root), moved.scope, held=held)  # type: ignore[arg-type]


def test_keys_are_rotated_and_tokens_stay(
    spark: SparkSession, vault: Vault, keys: KeyScope, root: RootKey, held: ExitStack
) -> None:
    table = people(spark, [(place, f"value {place}", None, None) for place in range(30)])
    tokens = table.transform(tokenize_columns(table, {"mail": Tokenize()}, vault, keys, held=held)).persist()
    before = texts(tokens)
    new = root_key(bytes(range(2, 34)), version=2)
    with pytest.raises(CiphertextError, match="name that key"):
        vault.reencrypt("people", KeyRing(new))
    ring = KeyRing(new, (root,))
    old = vault.wrapped_key("people")
    assert old is not None
    vault.rewrap("people", old, wrap(claim_scope(vault, "people", ring), "people", new))
    assert vault.reencrypt("people", ring) == 30
    assert vault.reencrypt("people", ring) == 0
    assert {str(key): count for key, count in vault.count_by_key("people").items()} == {f"{new.id} version 2": 30}
    later = KeyScope("people", linking=new, encryption=new)
    assert texts(table.transform(tokenize_columns(table, {"mail": Tokenize()}, vault, later, held=held))) == before
    back = detokenize_columns(tokens, ["mail"], vault, KeyRing(new), "people", held=held)
    assert texts(tokens.transform(back.step)) == texts(table)


def test_persons_and_values_are_erased(
    spark: SparkSession, vault: Vault, keys: KeyScope, root: RootKey, held: ExitStack
) -> None:
    table = people(
        spark,
        [
            (1, "ann@x", "Ulm", None),
            (1, "ann@y", "Bonn", None),
            (2, "bob@x", "Ulm", None),
            (None, "eve@x", "Kiel", None),
        ],
    )
    columns = {"mail": Tokenize(), "friend": Tokenize()}
    for _ in range(2):
        step = tokenize_columns(table, columns, vault, keys, held=held, pii_types={"mail": "email"}, subject="id")
    tokens = table.transform(step).persist()
    texts(tokens)
    key = claim_scope(vault, "people", KeyRing(root))
    assert set(vault.pii_types("people")) == {"email", None}
    ann = subject_digest(b"1", key)
    assert vault.erase_subjects("people", [ann, ann, subject_digest(b"9", key)]) == Erased(2, 1, tokens=3, shared=1)
    assert vault.erase_subjects("people", [ann]) == Erased(1, 0, tokens=0)
    assert vault.erase_values("people", [digest_of(b"EVE@x ", "email", key)]) == Erased(1, 1, tokens=1)
    back = detokenize_columns(
        tokens, ["mail", "friend"], vault, KeyRing(root), "people", held=held, unknown=OnUnknownToken.CLEAR
    )
    assert back.unknown == {"mail": 3, "friend": 1}
    assert [tuple(row)[1:3] for row in tokens.transform(back.step).collect()] == [
        (None, "Ulm"), (None, None), ("bob@x", "Ulm"), (None, "Kiel"),
    ]  # fmt: skip


NESTED = (
    "id int, phones array<string>, tags map<string,int>, doc string, "
    "visits array<struct<`a.b`:string,n:int>>, person string"
)


def test_values_within_collections_and_json_have_the_tokens_of_columns(
    spark: SparkSession, vault: Vault, keys: KeyScope, root: RootKey, held: ExitStack
) -> None:
    rows = [
        (1, ["a", None, "b"], {"x": 1}, '{"user":{"mail":"a"},"n":1.50}', [("b", 1), (None, 2)], "ann"),
        (2, None, None, "no JSON", None, "bob"),
        (3, [], {}, None, [], "ann"),
    ]
    table = spark.createDataFrame(rows, NESTED)
    columns = dict.fromkeys(["phones[]", "tags{}", "doc.$.user.mail", "visits[].`a.b`", "id"], Tokenize(""))
    step = tokenize_columns(table, columns, vault, keys, held=held, subject="person")
    tokens = table.transform(step).persist()
    one, two, three = [row.asDict(recursive=True) for row in tokens.collect()]
    a, nothing, b = one["phones"]
    assert nothing is None
    assert len({a, b}) == 2
    assert one["doc"] == f'{{"user":{{"mail":"{a}"}},"n":1.50}}'
    assert one["visits"] == [{"a.b": b, "n": 1}, {"a.b": None, "n": 2}]
    assert one["tags"] == {"x": one["id"]}  # both were 1
    assert (two["phones"], two["tags"], two["visits"]) == (None, None, None)
    assert len(two["doc"]) == 26  # what cannot be taken apart does not pass as it is
    assert (three["phones"], three["tags"], three["visits"], three["doc"]) == ([], {}, [], None)

    back = detokenize_columns(tokens, list(columns), vault, KeyRing(root), "people", held=held)
    assert back.cells == {"phones[]": 2, "tags{}": 1, "doc.$.user.mail": 2, "visits[].`a.b`": 1, "id": 3}
    assert [tuple(row) for row in tokens.transform(back.step).drop("id", "tags", "visits").collect()] == [
        (row[1], row[3], row[5]) for row in rows
    ]
    key = claim_scope(vault, "people", KeyRing(root))
    assert vault.erase_subjects("people", [subject_digest(b"bob", key)]) == Erased(1, 1, tokens=2)


def test_columns_that_cannot_be_tokenized(
    spark: SparkSession, vault: Vault, keys: KeyScope, root: RootKey, held: ExitStack
) -> None:
    table = spark.createDataFrame([(["a"], "b", {"k": "v"})], "tags array<string>, mail string, map map<string,string>")
    for column in ("tags", "map"):
        with pytest.raises(ColumnTypeError, match="only single values"):
            tokenize_columns(table, {column: Tokenize()}, vault, keys, held=held)
    with pytest.raises(ColumnTypeError, match="a row's person"):
        tokenize_columns(table, {"mail": Tokenize()}, vault, keys, held=held, subject="tags[]")
    with pytest.raises(ColumnNotFoundError, match="'mail'"):
        tokenize_columns(table, {"mails": Tokenize()}, vault, keys, held=held)
    with pytest.raises(ColumnTypeError, match="no field"):
        tokenize_columns(table, {"mail.x": Tokenize()}, vault, keys, held=held)
    with pytest.raises(ConfigurationError, match=r"settings\.encryption_key"):
        tokenize_columns(table, {"mail": Tokenize()}, vault, KeyScope("s", root, lasting=False), held=held)
    assert vault.scopes() == []
