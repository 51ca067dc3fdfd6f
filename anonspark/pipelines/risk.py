"""The job `risk`: how easily the people of a table are found, as it is, and in its release beside it."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

import numpy as np
from pyspark.sql import DataFrame

from anonspark.config.risk import RiskJob
from anonspark.domain.as_is import classes_as_they_are
from anonspark.domain.classes import EquivalenceClasses, SizeCounts, as_arrays, size_counts
from anonspark.domain.encode import RawClasses
from anonspark.domain.policy import Policy, QuasiIdentifier
from anonspark.errors import ConfigurationError
from anonspark.frames.as_is import (
    PairCounts,
    classes_of_rows,
    count_contributions,
    count_people_around,
    count_records,
    spread_classes,
    suppressed_rows,
    without_suppressed,
)
from anonspark.frames.encoded import count_sizes
from anonspark.io.failures import storage_errors
from anonspark.io.manifest import append_rows
from anonspark.measures.contribution import Contribution, attribute_contributions
from anonspark.measures.risk import Risk, measure_risk
from anonspark.measures.uniqueness import PopulationUniques, population_uniques
from anonspark.pipelines.attempt import Attempt, Outcome
from anonspark.pipelines.count import Combinations, Counted, as_rows, count_population, count_table
from anonspark.pipelines.record import Row, histogram_rows, risk_rows, uniques_rows
from anonspark.pipelines.summary import Summary

INPUT, RELEASE = "input", "release"

SIZES_TOLD = 20
"""So many of the smallest class sizes are in the summary; all are in the metadata table `class_histogram`."""


@dataclass(frozen=True, slots=True)
class Side:
    """What is known of one table.

    Attributes:
        rows: All that are well formed.
        suppressed: Rows that are in no class.
        sizes: Of its classes, in persons.
        contributions: Of each quasi-identifier.
        around: With the people of the population, where there is one.
    """

    rows: int
    suppressed: int
    sizes: SizeCounts
    contributions: list[Contribution]
    around: PairCounts | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One side with what is made of it.

    Attributes:
        subject: `input` or `release`.
        side: What was counted.
        risk: Of all three attackers.
        uniques: Estimated to be unique among all people, where the job says how many these are.
    """

    subject: str
    side: Side
    risk: Risk
    uniques: PopulationUniques | None


def measure_table_risk(job: RiskJob, attempt: Attempt) -> Outcome:
    """Count the classes of the table, and of its release where one is named, and measure both.

    Raises:
        ConfigurationError: A table has more people than population_size says there are.
    """
    released = job.released_source()
    with ExitStack() as held:
        counted = {INPUT: count_table(job.source(), job, attempt, held, person=job.person_id)}
        if released is not None:
            counted[RELEASE] = count_table(released, job, attempt, held, field="released")
        population = count_population(job, attempt, held)
        attempt.follower.enter("classes", "measuring classes")
        sides = {subject: measured(table, job, attempt, population) for subject, table in counted.items()}
    findings = [finding(subject, side, job) for subject, side in sides.items()]
    attempt.follower.enter("publish", "recording the run")
    with storage_errors(attempt.metadata_uri, "metadata"):
        record(attempt, findings)
    return Outcome(
        told={
            "quasi_identifiers": list(job.names),
            "rows": sides[INPUT].rows,
            "suppressed": sides[INPUT].suppressed,
            "risk_threshold": job.risk_threshold,
            "risk": {each.subject: side_part(job.names, each) for each in findings},
        },
        warnings=[*persons_warnings(job), *(warning for table in counted.values() for warning in table.warnings)],
        input_rows=sides[INPUT].rows,
        input_version=counted[INPUT].version,
    )


def measured(table: Counted, job: RiskJob, attempt: Attempt, population: Combinations | None) -> Side:
    """What the combinations of a table tell; nothing is read again.

    Raises:
        ConfigurationError: It has more people than population_size says there are.
    """
    if isinstance(table.combinations, RawClasses):
        side = measured_on_driver(table, table.combinations, job, attempt, population)
    else:
        side = measured_on_cluster(table, table.combinations, job, attempt, population)
    n_people = sum(size * classes for size, classes in side.sizes)
    if job.population_size is not None and job.population_size < n_people:
        sentence = f"is {job.population_size:,}, and the table alone has {n_people:,} people; name how many there are."
        raise ConfigurationError([("population_size", sentence)])
    return side


