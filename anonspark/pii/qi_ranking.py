"""Which columns are quasi-identifiers: what they are by themselves, weighed with what they add to finding a record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from anonspark.domain.arrays import CodeArray, FloatArray
from anonspark.domain.attribute_kinds import AttributeClassification, ColumnStatistics
from anonspark.errors import EnvironmentProblem
from anonspark.measures.identification import contributions, identifying_set
from anonspark.measures.singling_out import SinglingOut, learn_singling_out
from anonspark.pii.attributes import Verdict
from anonspark.vocabulary import DataKind, DetectionMode, Identity

RANKED: Final = frozenset({DataKind.TEXT, DataKind.WHOLE, DataKind.DECIMAL, DataKind.DATE, DataKind.TIMESTAMP})


@dataclass(frozen=True, slots=True)
class Ranking:
    """What every column was found to be, and what the quasi-identifiers among them do together.

    Attributes:
        attributes: In the order of the table.
        quasi_identifiers: By importance, at most as many as were asked for.
        method: Which mode decided.
        model: How well the model does that decided, where one did.
        identifying_set: A few columns that find nearly every record that all quasi-identifiers find.
        warnings: What must be known to trust it.
    """

    attributes: tuple[AttributeClassification, ...]
    quasi_identifiers: tuple[str, ...]
    method: DetectionMode
    model: SinglingOut | None = None
    identifying_set: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default_factory=tuple)


def rank(
    verdicts: Mapping[str, Verdict],
    statistics: Mapping[str, ColumnStatistics],
    codes: Mapping[str, CodeArray],
    mode: DetectionMode,
    rng: np.random.Generator,
    *,
    cumulative_importance_threshold: float = 0.8,
    max_quasi_identifiers: int = 10,
) -> Ranking:
    """Decide what each column is.

    The importance of a column is its share of what all columns that are neither keys nor free text tell of records: by
    Shapley values in mode heuristic, by a model in mode ml. A column of which nobody can say what it is becomes a
    quasi-identifier in the modes ml and auto where it is among the most important ones that reach the cumulative
    threshold together; in mode auto only where the model is reliable.

    Args:
        verdicts: What each column is by itself.
        statistics: Of each column.
        codes: Shape (n_records,) each: the values of the same records in each column, from 0.
        mode: What decides about columns that say nothing by themselves.
        rng: Draws orders, records and sets.
        cumulative_importance_threshold: See above, in [0, 1].
        max_quasi_identifiers: So many are returned; all of them are classified as such.
    """
    ranked = [name for name, verdict in verdicts.items() if is_ranked(verdict, statistics[name])]
    importances, model, warnings = weigh([codes[name] for name in ranked], mode, rng)
    of_column = dict(zip(ranked, importances.tolist(), strict=True))
    important = most_important(of_column, cumulative_importance_threshold)
    trusted = mode is DetectionMode.ML or (mode is DetectionMode.AUTO and model is not None and model.is_reliable)
    attributes = tuple(
        decided(name, verdict, statistics[name], of_column.get(name, 0.0), by_model=trusted and name in important)
        for name, verdict in verdicts.items()
    )
    found = sorted(
        (each for each in attributes if each.classification is Identity.QUASI), key=lambda each: -each.importance_score
    )
    kept = tuple(each.name for each in found[:max_quasi_identifiers])
    if len(found) > len(kept):
        left = ", ".join(f"'{each.name}'" for each in found[max_quasi_identifiers:])
        warnings = (*warnings, f"{len(found)} columns are quasi-identifiers; max_quasi_identifiers leaves out {left}.")
    return Ranking(attributes, kept, told_method(mode, trusted=trusted), model, fewest(kept, codes), warnings)


def is_ranked(verdict: Verdict, statistics: ColumnStatistics) -> bool:
    """Whether a column takes part: keys tell every record from all others, whatever else is known."""
    return verdict.identity in (None, Identity.QUASI) and statistics.kind in RANKED and statistics.distinct > 1


def weigh(
    codes: Sequence[CodeArray], mode: DetectionMode, rng: np.random.Generator
) -> tuple[FloatArray, SinglingOut | None, tuple[str, ...]]:
    """The share of each column in what all of them tell, the model that says so, and what is doubtful about it.

    Raises:
        EnvironmentProblem: Mode ml has no scikit-learn.
    """
    shares = contributions(codes, rng)
    total = float(shares.sum())
    shares = shares / total if total else shares
    if mode is DetectionMode.HEURISTIC or not codes:
        return shares, None, ()
    try:
        model = learn_singling_out(codes, rng)
    except EnvironmentProblem as missing:
        if mode is DetectionMode.ML:
            raise
        return shares, None, (f"{missing.message} This was decided without a model.",)
    if model is None:
        return shares, None, ("Nothing can be learned here: nearly all records or none are alone in any few columns.",)
    doubts = () if model.is_reliable else ("The model is not reliable: see model_metrics.",)
    weighed = model.importances if mode is DetectionMode.ML else (model.importances + shares) / 2
    return weighed, model, doubts


def most_important(of_column: Mapping[str, float], threshold: float) -> frozenset[str]:
    """The columns, most important first, until they reach the threshold together."""
    chosen: list[str] = []
    reached = 0.0
    for name, importance in sorted(of_column.items(), key=lambda pair: -pair[1]):
        if reached >= threshold or importance <= 0:
            break
        chosen.append(name)
        reached += importance
    return frozenset(chosen)


def decided(
    name: str, verdict: Verdict, statistics: ColumnStatistics, importance: float, *, by_model: bool
) -> AttributeClassification:
    """What one column is in the end, and why."""
    identity, confidence, reasons = verdict.identity, verdict.confidence, verdict.reasons
    if identity is None and by_model:
        identity, confidence = Identity.QUASI, 0.6
        reasons = (f"among the columns that single records out, with {importance:.1%} of it", *reasons)
    elif identity is None:
        identity, reasons = Identity.NONE, ("not among the columns that single records out", *reasons)
    return AttributeClassification(name, identity, importance, confidence, reasons, statistics.unique_ratio)


def told_method(mode: DetectionMode, *, trusted: bool) -> DetectionMode:
    """Which mode decided where auto was asked for."""
    if mode is not DetectionMode.AUTO:
        return mode
    return DetectionMode.ML if trusted else DetectionMode.HEURISTIC


def fewest(names: Sequence[str], codes: Mapping[str, CodeArray]) -> tuple[str, ...]:
    """A few of the columns that find nearly every record that all of them find."""
    columns = [codes[name] for name in names if name in codes]
    known = [name for name in names if name in codes]
    return tuple(known[place] for place in identifying_set(columns, range(len(columns)))) if columns else ()
