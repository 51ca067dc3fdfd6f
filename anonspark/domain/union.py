"""Records that are released already and new ones together: the classes of their union, by labels."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from anonspark.domain.arrays import BoolArray, CountArray
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.distinct import class_of_each
from anonspark.domain.encode import RawClasses, RawColumn, encode, leaves_of_rows
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label, from_labels
from anonspark.domain.lattice import Node
from anonspark.domain.policy import Policy
from anonspark.vocabulary import SUPPRESSED


def joined(first: RawClasses, second: RawClasses) -> RawClasses:
    """The combinations of two tables with the same columns, one after the other."""
    return RawClasses(
        tuple(map(_joined_column, first.quasi_identifiers, second.quasi_identifiers)),
        tuple(map(_joined_column, first.sensitive, second.sensitive)),
        np.concatenate([first.counts, second.counts]),
        {},
    )


def _joined_column(first: RawColumn, second: RawColumn) -> RawColumn:
    place: dict[Label, int] = {}
    codes = [
        np.array([place.setdefault(value, len(place)) for value in column.values], dtype=np.int32)[column.codes]
        for column in (first, second)
    ]
    return replace(first, values=tuple(place), codes=np.concatenate(codes))


def generalized(
    raw: RawClasses, hierarchies: Sequence[GeneralizationHierarchy], node: Node, released: BoolArray
) -> RawClasses:
    """Combinations with their labels at a node instead of their values.

    Args:
        raw: The combinations.
        hierarchies: One a quasi-identifier.
        node: The levels.
        released: Shape (n_rows,): all others are suppressed, and so is what a hierarchy does not know.
    """
    leaves = leaves_of_rows(raw, hierarchies)
    shown = released.copy()
    for hierarchy, of_rows in zip(hierarchies, leaves, strict=True):
        shown &= ~hierarchy.unknown[of_rows]
    columns = []
    for column, hierarchy, level, of_rows in zip(raw.quasi_identifiers, hierarchies, node, leaves, strict=True):
        texts = pa.array([*hierarchy.labels[level], SUPPRESSED], pa.string()).dictionary_encode("encode")
        code_of_group = texts.indices.to_numpy(zero_copy_only=False)
        codes = np.where(shown, code_of_group[hierarchy.groups[level][of_rows]], code_of_group[-1])
        columns.append(replace(column, values=tuple(texts.dictionary.to_pylist()), codes=codes.astype(np.int32)))
    return replace(raw, quasi_identifiers=tuple(columns))


def classes_of_labels(labelled: RawClasses, policy: Policy) -> tuple[EquivalenceClasses, CountArray]:
    """The classes of rows that are labelled already, and the class of each row.

    Rows of nothing but `*` are no class, and have the number of classes as theirs; their sensitive values count among
    those of the whole table.
    """
    flat = tuple(from_labels(column.name, [column.values]) for column in labelled.quasi_identifiers)
    everything = encode(labelled, policy, flat)
    starred: BoolArray = np.ones(everything.n_classes, dtype=np.bool_)
    for column, of_classes in zip(labelled.quasi_identifiers, everything.codes, strict=True):
        starred &= np.array([value == SUPPRESSED for value in column.values], dtype=np.bool_)[of_classes]
    kept = np.flatnonzero(~starred)
    place = np.full(everything.n_classes, len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    classes = EquivalenceClasses(
        np.ascontiguousarray(everything.codes[:, kept]),
        everything.sizes[kept],
        {name: histograms.of_classes(kept) for name, histograms in everything.sensitive.items()},
    )
    return classes, place[class_of_each([column.codes for column in labelled.quasi_identifiers], everything.codes)]
