"""What an instance of a finding looks like, to count those of a whole table by it."""

from anonspark.domain.pii import ColumnFinding, ColumnProfile
from anonspark.domain.pii_knowledge import Knowledge


def shape_of(finding: ColumnFinding, knowledge: Knowledge) -> str | None:
    """The regular expression of all shapes that the type and its kinds have.

    None where cells are told by lists of words or by the column's name alone: every cell that holds a value is an
    instance then.
    """
    kinds = [kind for kind in knowledge.catalogue.types if knowledge.catalogue.covers(finding.pii_type, kind)]
    if not finding.share or any(knowledge.lists.get(kind) for kind in kinds):
        return None
    shapes = [shape for kind in kinds for shape in knowledge.shapes.get(kind, ())]
    patterns = [shape.pattern for shape in shapes if shape.specificity > 0]  # the others only do not contradict a name
    return "|".join(f"(?:{pattern})" for pattern in dict.fromkeys(patterns)) or None


def estimated_cells(profile: ColumnProfile, finding: ColumnFinding, shape: str | None) -> int:
    """How many cells of a sample are instances, by the share among the values that were looked at."""
    filled = profile.cells - profile.nulls
    looked_at = sum(profile.counts)
    if not looked_at:
        return filled  # bytes, which have no values here
    held = sum(count for value, count in zip(profile.values, profile.counts, strict=True) if value.strip())
    share = held / looked_at * (1.0 if shape is None or finding.share is None else finding.share)
    return round(filled * share)
