"""Micro-aggregation of a release that was found at a node, or recoded from there."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np

from anonspark.domain.aggregation import AggregationLoss
from anonspark.domain.classes import EquivalenceClasses
from anonspark.domain.distinct import NO_CLASS, class_of_each
from anonspark.domain.encode import RawClasses
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.microaggregation import aggregations_of, microaggregated, require_values_to_aggregate
from anonspark.domain.policy import Policy
from anonspark.domain.recoding import Recoding, recoding_of
from anonspark.domain.release import Release
from anonspark.frames.combinations import ClusterCombinations
from anonspark.measures.recoded import sizes_of_recoding
from anonspark.pipelines.recode import people_of


def require_aggregable(
    policy: Policy, hierarchies: Sequence[GeneralizationHierarchy], raw: RawClasses | ClusterCombinations
) -> None:
    """Refuse attributes whose values have no such value in common, before anything is searched.

    Raises:
        HierarchyError: Naming the attribute.
    """
    columns = raw.quasi_identifiers if isinstance(raw, RawClasses) else [each.column for each in raw.quasi_identifiers]
    for attribute, hierarchy, column in zip(policy.quasi_identifiers, hierarchies, columns, strict=True):
        require_values_to_aggregate(attribute, hierarchy, column.data_type)


def with_microaggregation(chosen: Release, classes: EquivalenceClasses, policy: Policy) -> Release:
    """The release with one value a class in the attributes that ask for it.

    The metrics of these attributes stay those of the groups that the classes were formed by.
    """
    aggregations = aggregations_of(chosen.hierarchies, policy.microaggregations)
    recoding, losses = microaggregated(chosen.recoding or _at_node(chosen, classes), aggregations, classes.sizes)
    return replace(
        with_losses(chosen, policy, losses, sizes_of_recoding(recoding, chosen.n_records)),
        codes=recoding.codes,
        sizes=recoding.sizes,
        persons=people_of(recoding, classes),
        safe=np.ones(len(recoding.sizes), dtype=np.bool_),
        recoding=recoding,
    )


def with_losses(
    chosen: Release, policy: Policy, losses: Mapping[int, AggregationLoss], of_sizes: Mapping[str, float]
) -> Release:
    """The release with what micro-aggregation lost, by the place of the attribute, and its new sizes' metrics."""
    metrics, of_name = {**chosen.metrics, **of_sizes}, {policy.names[axis]: loss for axis, loss in losses.items()}
    told = {name: {"function": str(policy.microaggregations[name]), **asdict(loss)} for name, loss in of_name.items()}
    return replace(
        chosen,
        score=metrics[policy.metric],
        metrics=metrics,
        per_attribute={
            **chosen.per_attribute,
            "changed": {name: loss.changed for name, loss in of_name.items()},
            "sse_share": {name: loss.sse_share for name, loss in of_name.items() if loss.sse_share is not None},
        },
        microaggregation=told,
    )


def _at_node(chosen: Release, classes: EquivalenceClasses) -> Recoding:
    """The classes of a node, down to the raw classes that each is made of."""
    levels = np.repeat(np.array(chosen.node, dtype=np.int32)[:, np.newaxis], classes.n_classes, axis=1)
    groups = [
        hierarchy.groups[level][leaves]
        for hierarchy, level, leaves in zip(chosen.hierarchies, chosen.node, classes.codes, strict=True)
    ]
    released = class_of_each(groups, chosen.codes[:, chosen.safe]) != NO_CLASS
    if classes.inadmissible is not None:
        released &= ~classes.inadmissible
    return recoding_of(chosen.hierarchies, classes.codes, classes.sizes, levels, released, strict=True)
