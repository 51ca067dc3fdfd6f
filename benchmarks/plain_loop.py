"""The floor of a search: every raw class put into a hash table at every node, loss included, no roll-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time

import numpy as np

from anonspark.domain.arrays import CodeArray, CountArray, FloatArray
from anonspark.domain.lattice import Node
from anonspark.search.kernels import HASH_MULTIPLIER, compiled
from benchmarks.workloads import SearchCase

EMPTY = np.int64(-1)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Nodes that the loop went over.

    Attributes:
        suppressed: Shape (n_nodes,): records in classes below k.
        loss: Shape (n_nodes,): the loss of a release at the node.
        cpu_s: Process CPU seconds.
    """

    suppressed: CountArray
    loss: FloatArray
    cpu_s: float


def judge(case: SearchCase, nodes: Sequence[Node], k: int) -> Judged:
    """Suppressed records and loss of every node, each from the raw classes."""
    hierarchies, classes = case.problem.hierarchies, case.problem.classes
    # Sums of random 64-bit numbers: two classes of one key are as unlikely as in any 64-bit hash.
    rng = np.random.default_rng(0)
    most = np.iinfo(np.int64).max // len(hierarchies)
    parts = [
        rng.integers(most, size=each.groups.shape[1:]).take(groups) for each in hierarchies for groups in each.groups
    ]
    records = [
        np.bincount(codes, weights=classes.sizes, minlength=each.groups.shape[1])
        for each, codes in zip(hierarchies, classes.codes, strict=True)
    ]
    levels = np.array(nodes)
    covered_by_level = [each.shares() @ of_leaf for each, of_leaf in zip(hierarchies, records, strict=True)]
    covered = np.stack([cost[level] for cost, level in zip(covered_by_level, levels.T, strict=True)], axis=1)
    arrays = (
        np.cumsum([0, *[each.groups.size for each in hierarchies]])[:-1],
        np.array([each.groups.shape[1] for each in hierarchies]),
        np.concatenate(parts),
        np.concatenate([1 - each.shares().ravel() for each in hierarchies]),
        classes.codes,
        classes.sizes,
        (2 * classes.n_classes - 1).bit_length(),
        k,
    )
    plain_loop(levels[:1], *arrays)  # the first call compiles
    since = process_time()
    suppressed, lost = plain_loop(levels, *arrays)
    cpu_s = process_time() - since
    domains = np.array([each.domain_size for each in hierarchies])
    weights = np.array([attribute.weight for attribute in case.policy.quasi_identifiers])
    scale = np.maximum(1 - 1 / domains, 1 / domains)
    of_attributes = np.maximum(((covered + lost) / classes.n_records - 1 / domains) / scale, 0)
    return Judged(suppressed, of_attributes @ weights / weights.sum(), cpu_s)


@compiled
def plain_loop(
    nodes: CountArray,
    starts: CountArray,
    widths: CountArray,
    parts: CountArray,
    hidden: FloatArray,
    codes: CodeArray,
    sizes: CountArray,
    bits: int,
    k: int,
) -> tuple[CountArray, FloatArray]:
    """What each node suppresses.

    Args:
        nodes: Shape (n_nodes, n_attributes).
        starts: Where each attribute begins in `parts` and `hidden`, level by level, leaf by leaf.
        widths: Leaves of each attribute.
        parts: What a leaf at a level adds to the key.
        hidden: What a record of a leaf at a level loses when it is suppressed: 1 - share of the domain.
        codes: Shape (n_attributes, n_classes).
        sizes: Shape (n_classes,).
        bits: log2(length of the hash table).
        k: Smaller classes are suppressed.

    Returns:
        Suppressed records, shape (n_nodes,), and what they lose, shape (n_nodes, n_attributes).
    """
    n_attributes, n_classes = codes.shape
    shift, mask = 64 - bits, (1 << bits) - 1
    slots = np.empty((1 << bits, 2), dtype=np.int64)
    group = np.empty(n_classes, dtype=np.int32)
    records = np.empty(n_classes, dtype=np.int64)
    suppressed = np.zeros(len(nodes), dtype=np.int64)
    lost = np.zeros((len(nodes), n_attributes), dtype=np.float64)
    at = np.empty(n_attributes, dtype=np.int64)
    for place in range(len(nodes)):
        for attribute in range(n_attributes):
            at[attribute] = starts[attribute] + nodes[place, attribute] * widths[attribute]
        slots[:, 0] = EMPTY
        n_groups = 0
        for row in range(n_classes):
            key = np.int64(0)
            for attribute in range(n_attributes):
                key += parts[at[attribute] + codes[attribute, row]]
            slot = np.int64((np.uint64(key) * HASH_MULTIPLIER) >> np.uint64(shift))
            while slots[slot, 0] != EMPTY and slots[slot, 1] != key:
                slot = (slot + 1) & mask
            if slots[slot, 0] == EMPTY:
                slots[slot, 0], slots[slot, 1] = n_groups, key
                records[n_groups] = 0
                n_groups += 1
            group[row] = slots[slot, 0]
            records[group[row]] += sizes[row]
        for row in range(n_classes):
            if records[group[row]] < k:
                suppressed[place] += sizes[row]
                for attribute in range(n_attributes):
                    lost[place, attribute] += sizes[row] * hidden[at[attribute] + codes[attribute, row]]
    return suppressed, lost
