"""Raw classes, as they come from the group-by, to codes of hierarchies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray
from anonspark.domain.builders import build_hierarchy
from anonspark.domain.check import level_bounds
from anonspark.domain.classes import PERSON, EquivalenceClasses, SensitiveHistograms
from anonspark.domain.distinct import distinct_rows
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.domain.lattice import Lattice
from anonspark.domain.leaves import in_order, spelled_numbers
from anonspark.domain.policy import Policy, SensitiveAttribute
from anonspark.errors import HierarchyError


@dataclass(frozen=True, slots=True, eq=False)
class RawColumn:
    """One column of the group-by, dictionary-encoded.

    Attributes:
        name: The table's column.
        data_type: Its type before the cast to string, as Spark's `simpleString` prints it.
        values: The distinct values; None is null.
        codes: Shape (n_rows,): place of each row's value.
    """

    name: str
    data_type: str
    values: tuple[Label, ...]
    codes: CodeArray

    def records(self, counts: CountArray) -> dict[Label, int]:
        """Records of each distinct value, given the records of each row."""
        totals = np.bincount(self.codes, weights=counts, minlength=len(self.values)).astype(np.int64)
        return dict(zip(self.values, totals.tolist(), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class RawClasses:
    """The distinct combinations of quasi-identifiers and sensitive attributes, with their records.

    Attributes:
        quasi_identifiers: One column an attribute.
        sensitive: One column an attribute.
        counts: Shape (n_rows,): records of each combination.
        malformed: Rows that are left out, by what is wrong with them.
        persons: Shape (n_rows,): the person of each combination, numbered from 0, where rows name them.
    """

    quasi_identifiers: tuple[RawColumn, ...]
    sensitive: tuple[RawColumn, ...]
    counts: CountArray
    malformed: Mapping[str, int]
    persons: CountArray | None = None

    @property
    def n_records(self) -> int:
        """Records in all combinations."""
        return int(self.counts.sum())

    @property
    def n_persons(self) -> int | None:
        """Persons of the table, where rows name them."""
        return None if self.persons is None else int(self.persons.max(initial=-1)) + 1


def build_hierarchies(policy: Policy, raw: RawClasses) -> tuple[GeneralizationHierarchy, ...]:
    """The hierarchy of each quasi-identifier for the values of this table."""
    return tuple(
        build_hierarchy(attribute.name, attribute.rule, column.records(raw.counts), column.data_type)
        for attribute, column in zip(policy.quasi_identifiers, raw.quasi_identifiers, strict=True)
    )


def bounded_lattice(policy: Policy, hierarchies: Sequence[GeneralizationHierarchy]) -> Lattice:
    """The lattice within the policy's bounds on levels.

    Raises:
        HierarchyError: A bound past the last level of its hierarchy.
    """
    bounds = [
        level_bounds(hierarchy, attribute.min_level, attribute.max_level)
        for attribute, hierarchy in zip(policy.quasi_identifiers, hierarchies, strict=True)
    ]
    return Lattice(tuple(low for low, _ in bounds), tuple(high for _, high in bounds))


def encode(raw: RawClasses, policy: Policy, hierarchies: Sequence[GeneralizationHierarchy]) -> EquivalenceClasses:
    """The classes of the raw table, with codes of leaves.

    Raises:
        HierarchyError: An ordered or hierarchical sensitive attribute without an order or a tree.
    """
    leaf_codes = leaves_of_rows(raw, hierarchies)
    class_of_row, first = distinct_rows(leaf_codes)
    codes = np.stack([leaves[first] for leaves in leaf_codes]).astype(np.int32)
    sizes = np.bincount(class_of_row, weights=raw.counts, minlength=len(first)).astype(np.int64)
    inadmissible: BoolArray = np.zeros(len(first), dtype=np.bool_)
    for leaves, hierarchy in zip(codes, hierarchies, strict=True):
        inadmissible |= hierarchy.unknown[leaves]
    sensitive = {
        attribute.name: _histograms(attribute, column, raw.counts, class_of_row, len(first))
        for attribute, column in zip(policy.sensitive, raw.sensitive, strict=True)
    }
    if raw.persons is not None:
        sensitive[PERSON] = histograms_of(class_of_row, len(first), raw.persons, raw.counts, raw.n_persons or 0)
    return EquivalenceClasses(codes, sizes, sensitive, inadmissible if inadmissible.any() else None)


def leaves_of_rows(raw: RawClasses, hierarchies: Sequence[GeneralizationHierarchy]) -> list[CodeArray]:
    """The leaf of each combination in each hierarchy; one array of shape (n_rows,) an attribute."""
    return [
        _leaf_of_each_value(column, hierarchy)[column.codes]
        for column, hierarchy in zip(raw.quasi_identifiers, hierarchies, strict=True)
    ]


def _leaf_of_each_value(column: RawColumn, hierarchy: GeneralizationHierarchy) -> CodeArray:
    """Code of each distinct value's leaf; shape (n_values,)."""
    place = {leaf: code for code, leaf in enumerate(hierarchy.leaves)}
    return np.array([place[value] for value in column.values], dtype=np.int32)


