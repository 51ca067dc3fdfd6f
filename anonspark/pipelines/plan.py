"""A dry run: what a job will do, what that will cost, and everything that is wrong with it; nothing is written.

The table is read once, as a run reads it to count its classes; everything else follows from what is counted.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from time import time
from uuid import uuid4

from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.domain.encode import bounded_lattice
from anonspark.domain.hierarchy import GeneralizationHierarchy, Label
from anonspark.domain.lattice import Lattice
from anonspark.domain.policy import Policy
from anonspark.domain.sources import TableSource
from anonspark.errors import EmptyTableError
from anonspark.frames.casts import require_well_formed
from anonspark.frames.names import distinct_value, positions
from anonspark.io.failures import storage_errors
from anonspark.io.hierarchies import read_hierarchy_rows
from anonspark.io.tables import ReadTable, read_table
from anonspark.io.uris import normalize_uri
from anonspark.pipelines.anonymize import count_population
from anonspark.pipelines.faults import Faults
from anonspark.pipelines.follow import Follower, Step, never, silent
from anonspark.pipelines.plan_columns import (
    UNREAD,
    Counted,
    count,
    kind_of,
    overlooked,
    plan_columns,
    plan_hierarchy,
)
from anonspark.pipelines.plan_places import (
    plan_metadata,
    plan_output,
    released_schema,
    warn_of_writers,
)
from anonspark.pipelines.plan_search import (
    Combinations,
    check_search,
    check_sensitive,
    class_sizes,
    plan_release,
    plan_search,
    risk_of,
)
from anonspark.pipelines.planned import InputPlan, Plan
from anonspark.pipelines.run import TAG, interruptible
from anonspark.vocabulary import OnMalformed


def make_plan(
    job: AnonymizeJob,
    spark: SparkSession,
    *,
    sample: int | None = None,
    plan_id: str | None = None,
    tell: Callable[[Step], None] = silent,
    stop: Callable[[], bool] = never,
    clock: Callable[[], float] = time,
) -> Plan:
    """Look at everything that a run of the job would use.

    Args:
        job: What would be done.
        spark: The session to look with.
        sample: Look at so many of the first rows only.
        plan_id: By which `stop_spark_work` stops it.
        tell: Called with every step.
        stop: Asked before every step; the plan is given up when it says so.
        clock: Of leases.

    Raises:
        RunCancelledError: It was stopped.
    """
    planner = Planner(job, spark, Follower(tell, stop), clock)
    with ExitStack() as held:
        held.enter_context(interruptible(spark, TAG + (plan_id or str(uuid4()))))
        return planner.plan(sample, held)


class Planner:
    """Looks at one thing after the other, whatever was wrong with those before."""

    def __init__(self, job: AnonymizeJob, spark: SparkSession, follower: Follower, clock: Callable[[], float]) -> None:
        self.job, self.spark, self.follower, self.clock = job, spark, follower, clock
        self.faults = Faults()
        source = job.source()
        self.made = Plan(InputPlan(source.name, source.format))

    def plan(self, sample: int | None, held: ExitStack) -> Plan:
        """The whole plan."""
        job, made = self.job, self.made
        self.follower.enter("read", "looking at the input")
        policy = job.to_policy(self.read_rows)
        source = self.read(job.source())
        known = policy if source is None else self.known_columns(source, policy)
        counted = None if source is None else self.count(source, known, sample, held)
        people = self.count_people(known, held)
        if source is not None:
            made.input = replace(made.input, version=source.version)
            made.columns = plan_columns(source.table, policy, counted)
        if counted is not None and counted.raw.n_records:
            self.follower.enter("search", "looking at the lattice")
            self.look_at(counted, people, policy, known)
        self.follower.enter("publish", "looking at the output")
        self.look_at_places(source, policy)
        self.follower.leave()
        made.problems, made.exit_code = self.faults.told(), self.faults.exit_code
        return made

    def read_rows(self, uri: str, sep: str) -> Iterable[Sequence[Label]]:
        """The rows of a hierarchy file, none where it cannot be read."""
        with self.faults.caught():
            return read_hierarchy_rows(self.spark, uri, sep)
        return UNREAD.rows

    def read(self, source: TableSource) -> ReadTable | None:
        """A table, where it can be read."""
        with self.faults.caught():
            return read_table(self.spark, source)
        return None

    def known_columns(self, source: ReadTable, policy: Policy) -> Policy:
        """The policy without the columns that the table does not have, or that cannot play their roles."""

        def is_known(name: str, *, grouped: bool = True) -> bool:
            before = len(self.faults.found)
            with self.faults.caught():
                positions(source.table, [name])
                if grouped:
                    distinct_value(source.table, name)
            return len(self.faults.found) == before

        person = policy.person_id
        return replace(
            policy,
            quasi_identifiers=tuple(each for each in policy.quasi_identifiers if is_known(each.name)),
            sensitive=tuple(each for each in policy.sensitive if is_known(each.name)),
            identifiers=tuple(name for name in policy.identifiers if is_known(name, grouped=name == person)),
        )

    def count(self, source: ReadTable, known: Policy, sample: int | None, held: ExitStack) -> Counted | None:
        """The combinations of the columns that are there; the one pass over the table."""
        if not known.quasi_identifiers:
            return None
        if known.person_id not in known.identifiers:
            known = replace(known, person_id=None)
        self.follower.enter("classes", "counting equivalence classes")
        rows = source.flagged if sample is None else source.flagged.limit(sample)
        with self.faults.caught(), storage_errors(source.description):
            counted = count(rows, known, held)
            left_out = {mark: n_rows for mark, n_rows in counted.raw.malformed.items() if n_rows}
            n_rows = counted.raw.n_records
            self.made.input = replace(self.made.input, rows=n_rows, left_out=left_out)
            if sample is not None and n_rows + sum(left_out.values()) >= sample:
                self.made.sampled = sample
            if self.job.source().malformed is OnMalformed.FAIL:
                with self.faults.caught():
                    require_well_formed(counted.raw.malformed)
            if not n_rows:
                raise EmptyTableError(source.description)
            return counted
        return None

    def count_people(self, known: Policy, held: ExitStack) -> Combinations | None:
        """The combinations of the population table, where there is one that can be read."""
        source = self.job.population_source()
        population = None if source is None else self.read(source)
        if population is None:
            return None
        with self.faults.caught(), storage_errors(population.description, "population"):
            positions(population.table, known.names)
            return count_population(population, known, self.follower, held)
        return None

    def look_at(self, counted: Counted, people: Combinations | None, policy: Policy, known: Policy) -> None:
        """What follows from the combinations."""
        made, raw = self.made, counted.raw
        kinds = {attribute.name: kind_of(attribute) for attribute in self.job.attributes}
        hierarchies: list[GeneralizationHierarchy] = []
        for attribute, (column, records) in zip(known.quasi_identifiers, counted.columns, strict=False):
            planned, hierarchy = plan_hierarchy(attribute, kinds[attribute.name], column, records, self.faults)
            made.hierarchies = [*made.hierarchies, planned]
            hierarchies += [] if hierarchy is None else [hierarchy]
        made.warnings += overlooked(made.columns, raw.n_records)
        sensitive_fit = check_sensitive(known, counted, self.faults)
        if known.names != policy.names:
            return
        made.base_classes, sizes = class_sizes(raw)
        made.risk = risk_of(sizes, policy.risk_threshold)
        if len(hierarchies) < len(policy.names):
            return
        lattice = bounded_lattice(policy, hierarchies)
        made.search = plan_search(raw, made.base_classes, policy, lattice)
        before = len(self.faults.found)
        check_search(raw, people, policy, hierarchies, lattice, self.faults)
        complete = known == policy and sensitive_fit and len(self.faults.found) == before
        if complete and made.sampled is None:
            self.look_at_the_top(raw, people, policy, tuple(hierarchies), lattice)

    def look_at_the_top(
        self,
        raw: Combinations,
        people: Combinations | None,
        policy: Policy,
        hierarchies: tuple[GeneralizationHierarchy, ...],
        lattice: Lattice,
    ) -> None:
        """Whether there can be a release."""
        self.made.release = plan_release(raw, people, policy, hierarchies, lattice, self.faults)

    def look_at_places(self, source: ReadTable | None, policy: Policy) -> None:
        """Where the release and the run's record will go."""
        target = self.job.target()
        if target.uri is not None:
            with self.faults.caught():
                target = replace(target, uri=normalize_uri(target.uri))
        schema = None if source is None else released_schema(source.table.schema, policy)
        self.made.output = plan_output(self.spark, target, schema, self.faults)
        with self.faults.caught():
            metadata_uri = normalize_uri(self.job.metadata_uri)
            self.made.metadata = plan_metadata(self.spark, metadata_uri, self.faults)
            with storage_errors(target.name, "output"):
                self.made.warnings += warn_of_writers(self.spark, target, metadata_uri, self.clock)
