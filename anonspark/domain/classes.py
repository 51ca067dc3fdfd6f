"""Equivalence classes of a table: the records that agree on every quasi-identifier."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray, FloatArray

SizeCounts = list[tuple[int, int]]
"""Class sizes with the number of classes of each, ascending."""

PERSON: Final = ""
"""The key of the persons among the sensitive attributes of classes; no column has an empty name."""


@dataclass(frozen=True, slots=True, eq=False)
class SensitiveHistograms:
    """How often each class has each value of one sensitive attribute; only the pairs that occur (CSR).

    Attributes:
        offsets: Shape (n_classes + 1,): the pairs of class c are offsets[c]:offsets[c + 1], at least one
            where the class has a record.
        values: Shape (n_pairs,): code of the value, in the order of an ordered attribute.
        counts: Shape (n_pairs,): records, at least 1.
        totals: Shape (n_values,): records of the whole table with each value, suppressed ones too.
        ancestors: Shape (n_levels, n_values): group of each value at each level of its hierarchy, where it has one.
    """

    offsets: CountArray
    values: CodeArray
    counts: CountArray
    totals: CountArray
    ancestors: CodeArray | None = None

    @property
    def n_values(self) -> int:
        """Distinct values in the whole table."""
        return len(self.totals)

    def distinct(self) -> CountArray:
        """Distinct values of each class; shape (n_classes,)."""
        return np.diff(self.offsets)

    def class_of_each_pair(self) -> CountArray:
        """Shape (n_pairs,)."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def shares(self) -> FloatArray:
        """p: share of each pair's value in its class; shape (n_pairs,)."""
        sizes = np.add.reduceat(self.counts, self.offsets[:-1]) if len(self.counts) else self.counts
        return np.asarray(self.counts / np.repeat(sizes, np.diff(self.offsets)), dtype=np.float64)

    def of_classes(self, rows: CountArray) -> "SensitiveHistograms":
        """The histograms of some classes, in that order; the totals stay those of the whole table."""
        lengths = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        pairs = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return SensitiveHistograms(offsets, self.values[pairs], self.counts[pairs], self.totals, self.ancestors)

    def total_shares(self) -> FloatArray:
        """q: share of each value in the whole table; shape (n_values,)."""
        return np.asarray(self.totals / self.totals.sum(), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class EquivalenceClasses:
    """Classes with their sizes; the codes are groups of the hierarchies at the node that the classes belong to.

    Attributes:
        codes: Shape (n_attributes, n_classes): one row a quasi-identifier.
        sizes: Shape (n_classes,): records.
        sensitive: Histograms by sensitive attribute; of the persons under `PERSON`, where records name them.
        inadmissible: Shape (n_classes,): classes with a value that a hierarchy does not know, suppressed at every node.
        population: Shape (n_classes,): records of the population table in the class, where one is given. Classes that
            only the population has come last, with size 0 and no sensitive values.
        persons: Shape (n_classes,): persons of each class, where only their number is known.
        outside: Groups of values that only the population has, one array an attribute, shape (n_levels, n_values);
            their codes follow those of the hierarchy's leaves.
    """

    codes: CodeArray
    sizes: CountArray
    sensitive: Mapping[str, SensitiveHistograms] = field(default_factory=dict)
    inadmissible: BoolArray | None = None
    population: CountArray | None = None
    persons: CountArray | None = None
    outside: tuple[CodeArray, ...] | None = None

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.sizes)

    @property
    def n_records(self) -> int:
        """Records in all classes."""
        return int(self.sizes.sum())

    @property
    def people(self) -> CountArray:
        """Persons of each class, one a record unless records name them; shape (n_classes,)."""
        if self.persons is not None:
            return self.persons
        return self.sizes if PERSON not in self.sensitive else self.sensitive[PERSON].distinct()


def size_counts(sizes: CountArray) -> SizeCounts:
    """The sizes of classes, shape (n_classes,), counted.

    >>> size_counts(np.array([5, 2, 5]))
    [(2, 1), (5, 2)]
    """
    found, classes = np.unique(sizes, return_counts=True)
    return list(zip(found.tolist(), classes.tolist(), strict=True))


def as_arrays(counts: SizeCounts) -> tuple[CountArray, CountArray]:
    """Class sizes, and the number of classes of each; both of shape (n_sizes,).

    >>> as_arrays([(2, 1), (5, 2)])
    (array([2, 5]), array([1, 2]))
    """
    sizes, classes = np.array(counts, dtype=np.int64).reshape(-1, 2).T
    return sizes, classes


def classes_of_sizes(*sizes: int) -> EquivalenceClasses:
    """Classes that are told apart by one attribute, for examples and tests.

    >>> classes_of_sizes(5, 20).n_records
    25
    """
    return EquivalenceClasses(
        codes=np.arange(len(sizes), dtype=np.int32)[np.newaxis, :], sizes=np.array(sizes, dtype=np.int64)
    )
