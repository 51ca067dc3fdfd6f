"""What a column is to an attacker, as far as its name, its values and the other columns tell."""

from dataclasses import dataclass

from anonspark.vocabulary import DataKind, Identity


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """What one pass tells of a column.

    Attributes:
        name: Of the column.
        kind: Of its values.
        rows: All.
        nulls: Among them.
        distinct: Values that are not null.
        entropy: Of the values that are not null, in bits.
        mean_length: Characters of a value as text.
    """

    name: str
    kind: DataKind
    rows: int
    nulls: int
    distinct: int
    entropy: float
    mean_length: float

    @property
    def unique_ratio(self) -> float:
        """Distinct values a value that is not null, in [0, 1]; 0 where there is none.

        >>> ColumnStatistics("id", DataKind.TEXT, 5, 1, 3, 1.5, 4.0).unique_ratio
        0.75
        """
        filled = self.rows - self.nulls
        return min(1.0, self.distinct / filled) if filled else 0.0


@dataclass(frozen=True, slots=True)
class AttributeClassification:
    """What one column was found to be.

    Attributes:
        name: Of the column.
        classification: What it is.
        importance_score: What it adds to telling records apart, as a share of what all columns together do.
        confidence: In [0, 1].
        reasoning: Sentences, without any value.
        unique_ratio: Distinct values a value that is not null.
    """

    name: str
    classification: Identity
    importance_score: float
    confidence: float
    reasoning: tuple[str, ...]
    unique_ratio: float
