"""What a plan tells: names, roles, types and counts, and no value of the data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from anonspark.measures.risk import Risk
from anonspark.pipelines.faults import Told
from anonspark.pipelines.plan_columns import ColumnPlan, HierarchyPlan
from anonspark.pipelines.plan_places import MetadataPlan, OutputPlan
from anonspark.pipelines.plan_search import ReleasePlan, SearchPlan
from anonspark.vocabulary import TableFormat


@dataclass(frozen=True, slots=True)
class InputPlan:
    """The table to read.

    Attributes:
        uri: Or its name in the catalog.
        format: How it is stored.
        version: Of a Delta table.
        rows: That can be released; None where they could not be counted.
        left_out: Malformed rows, by what is wrong with them.
        passes: How often a run reads it.
    """

    uri: str
    format: TableFormat
    version: int | None = None
    rows: int | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    passes: int = 2


@dataclass(slots=True)
class Plan:
    """What a job will do, as far as that can be told; None where it cannot.

    Attributes:
        input: The table.
        sampled: How many of its first rows were looked at, where that was not all of them; all else is a guess then.
        columns: Of the table.
        hierarchies: Of the quasi-identifiers that the table has.
        base_classes: Classes of the raw table.
        risk: Of the raw table.
        search: Of the lattice.
        release: Whether there can be one.
        output: Where it will go.
        metadata: Where the record of the run will go.
        warnings: What is not wrong, and worth a look.
        problems: Everything that is.
        exit_code: 2 if the job or its data is wrong, 3 if only its goal cannot be met, else 0.
    """

    input: InputPlan
    sampled: int | None = None
    columns: Sequence[ColumnPlan] = ()
    hierarchies: Sequence[HierarchyPlan] = ()
    base_classes: int | None = None
    risk: Risk | None = None
    search: SearchPlan | None = None
    release: ReleasePlan | None = None
    output: OutputPlan | None = None
    metadata: MetadataPlan | None = None
    warnings: list[str] = field(default_factory=list)
    problems: list[Told] = field(default_factory=list)
    exit_code: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON types only, and no value of the data."""
        return asdict(self)
