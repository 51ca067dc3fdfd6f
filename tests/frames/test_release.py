"""The released rows against the definition, applied row by row."""

from collections import Counter
from collections.abc import Sequence
from itertools import product
from random import Random

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from anonspark.domain.hierarchy import Label
from anonspark.errors import ColumnNotFoundError
from anonspark.frames import release as release_module
from anonspark.frames.release import Generalization, release
from anonspark.vocabulary import Suppression
from tests.jvm import jvm_of

MASK, DROP = Suppression.MASK, Suppression.DROP
Groups = tuple[int, ...]
Row = tuple[Label, ...]


def generalization(attribute: str, *of_leaves: tuple[Label, Label]) -> Generalization:
    """From pairs of leaf and label; equal labels are one group."""
    labels = [label for _, label in of_leaves]
    numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    return Generalization(
        attribute=attribute,
        leaves=[leaf for leaf, _ in of_leaves],
        labels=labels,
        groups=np.array([numbers[label] for label in labels], dtype=np.int32),
        constant=labels[0] if len(numbers) == 1 else None,
    )


def safe_classes(*classes: Groups, n_attributes: int) -> np.ndarray:
    return np.array(classes, dtype=np.int32).reshape(-1, n_attributes).T


def expected(rows: Sequence[Row], each: Sequence[Generalization], safe: set[Groups], suppression: Suppression):
    """What the definition makes of the quasi-identifiers; other cells follow as they are."""
    for row in rows:
        groups, labels = [], []
        for value, of_attribute in zip(row, each, strict=False):
            if of_attribute.constant == "*":
                groups.append(0)
                labels.append("*")
            elif value in of_attribute.leaves:
                leaf = list(of_attribute.leaves).index(value)
                groups.append(int(of_attribute.groups[leaf]))
                labels.append(of_attribute.labels[leaf])
        if tuple(groups) in safe:
            yield (*labels, *row[len(each) :])
        elif suppression is MASK:
            yield (*["*"] * len(each), *row[len(each) :])


def random_case(seed: int) -> tuple[list[Row], list[Generalization], set[Groups]]:
    """A table, attributes that know most of its values, and some of the classes."""
    random = Random(seed)
    pool: list[Label] = [None, "", "NULL", "*", "a", "A", " a", "b", "c", "d"]
    each = []
    for place in range(random.randint(1, 5)):
        leaves = random.sample(pool, random.randint(1, len(pool)))
        n_groups = random.randint(1, len(leaves))
        labels: list[Label] = random.sample([None, "*", "x", "a", "1..2"], min(n_groups, 5))
        each.append(generalization(f"q{place}", *((leaf, random.choice(labels)) for leaf in leaves)))
    all_groups = [range(int(of_attribute.groups.max()) + 1) for of_attribute in each]
    safe = {groups for groups in product(*all_groups) if random.random() < 0.6}
    # Mostly values that are known, so that classes are met.
    rows = [
        tuple(random.choice(of_attribute.leaves if random.random() < 0.9 else pool) for of_attribute in each)
        for _ in range(60)
    ]
    return [(*row, str(number)) for number, row in enumerate(rows)], each, safe


