"""Functions of one text as functions of columns of texts, through Arrow."""

from collections.abc import Callable

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql.pandas.functions import arrow_udf


def text_udf(change: Callable[[str], str | None]) -> Callable[[Column], Column]:
    """A function of texts, done in Python workers; null stays null.

    What the function closes over reaches the workers pickled, and neither a plan nor an event log.

    Args:
        change: Called with each text that is not null.
    """

    def each(values: pa.Array) -> pa.Array:
        return pa.array([None if text is None else change(text) for text in values.to_pylist()], pa.string())

    # The stubs know only the form with a function type, which warns that type hints are preferred.
    made: Callable[[Column], Column] = arrow_udf(each, "string")  # type: ignore[call-overload]
    return made
