"""What an explanation of a run tells: column names, levels, counts and class sizes, and no value of the data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from anonspark.domain.classes import SizeCounts
from anonspark.vocabulary import Metric


@dataclass(frozen=True, slots=True)
class ThenAndNow:
    """A number as the run recorded it, and as it is counted now."""

    run: int | None
    now: int

    @property
    def differs(self) -> bool:
        """Whether the run recorded another one."""
        return self.run is not None and self.run != self.now


@dataclass(frozen=True, slots=True)
class FailedModel:
    """Classes, and their records, that a model does not let pass; a class can fail several."""

    model: str
    classes: int
    records: int


@dataclass(frozen=True, slots=True)
class LowerLevel:
    """What the release would be with one attribute one level lower.

    Attributes:
        attribute: The column.
        level: One below the chosen one.
        suppressed: Records that would be suppressed.
        satisfied: Whether that is within the limit.
        score: Of that release, within the limit.
        difference: By how much that is more than the chosen score; lower is better.
        failed: By model, past the limit; empty where the classes do not fit the driver.
    """

    attribute: str
    level: int
    suppressed: int
    satisfied: bool
    score: float | None
    difference: float | None
    failed: tuple[FailedModel, ...] = ()


@dataclass(frozen=True, slots=True)
class NextNode:
    """Another node that satisfies the models, and what it would cost."""

    levels: Mapping[str, int]
    suppressed: int
    score: float
    difference: float


@dataclass(frozen=True, slots=True)
class Blame:
    """What a column has to do with the suppressed records.

    Attributes:
        attribute: The column.
        unknown: Records whose value its hierarchy does not know; they are suppressed at every node.
        kept_one_higher: Suppressed records that would be kept with it one level higher.
        kept_generalized: Suppressed records that would be kept with it at its highest level.
    """

    attribute: str
    unknown: int
    kept_one_higher: int | None
    kept_generalized: int | None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The records that the node suppresses.

    Attributes:
        records: How many.
        unknown: Those with a value that a hierarchy does not know.
        classes: Unsafe classes, which hold the others; None where the classes do not fit the driver.
        sizes: How many unsafe classes have each size, in persons.
        failed: By model.
        columns: What each column has to do with it.
    """

    records: int
    unknown: int
    classes: int | None
    sizes: SizeCounts
    failed: tuple[FailedModel, ...]
    columns: tuple[Blame, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a run released what it did; JSON types in `to_dict`, and no value of the data.

    Attributes:
        run_id: The run.
        levels: The chosen node; where classes got levels of their own, the one that these began from.
        heights: The last level of each attribute.
        metric: What the search minimized.
        score: Of the node.
        optimal: Whether the run proved that no node is better.
        limit: Most records that might be suppressed.
        rows: Of the input.
        base_classes: Of the input.
        lower: Each attribute that could be one level lower.
        at_lowest: Attributes that are at the lowest level that they may have.
        next_best: The best other nodes among those that the run looked at, and the neighbours.
        looked_at: How many nodes that were.
        suppressed: The records that the node suppresses, and why.
        warnings: What to keep in mind.
    """

    run_id: str
    levels: Mapping[str, int]
    heights: Mapping[str, int]
    metric: Metric
    score: float | None
    optimal: bool
    limit: int
    rows: ThenAndNow
    base_classes: ThenAndNow
    lower: tuple[LowerLevel, ...]
    at_lowest: tuple[str, ...]
    next_best: tuple[NextNode, ...]
    looked_at: int
    suppressed: Suppressed
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON types only."""
        return asdict(self)