def _histograms(
    attribute: SensitiveAttribute, column: RawColumn, counts: CountArray, class_of_row: CountArray, n_classes: int
) -> SensitiveHistograms:
    order, ancestors = ordered_values(attribute, column, counts)
    place = {value: code for code, value in enumerate(order)}
    codes = np.array([place[value] for value in column.values], dtype=np.int64)[column.codes]
    return replace(histograms_of(class_of_row, n_classes, codes, counts, len(order)), ancestors=ancestors)


def histograms_of(
    class_of_row: CountArray, n_classes: int, codes: CountArray, counts: CountArray, n_values: int
) -> SensitiveHistograms:
    """How often each class has each value; the totals are those of these rows.

    Args:
        class_of_row: Shape (n_rows,).
        n_classes: Of which some may have no row.
        codes: Shape (n_rows,): values.
        counts: Shape (n_rows,): records.
        n_values: That there are.
    """
    pairs, pair_of_row = np.unique(class_of_row * n_values + codes, return_inverse=True)
    pair_counts = np.bincount(pair_of_row.ravel(), weights=counts).astype(np.int64)
    owners, values = np.divmod(pairs, max(n_values, 1))
    offsets = np.searchsorted(owners, np.arange(n_classes + 1)).astype(np.int64)
    totals = np.bincount(codes, weights=counts, minlength=n_values).astype(np.int64)
    return SensitiveHistograms(offsets, values.astype(np.int32), pair_counts, totals)


def ordered_values(
    attribute: SensitiveAttribute, column: RawColumn, counts: CountArray
) -> tuple[tuple[Label, ...], CodeArray | None]:
    """The values in the order that an ordered distance measures in, and their groups where there is a hierarchy.

    Numbers by size with null first, else the order of the hierarchy, else by code point.
    """
    numeric = are_numbers(column.values)
    if attribute.rule is None:
        return _sorted_values(column.values, numeric=numeric), None
    hierarchy = build_hierarchy(attribute.name, attribute.rule, column.records(counts), column.data_type)
    used = set(column.values)
    listed = tuple(leaf for leaf in hierarchy.leaves if leaf in used)
    order = _sorted_values(listed, numeric=True) if numeric else listed
    place = {leaf: code for code, leaf in enumerate(hierarchy.leaves)}
    groups = hierarchy.groups[:, [place[value] for value in order]]
    return order, np.stack([pd.factorize(level)[0] for level in groups]).astype(np.int32)


def _sorted_values(values: Sequence[Label], *, numeric: bool) -> tuple[Label, ...]:
    null: tuple[Label, ...] = (None,) if None in values else ()
    return (*null, *in_order([value for value in values if value is not None], numeric=numeric))


def are_numbers(values: Sequence[Label]) -> bool:
    """Whether every value that is not null spells a finite number.

    >>> are_numbers(["10", None, "9.5"]), are_numbers(["10", "NaN"])
    (True, False)
    """
    numbers, spelled_otherwise = spelled_numbers([value for value in values if value is not None])
    return bool(np.isfinite(numbers).all()) and not spelled_otherwise.any()


def require_ground_distances(policy: Policy, raw: RawClasses, classes: EquivalenceClasses) -> None:
    """Refuse a t-closeness whose distance the sensitive attribute has no order or tree for.

    Raises:
        HierarchyError: Naming the attribute and what to give it.
    """
    for model in policy.models:
        distance = getattr(model, "distance", None)
        name = getattr(model, "attribute", None)
        if distance is None or name is None:
            continue
        column = next(column for column in raw.sensitive if column.name == name)
        given = next(attribute for attribute in policy.sensitive if attribute.name == name)
        ancestors = classes.sensitive[name].ancestors
        if distance == "ordered" and given.rule is None and not are_numbers(column.values):
            raise HierarchyError(name, "is missing; t-closeness `ordered` needs numbers, a csv or an `order`.")
        if distance == "hierarchical" and (ancestors is None or ancestors[-1].any()):
            raise HierarchyError(name, "must end in one group for all values: t-closeness `hierarchical` needs it.")
