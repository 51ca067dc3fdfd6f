"""Values replaced by a mark."""

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

REDACTED: Final = "[REDACTED]"
"""What stands for every value."""


def redact(value: Column) -> Column:
    """`[REDACTED]` for every value of any type; null stays null, so that it still tells where there was nothing.

    Text out, nullable as the values are: a column of numbers or dates becomes one of texts.
    """
    return F.when(value.isNotNull(), F.lit(REDACTED))
