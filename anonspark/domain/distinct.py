"""Distinct rows of code columns."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from anonspark.domain.arrays import CodeArray, CountArray


def distinct_rows(columns: Sequence[CodeArray]) -> tuple[CountArray, CountArray]:
    """The distinct combination that each row is of, and the first row of each.

    Two columns at a time, so that keys stay below (rows x values) and fit 64 bits for any number of columns.
    """
    combined = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        key = combined * (int(column.max(initial=0)) + 1) + column
        combined = pd.factorize(key)[0].astype(np.int64)
    first = np.unique(combined, return_index=True)[1]
    return combined, first
