"""A release applied to the table that it was found for."""

from collections.abc import Sequence

import numpy as np
from pyspark.sql import DataFrame

from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.policy import Policy
from anonspark.domain.recoding import Recoding
from anonspark.domain.release import Release
from anonspark.frames.encoded import EncodedClasses
from anonspark.frames.recoded import RecodedClasses
from anonspark.frames.release import Generalization, release


def apply(
    table: DataFrame,
    policy: Policy,
    chosen: Release,
    safe_classes: DataFrame | None = None,
    recoded: tuple[RecodedClasses, EncodedClasses] | None = None,
) -> DataFrame:
    """The release of a table; lazy. The last two as in `Solution`."""
    if recoded is not None:
        return _apply_on_cluster(table, policy, chosen.hierarchies, *recoded)
    if chosen.recoding is not None:
        return _apply_recoding(table, policy, chosen.hierarchies, chosen.recoding)
    generalizations = []
    for hierarchy, level in zip(chosen.hierarchies, chosen.node, strict=True):
        known = np.flatnonzero(~hierarchy.unknown)
        labels = hierarchy.label_of_each_leaf(level)
        one_group = len(hierarchy.labels[level]) == 1 and not hierarchy.unknown.any()
        generalizations.append(
            Generalization(
                attribute=hierarchy.attribute,
                leaves=[hierarchy.leaves[leaf] for leaf in known],
                labels=[labels[leaf] for leaf in known],
                groups=hierarchy.groups[level][known],
                constant=hierarchy.labels[level][0] if one_group else None,
            )
        )
    return release(
        table,
        generalizations,
        np.ascontiguousarray(chosen.codes[:, chosen.safe]) if safe_classes is None else safe_classes,
        policy.identifiers,
        suppression=policy.suppression,
        identifier_treatment=policy.identifier_treatment,
    )


def _apply_on_cluster(
    table: DataFrame,
    policy: Policy,
    hierarchies: Sequence[GeneralizationHierarchy],
    recoded: RecodedClasses,
    encoded: EncodedClasses,
) -> DataFrame:
    """Raw classes are joined one by one, each with its own labels."""
    generalizations = []
    for hierarchy, used in zip(hierarchies, encoded.used, strict=True):
        known = np.flatnonzero(~hierarchy.unknown[used])
        leaves = [hierarchy.leaves[used[leaf]] for leaf in known]
        generalizations.append(Generalization(hierarchy.attribute, leaves, leaves, known.astype(np.int32)))
    return release(
        table,
        generalizations,
        recoded.released_as(),
        policy.identifiers,
        suppression=policy.suppression,
        identifier_treatment=policy.identifier_treatment,
        labels_of_classes=(),
    )


def _apply_recoding(
    table: DataFrame, policy: Policy, hierarchies: Sequence[GeneralizationHierarchy], recoding: Recoding
) -> DataFrame:
    """Raw classes are looked up one by one, each with its own labels."""
    generalizations = []
    for hierarchy in hierarchies:
        known = np.flatnonzero(~hierarchy.unknown)
        leaves = [hierarchy.leaves[leaf] for leaf in known]
        generalizations.append(Generalization(hierarchy.attribute, leaves, leaves, known.astype(np.int32)))
    return release(
        table,
        generalizations,
        np.ascontiguousarray(recoding.raw_codes[:, recoding.released]),
        policy.identifiers,
        suppression=policy.suppression,
        identifier_treatment=policy.identifier_treatment,
        labels_of_classes=[recoding.label_of_each_class(axis) for axis in range(len(hierarchies))],
    )
