import hashlib
import hmac
import json
from datetime import date

import pytest
from pyspark.sql import Row, SparkSession

from anonspark.domain.keys import KeyRing, KeyScope, RootKey
from anonspark.domain.paths import ColumnPath, parse_path
from anonspark.domain.treatments import (
    Action,
    AddNoise,
    DateShift,
    Encrypt,
    FormatPreservingEncrypt,
    Generalize,
    Hash,
    Keep,
    Mask,
    Pseudonymize,
    Redact,
    Suppress,
    Treatment,
    Truncate,
)
from anonspark.errors import ColumnNotFoundError, InputError
from anonspark.pii.apply import Means, suppressed_paths, treat
from anonspark.pii.transforms.encrypt import decrypt

KEY = RootKey("k", 1, bytes(range(32)))
KEYS = KeyScope("project", KEY, KEY, KEY)
PLAIN = KeyScope("project", KEY)


def treated(column: str, action: Action, pii_type: str | None = None) -> Treatment:
    return Treatment(column, pii_type, action, "a test")


def values(table, column: str) -> list:
    return [row[0] for row in table.select(column).collect()]


def test_every_column_is_treated_in_one_select_and_the_others_stay(spark: SparkSession) -> None:
    table = spark.createDataFrame(
        [("Ada", "ada@example.com", 41, date(1980, 5, 17), "x"), (None, None, None, None, None)],
        "name string, `e.mail` string, age int, born date, other string",
    )
    actions = [
        treated("name", Redact()),
        treated("`e.mail`", Mask(1, 3)),
        treated("age", Generalize(), "age"),
        treated("born", Generalize(), "date_of_birth"),
    ]
    found = treat(table, actions, Means(KEYS))
    assert found.columns == table.columns
    assert [tuple(row) for row in found.collect()] == [
        ("[REDACTED]", "a**@*******.com", "[40, 50)", "1980", "x"),
        (None,) * 5,
    ]
    plan = found._jdf.queryExecution().optimizedPlan().toString()
    assert plan.count("Project") <= 1


def test_types_stay_where_the_action_says_so(spark: SparkSession) -> None:
    table = spark.createDataFrame([(1, 2.5, date(2024, 1, 31))], "whole bigint, real double, day date")
    actions = [
        treated("whole", AddNoise(scale=2.0)),
        treated("real", AddNoise("laplace", scale=2.0)),
        treated("day", DateShift()),
    ]
    found = treat(table, actions, Means(KEYS, scales={"whole": 2.0, "real": 2.0}))
    assert found.dtypes == table.dtypes
    assert values(found, "day") != [date(2024, 1, 31)]


def test_a_hash_is_the_same_whatever_the_column_holds_and_where_it_stands(spark: SparkSession) -> None:
    table = spark.createDataFrame(
        [
            (
                "Jos\u00e9 A@x.org",
                ["Jos\u00e9 A@x.org"],
                json.dumps({"a": "Jos\u00e9 A@x.org"}),
                Row(f="Jos\u00e9 A@x.org"),
            )
        ],
        "a string, l array<string>, j string, s struct<f:string>",
    )
    for keys in (KEYS, PLAIN):
        actions = [
            treated("a", Hash(), "email"),
            treated("l[]", Hash(), "name"),
            treated("j.$.a", Hash()),
            treated("s.f", Hash(), "username"),
        ]
        row = treat(table, actions, Means(keys)).collect()[0]
        found = {row["a"], row["l"][0], json.loads(row["j"])["a"], row["s"]["f"]}
        content = "Jos\u00e9 A@x.org".encode()
        expected = hashlib.sha256(content).hexdigest()
        if keys.hashing is not None:
            expected = hmac.digest(KEY.derive("hash", "project"), content, "sha256").hex()
        assert found == {expected}


