"""How many people of a population share the generalized values of each class."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from anonspark.domain.arrays import CodeArray, CountArray
from anonspark.domain.builders import build_hierarchy
from anonspark.domain.encode import RawClasses, RawColumn, distinct_rows
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.domain.lattice import Node
from anonspark.domain.policy import Policy
from anonspark.domain.rules import DateRule, HierarchyRule, IntervalRule, MaskRule, OrderRule, TreeRule
from anonspark.errors import HierarchyError
from anonspark.vocabulary import SUPPRESSED, OnUnknown

BY_VALUE = (IntervalRule, MaskRule, DateRule, TreeRule, OrderRule)
"""Rules that give a value the same label whatever other values there are; a `TableRule` lists all leaves anyway."""


def population_sizes(
    population: RawClasses,
    policy: Policy,
    hierarchies: Sequence[GeneralizationHierarchy],
    node: Node,
    codes: CodeArray,
) -> CountArray:
    """Records of the population in each class of a node; shape (n_classes,).

    A value that the table does not have and its rule cannot label is in no class: risk is then stated too high, never
    too low.

    Args:
        population: Its combinations of the same quasi-identifiers.
        policy: The rules.
        hierarchies: Of the table's values.
        node: The level of each attribute.
        codes: Shape (n_attributes, n_classes): groups of the classes at the node.
    """
    groups = [
        groups_of(column, population.counts, attribute.rule, hierarchy, level)
        for column, attribute, hierarchy, level in zip(
            population.quasi_identifiers, policy.quasi_identifiers, hierarchies, node, strict=True
        )
    ]
    n_classes = codes.shape[1]
    ids, _ = distinct_rows([np.concatenate([row, group]) for row, group in zip(codes, groups, strict=True)])
    totals = np.bincount(ids[n_classes:], weights=population.counts, minlength=int(ids.max(initial=0)) + 1)
    return totals[ids[:n_classes]].astype(np.int64)


def groups_of(
    column: RawColumn, counts: CountArray, rule: HierarchyRule, hierarchy: GeneralizationHierarchy, level: int
) -> CodeArray:
    """The group of each combination at the level, one past the last where it has none; shape (n_rows,)."""
    labels = hierarchy.labels[level]
    if level and labels == (SUPPRESSED,):
        return np.zeros(len(column.codes), dtype=np.int32)
    of_leaf: dict[Label, int] = dict(zip(hierarchy.leaves, hierarchy.groups[level].tolist(), strict=True))
    # Null is left out: where the table has none, the rule does not say which class it would be in.
    missing: dict[Label, int] = {
        value: records
        for value, records in column.records(counts).items()
        if value is not None and value not in of_leaf
    }
    if missing and isinstance(rule, BY_VALUE):
        of_label = {label: code for code, label in enumerate(labels)}
        for value, label in _labels_of(column, rule, missing, level).items():
            of_leaf[value] = of_label.get(label, len(labels))
    return np.array([of_leaf.get(value, len(labels)) for value in column.values], dtype=np.int32)[column.codes]


def _labels_of(column: RawColumn, rule: HierarchyRule, values: Mapping[Label, int], level: int) -> dict[Label, Label]:
    """The label of each value at the level, of those to which the rule gives one."""
    if isinstance(rule, TreeRule | OrderRule):
        rule = replace(rule, unknown=OnUnknown.SUPPRESS)
    elif isinstance(rule, IntervalRule) and rule.outside is OnUnknown.ERROR:
        rule = replace(rule, outside=OnUnknown.SUPPRESS)
    try:
        wider = build_hierarchy(column.name, rule, values, column.data_type)
    except HierarchyError:
        return {}
    if level > wider.height:
        return {}
    labelled = zip(wider.leaves, wider.label_of_each_leaf(level), wider.unknown.tolist(), strict=True)
    return {value: label for value, label, unknown in labelled if not unknown}
