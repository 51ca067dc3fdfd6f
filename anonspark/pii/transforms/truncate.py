"""Values cut to a fixed number of characters."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from anonspark.domain.treatments import Truncate


def truncate(value: Column, action: Truncate) -> Column:
    """The first or last `length` characters, all of a value that has no more; text in, text out, null stays null.

    A character is a code point: a letter and a combining mark behind it are two.
    """
    return F.left(value, F.lit(action.length)) if action.start else F.right(value, F.lit(action.length))
