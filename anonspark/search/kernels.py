"""The compiled loops of the search; each compiles once a machine and is cached on disk.

A class at a node has a 64-bit key: group x stride, summed over bundles of attributes. Where the number of combinations
fits, keys are exact; else strides are random and classes of equal keys are compared bundle by bundle.
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


HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Fibonacci hashing (Knuth, TAOCP 3, 6.4)


@compiled
def write_keys(
    bundles: CountArray, starts: CountArray, strides: CountArray, groups: CodeArray, packed: CodeArray, keys: CountArray
) -> None:
    """The key of each class; arguments as for `group_classes`."""
    keys[:] = 0
    for index in range(bundles.shape[0]):
        codes, start, stride = packed[bundles[index]], starts[index], strides[index]
        for row in range(keys.shape[0]):
            keys[row] += groups[start + codes[row]] * stride


@compiled
def agree(bundles: CountArray, starts: CountArray, groups: CodeArray, packed: CodeArray, one: int, other: int) -> bool:
    """Whether two classes are in the same group of every bundle."""
    for index in range(bundles.shape[0]):
        codes, start = packed[bundles[index]], starts[index]
        if groups[start + codes[one]] != groups[start + codes[other]]:
            return False
    return True


@compiled
def group_classes(
    bundles: CountArray,
    starts: CountArray,
    strides: CountArray,
    groups: CodeArray,
    cells: int,
    packed: CodeArray,
    sizes: CountArray,
    keys: CountArray,
    slots: CountArray,
    used: int,
    group: CodeArray,
    group_sizes: CountArray,
    first: CodeArray,
) -> int:
    """Merge classes that agree on the given bundles; returns the number of groups.

    Args:
        bundles: The bundles to look at; those of one group only may be left out.
        starts: Where the codes of each of them begin in `groups`.
        strides: What a group of each of them is multiplied by.
        groups: The group of a code.
        cells: Most keys there can be, where equal keys are equal groups; else 0.
        packed: Shape (n_bundles, n_classes): codes.
        sizes: Shape (n_classes,).
        keys: Scratch, at least n_classes.
        slots: The hash table, shape (a power of two, at least 2 x n_classes; 2): group + `used`, and key.
        used: What stands in `slots` below this is from earlier calls; the next call's is this + n_classes.
        group: Out, shape (n_classes,): the group of each class, numbered by first appearance.
        group_sizes: Out: records of each group.
        first: Out: the first class of each group.
    """
    n_classes = sizes.shape[0]
    write_keys(bundles, starts, strides, groups, packed, keys[:n_classes])
    mask = slots.shape[0] - 1
    shift = 64
    while slots.shape[0] >> (64 - shift) > 1:
        shift -= 1
    direct = 0 < cells <= slots.shape[0]
    n_groups = 0
    for row in range(n_classes):
        key = keys[row]
        place = key if direct else np.int64((np.uint64(key) * HASH_MULTIPLIER) >> np.uint64(shift))
        while True:
            found = slots[place, 0] - used
            if found < 0:
                slots[place, 0] = n_groups + used
                slots[place, 1] = key
                group[row] = n_groups
                group_sizes[n_groups] = sizes[row]
                first[n_groups] = row
                n_groups += 1
                break
            if slots[place, 1] == key and (cells > 0 or agree(bundles, starts, groups, packed, row, first[found])):
                group[row] = found
                group_sizes[found] += sizes[row]
                break
            place = (place + 1) & mask
    return n_groups


@compiled
def tally(
    sizes: CountArray, unsafe: BoolArray, unavoidable: CountArray, smallest_safe_class: int
) -> tuple[int, int, int, float, int]:
    """Sums over the classes of a node, given which are unsafe and how many records of each must be suppressed.

    Returns:
        Records of unsafe classes; records that must be suppressed; safe classes; the sum of their squared sizes; most
        safe classes that all can be split into.
    """
    suppressed = least = kept = capacity = 0
    squares = 0.0
    for row in range(sizes.shape[0]):
        size, lost = sizes[row], unavoidable[row]
        least += lost
        if unsafe[row]:
            suppressed += size
        else:
            kept += 1
            squares += float(size) * float(size)
        capacity += (size - lost) // smallest_safe_class
    return suppressed, least, kept, squares, capacity


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
def count_codes(
    chosen: BoolArray, packed: CodeArray, sizes: CountArray, starts: CountArray, counts: CountArray
) -> None:
    """Add the records of chosen classes to `counts`, code by code, all bundles in one row.

    Args:
        chosen: Shape (n_classes,).
        packed: Shape (n_bundles, n_classes).
        sizes: Shape (n_classes,).
        starts: Where each bundle's codes begin in `counts`.
        counts: In and out.
    """
    for row in range(chosen.shape[0]):
        if chosen[row]:
            for bundle in range(packed.shape[0]):
                counts[starts[bundle] + packed[bundle, row]] += sizes[row]
