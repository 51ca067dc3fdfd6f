import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from anonspark.errors import AnonsparkError, UntreatableValueError
from anonspark.pii.workers import SENTENCES, Refused, WorkerRefusalError, arrow_column, mapped, worker_refusals


def test_every_refusal_has_a_sentence_of_exit_code_2() -> None:
    assert set(SENTENCES) == set(Refused)
    assert {kind.exit_code for kind, _ in SENTENCES.values()} == {2}


def test_equal_values_are_asked_for_once_and_null_stays_null() -> None:
    asked: list[str] = []

    def one(text: str) -> str:
        asked.append(text)
        return text.upper()

    assert mapped(pa.array(["a", None, "b", "a"]), one, pa.string()).to_pylist() == ["A", None, "B", "A"]
    assert asked == ["a", "b"]
    assert mapped(pa.array([], pa.string()), one, pa.string()).to_pylist() == []


def test_an_error_that_quotes_a_value_does_not_leave_the_worker(spark: SparkSession) -> None:
    def each(values: pa.Array) -> pa.Array:
        return mapped(values, lambda text: str(int(text)), pa.string())  # ValueError with the text in it

    table = spark.createDataFrame([("canary",)], "x string")
    broken = table.select(arrow_column(each, StringType(), F.col("x")))
    with pytest.raises(Exception, match="anonspark refuses: other") as raised:
        broken.collect()
    assert "canary" not in str(raised.value)
    with pytest.raises(UntreatableValueError, match="'x' holds values that its action"), worker_refusals("x"):
        broken.collect()


def test_what_no_worker_refused_passes_through(spark: SparkSession) -> None:
    with pytest.raises(Exception, match="DIVIDE_BY_ZERO") as raised, worker_refusals():
        spark.range(1).select(F.lit(1) / F.col("id")).collect()
    assert not isinstance(raised.value, AnonsparkError)


def test_a_refusal_inside_a_worker_stays_itself() -> None:
    def refuse(_: str) -> str:
        raise WorkerRefusalError(Refused.NO_DATE)

    with pytest.raises(WorkerRefusalError, match="no_date"):
        mapped(pa.array(["x"]), refuse, pa.string())
