"""A release held against its original: what each column and the whole lost, and what an analyst still finds in it.

Both tables are known by their distinct combinations only, one group-by each; no record of one is found in the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray
from anonspark.domain.classes import size_counts
from anonspark.domain.distinct import distinct_rows
from anonspark.domain.encode import RawClasses, RawColumn
from anonspark.domain.hierarchy import Label
from anonspark.domain.leaves import in_order
from anonspark.domain.measured import MeasuredAttribute, MeasuredColumn, measured_column
from anonspark.errors import InputError
from anonspark.measures.as_released import costs_as_released, mean_level
from anonspark.measures.association import cramers_v
from anonspark.measures.prediction import Prediction, predict_held_out
from anonspark.measures.recoded import metrics_of_sizes
from anonspark.measures.similarity import Distances, as_an_analyst_reads, distances
from anonspark.measures.utility import BY_LEVEL, whole
from anonspark.vocabulary import SUPPRESSED, Metric

MOST_TARGETS = 100
"""Values of a column that a classifier is asked to tell apart; more are rather numbers than classes."""


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """One column, before and after.

    Attributes:
        costs: Loss, precision and non-uniform entropy; None where the labels do not tell.
        mean_level: Over the records that are not suppressed; None where the labels do not tell.
        values: Distinct ones of the original.
        labels: Distinct ones of the release's records that are not suppressed.
        distances: Between the original and what an analyst reads in the release.
    """

    costs: Mapping[Metric, float | None]
    mean_level: float | None
    values: int
    labels: int
    distances: Distances


@dataclass(frozen=True, slots=True)
class Association:
    """Cramer's V of two columns, in the original and among the records of the release that are not suppressed."""

    columns: tuple[str, str]
    original: float
    released: float

    @property
    def change(self) -> float:
        """Positive where the release shows more of it."""
        return self.released - self.original


@dataclass(frozen=True, slots=True)
class Comparison:
    """A release beside its original.

    Attributes:
        rows: Of the original.
        released_rows: Of the release, suppressed ones too.
        suppressed: Records of the original that the release shows in no column: masked or left out.
        metrics: Of the whole; None where a column's labels do not tell.
        columns: By name.
        associations: Of all pairs of columns, the target among them.
        predictions: Of the target in the original and in the release, where there is one.
        warnings: What a reader must know.
    """

    rows: int
    released_rows: int
    suppressed: int
    metrics: Mapping[Metric, float | None]
    columns: Mapping[str, ColumnComparison]
    associations: tuple[Association, ...]
    predictions: tuple[Prediction, Prediction] | None
    warnings: tuple[str, ...]


def compare(original: RawClasses, released: RawClasses, attributes: Sequence[MeasuredAttribute]) -> Comparison:
    """Every measure of a release against its original.

    Args:
        original: Combinations of the quasi-identifiers, with the target as only sensitive column where there is one.
        released: The same columns of the release.
        attributes: One a quasi-identifier.

    Raises:
        HierarchyError: A label that a given hierarchy does not have, or values that do not fit it.
        InputError: More rows than the original has, or a target that cannot be predicted.
    """
    rows, released_rows = original.n_records, released.n_records
    if released_rows > rows:
        raise InputError(
            f"The release has {released_rows:,} rows and the original {rows:,}; a release has no more. Are the two "
            "swapped?",
            field="released",
        )
    starred = _all_starred(released)
    kept = _rows(released, ~starred)
    suppressed = rows - kept.n_records
    measured = [
        measured_column(attribute, before, after, original.counts, kept.counts, suppressed)
        for attribute, before, after in zip(attributes, original.quasi_identifiers, kept.quasi_identifiers, strict=True)
    ]
    full_domain = all(each.released.common_level is not None for each in measured if each.told)
    n_starred = released_rows - kept.n_records
    columns = {each.name: _column(each, n_starred, full_domain=full_domain) for each in measured}
    warnings = [each.warning for each in measured if each.warning is not None]
    warnings += [
        f"Column '{each.name}' has a label of more records than the original has below it, so that its values were "
        "changed, not only generalized; its entropy is not measured."
        for each in measured
        if each.told and columns[each.name].costs[Metric.NON_UNIFORM_ENTROPY] is None
    ]
    if released_rows < rows:
        left_out = rows - released_rows
        warnings.append(f"{left_out:,} rows of the original are not in the release; they count as suppressed.")
    return Comparison(
        rows,
        released_rows,
        suppressed,
        _whole(columns, [attribute.weight for attribute in attributes], kept, rows),
        columns,
        _associations(original, kept),
        _predictions(original, released) if original.sensitive else None,
        tuple(warnings),
    )