def test_a_keyed_hash_is_the_same_for_all_spellings_of_a_text(spark: SparkSession) -> None:
    table = spark.createDataFrame([("Jos\u00e9", "Jose\u0301 ")], "a string, b string")
    row = treat(table, [treated("a", Hash()), treated("b", Hash())], Means(KEYS)).collect()[0]
    assert row["a"] == row["b"]


def test_values_within_structs_arrays_and_maps(spark: SparkSession) -> None:
    table = spark.createDataFrame(
        [
            (
                Row(zip="02134", n=1),
                [Row(tel="212-555-0123", kind="home"), None],
                {"a": "x@y.org", "b": None},
                [1234, None],
            ),
            (None, None, None, None),
        ],
        "home struct<zip:string,n:int>, phones array<struct<tel:string,kind:string>>, tags map<string,string>, "
        "ids array<int>",
    )
    actions = [
        treated("home.zip", Generalize(), "us_zip"),
        treated("phones[].tel", Mask()),
        treated("tags{}", Redact()),
        treated("ids[]", Truncate(2)),
    ]
    first, second = treat(table, actions, Means(KEYS)).collect()
    assert first == Row(
        home=Row(zip="021**", n=1),
        phones=[Row(tel="***-***-0123", kind="home"), None],
        tags={"a": "[REDACTED]", "b": None},
        ids=["12", None],
    )
    assert second == Row(home=None, phones=None, tags=None, ids=None)


def test_keyed_actions_within_collections_give_what_they_give_of_a_column(spark: SparkSession) -> None:
    card = "4111 1111 1111 1111"
    table = spark.createDataFrame(
        [(card, [[card], None], {"k": Row(c=card, d="2024-02-03")}, "2024-02-03"), (None, None, {"k": None}, None)],
        "flat string, deep array<array<string>>, tags map<string,struct<c:string,d:string>>, day string",
    )
    for action in (FormatPreservingEncrypt(), Encrypt(deterministic=True), Pseudonymize(), Hash("sha512")):
        actions = [treated(path, action, "credit_card") for path in ("flat", "deep[][]", "tags{}.c")]
        first, second = treat(table, actions, Means(KEYS)).collect()
        assert first["flat"] not in (card, None)
        assert first["deep"] == [[first["flat"]], None]
        assert first["tags"]["k"]["c"] == first["flat"]
        assert first["tags"]["k"]["d"] == "2024-02-03"
        assert second == Row(flat=None, deep=None, tags={"k": None}, day=None)
    shifted = treat(table, [treated("day", DateShift()), treated("tags{}.d", DateShift())], Means(KEYS)).collect()[0]
    assert shifted["day"] == shifted["tags"]["k"]["d"] != "2024-02-03"


def test_numbers_in_an_array_are_encrypted_as_their_texts(spark: SparkSession) -> None:
    table = spark.createDataFrame([([17, None],)], "ids array<bigint>")
    found = treat(table, [treated("ids[]", Encrypt())], Means(KEYS))
    assert found.dtypes == [("ids", "array<string>")]
    opened = found.select(decrypt(found.ids[0], KeyRing(KEY), "project").alias("id"))
    assert values(opened, "id") == ["17"]


def test_values_within_json_texts_and_texts_that_are_none(spark: SparkSession) -> None:
    text = '{"user":{"mail":"a@b.org","n":1.10,"big":12345678901234567890},"tags":["x","y"],"none":null}'
    table = spark.createDataFrame([(text,), ("a@b.org",), (None,), ("[1]",)], "doc string")
    actions = [
        treated("doc.$.user.mail", Redact()),
        treated("doc.$.tags[]", Mask(0, 0)),
        treated("doc.$.user.n", Truncate(1)),
    ]
    found = values(treat(table, actions, Means(KEYS)), "doc")
    assert found == [
        '{"user":{"mail":"[REDACTED]","n":"1","big":12345678901234567890},"tags":["*","*"],"none":null}',
        "[",
        None,
        "[1]",
    ]


