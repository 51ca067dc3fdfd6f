"""Parts of a local recoding that are too large for one worker: few, so that their splits are known on the driver.

A raw class is led to its part by the splits in their order, wherever it is; nothing is moved for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray, FloatArray
from anonspark.domain.lattice import Node
from anonspark.search.recoding import RecodingRules
from anonspark.search.splits import SUPPRESSED_PART

NOT_LARGE = -1
"""The place of a part that is not in the tree."""


@dataclass(frozen=True, slots=True, eq=False)
class TreeSplit:
    """One split: children that leave a part, and where they go.

    Attributes:
        part: Place of the part.
        axis: The attribute that was lowered.
        keys: Of the children, ascending; see `SplitTree.child_keys`.
        targets: Place of each.
    """

    part: int
    axis: int
    keys: CountArray
    targets: CountArray


@dataclass(slots=True, eq=False)
class SplitTree:
    """Large parts and what became of them.

    Attributes:
        rules: How attributes are generalized.
        starts: Names of the parts that were large at the start, ascending; shape (n_starts,).
        places: The place of each.
        levels: The node of each place; that of the suppressed records is the first.
        splits: In their order.
        factors: One odd number an attribute: suppressed records are told apart by their groups at the top.
    """

    rules: RecodingRules
    starts: CountArray
    places: CountArray
    levels: list[Node]
    splits: list[TreeSplit] = field(default_factory=list)
    factors: CountArray = field(init=False)

    def __post_init__(self) -> None:
        """The same factors each time."""
        self.factors = np.random.default_rng(0).integers(0, 1 << 62, len(self.rules.names)) | 1

    def place_of(self, parts: CountArray, leaves: Sequence[CodeArray]) -> CountArray:
        """Where raw classes are now, NOT_LARGE where they are in none of these; shape (n_rows,).

        Args:
            parts: Name of each one's part at the start.
            leaves: One array of shape (n_rows,) an attribute.
        """
        at = np.minimum(np.searchsorted(self.starts, parts), max(len(self.starts) - 1, 0))
        place = np.full(len(parts), NOT_LARGE, dtype=np.int64)
        if len(self.starts):
            place = np.where(self.starts[at] == parts, self.places[at], NOT_LARGE)
        for split in self.splits:
            rows = np.flatnonzero(place == split.part)
            keys = self.child_keys(split.part, split.axis, [of_axis[rows] for of_axis in leaves])
            found = np.minimum(np.searchsorted(split.keys, keys), len(split.keys) - 1)
            going = split.keys[found] == keys
            place[rows[going]] = split.targets[found[going]]
        return place

    def child_keys(self, place: int, axis: int, leaves: Sequence[CodeArray]) -> CountArray:
        """What tells the children of a part apart if an attribute is lowered; shape (n_rows,)."""
        level = self.levels[place][axis] - 1
        keys: CountArray = self.rules.groups[axis][level, leaves[axis]].astype(np.int64)
        if place == SUPPRESSED_PART:
            # Equal sums of 64 bits are equal groups, but for a chance that does not matter.
            for groups, top, factor, of_axis in zip(
                self.rules.groups, self.rules.top, self.factors, leaves, strict=True
            ):
                keys += (groups[top, of_axis].astype(np.int64) + 1) * (factor << 1)
        return keys

    def saved(self, place: int, axis: int, leaves: CodeArray) -> FloatArray:
        """Loss that one record saves if the attribute is lowered in its part; shape (n_rows,)."""
        costs, level = self.rules.costs[axis], self.levels[place][axis]
        # A suppressed record wins in this attribute alone: all others stand at the top.
        now = costs.max() if place == SUPPRESSED_PART else costs[level, leaves]
        saved: FloatArray = now - costs[level - 1, leaves]
        return saved

    def may_be_lowered(self, place: int) -> BoolArray:
        """Which attributes of a part are above their lowest level; shape (n_attributes,)."""
        above: BoolArray = np.array(self.levels[place]) > np.array(self.rules.bottom)
        return above

    def split(self, place: int, axis: int, keys: CountArray) -> CountArray:
        """Send children off; returns their places."""
        order = np.argsort(keys)
        targets = len(self.levels) + np.arange(len(keys), dtype=np.int64)
        lowered = tuple(level - (at == axis) for at, level in enumerate(self.levels[place]))
        self.levels.extend([lowered] * len(keys))
        self.splits.append(TreeSplit(place, axis, keys[order], targets[order]))
        return targets
