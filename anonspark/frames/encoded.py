"""Raw classes on the cluster as integers: what `domain/encode.py` does on the driver."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TypeAlias

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from anonspark.domain.arrays import CodeArray
from anonspark.domain.builders import build_hierarchy
from anonspark.domain.classes import EquivalenceClasses, SensitiveHistograms, SizeCounts
from anonspark.domain.encode import RawClasses, ordered_values, require_ground_distances
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.domain.policy import Policy
from anonspark.frames.combinations import ClusterCombinations, ColumnValues, add_codes
from anonspark.frames.persisted import persisted
from anonspark.frames.persons import PERSON, PERSONS, count_of_persons
from anonspark.measures.utility import Leaves, leaves_of
from anonspark.search.bundles import Bundles
from anonspark.search.judge import NO_CODES

FindPeople: TypeAlias = Callable[[Sequence[CodeArray]], tuple[DataFrame, Sequence[CodeArray]]]


@dataclass(frozen=True, slots=True, eq=False)
class SensitiveOrder:
    """The values of a sensitive attribute in the order that an ordered distance measures in.

    Attributes:
        values: In that order.
        ancestors: See `SensitiveHistograms`.
    """

    values: tuple[Label, ...]
    ancestors: CodeArray | None


@dataclass(frozen=True, slots=True, eq=False)
class EncodedClasses:
    """The classes of the raw table, on the cluster, with codes of leaves that occur.

    Attributes:
        table: p0, p1, ... (codes of bundles), s0, ... (sensitive values), `person` where records name theirs,
            `inadmissible`, `records`; persisted. A class has a row for each combination of the others.
        leaves: The values of the quasi-identifiers.
        used: Which leaves of the hierarchies these are, ascending; one array an attribute.
        groups: Of these and, after them, of the values that only people have; shape (n_levels, n_leaves), one array an
            attribute.
        bundles: How their codes are packed.
        sensitive: By attribute: totals and ancestors of its values, and no class.
        orders: By attribute: its values, by code.
        sizes: Sizes of the raw classes.
        any_inadmissible: Whether any class has a value that a hierarchy does not know.
        people: p0, p1, ... and `people`, where a model asks for those of a population; persisted. Their bundles have
            codes for values that the table lacks.
        n_people_classes: How many rows that are.
        person_sizes: Sizes of the raw classes in persons, where records name theirs.
    """

    table: DataFrame
    leaves: Leaves
    used: Sequence[CodeArray]
    groups: Sequence[CodeArray]
    bundles: Bundles
    sensitive: Mapping[str, SensitiveHistograms]
    orders: Mapping[str, SensitiveOrder]
    sizes: SizeCounts
    any_inadmissible: bool
    people: DataFrame | None = None
    n_people_classes: int = 0
    person_sizes: SizeCounts | None = None

    @property
    def codes(self) -> list[str]:
        """The columns that tell classes apart."""
        return [f"p{place}" for place in range(len(self.bundles.members))]

    @property
    def sensitive_codes(self) -> list[str]:
        """The columns of sensitive values."""
        return [f"s{place}" for place in range(len(self.sensitive))]

    @property
    def n_classes(self) -> int:
        """Number of raw classes."""
        return sum(classes for _, classes in self.sizes)

    @property
    def person(self) -> list[str]:
        """The column of persons, if there is one."""
        return [] if self.person_sizes is None else [PERSON]

    @property
    def sums(self) -> list[str]:
        """The columns that are summed up when classes are merged."""
        return ["records"] if self.people is None else ["records", "people"]


def merged(table: DataFrame, keys: Sequence[str], sums: Sequence[str] = ("records",)) -> DataFrame:
    """The rows of equal keys as one, with their `records`."""
    return table.groupBy(*keys).agg(*[F.sum(name).alias(name) for name in sums])


def count_sizes(classes: DataFrame, size: str = "records") -> SizeCounts:
    """Sizes of classes with the number of classes of each; few rows, whatever the number of classes."""
    found = classes.groupBy(size).agg(F.count(F.lit(1)).alias("classes")).toArrow()
    return sorted(zip(found[size].to_pylist(), found["classes"].to_pylist(), strict=True))


def hierarchies_of(policy: Policy, counted: ClusterCombinations) -> tuple[GeneralizationHierarchy, ...]:
    """The hierarchy of each quasi-identifier for the values of this table."""
    return tuple(
        build_hierarchy(attribute.name, attribute.rule, values.records(), values.column.data_type)
        for attribute, values in zip(policy.quasi_identifiers, counted.quasi_identifiers, strict=True)
    )


def sensitive_orders(policy: Policy, counted: ClusterCombinations) -> dict[str, SensitiveOrder]:
    """The order and the groups of each sensitive attribute's values.

    Raises:
        HierarchyError: An ordered or hierarchical distance without an order or a tree.
    """
    orders = {
        attribute.name: SensitiveOrder(*ordered_values(attribute, values.column, values.counts))
        for attribute, values in zip(policy.sensitive, counted.sensitive, strict=True)
    }
    columns = tuple(values.column for values in counted.sensitive)
    no_records = np.empty(0, dtype=np.int64)
    no_classes = EquivalenceClasses(NO_CODES, no_records, without_classes(orders, counted.sensitive))
    require_ground_distances(policy, RawClasses((), columns, no_records, {}), no_classes)
    return orders


def encode_on_cluster(
    counted: ClusterCombinations,
    hierarchies: Sequence[GeneralizationHierarchy],
    orders: Mapping[str, SensitiveOrder],
    weights: Sequence[float],
    find_people: FindPeople | None = None,
) -> EncodedClasses:
    """The classes as integers, held instead of the combinations, which are freed.

    One Spark job, one more with people of a population, and one with persons.

    Args:
        counted: The combinations.
        hierarchies: One a quasi-identifier.
        orders: By sensitive attribute, in the order of the combinations' columns.
        weights: Of the quasi-identifiers.
        find_people: Given the leaves that the table has, the people of a population; see `people_of`.
    """
    used, records, texts = [], [], []
    for values, hierarchy in zip(counted.quasi_identifiers, hierarchies, strict=True):
        of_value = values.records()
        codes = np.array([code for code, leaf in enumerate(hierarchy.leaves) if leaf in of_value], dtype=np.int32)
        texts.append([hierarchy.leaves[code] for code in codes])
        used.append(codes)
        records.append(np.array([of_value[text] for text in texts[-1]], dtype=np.int64))
    leaves = leaves_of(hierarchies, used, records, weights)
    people, outside = (None, None) if find_people is None else find_people(used)
    groups = leaves.groups if outside is None else [*map(np.hstack, zip(leaves.groups, outside, strict=True))]
    bundles, n_leaves = Bundles(groups), [levels.shape[1] for levels in groups]
    wide, unknown = counted.table, []
    for axis, (hierarchy, codes) in enumerate(zip(hierarchies, used, strict=True)):
        wide = wide.transform(add_codes(f"q{axis}", texts[axis], np.arange(len(codes), dtype=np.int32), f"l{axis}"))
        if hierarchy.unknown[codes].any():
            unknown.append(F.col(f"l{axis}").isin(np.flatnonzero(hierarchy.unknown[codes]).tolist()))
    for place, order in enumerate(orders.values()):
        codes = np.arange(len(order.values), dtype=np.int32)
        wide = wide.transform(add_codes(f"s{place}", order.values, codes, f"c{place}"))
    inadmissible = reduce(lambda one, other: one | other, unknown) if unknown else F.lit(False)
    packed = [_packed(members, n_leaves).alias(f"p{place}") for place, members in enumerate(bundles.members)]
    sensitive = [F.col(f"c{place}").alias(f"s{place}") for place in range(len(orders))]
    person = [PERSON for _ in range(counted.n_persons is not None)]
    encoded = wide.select(*packed, *sensitive, *person, inadmissible.alias("inadmissible"), "records")
    with ExitStack() as stack:
        table = stack.enter_context(persisted(encoded))
        keys = [f"p{place}" for place in range(len(packed))]
        sizes = count_sizes(merged(table, keys))
        person_sizes = count_sizes(count_of_persons(table, keys), PERSONS) if person else None
        if people is not None:
            each = people.select(*packed, "people")
            people = stack.enter_context(persisted(merged(each, each.columns[:-1], ["people"])))
        n_people_classes = 0 if people is None else people.count()
        counted.held.close()
        counted.held.enter_context(stack.pop_all())
    return EncodedClasses(
        table=table,
        leaves=leaves,
        used=used,
        groups=groups,
        bundles=bundles,
        sensitive=without_classes(orders, counted.sensitive),
        orders=orders,
        sizes=sizes,
        any_inadmissible=bool(unknown),
        people=people,
        n_people_classes=n_people_classes,
        person_sizes=person_sizes,
    )


def _packed(members: Sequence[int], n_leaves: Sequence[int]) -> Column:
    """The code of a bundle: leaf x stride, summed, the last attribute's stride being 1 as in `Bundles.pack`."""
    terms, stride = [], 1
    for axis in reversed(members):
        terms.append(F.col(f"l{axis}") * stride)
        stride *= n_leaves[axis]
    return reduce(add, terms)


def without_classes(
    orders: Mapping[str, SensitiveOrder], values: Sequence[ColumnValues]
) -> dict[str, SensitiveHistograms]:
    """The totals and ancestors of each attribute's values, without any class; by name."""
    found = {}
    for (name, order), column in zip(orders.items(), values, strict=True):
        records = column.records()
        totals = np.array([records[value] for value in order.values], dtype=np.int64)
        none, no_values = np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int32)
        found[name] = SensitiveHistograms(none, no_values, none[:0], totals, order.ancestors)
    return found