def test_what_is_suppressed_is_gone(spark: SparkSession) -> None:
    table = spark.createDataFrame(
        [(1, Row(a=1, b=Row(c=2)), [Row(x=1, y=2)], ["t"], '{"m":1,"n":[{"p":1,"q":2}]}')],
        "id int, s struct<a:int,b:struct<c:int>>, l array<struct<x:int,y:int>>, tels array<string>, doc string",
    )
    gone = [treated(path, Suppress()) for path in ("s.b.c", "l[].x", "tels[]", "doc.$.n[].p")]
    found = treat(table, gone, Means(KEYS))
    assert found.collect() == [Row(id=1, s=Row(a=1), l=[Row(y=2)], doc='{"m":1,"n":[{"q":2}]}')]


def test_a_struct_goes_with_its_last_field(spark: SparkSession) -> None:
    schema = spark.createDataFrame([], "s struct<a:int,b:struct<c:int>>, t int").schema
    paths = [parse_path("s.a"), parse_path("s.b.c")]
    assert suppressed_paths(schema, paths) == [ColumnPath("s")]


def test_a_table_of_which_nothing_would_be_left_is_refused(spark: SparkSession) -> None:
    table = spark.createDataFrame([(1,)], "a int")
    with pytest.raises(InputError, match="nothing is left"):
        treat(table, [treated("a", Suppress())], Means(KEYS))


def test_in_free_text_only_what_is_found_changes(spark: SparkSession) -> None:
    table = spark.createDataFrame(
        [("Write to ada@example.com or call 212-555-0123 today.",), ("nothing here",), (None,)], "note string"
    )
    free = Means(KEYS, free_text=frozenset({"note"}))
    assert values(treat(table, [treated("note", Redact(), "email")], free), "note") == [
        "Write to [REDACTED] or call [REDACTED] today.",
        "nothing here",
        None,
    ]
    masked = values(treat(table, [treated("note", Mask(), "email")], free), "note")
    assert masked[0] == "Write to ***@*******.com or call ***-***-0123 today."


def test_a_person_has_one_shift_of_dates_in_every_table(spark: SparkSession) -> None:
    one = spark.createDataFrame([(" P1", date(2024, 1, 1))], "who string, a date")
    two = spark.createDataFrame([("P1 ", date(2024, 3, 1)), ("P2", date(2024, 3, 1))], "who string, b date")
    shift = DateShift("who", 365)
    first = values(treat(one, [treated("a", shift)], Means(KEYS)), "a")[0]
    second, third = values(treat(two, [treated("b", shift)], Means(KEYS)), "b")
    assert (second - first).days == 60
    assert second != third


def test_keep_leaves_values_alone(spark: SparkSession) -> None:
    table = spark.createDataFrame([("a",)], "a string")
    assert treat(table, [treated("a", Keep())], Means(KEYS)).collect() == table.collect()


def test_paths_that_lead_nowhere_are_refused(spark: SparkSession) -> None:
    table = spark.createDataFrame([(Row(f="x"),)], "s struct<f:string>")
    for path in ("t", "s.g"):
        with pytest.raises(ColumnNotFoundError):
            treat(table, [treated(path, Redact())], Means(KEYS))


def test_neither_a_key_nor_a_value_stands_in_the_plan(spark: SparkSession) -> None:
    secret = RootKey("k", 1, b"canary-key-canary-key-canary-key")
    keys = KeyScope("project", secret, secret, secret)
    table = spark.createDataFrame([("canary value", "4111111111111111")], "a string, b string").persist()
    for action in (Hash(), Encrypt(), Encrypt(deterministic=True), Pseudonymize(), FormatPreservingEncrypt()):
        found = treat(table, [treated("b", action, "credit_card")], Means(keys))
        plan = found._jdf.queryExecution().toString()
        derived = [secret.secret, secret.derive("hash", "project")]
        assert not any(shown in plan for key in derived for shown in (key.hex(), repr(key)[2:-1]))
        assert "4111111111111111" not in plan
    table.unpersist()
