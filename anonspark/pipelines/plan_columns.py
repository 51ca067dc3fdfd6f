"""What a plan tells of columns and hierarchies, from one pass over the table."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

import numpy as np
from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F
from pyspark.sql.types import DataType

from anonspark.config.attributes import Attribute
from anonspark.domain.arrays import CountArray
from anonspark.domain.builders import build_hierarchy
from anonspark.domain.check import level_bounds
from anonspark.domain.encode import RawClasses, RawColumn
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.policy import Policy, QuasiIdentifier
from anonspark.domain.rules import HierarchyRule, IntervalRule, OrderRule, TableRule, TreeRule
from anonspark.errors import HierarchyError
from anonspark.frames.aggregate import collect_or_keep_classes
from anonspark.frames.casts import MALFORMED
from anonspark.frames.casts import column as named
from anonspark.frames.combinations import ClusterCombinations
from anonspark.frames.names import NESTED
from anonspark.pipelines.faults import Faults
from anonspark.vocabulary import AttributeRole, OnUnknown

UNREAD: TableRule = TableRule(())
"""The rule of a hierarchy file that could not be read, which was told where it was tried."""

NEARLY_ALL = 0.9
"""Share of the records with a value of their own from which a column that nobody named may name people."""


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """A column of the input.

    Attributes:
        name: As it is written.
        role: What the job takes it for.
        data_type: As Spark's `simpleString` prints it.
        distinct: Values that are not null; within some percent unless `exact`; None where they were not counted.
        nulls: Records without a value; None where they were not counted.
        exact: Whether distinct values were counted one by one.
    """

    name: str
    role: AttributeRole
    data_type: str
    distinct: int | None
    nulls: int | None
    exact: bool


@dataclass(frozen=True, slots=True)
class HierarchyPlan:
    """How a quasi-identifier will be generalized.

    Attributes:
        attribute: The column.
        kind: As in the job file; `derived` from the values, or `none` where classes are formed without the column.
        height: The last level; None where there is no hierarchy.
        levels: The lowest and the highest one that the search may use.
        unknown_values: Distinct values that it does not know.
        unknown_records: Their records.
    """

    attribute: str
    kind: str
    height: int | None = None
    levels: tuple[int, int] | None = None
    unknown_values: int | None = None
    unknown_records: int | None = None


@dataclass(frozen=True, slots=True)
class OtherColumn:
    """What the pass saw of a column that forms no classes: about how many values, and how many nulls."""

    distinct: int | None
    nulls: int


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """The one pass over the table.

    Attributes:
        raw: Its combinations.
        others: The columns that are in no combination, by name.
    """

    raw: RawClasses | ClusterCombinations
    others: Mapping[str, OtherColumn]

    @property
    def columns(self) -> list[tuple[RawColumn, CountArray]]:
        """The columns of the combinations, quasi-identifiers first, each with the records of its codes."""
        raw = self.raw
        if isinstance(raw, RawClasses):
            return [(each, raw.counts) for each in (*raw.quasi_identifiers, *raw.sensitive)]
        return [(each.column, each.counts) for each in (*raw.quasi_identifiers, *raw.sensitive)]


def count(flagged: DataFrame, policy: Policy, held: ExitStack) -> Counted:
    """Count combinations as a run does, and on the way what the other columns hold. One pass over the table.

    Args:
        flagged: The raw table, malformed rows marked.
        policy: Whose columns the table has.
        held: Frees what stays on the cluster.

    Raises:
        TooManyClassesError: Not even the distinct values of single columns fit the driver.
    """
    sensitive = [attribute.name for attribute in policy.sensitive]
    keys = {*policy.names, *sensitive, MALFORMED}
    types = {field.name: field.dataType for field in flagged.schema if field.name not in keys}
    seen = Observation()
    table = flagged.observe(seen, F.count(F.lit(1)).alias("rows"), *_observed(types))
    raw = collect_or_keep_classes(table, policy.names, sensitive, policy.search.memory_mb << 20, held, policy.person_id)
    found = seen.get
    others = {
        name: OtherColumn(_at_most(found.get(f"d{at}"), found["rows"] - found[f"n{at}"]), found[f"n{at}"])
        for at, name in enumerate(types)
    }
    return Counted(raw, others)


def _observed(types: Mapping[str, DataType]) -> Iterator[Column]:
    for at, (name, kind) in enumerate(types.items()):
        yield F.count_if(named(name).isNull()).alias(f"n{at}")
        if not isinstance(kind, NESTED):
            yield F.approx_count_distinct(named(name)).alias(f"d{at}")


def _at_most(estimate: int | None, most: int) -> int | None:
    """An estimate within what is possible."""
    return None if estimate is None else min(estimate, most)


def plan_columns(table: DataFrame, policy: Policy, counted: Counted | None) -> list[ColumnPlan]:
    """Every column of the input, in its order."""
    roles = {
        **dict.fromkeys(policy.names, AttributeRole.QUASI_IDENTIFIER),
        **{each.name: AttributeRole.SENSITIVE for each in policy.sensitive},
        **dict.fromkeys(policy.identifiers, AttributeRole.IDENTIFIER),
    }
    exact = {} if counted is None else {each.name: each.records(records) for each, records in counted.columns}
    others: Mapping[str, OtherColumn] = {} if counted is None else counted.others
    planned = []
    for field in table.schema:
        name, role = field.name, roles.get(field.name, AttributeRole.INSENSITIVE)
        distinct, nulls = None, None
        if name in exact:
            distinct, nulls = len(exact[name]) - (None in exact[name]), exact[name].get(None, 0)
        elif name in others:
            distinct, nulls = others[name].distinct, others[name].nulls
        planned.append(ColumnPlan(name, role, field.dataType.simpleString(), distinct, nulls, name in exact))
    return planned


def overlooked(columns: Sequence[ColumnPlan], n_records: int) -> Iterator[str]:
    """A warning for each column that is released as it is, though nearly every record has a value of its own there."""
    for each in columns:
        if each.role is AttributeRole.INSENSITIVE and n_records > 1 and (each.distinct or 0) >= NEARLY_ALL * n_records:
            yield (
                f"Column '{each.name}' is released as it is, and nearly every record has a value of its own there; "
                "name it in attributes if others may know it."
            )


def plan_hierarchy(
    attribute: QuasiIdentifier, kind: str, column: RawColumn, records: CountArray, faults: Faults
) -> tuple[HierarchyPlan, GeneralizationHierarchy | None]:
    """The hierarchy of a quasi-identifier for the values of this table; None where it is none."""
    if attribute.rule == UNREAD:
        return HierarchyPlan(attribute.name, kind), None
    values, data_type, hierarchy = column.records(records), column.data_type, None
    with faults.caught():
        hierarchy = build_hierarchy(attribute.name, attribute.rule, values, data_type)
    known = hierarchy
    with suppress(HierarchyError):
        known = hierarchy or build_hierarchy(attribute.name, _tolerant(attribute.rule), values, data_type)
    if known is None:
        return HierarchyPlan(attribute.name, kind), None
    levels = None
    with faults.caught():
        levels = level_bounds(known, attribute.min_level, attribute.max_level)
    unknown = [values[known.leaves[leaf]] for leaf in np.flatnonzero(known.unknown) if known.leaves[leaf] in values]
    planned = HierarchyPlan(attribute.name, kind, known.height, levels, len(unknown), sum(unknown))
    return planned, None if levels is None else hierarchy


def kind_of(attribute: Attribute) -> str:
    """The word for a hierarchy: its kind, or where none is given what takes its place."""
    if attribute.hierarchy is not None:
        return attribute.hierarchy.kind
    return "derived" if attribute.microaggregation is None else "none"


def _tolerant(rule: HierarchyRule) -> HierarchyRule:
    """The rule with its unknown values suppressed, so that they can be counted."""
    if isinstance(rule, TableRule | TreeRule | OrderRule):
        return replace(rule, unknown=OnUnknown.SUPPRESS)
    return replace(rule, outside=OnUnknown.SUPPRESS) if isinstance(rule, IntervalRule) else rule