@pytest.mark.parametrize("seed", range(8))
def test_a_release_is_what_the_definition_says_row_by_row(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    # However few bits a key has, and however few attributes are looked up together.
    monkeypatch.setattr(release_module, "KEY_BITS", [4, 62][seed % 2])
    monkeypatch.setattr(release_module, "ROWS_A_BUNDLE", [1, 30, 1 << 12][seed % 3])
    rows, each, safe = random_case(seed)
    names = [of_attribute.attribute for of_attribute in each]
    table = spark.createDataFrame(rows, ", ".join(f"{name} string" for name in [*names, "id"]))
    suppression = (MASK, DROP)[seed // 2 % 2]
    released = release(
        table,
        each,
        safe_classes(*safe, n_attributes=len(each)),
        [],
        suppression=suppression,
        identifier_treatment=MASK,
    )
    assert Counter(map(tuple, released.collect())) == Counter(expected(rows, each, safe, suppression))


def test_the_random_cases_keep_and_suppress_rows() -> None:
    kept = [len(list(expected(*random_case(seed), DROP))) for seed in range(8)]
    assert sum(kept) > 100
    assert sum(60 - n_kept for n_kept in kept) > 100
    assert sum(n_kept > 0 for n_kept in kept) > 5


def people(spark: SparkSession) -> DataFrame:
    """Names of columns that need care, and columns that are nobody's business."""
    return spark.sql(
        """
        SELECT * FROM VALUES
            ('Ann', '10', 1, true, named_struct('x', 1.5D), 'u'),
            ('Bob', '11', 2, false, named_struct('x', 2.5D), 'v'),
            ('Cat', '20', 3, true, null, null)
        AS t(`First.Name`, `zip code`, age, keep, pair, diagnosis)
        """
    ).withColumnRenamed("age", "Zip Code")


ZIPS = generalization("zip code", ("10", "1*"), ("11", "1*"), ("20", "2*"))
AGES = generalization("Zip Code", ("1", "< 3"), ("2", "< 3"), ("3", ">= 3"))


@pytest.mark.parametrize("suppression", Suppression)
@pytest.mark.parametrize("treatment", Suppression)
def test_other_columns_keep_their_name_type_order_and_cells(
    spark: SparkSession, suppression: Suppression, treatment: Suppression
) -> None:
    table = people(spark)
    released = release(
        table,
        [ZIPS, AGES],
        safe_classes((0, 0), n_attributes=2),
        ["First.Name"],
        suppression=suppression,
        identifier_treatment=treatment,
    )
    masked = {"First.Name": "string", "zip code": "string", "Zip Code": "string"}
    types = [(name, masked.get(name, kind)) for name, kind in table.dtypes]
    names = ["*"] if treatment is MASK else []
    assert released.dtypes == types[0 if treatment is MASK else 1 :]
    rows = [
        (*names, "1*", "< 3", True, (1.5,), "u"),
        (*names, "1*", "< 3", False, (2.5,), "v"),
        (*names, "*", "*", True, None, None),
    ]
    assert sorted(map(tuple, released.collect()), key=str) == sorted(rows if suppression is MASK else rows[:2], key=str)


def zips_and_ages(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("10", "1"), ("11", "2"), ("20", "3")], ["zip code", "Zip Code"])


@pytest.mark.parametrize("suppression", Suppression)
def test_where_no_class_is_safe_every_row_is_suppressed(spark: SparkSession, suppression: Suppression) -> None:
    nothing = safe_classes(n_attributes=2)
    stars = [generalization(name, ("10", "*"), ("20", "*")) for name in ("zip code", "Zip Code")]
    for each in ([ZIPS, AGES], stars):
        released = release(
            zips_and_ages(spark),
            each,
            nothing,
            [],
            suppression=suppression,
            identifier_treatment=MASK,
        )
        assert released.collect() == [("*", "*")] * (3 if suppression is MASK else 0)


def test_a_row_that_was_not_counted_is_suppressed_whatever_the_others_are(spark: SparkSession) -> None:
    land = generalization("land", ("DE", "DE"))
    zips = generalization("zip", ("10", "1*"), ("11", "1*"), ("20", "2*"))
    star = generalization("sex", ("F", "*"), ("M", "*"))
    rows = [
        ("DE", "10", "F"),
        ("DE", "20", "F"),
        ("DE", "30", "F"),
        ("FR", "10", "F"),
        (None, "10", "F"),
        ("DE", "11", "X"),
    ]
    table = spark.createDataFrame(rows, "land string, zip string, sex string")
    released = release(
        table,
        [land, zips, star],
        safe_classes((0, 0, 0), n_attributes=3),
        [],
        suppression=MASK,
        identifier_treatment=MASK,
    )
    # A label other than `*` is never given to a value that it might be false for.
    assert Counter(map(tuple, released.collect())) == {("DE", "1*", "*"): 2, ("*", "*", "*"): 4}


def test_an_attribute_of_which_no_value_is_known_is_suppressed(spark: SparkSession) -> None:
    nothing = Generalization("zip code", [], [], np.empty(0, dtype=np.int32))
    released = release(
        zips_and_ages(spark),
        [nothing, AGES],
        safe_classes((0, 0), n_attributes=2),
        [],
        suppression=MASK,
        identifier_treatment=MASK,
    )
    assert released.collect() == [("*", "*")] * 3


def forty(n_leaves: int) -> list[Generalization]:
    return [generalization(f"q{place}", *((str(leaf), f"{leaf}!") for leaf in range(n_leaves))) for place in range(40)]


def joins(table: DataFrame) -> int:
    jvm_of(table.sparkSession)
    return table._jdf.queryExecution().optimizedPlan().toString().count("Join ")


def test_forty_attributes_are_told_apart_by_more_bits_than_a_key_has(spark: SparkSession) -> None:
    random = Random(7)
    each = forty(8)
    classes = [tuple(random.randrange(8) for _ in range(40)) for _ in range(20)]
    # Of each class a neighbour that differs in one attribute only, the first, the last or one between them.
    others = [(*row[:at], (row[at] + 1) % 8, *row[at + 1 :]) for at, row in zip(range(0, 40, 2), classes, strict=True)]
    rows = [tuple(map(str, row)) for row in [*classes, *others]]
    table = spark.createDataFrame(rows, ", ".join(f"q{place} string" for place in range(40)))
    released = release(
        table, each, safe_classes(*classes, n_attributes=40), [], suppression=DROP, identifier_treatment=MASK
    )
    assert sorted(map(tuple, released.collect())) == sorted(tuple(f"{cell}!" for cell in row) for row in classes)
    # Four attributes of 8 values have 4,096 combinations, and the safe classes are looked up once.
    assert joins(released) == 40 // 4 + 1


def test_as_many_attributes_are_looked_up_together_as_have_few_combinations(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = spark.createDataFrame([tuple("0" * 40)], ", ".join(f"q{place} string" for place in range(40)))
    safe = safe_classes((0,) * 40, n_attributes=40)
    for rows_a_bundle, look_ups in ((64, 20), (63, 40), (512, 14)):
        monkeypatch.setattr(release_module, "ROWS_A_BUNDLE", rows_a_bundle)
        released = release(table, forty(8), safe, [], suppression=MASK, identifier_treatment=MASK)
        assert joins(released) == look_ups + 1


def test_hidden_attributes_cost_no_look_up(spark: SparkSession) -> None:
    stars = [generalization(name, ("10", "*"), ("20", "*")) for name in ("zip code", "Zip Code")]
    released = release(
        people(spark), stars, safe_classes((0, 0), n_attributes=2), [], suppression=MASK, identifier_treatment=MASK
    )
    assert joins(released) == 0
    assert {row["zip code"] for row in released.collect()} == {"*"}


def test_the_query_plan_shows_no_value_of_the_data(spark: SparkSession, tmp_path) -> None:
    raw = spark.createDataFrame([("CANARY-7431", "x"), ("CANARY-7432", "y")], "q string, only string")
    raw.write.parquet(str(tmp_path / "table"))
    table = spark.read.parquet(str(tmp_path / "table"))
    released = release(
        table,
        [
            generalization("q", ("CANARY-7431", "CANARY-label"), ("CANARY-7432", "other")),
            generalization("only", ("x", "CANARY-constant"), ("y", "CANARY-constant")),
        ],
        safe_classes((0, 0), n_attributes=2),
        [],
        suppression=MASK,
        identifier_treatment=MASK,
    )
    jvm_of(spark)
    execution = released._jdf.queryExecution()
    assert "CANARY" not in execution.explainString(
        spark._jvm.org.apache.spark.sql.execution.ExplainMode.fromString("formatted")
    )
    assert "CANARY" not in execution.executedPlan().toString()
    assert sorted(map(tuple, released.collect())) == [("*", "*"), ("CANARY-label", "CANARY-constant")]


def test_a_release_is_lazy_and_says_at_once_what_it_cannot_find(spark: SparkSession) -> None:
    failing = spark.range(1).select(F.raise_error(F.lit("computed")).cast("string").alias("zip"))
    release(failing, [generalization("zip", ("1", "*"))], safe_classes((0,), n_attributes=1), ["zip"],
            suppression=MASK, identifier_treatment=MASK)  # fmt: skip
    with pytest.raises(ColumnNotFoundError, match="'nam'"):
        release(people(spark), [ZIPS], safe_classes((0,), n_attributes=1), ["nam"], suppression=MASK,
                identifier_treatment=MASK)  # fmt: skip


def test_numbers_dates_and_booleans_are_matched_by_their_texts_and_by_no_other(spark: SparkSession) -> None:
    table = spark.sql(
        "SELECT * FROM VALUES (7, DATE'2024-01-02', true), (700000000000, DATE'2024-01-03', false),"
        " (-1, DATE'2024-01-02', true), (null, null, null), (8, DATE'2024-01-02', false) AS t(n, d, b)"
    )
    number = generalization("n", ("7", "few"), ("007", "spy"), ("x", "text"), ("700000000000", "many"), (None, "none"))
    day = generalization("d", ("2024-01-02", "2nd"), ("2024-1-2", "odd"), ("2024-01-03", "3rd"), (None, "none"))
    yes = generalization("b", ("true", "true"), ("TRUE", "TRUE"), ("false", "false"), (None, None))
    safe = safe_classes((0, 0, 0), (3, 2, 2), (4, 3, 3), n_attributes=3)
    released = release(table, [number, day, yes], safe, [], suppression=MASK, identifier_treatment=MASK)
    assert released.schema.simpleString() == "struct<n:string,d:string,b:string>"
    assert Counter(map(tuple, released.collect())) == {
        ("few", "2nd", "true"): 1,
        ("many", "3rd", "false"): 1,
        ("none", "none", None): 1,
        ("*", "*", "*"): 2,
    }
