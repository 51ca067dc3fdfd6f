"""What was written, counted on the cluster: what `domain/recount.py` does on the driver."""

from collections.abc import Mapping
from functools import reduce
from operator import and_

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from anonspark.domain.arrays import CountArray
from anonspark.domain.classes import EquivalenceClasses, SizeCounts
from anonspark.domain.model import PrivacyModel
from anonspark.domain.written import WrittenFacts, excess_classes
from anonspark.frames.batches import judged_one_by_one
from anonspark.frames.class_queries import grouped
from anonspark.frames.combinations import add_codes
from anonspark.frames.computed import ComputedRelease, all_labelled_suppressed, is_suppressed, starred_code
from anonspark.frames.encoded import count_sizes
from anonspark.frames.persons import size_in_persons, with_persons
from anonspark.frames.population import matched_sizes
from anonspark.search.judge import NO_CODES
from anonspark.vocabulary import SUPPRESSED


def count_facts(theirs: DataFrame, computed: ComputedRelease, unmasked: Mapping[str, int]) -> WrittenFacts:
    """Count what a quality gate asks about, whatever was written; see `measure_release`.

    One query over the codes, one over their classes, one more each where models count people or judge the whole.

    Args:
        theirs: Codes of what was written, persisted; see `written_codes`.
        computed: What must have been written.
        unmasked: Rows by identifier that is not masked.
    """
    encoded, policy, groups = computed.encoded, computed.policy, computed.groups
    hidden = is_suppressed(computed.labels)
    foreign = [F.col(group) == len(of_axis) for group, of_axis in zip(groups, computed.labels, strict=True)]
    strange = [
        F.col(name) == len(order.values)
        for name, order in zip(encoded.sensitive_codes, encoded.orders.values(), strict=True)
    ]
    counts = theirs.agg(*[F.sum(F.when(rows, F.col("records"))) for rows in [F.lit(True), *foreign, *strange]])
    all_rows, *others = (column[0].as_py() or 0 for column in counts.toArrow().columns)
    in_class = ~hidden
    for rows in strange:
        in_class &= ~rows
    kept = theirs.where(in_class)
    classes = grouped(kept, groups, encoded.sensitive_codes)
    if encoded.person:
        # Nobody is named in what was written: the persons of a class are those of the rows that come to its labels.
        classes = with_persons(classes, computed.rows().where(~hidden), groups)
    smallest, unsafe = _judged(classes, computed)
    sizes: SizeCounts = []
    if policy.release_models and computed.safe_classes is not None:
        # A class that is labelled with nothing but `*` was written, and no reader can tell it from suppressed rows.
        size = size_in_persons(classes)
        like_suppressed = computed.safe_classes.where(all_labelled_suppressed(computed.labels)).select(size)
        sizes = count_sizes(classes.select(size).unionByName(like_suppressed), size)
    return WrittenFacts(
        rows=all_rows,
        unmasked=unmasked,
        foreign_labels=dict(zip(policy.names, others[: len(groups)], strict=True)),
        foreign_values=dict(zip(encoded.orders, others[len(groups) :], strict=True)),
        smallest_class=smallest,
        unsafe_classes=unsafe,
        excess_classes=excess_classes(policy, sizes),
    )


def _judged(classes: DataFrame, computed: ComputedRelease) -> tuple[int | None, tuple[int, ...]]:
    """The persons of the smallest class, and how many classes each of the policy's models forbids."""
    encoded, policy, groups = computed.encoded, computed.policy, computed.groups
    of_classes = [model for model in policy.models if not model.needs_population]
    names = [f"u{place}" for place in range(len(of_classes))]
    schema = ", ".join([*(f"{name} bigint" for name in names), "smallest bigint"])
    parts = classes.mapInArrow(judged_one_by_one(of_classes, encoded.sensitive), schema)
    sums = parts.agg(F.min("smallest"), *[F.sum(name) for name in names]).toArrow()
    smallest, *unsafe = (column[0].as_py() for column in sums.columns)
    found = dict(zip(of_classes, unsafe, strict=True))
    if computed.population is not None and len(of_classes) < len(policy.models):
        chosen = computed.chosen
        counted = matched_sizes(
            computed.population, policy, chosen.hierarchies, chosen.node, classes.select(*groups, "records")
        )
        found |= {model: _unsafe_of_people(model, *counted) for model in policy.models if model.needs_population}
    return smallest, tuple(found.get(model) or 0 for model in policy.models)


def written_codes(written: DataFrame, computed: ComputedRelease) -> DataFrame:
    """The codes of what was written; a label or a value that cannot be there has one past the last."""
    labels, encoded = computed.labels, computed.encoded
    starred = reduce(and_, [F.col(f"q{axis}").eqNullSafe(SUPPRESSED) for axis in range(len(labels))])
    codes: list[Column] = []
    for axis, (of_axis, allowed) in enumerate(zip(labels, computed.allowed_codes(), strict=True)):
        texts = [of_axis[code] for code in allowed.tolist()]
        written = written.transform(add_codes(f"q{axis}", texts, allowed, f"g{axis}"))
        found = F.coalesce(f"g{axis}", F.lit(len(of_axis)))
        codes.append(F.when(starred, starred_code(of_axis)).otherwise(found).alias(f"g{axis}"))
    for place, order in enumerate(encoded.orders.values()):
        code = np.arange(len(order.values), dtype=np.int32)
        written = written.transform(add_codes(f"s{place}", order.values, code, f"c{place}"))
        codes.append(F.coalesce(f"c{place}", F.lit(len(order.values))).alias(f"s{place}"))
    return written.select(*codes, "records")


def _unsafe_of_people(model: PrivacyModel, sizes: CountArray, people: CountArray, classes: CountArray) -> int:
    """How many classes of so many records and people the model forbids."""
    safe = model.satisfied(EquivalenceClasses(NO_CODES, sizes, population=people))
    return int(classes[~safe].sum())