def measured_on_driver(
    table: Counted, raw: RawClasses, job: RiskJob, attempt: Attempt, population: Combinations | None
) -> Side:
    """A table whose combinations fit the driver."""
    policy = Policy(tuple(map(QuasiIdentifier, job.names)), (), person_id=job.person_id)
    people = population if isinstance(population, RawClasses) else None
    found = classes_as_they_are(raw, policy, job.suppress_value, people)
    around = pair_counts(found.classes)
    if isinstance(population, DataFrame):
        rows = spread_classes(attempt.spark, found.classes, raw.quasi_identifiers)
        around = count_people_around(rows, population, len(job.names))
    contributions = attribute_contributions(found.classes)
    return Side(table.n_records, found.suppressed, size_counts(found.classes.people), contributions, around)


def measured_on_cluster(
    table: Counted, rows: DataFrame, job: RiskJob, attempt: Attempt, population: Combinations | None
) -> Side:
    """A table whose combinations stay on the cluster."""
    n_attributes = len(job.names)
    suppressed = count_records(suppressed_rows(rows, n_attributes, job.suppress_value))
    kept = without_suppressed(rows, n_attributes, job.suppress_value)
    if suppressed == table.n_records:
        return Side(table.n_records, suppressed, [], [Contribution(0.0, 0.0, 0.0, 0.0, 0)] * n_attributes)
    classes = classes_of_rows(kept, [f"q{axis}" for axis in range(n_attributes)])
    around = None
    if population is not None:
        around = count_people_around(classes, as_rows(population, attempt), n_attributes)
    return Side(table.n_records, suppressed, count_sizes(classes), count_contributions(kept, n_attributes), around)


def pair_counts(classes: EquivalenceClasses) -> PairCounts | None:
    """Sizes of classes in the table and in the population, with the number of classes of each, ascending."""
    if classes.population is None:
        return None
    pairs, counts = np.unique(np.stack([classes.people, classes.population]), axis=1, return_counts=True)
    return list(zip(*pairs.tolist(), counts.tolist(), strict=True))


def finding(subject: str, side: Side, job: RiskJob) -> Finding:
    """The risk of one side."""
    if side.around is None:
        sizes, classes = as_arrays(side.sizes)
        risk = measure_risk(sizes, job.risk_threshold, classes=classes)
    else:
        sizes, people, classes = np.array(side.around, dtype=np.int64).reshape(-1, 3).T
        risk = measure_risk(sizes, job.risk_threshold, people, classes)
    uniques = None if job.population_size is None else population_uniques(side.sizes, job.population_size)
    return Finding(subject, side, risk, uniques)


def side_part(names: Sequence[str], found: Finding) -> Summary:
    """One table in the summary; the attributes that contribute most come first."""
    side = found.side
    sizes, classes = as_arrays(side.sizes)
    n_people, n_classes = int((sizes * classes).sum()), int(classes.sum())
    smallest, largest = (side.sizes[0][0], side.sizes[-1][0]) if side.sizes else (0, 0)
    average = n_people / n_classes if n_classes else 0.0
    ranked = sorted(zip(names, side.contributions, strict=True), key=by_contribution)
    return {
        "rows": side.rows,
        "suppressed": side.suppressed,
        "classes": {"number": n_classes, "smallest": smallest, "largest": largest, "average": average},
        "k_anonymity": smallest,
        **asdict(found.risk),
        "histogram": [list(pair) for pair in side.sizes[:SIZES_TOLD]],
        "histogram_entries": len(side.sizes),
        **({} if found.uniques is None else {"population_uniques": asdict(found.uniques)}),
        "contributions": [{"attribute": name, **asdict(contribution)} for name, contribution in ranked],
    }


def by_contribution(named: tuple[str, Contribution]) -> tuple[float, float, float, str]:
    """The attribute without which the average risk is lowest first, then the one that tells most by itself."""
    name, found = named
    return found.average_without, found.unique_without, -found.unique_alone, name


def persons_warnings(job: RiskJob) -> list[str]:
    """What must be known to compare both sides."""
    if job.person_id is None or job.released is None:
        return []
    return ["A release names nobody: its classes count records, where those of the input count persons."]


def record(attempt: Attempt, findings: Sequence[Finding]) -> None:
    """Append the sizes of classes and the risks of each side; a repeat changes nothing."""
    tables, run_id = attempt.tables, attempt.run_id
    rows: list[Row] = []
    for step, found in enumerate(findings, start=1):
        append_rows(tables, "class_histogram", run_id, histogram_rows(found.subject, found.side.sizes), step=step)
        rows += risk_rows(found.subject, found.risk)
        rows += [] if found.uniques is None else uniques_rows(found.subject, found.uniques)
    append_rows(tables, "risk", run_id, rows)