def _column(measured: MeasuredColumn, n_starred: int, *, full_domain: bool) -> ColumnComparison:
    column = measured.released
    costs: Mapping[Metric, float | None] = dict.fromkeys(BY_LEVEL)
    if measured.told:
        costs = costs_as_released(column, full_domain=full_domain)
    return ColumnComparison(
        costs,
        mean_level(column) if measured.told else None,
        int(np.count_nonzero(column.originals)),
        len(column.records),
        distances(column.originals, as_an_analyst_reads(column, n_starred), measured.order),
    )


def _whole(
    columns: Mapping[str, ColumnComparison], weights: Sequence[float], kept: RawClasses, rows: int
) -> dict[Metric, float | None]:
    """The metrics of the release from those of its columns and from its classes."""
    metrics: dict[Metric, float | None] = {}
    for metric in BY_LEVEL:
        costs = [cost for column in columns.values() if (cost := column.costs[metric]) is not None]
        metrics[metric] = whole(metric, weights, costs) if len(costs) == len(columns) else None
    class_of_row, first = distinct_rows([column.codes for column in kept.quasi_identifiers])
    sizes = np.bincount(class_of_row, weights=kept.counts, minlength=len(first)).astype(np.int64)
    of_sizes = metrics_of_sizes(size_counts(sizes), rows)
    return {metric: metrics[metric] if metric in metrics else of_sizes[metric] for metric in Metric}


def _associations(original: RawClasses, kept: RawClasses) -> tuple[Association, ...]:
    before, after = ((*table.quasi_identifiers, *table.sensitive) for table in (original, kept))
    return tuple(
        Association(
            (first.name, second.name),
            cramers_v(first.codes, second.codes, original.counts),
            cramers_v(released_first.codes, released_second.codes, kept.counts),
        )
        for (first, released_first), (second, released_second) in combinations(zip(before, after, strict=True), 2)
    )


def _predictions(original: RawClasses, released: RawClasses) -> tuple[Prediction, Prediction]:
    """The same model of the same target, from the values and from the labels.

    Raises:
        InputError: The target has too many values, or others in the release.
    """
    (before,), (after,) = original.sensitive, released.sensitive
    name = before.name
    if len(before.values) > MOST_TARGETS:
        raise InputError(
            f"Column '{name}' has {len(before.values):,} values, and a target that is predicted has at most "
            f"{MOST_TARGETS}; name one of fewer classes.",
            field="target",
        )
    foreign = len(set(after.values) - set(before.values))
    if foreign:
        raise InputError(
            f"Column '{name}' has {foreign:,} values in the release that the original does not have; a target is "
            "released as it is, so name another column.",
            field="target",
        )

    def predicted(table: RawClasses, target: RawColumn) -> Prediction:
        features = [_codes_in_order(column, column.values) for column in table.quasi_identifiers]
        return predict_held_out(features, _codes_in_order(target, before.values), table.counts)

    return predicted(original, before), predicted(released, after)


def _codes_in_order(column: RawColumn, values: Sequence[Label]) -> CodeArray:
    """Each row's place among the values by code point, null first: the same however rows come; shape (n_rows,)."""
    order: list[Label] = [None, *in_order(values, numeric=False)]
    place = {value: code for code, value in enumerate(order)}
    codes: CodeArray = np.array([place[value] for value in column.values], dtype=np.int32)[column.codes]
    return codes


def _all_starred(table: RawClasses) -> BoolArray:
    """Rows of nothing but `*`; shape (n_rows,)."""
    starred: BoolArray = np.ones(len(table.counts), dtype=np.bool_)
    for column in table.quasi_identifiers:
        starred &= np.array([value == SUPPRESSED for value in column.values], dtype=np.bool_)[column.codes]
    return starred


def _rows(table: RawClasses, wanted: BoolArray) -> RawClasses:
    """Some of the combinations, each column with the values that these have."""

    def chosen(column: RawColumn) -> RawColumn:
        used, codes = np.unique(column.codes[wanted], return_inverse=True)
        return RawColumn(
            column.name, column.data_type, tuple(column.values[code] for code in used), codes.astype(np.int32)
        )

    counts: CountArray = table.counts[wanted]
    return RawClasses(
        tuple(map(chosen, table.quasi_identifiers)), tuple(map(chosen, table.sensitive)), counts, table.malformed
    )
