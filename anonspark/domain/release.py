"""What was found and what it is worth: the part of a run that holds no row of the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray
from anonspark.domain.classes import SizeCounts, size_counts
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Node
from anonspark.domain.recoding import Recoding
from anonspark.vocabulary import Metric


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Release:
    """A lattice node that satisfies a policy, with its classes.

    Attributes:
        node: Level of each quasi-identifier, in the order of `hierarchies`.
        hierarchies: As used; those that were derived from the table too.
        codes: Shape (n_attributes, n_classes): groups of the classes at the node.
        sizes: Shape (n_classes,): records.
        persons: Shape (n_classes,), where records name their person.
        safe: Shape (n_classes,): which are released.
        n_records: Of the table.
        metric: What the search minimized.
        score: Its value.
        optimal: Whether no node of the lattice is better.
        metrics: Every metric of the release, by name.
        per_attribute: Separable metrics by attribute.
        population: Shape (n_classes,): people of the population, where a model asked for them.
        recoding: Where classes have levels of their own: which; `codes` are those of its labels then.
        full_domain: The release at the node that the recoding started from.
        microaggregation: What attributes are released as one value a class, and what they lost by it, by name.
        kept_on_cluster: Sizes of the released classes with the number of classes of each, where these are too many for
            the driver; `codes`, `sizes` and `safe` are then empty.
        kept_persons_on_cluster: The same in persons, where records name theirs.
    """

    node: Node
    hierarchies: tuple[GeneralizationHierarchy, ...]
    codes: CodeArray
    sizes: CountArray
    safe: BoolArray
    n_records: int
    metric: Metric
    score: float
    optimal: bool
    metrics: Mapping[str, float]
    per_attribute: Mapping[str, Mapping[str, float]]
    population: CountArray | None = None
    recoding: Recoding | None = None
    full_domain: "Release | None" = None
    kept_on_cluster: tuple[tuple[int, int], ...] | None = None
    kept_persons_on_cluster: tuple[tuple[int, int], ...] | None = None
    persons: CountArray | None = None
    microaggregation: Mapping[str, Mapping[str, Any]] | None = None

    @property
    def levels(self) -> dict[str, int]:
        """Level by attribute."""
        return {hierarchy.attribute: level for hierarchy, level in zip(self.hierarchies, self.node, strict=True)}

    @property
    def heights(self) -> dict[str, int]:
        """Last level by attribute."""
        return {hierarchy.attribute: hierarchy.height for hierarchy in self.hierarchies}

    @property
    def kept_sizes(self) -> CountArray:
        """Records of each class that is released, if the driver holds them; shape (n_safe_classes,)."""
        return self.sizes[self.safe]

    @property
    def kept_size_counts(self) -> SizeCounts:
        """Sizes of the released classes, wherever they are."""
        return size_counts(self.kept_sizes) if self.kept_on_cluster is None else list(self.kept_on_cluster)

    @property
    def kept_people(self) -> CountArray:
        """Persons of each class that is released, one a record unless records name them; shape (n_safe_classes,)."""
        return self.kept_sizes if self.persons is None else self.persons[self.safe]

    @property
    def kept_people_counts(self) -> SizeCounts:
        """Sizes of the released classes in persons, wherever they are."""
        if self.kept_persons_on_cluster is not None:
            return list(self.kept_persons_on_cluster)
        return self.kept_size_counts if self.persons is None else size_counts(self.kept_people)

    @property
    def suppressed(self) -> int:
        """Records that are not released."""
        return self.n_records - sum(size * classes for size, classes in self.kept_size_counts)

    def to_dict(self) -> dict[str, Any]:
        """What was found, in words and numbers of JSON: the first part of a run's summary."""
        kept = self.kept_size_counts
        n_kept = sum(classes for _, classes in kept)
        return {
            "rows": self.n_records,
            "suppressed": self.suppressed,
            "levels": self.levels,
            "heights": self.heights,
            "metric": str(self.metric),
            "score": self.score,
            "optimal": self.optimal,
            "classes": {"kept": n_kept, **_spread(kept)},
            **({"persons": _spread(self.kept_people_counts)} if self._names_persons else {}),
            "metrics": {str(name): value for name, value in self.metrics.items()},
            **({} if self.full_domain is None else {"recoding": self._recoded(self.full_domain)}),
            **({} if self.microaggregation is None else {"microaggregation": dict(self.microaggregation)}),
        }

    @property
    def _names_persons(self) -> bool:
        return self.persons is not None or self.kept_persons_on_cluster is not None

    def _recoded(self, node: "Release") -> dict[str, Any]:
        """How far each attribute was generalized on average, and what the release at the node alone would be."""
        names, recoding = [hierarchy.attribute for hierarchy in self.hierarchies], self.recoding
        return (
            {}
            if recoding is None
            else {
                "kind": "strict" if recoding.strict else "relaxed",
                "mean_levels": dict(zip(names, recoding.mean_levels, strict=True)),
                "node": {"score": node.score, "suppressed": node.suppressed, "optimal": node.optimal},
            }
        )

    def __repr__(self) -> str:
        n_kept = sum(classes for _, classes in self.kept_size_counts)
        levels = ", ".join(f"{name} {level}/{self.heights[name]}" for name, level in self.levels.items())
        proof = "optimal" if self.optimal else "not proven optimal"
        return (
            f"Release({levels}; {self.suppressed:,} of {self.n_records:,} records suppressed, "
            f"{n_kept:,} classes, {self.metric} {self.score:.6g}, {proof})"
        )


def _spread(counts: SizeCounts) -> dict[str, float]:
    """The smallest, the largest and the average size; zeros where there is none."""
    if not counts:
        return {"smallest": 0, "largest": 0, "average": 0.0}
    total, classes = sum(size * of_size for size, of_size in counts), sum(of_size for _, of_size in counts)
    return {"smallest": counts[0][0], "largest": counts[-1][0], "average": total / classes}
