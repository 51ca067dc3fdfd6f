"""Random numbers added to numbers. This hides values from a reader; it is no differential privacy.

Spark's generator draws anew whenever a column is computed again, on a retry or by a second action, so that only what
was written counts. Its seed stands in the query plan: who reads the plan or the event log can take the noise away.
"""

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ByteType,
    DataType,
    DecimalType,
    FractionalType,
    IntegerType,
    IntegralType,
    LongType,
    ShortType,
)

from anonspark.domain.treatments import AddNoise

SHARE_OF_DEVIATION: Final = 0.1
"""The scale, in standard deviations of the column, where the job says nothing."""

NOT_PRIVATE: Final = (
    "add_noise is not differential privacy: values with few others near them, sums and repeated releases can still "
    "tell a person."
)

_BITS: Final[dict[type[DataType], int]] = {ByteType: 7, ShortType: 15, IntegerType: 31, LongType: 63}

_LEAST_TAIL: Final = 1e-300
"""Keeps the logarithm of Laplace noise finite."""


def scale_of(action: AddNoise) -> float | None:
    """The scale that an action sets; None where it is a tenth of the column's standard deviation."""
    if action.epsilon is not None and action.sensitivity is not None:
        return action.sensitivity / action.epsilon
    return action.scale


def add_noise(value: Column, action: AddNoise, scale: float, seed: int, data_type: DataType) -> Column:
    """Each number with noise of its own; the type stays, null and what is not finite stay too.

    Whole numbers stay whole, and nothing leaves the range of its type.

    Args:
        value: Numbers.
        action: The distribution, and how results are rounded and bounded.
        scale: Standard deviation of gaussian noise, b of laplace noise.
        seed: Of Spark's generator; another one for each column and run.
        data_type: Of the column.
    """
    noise = _gaussian(scale, seed) if action.distribution == "gaussian" else _laplace(scale, seed)
    if isinstance(data_type, IntegralType):
        return _whole(value, noise, action, data_type)
    result = value.cast("double") + noise
    if isinstance(data_type, DecimalType):
        result = _bounded(_rounded(result, action), action)
        largest = 10 ** (data_type.precision - data_type.scale) - 1
        exact = F.least(F.greatest(result, F.lit(-float(largest))), F.lit(float(largest))).try_cast(data_type)
        return F.when(value.isNotNull(), F.coalesce(exact, value))
    if isinstance(data_type, FractionalType):
        finite = F.abs(value.cast("double")) < F.lit(float("inf"))
        return F.when(finite, _bounded(_rounded(result, action), action).cast(data_type)).otherwise(value)
    raise ValueError("noise is for numbers")


def _whole(value: Column, noise: Column, action: AddNoise, data_type: DataType) -> Column:
    """In decimals, so that a number of 19 digits keeps all of them."""
    most = 2 ** _BITS[type(data_type)] - 1
    places = min(0, action.round_to or 0)
    step = F.round(F.least(F.greatest(noise, F.lit(-9e18)), F.lit(9e18))).cast("decimal(20,0)")
    result = F.round(value.cast("decimal(20,0)") + step, places) if places else value.cast("decimal(20,0)") + step
    low = -most - 1 if action.minimum is None else max(-most - 1, _ceiling(action.minimum))
    high = most if action.maximum is None else min(most, _floor(action.maximum))
    bounded = F.least(
        F.greatest(result.cast("decimal(38,0)"), F.lit(low).cast("decimal(38,0)")), F.lit(high).cast("decimal(38,0)")
    )
    # least and greatest pass a null by, which would make a number of it.
    return F.when(value.isNotNull(), bounded.cast(data_type))


def _gaussian(scale: float, seed: int) -> Column:
    return F.randn(seed) * F.lit(scale)


def _laplace(scale: float, seed: int) -> Column:
    """By the inverse of the distribution function."""
    uniform = F.rand(seed) - F.lit(0.5)
    tail = F.greatest(F.lit(1.0) - F.lit(2.0) * F.abs(uniform), F.lit(_LEAST_TAIL))
    return F.lit(-scale) * F.signum(uniform) * F.log(tail)


def _rounded(number: Column, action: AddNoise) -> Column:
    return number if action.round_to is None else F.round(number, action.round_to)


def _bounded(number: Column, action: AddNoise) -> Column:
    low, high = action.minimum, action.maximum
    number = number if low is None else F.greatest(number, F.lit(float(low)))
    return number if high is None else F.least(number, F.lit(float(high)))


def _ceiling(number: float) -> int:
    return -int(-number // 1)


def _floor(number: float) -> int:
    return int(number // 1)
