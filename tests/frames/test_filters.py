from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from anonspark.domain.conditions import parse_condition
from anonspark.errors import ColumnNotFoundError, ColumnTypeError
from anonspark.frames.filters import condition_column

SCHEMA = (
    "id int, name string, income double, paid decimal(10,2), born date, seen timestamp, alive boolean, tags array<int>"
)
PEOPLE = [
    (1, "Ada", 1.5, Decimal(10), date(2000, 1, 2), datetime(2024, 5, 1, 12, tzinfo=UTC), True, [1]),
    (2, "a_b", 2.5, Decimal(20), date(2001, 1, 2), datetime(2024, 5, 2, 12, tzinfo=UTC), False, None),
    (3, None, None, None, None, None, None, None),
]


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("id > 1", [2, 3]),
        ("id != 2 and income <= 1.5", [1]),
        ("id = 99999999999999999999", []),
        ("id >= 1.5", [2, 3]),
        ("id < 1e300", [1, 2, 3]),
        ("income < paid", [1, 2]),
        ("paid = 10.00", [1]),
        ("income between 1 and 2", [1]),
        ("name = 'Ada' or id = 3", [1, 3]),
        ("not name = 'Ada'", [2]),
        ("name in ('Ada', 'x')", [1]),
        ("name not in ('Ada')", [2]),
        ("name like 'A%'", [1]),
        (r"name like '_\_b'", [2]),
        ("name is null", [3]),
        ("name is not null and tags is null", [2]),
        ("born < '2001-01-01'", [1]),
        ("seen >= '2024-05-02 12:00:00'", [2]),
        ("seen between '2024-05-01' and '2024-05-02'", [1]),
        ("alive = true", [1]),
        ("alive != true", [2]),
    ],
)
def test_a_condition_holds_as_in_sql(spark: SparkSession, where, ids) -> None:
    table = spark.createDataFrame(PEOPLE, SCHEMA)
    found = table.filter(condition_column(parse_condition(where), table.schema)).select("id").collect()
    assert [row["id"] for row in found] == ids


@pytest.mark.parametrize(
    ("where", "column"),
    [
        ("name > 18", "name"),
        ("id = '18'", "id"),
        ("id = true", "id"),
        ("alive = 1", "alive"),
        ("born > 2000", "born"),
        ("born > 'last year'", "born"),
        ("seen > '2024-13-01'", "seen"),
        ("id in (1, 'x')", "id"),
        ("id like '1%'", "id"),
        ("id = name", "id"),
        ("tags = 1", "tags"),
    ],
)
def test_values_of_another_kind_are_refused_by_the_name_of_the_column(spark: SparkSession, where, column) -> None:
    schema = spark.createDataFrame(PEOPLE, SCHEMA).schema
    with pytest.raises(ColumnTypeError, match=r"input\.where") as caught:
        condition_column(parse_condition(where), schema)
    assert caught.value.field == column
    assert "last year" not in caught.value.message


@pytest.mark.parametrize("where", ["nam is null", "name = nam", "id = 1 and not nam like 'a'"])
def test_an_unknown_column_is_named(spark: SparkSession, where) -> None:
    with pytest.raises(ColumnNotFoundError, match="did you mean 'name'"):
        condition_column(parse_condition(where), spark.createDataFrame(PEOPLE, SCHEMA).schema)
