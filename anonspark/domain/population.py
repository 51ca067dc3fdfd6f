"""How many people of a population share the generalized values of each class: at one node, and for every node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from anonspark.domain.arrays import BoolArray, CodeArray, CountArray
from anonspark.domain.builders import build_hierarchy
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.distinct import distinct_rows
from anonspark.domain.encode import RawClasses, RawColumn
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.domain.lattice import Node
from anonspark.domain.policy import Policy
from anonspark.domain.rules import (
    CutsRule,
    DateRule,
    HierarchyRule,
    IntervalRule,
    MaskRule,
    OrderRule,
    TopBottomRule,
    TreeRule,
)
from anonspark.errors import HierarchyError
from anonspark.vocabulary import SUPPRESSED, OnUnknown

NOWHERE = -1
"""The leaf of a value that is in no class of the table at any level."""

BY_VALUE = (IntervalRule, TopBottomRule, MaskRule, DateRule, TreeRule, OrderRule, CutsRule)
"""Rules that give a value the same label whatever other values there are; a `TableRule` lists all leaves anyway."""


def population_sizes(
    population: RawClasses,
    policy: Policy,
    hierarchies: Sequence[GeneralizationHierarchy],
    node: Node,
    codes: CodeArray,
) -> CountArray:
    """Records of the population in each class of a node; shape (n_classes,).

    A value that its rule cannot label is in no class, nor is one that the table does not have where the rule depends on
    the table's values: risk is then stated too high, never too low.

    Args:
        population: Its combinations of the same quasi-identifiers.
        policy: The rules.
        hierarchies: Of the table's values.
        node: The level of each attribute.
        codes: Shape (n_attributes, n_classes): groups of the classes at the node.
    """
    groups = [
        groups_of(column, population.counts, attribute.rule, hierarchy, level)[column.codes]
        for column, attribute, hierarchy, level in zip(
            population.quasi_identifiers, policy.quasi_identifiers, hierarchies, node, strict=True
        )
    ]
    n_classes = codes.shape[1]
    ids, _ = distinct_rows([np.concatenate([row, group]) for row, group in zip(codes, groups, strict=True)])
    totals = np.bincount(ids[n_classes:], weights=population.counts, minlength=int(ids.max(initial=0)) + 1)
    return totals[ids[:n_classes]].astype(np.int64)


def with_population(
    classes: EquivalenceClasses,
    population: RawClasses,
    policy: Policy,
    hierarchies: Sequence[GeneralizationHierarchy],
) -> EquivalenceClasses:
    """The raw classes with the people of a population in them, so that rolled-up classes are counted at every node.

    People whose values the table does not have at level 0 are in classes of their own, which come last and have no
    records; those that are in no class of the table at any node are left out. Who is in which class is what
    `population_sizes` says, whose arguments these are.
    """
    people = [
        leaves_of_people(column, population.counts, attribute.rule, hierarchy, np.unique(row))
        for column, attribute, hierarchy, row in zip(
            population.quasi_identifiers, policy.quasi_identifiers, hierarchies, classes.codes, strict=True
        )
    ]
    leaves = np.stack(
        [each.leaves[column.codes] for each, column in zip(people, population.quasi_identifiers, strict=True)]
    )
    somewhere: BoolArray = (leaves != NOWHERE).all(axis=0)
    n_classes = classes.n_classes
    codes = np.concatenate([classes.codes, leaves[:, somewhere]], axis=1)
    class_of, first = distinct_rows(list(codes))
    counts = np.bincount(class_of[n_classes:], weights=population.counts[somewhere], minlength=len(first))
    new = len(first) - n_classes
    sensitive = {
        name: replace(histograms, offsets=np.append(histograms.offsets, np.repeat(histograms.offsets[-1], new)))
        for name, histograms in classes.sensitive.items()
    }
    return replace(
        classes,
        codes=codes[:, first],
        sizes=np.pad(classes.sizes, (0, new)),
        sensitive=sensitive,
        inadmissible=None if classes.inadmissible is None else np.pad(classes.inadmissible, (0, new)),
        population=counts.astype(np.int64),
        outside=tuple(each.outside for each in people),
    )


@dataclass(frozen=True, slots=True, eq=False)
class PeopleLeaves:
    """Where the values of a population stand in a hierarchy.

    Attributes:
        leaves: Shape (n_values,): leaf of each value; those past the hierarchy's are of `outside`.
        outside: Shape (n_levels, n_outside): groups of leaves that the table does not have.
    """

    leaves: CodeArray
    outside: CodeArray


def leaves_of_people(
    column: RawColumn, counts: CountArray, rule: HierarchyRule, hierarchy: GeneralizationHierarchy, used: CodeArray
) -> PeopleLeaves:
    """The leaf of each value of the population, given the leaves that the table has.

    A value that the table lacks shares a group with values of the table from some level on. All that do so from the
    same level and group on are one leaf, which is alone below that level.
    """
    known = used[~hierarchy.unknown[used]]
    n_levels, n_values = hierarchy.groups.shape[0], len(column.values)
    level_of, member_of = np.full(n_values, n_levels), np.zeros(n_values, dtype=np.int64)
    for level in reversed(range(n_levels)):
        a_leaf_of_group = np.full(len(hierarchy.labels[level]) + 1, NOWHERE, dtype=np.int64)
        a_leaf_of_group[hierarchy.groups[level][known[::-1]]] = known[::-1]
        member = a_leaf_of_group[groups_of(column, counts, rule, hierarchy, level)]
        level_of, member_of = np.where(member != NOWHERE, [np.full(n_values, level), member], [level_of, member_of])
    met = (level_of > 0) & (level_of < n_levels)
    kinds, kind_of_value = np.unique(np.stack([level_of, member_of])[:, met], axis=1, return_inverse=True)
    leaves = np.where(level_of == 0, member_of, NOWHERE).astype(np.int32)
    leaves[met] = hierarchy.groups.shape[1] + kind_of_value.ravel()
    shared = hierarchy.groups[:, kinds[1]]
    alone = np.array([len(labels) for labels in hierarchy.labels])[:, np.newaxis] + np.arange(kinds.shape[1])
    return PeopleLeaves(
        leaves, np.where(np.arange(n_levels)[:, np.newaxis] >= kinds[0], shared, alone).astype(np.int32)
    )


def groups_of(
    column: RawColumn, counts: CountArray, rule: HierarchyRule, hierarchy: GeneralizationHierarchy, level: int
) -> CodeArray:
    """The group of each value at the level, one past the last where it has none; shape (n_values,)."""
    labels = hierarchy.labels[level]
    if level and labels == (SUPPRESSED,):
        return np.zeros(len(column.values), dtype=np.int32)
    # A leaf that the rule does not know is in the one group of a last level, but nobody with it can be released there.
    of_leaf: dict[Label, int] = {
        leaf: group
        for leaf, group, unknown in zip(
            hierarchy.leaves, hierarchy.groups[level].tolist(), hierarchy.unknown.tolist(), strict=True
        )
        if not unknown
    }
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
    return np.array([of_leaf.get(value, len(labels)) for value in column.values], dtype=np.int32)


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
