"""What was counted in a written release: all that its quality gate asks about, and no value of the data."""

from collections.abc import Mapping
from dataclasses import dataclass

from anonspark.domain.classes import SizeCounts
from anonspark.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class WrittenFacts:
    """Counts of a release as it was read back.

    A class is what the rows that are not suppressed form; a row is suppressed that has `*` in every quasi-identifier.

    Attributes:
        rows: That can be read.
        unmasked: Rows of each masked identifier with anything but `*`.
        foreign_labels: Rows of each quasi-identifier that are not suppressed and have none of its labels.
        foreign_values: Rows of each sensitive attribute with a value that the input does not have.
        smallest_class: Its persons; None where every row is suppressed.
        unsafe_classes: How many each of the policy's models forbids, in their order.
        excess_classes: How many each of the policy's release models would give up, in their order.
    """

    rows: int
    unmasked: Mapping[str, int]
    foreign_labels: Mapping[str, int]
    foreign_values: Mapping[str, int]
    smallest_class: int | None
    unsafe_classes: tuple[int, ...]
    excess_classes: tuple[int, ...]


def excess_classes(policy: Policy, counts: SizeCounts) -> tuple[int, ...]:
    """How many classes each release model would give up, of classes with these sizes in persons."""
    return tuple(
        sum(classes for size, classes in counts if size < model.smallest_kept(counts))
        for model in policy.release_models
    )
