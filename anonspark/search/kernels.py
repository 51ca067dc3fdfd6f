"""The compiled loops of the search; each compiles once a machine and is cached on disk.

A class at a node has a 64-bit key: the sum of one part for each attribute. Where the number of combinations fits,
parts are mixed-radix digits and keys are exact; else they are random and classes of equal keys are compared
attribute by attribute.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Compile at the first call, once a machine; other threads run meanwhile."""
    return cast("Kernel", numba.njit(cache=True, nogil=True)(kernel))


EMPTY = np.int64(-1)
HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Fibonacci hashing (Knuth, TAOCP 3, 6.4)


@compiled
def group_classes(
    columns: CountArray,
    starts: CountArray,
    parts: CountArray,
    groups: CodeArray,
    exact: bool,
    leaves: CodeArray,
    sizes: CountArray,
    slots: CountArray,
    shift: int,
    group: CodeArray,
    group_sizes: CountArray,
    first: CodeArray,
) -> int:
    """Merge classes that agree on the given columns at the given levels; returns the number of groups.

    Args:
        columns: The attributes to look at; those with one group only may be left out.
        starts: Where the leaves of each of them begin in `parts` and `groups`, at the wanted level.
        parts: What a leaf at a level adds to the key.
        groups: The group of a leaf at a level.
        exact: Whether equal keys are equal groups.
        leaves: Shape (n_attributes, n_classes).
        sizes: Shape (n_classes,).
        slots: The hash table, shape (a power of two, 2), all EMPTY: group and key.
        shift: 64 - log2(length of the table).
        group: Out, shape (n_classes,): the group of each class, numbered by first appearance.
        group_sizes: Out: records of each group.
        first: Out: the first class of each group.
    """
    n_classes = sizes.shape[0]
    mask = slots.shape[0] - 1
    n_groups = 0
    for row in range(n_classes):
        key = np.int64(0)
        for index in range(columns.shape[0]):
            key += parts[starts[index] + leaves[columns[index], row]]
        place = np.int64((np.uint64(key) * HASH_MULTIPLIER) >> np.uint64(shift))
        while True:
            found = slots[place, 0]
            if found == EMPTY:
                slots[place, 0] = n_groups
                slots[place, 1] = key
                group[row] = n_groups
                group_sizes[n_groups] = sizes[row]
                first[n_groups] = row
                n_groups += 1
                break
            if slots[place, 1] == key:
                same = True
                if not exact:
                    other = first[found]
                    for index in range(columns.shape[0]):
                        column, start = columns[index], starts[index]
                        if groups[start + leaves[column, row]] != groups[start + leaves[column, other]]:
                            same = False
                            break
                if same:
                    group[row] = found
                    group_sizes[found] += sizes[row]
                    break
            place = (place + 1) & mask
    return n_groups


@compiled
def merge_histograms(
    group: CodeArray, n_groups: int, offsets: CountArray, values: CodeArray, counts: CountArray, n_values: int
) -> tuple[CountArray, CodeArray, CountArray]:
    """Sensitive histograms (CSR) of merged classes; linear in the number of pairs."""
    members = np.zeros(n_groups + 1, dtype=np.int64)
    for row in range(group.shape[0]):
        members[group[row] + 1] += 1
    for index in range(n_groups):
        members[index + 1] += members[index]
    order = np.empty(group.shape[0], dtype=np.int32)
    fill = members[:-1].copy()
    for row in range(group.shape[0]):
        order[fill[group[row]]] = row
        fill[group[row]] += 1
    merged_offsets = np.zeros(n_groups + 1, dtype=np.int64)
    merged_values = np.empty(values.shape[0], dtype=np.int32)
    merged_counts = np.empty(values.shape[0], dtype=np.int64)
    place = np.full(n_values, -1, dtype=np.int64)
    end = 0
    for index in range(n_groups):
        start = end
        for member in range(members[index], members[index + 1]):
            row = order[member]
            for pair in range(offsets[row], offsets[row + 1]):
                value = values[pair]
                if place[value] < start:
                    place[value] = end
                    merged_values[end] = value
                    merged_counts[end] = counts[pair]
                    end += 1
                else:
                    merged_counts[place[value]] += counts[pair]
        merged_offsets[index + 1] = end
    return merged_offsets, merged_values[:end].copy(), merged_counts[:end].copy()


@compiled
def count_leaves(
    chosen: BoolArray, leaves: CodeArray, sizes: CountArray, starts: CountArray, counts: CountArray
) -> None:
    """Add the records of chosen classes to `counts`, leaf by leaf, all attributes in one row.

    Args:
        chosen: Shape (n_classes,).
        leaves: Shape (n_attributes, n_classes).
        sizes: Shape (n_classes,).
        starts: Where each attribute's leaves begin in `counts`.
        counts: In and out.
    """
    for row in range(chosen.shape[0]):
        if chosen[row]:
            for attribute in range(leaves.shape[0]):
                counts[starts[attribute] + leaves[attribute, row]] += sizes[row]
