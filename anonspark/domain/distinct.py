"""Distinct rows of code columns."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from anonspark.domain.arrays import CodeArray, CountArray

NO_CLASS = -1


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


def class_of_each(rows: Sequence[CodeArray], classes: CodeArray) -> CountArray:
    """The class that each row is one of, NO_CLASS where there is none; shape (n_rows,).

    Args:
        rows: Codes, one array of shape (n_rows,) an attribute.
        classes: Shape (n_attributes, n_classes).
    """
    n_classes = classes.shape[1]
    ids, _ = distinct_rows(
        [np.concatenate([of_class, of_rows]) for of_class, of_rows in zip(classes, rows, strict=True)]
    )
    found = np.full(int(ids.max(initial=-1)) + 1, NO_CLASS, dtype=np.int64)
    found[ids[:n_classes]] = np.arange(n_classes)
    return found[ids[n_classes:]]
