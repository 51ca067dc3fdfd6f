"""Why a run released what it did: its classes are counted again, and its node is held against its neighbours.

One pass over the input as the run read it; no lattice is searched.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import uuid4

from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.config.models import ClassModel
from anonspark.domain.encode import RawClasses, bounded_lattice, build_hierarchies
from anonspark.domain.hierarchy import GeneralizationHierarchy
from anonspark.domain.lattice import Node
from anonspark.domain.policy import Policy
from anonspark.errors import EmptyTableError, InputError
from anonspark.frames.checker import ClusterChecker
from anonspark.frames.encoded import hierarchies_of
from anonspark.io.failures import storage_errors
from anonspark.io.run_records import NodeRecord, RunRecords
from anonspark.io.tables import read_table
from anonspark.pipelines.anonymize import checker_for, count_classes, count_population, where_the_people_are
from anonspark.pipelines.explanation import (
    Blame,
    Explanation,
    FailedModel,
    LowerLevel,
    NextNode,
    Suppressed,
    ThenAndNow,
)
from anonspark.pipelines.follow import Follower, Step, never, silent
from anonspark.pipelines.kept_hierarchies import KeptHierarchies
from anonspark.pipelines.plan_search import Combinations
from anonspark.pipelines.run import TAG, interruptible
from anonspark.search.in_memory import InMemoryChecker
from anonspark.search.objectives import objective_of
from anonspark.search.reasons import Judged, Unsafe, above, judged, kept_elsewhere, lower, unsafe_classes
from anonspark.vocabulary import RunState

Checker = InMemoryChecker | ClusterChecker

MOST_NEXT: Final = 5
"""Next best nodes that are told."""

RELEASE_AS_A_WHOLE: Final = "models of the release as a whole"


def explain(
    records: RunRecords,
    spark: SparkSession,
    metadata_uri: str,
    *,
    explain_id: str | None = None,
    tell: Callable[[Step], None] = silent,
    stop: Callable[[], bool] = never,
) -> Explanation:
    """Explain a run.

    Args:
        records: What it left behind.
        spark: The session to count with.
        metadata_uri: Where it left that.
        explain_id: By which `stop_spark_work` stops this.
        tell: Called with every step.
        stop: Asked before every step.

    Raises:
        InputError: It left no release, or its input is not there any more as it was.
    """
    job = job_of(records)
    with ExitStack() as held:
        held.enter_context(interruptible(spark, TAG + (explain_id or str(uuid4()))))
        return Explainer(job, records, spark, metadata_uri, Follower(tell, stop)).explain(held)


def job_of(records: RunRecords) -> AnonymizeJob:
    """The job of a run, its URIs seen from where the run saw them.

    Raises:
        InputError: It is no run that left a release.
    """
    run = records.run
    if applied := records.solution.get("applied"):
        raise InputError(f"Run {run.run_id} applied the levels of run {applied}; explain that one.", field="run")
    if run.state is not RunState.COMPLETED or not records.levels:
        ended = f"Run {run.run_id} ({run.job}) is {run.state} and left no release to explain"
        raise InputError(f"{ended}: {run.error_message}" if run.error_message else f"{ended}.", field="run")
    return AnonymizeJob.from_dict(records.config, base=str(records.solution.get("base", "")))


@dataclass(slots=True)
class Explainer:
    """Counts the classes of a run again and asks about its node."""

    job: AnonymizeJob
    records: RunRecords
    spark: SparkSession
    metadata_uri: str
    follower: Follower
    warnings: list[str] = field(default_factory=list)

    def explain(self, held: ExitStack) -> Explanation:
        """The whole explanation."""
        self.follower.enter("read", "opening the input")
        kept = KeptHierarchies(self.spark, self.metadata_uri, self.records.solution.get("hierarchy_files", {}))
        policy = self.job.to_policy(kept.rows)
        self.warnings += kept.warnings
        raw, people = self.count(policy, held)
        self.follower.enter("search", "asking about the node")
        hierarchies = build_hierarchies(policy, raw) if isinstance(raw, RawClasses) else hierarchies_of(policy, raw)
        lattice = bounded_lattice(policy, hierarchies)
        node = self.node_in(policy, hierarchies)
        limit = policy.suppression_limit(raw.n_records)
        classes, checker = checker_for(raw, policy, hierarchies, lattice, limit, people)
        objective = objective_of(policy.metric, checker)
        ups = {up for axis in range(len(node)) for up in above(checker, node, axis) if up is not None}
        around = dict.fromkeys([node, *(below for _, below in lower(checker, node)), *sorted(ups)])
        known = {each.node: each for each in judged(checker, objective, list(around))}
        chosen = known[node]
        self.compare(raw.n_records, classes.n_classes, chosen.suppressed)
        explained = Explanation(
            run_id=self.records.run.run_id,
            levels=dict(zip(policy.names, node, strict=True)),
            heights={each.attribute: each.height for each in hierarchies},
            metric=policy.metric,
            score=chosen.score,
            optimal=bool(self.told_of_node().get("optimal")),
            limit=limit,
            rows=ThenAndNow(self.records.run.input_rows, raw.n_records),
            base_classes=ThenAndNow(self.base_classes_then(), classes.n_classes),
            lower=tuple(self.lower_levels(checker, node, known)),
            at_lowest=tuple(
                name for name, level, low in zip(policy.names, node, lattice.bottom, strict=True) if level <= low
            ),
            next_best=self.next_best(policy.names, chosen, known),
            looked_at=len({*known} | {self.in_order(policy.names, each) for each in self.records.nodes}),
            suppressed=self.suppressed(checker, node, known, self.unknown_records(raw, hierarchies)),
            warnings=tuple(self.warnings),
        )
        self.follower.leave()
        return explained

    def count(self, policy: Policy, held: ExitStack) -> tuple[Combinations, Combinations | None]:
        """The combinations of the input as the run read it, and of its population where a model asks for it."""
        source, version = self.job.source(), self.records.run.input_version
        table = read_table(self.spark, source if version is None else replace(source, version=version))
        if version is None:
            self.warnings.append("The input has no versions, so that it may have changed since the run read it.")
        with storage_errors(table.description):
            raw = count_classes(table.flagged, policy, self.follower, held)
        if not raw.n_records:
            raise EmptyTableError(source.name)
        population = self.job.population_source()
        if population is None or not policy.needs_population:
            return raw, None
        if population.version is None:
            self.warnings.append("The population is read as it is now, which may not be as the run read it.")
        people = count_population(read_table(self.spark, population), policy, self.follower, held)
        return where_the_people_are(raw, people), people

    def node_in(self, policy: Policy, hierarchies: Sequence[GeneralizationHierarchy]) -> Node:
        """The node of the run.

        Raises:
            InputError: A hierarchy has no such level any more.
        """
        node = tuple(self.records.levels[name] for name in policy.names)
        for hierarchy, level in zip(hierarchies, node, strict=True):
            if level > hierarchy.height:
                raise InputError(
                    f"The input has changed since the run: '{hierarchy.attribute}' had a level {level}, and its values "
                    f"now make a hierarchy of {hierarchy.height}. Explain a run of the input as it is.",
                    field=hierarchy.attribute,
                )
        return node

    def told_of_node(self) -> Mapping[str, Any]:
        """What the run told of the node itself, whatever became of its classes."""
        summary = self.records.summary
        found: Mapping[str, Any] = summary.get("recoding", {}).get("node") or summary
        return found

    def base_classes_then(self) -> int | None:
        """The raw classes that the run counted."""
        found: int | None = self.records.summary.get("lattice", {}).get("base_classes")
        return found

    def compare(self, rows: int, base_classes: int, suppressed: int) -> None:
        """Warn where what is counted now is not what the run recorded."""
        then = self.records.run.input_rows, self.base_classes_then(), self.told_of_node().get("suppressed")
        words = ("records", "classes", "suppressed records")
        for word, before, now in zip(words, then, (rows, base_classes, suppressed), strict=True):
            if before is not None and before != now:
                self.warnings.append(
                    f"The input has changed: {now:,} {word} now, {before:,} when the run read it; what is told here is "
                    "about the input as it is now."
                )
        if recoding := self.records.summary.get("recoding"):
            self.warnings.append(
                f"Classes got levels of their own after this node ({recoding['kind']} recoding); what is told here is "
                "about the node that they began from."
            )
        if self.records.summary.get("microaggregation"):
            self.warnings.append("Columns with one value a class are told here by the groups that form the classes.")

    def lower_levels(self, checker: Checker, node: Node, known: Mapping[Node, Judged]) -> Iterable[LowerLevel]:
        """Each attribute one level lower."""
        chosen = known[node].score
        for axis, below in lower(checker, node):
            there = known[below]
            score = there.score
            yield LowerLevel(
                attribute=checker.names[axis],
                level=below[axis],
                suppressed=there.suppressed,
                satisfied=score is not None,
                score=score,
                difference=None if score is None or chosen is None else score - chosen,
                failed=self.failed(self.unsafe(checker, below)) if score is None else (),
            )

    def next_best(self, names: tuple[str, ...], chosen: Judged, known: Mapping[Node, Judged]) -> tuple[NextNode, ...]:
        """The best nodes but the chosen one, among those that the run looked at and the neighbours."""
        if chosen.score is None:
            return ()
        found = {
            self.in_order(names, each): (each.score, each.suppressed)
            for each in self.records.nodes
            if each.satisfied and each.score is not None
        }
        found |= {each.node: (each.score, each.suppressed) for each in known.values() if each.score is not None}
        found.pop(chosen.node, None)
        ordered = sorted(found.items(), key=lambda entry: (*entry[1], sum(entry[0]), entry[0]))
        return tuple(
            NextNode(dict(zip(names, node, strict=True)), suppressed, score, score - chosen.score)
            for node, (score, suppressed) in ordered[:MOST_NEXT]
        )

    def suppressed(
        self, checker: Checker, node: Node, known: Mapping[Node, Judged], unknown: Mapping[str, int]
    ) -> Suppressed:
        """Why the node suppresses records."""
        unsafe = self.unsafe(checker, node)
        there = {each.node: each.suppressed for each in known.values()}
        columns = []
        for axis, name in enumerate(checker.names):
            kept = kept_elsewhere(checker, node, axis, there)
            columns.append(Blame(name, unknown[name], kept.one_higher, kept.generalized))
        return Suppressed(
            records=known[node].suppressed,
            unknown=checker.always_lost.records,
            classes=None if unsafe is None else unsafe.classes,
            sizes=[] if unsafe is None else unsafe.sizes,
            failed=self.failed(unsafe),
            columns=tuple(columns),
        )

    def unsafe(self, checker: Checker, node: Node) -> Unsafe | None:
        """The unsafe classes of a node; None where its classes do not fit the driver."""
        found = checker.classes_at(node)
        return None if found is None else unsafe_classes(*found, checker.models)

    def failed(self, unsafe: Unsafe | None) -> tuple[FailedModel, ...]:
        """What fails each model, by the names that the job gives them."""
        if unsafe is None:
            return ()
        of_classes = [model for model in self.job.privacy if isinstance(model, ClassModel)]
        told = [
            FailedModel(name_of(model), failing.classes, failing.records)
            for model, failing in zip(of_classes, unsafe.by_model, strict=True)
        ]
        if unsafe.given_up.classes:
            told.append(FailedModel(RELEASE_AS_A_WHOLE, unsafe.given_up.classes, unsafe.given_up.records))
        return tuple(told)

    def unknown_records(self, raw: Combinations, hierarchies: Sequence[GeneralizationHierarchy]) -> dict[str, int]:
        """Records with a value that its hierarchy does not know, by attribute."""
        if isinstance(raw, RawClasses):
            values = [column.records(raw.counts) for column in raw.quasi_identifiers]
        else:
            values = [column.records() for column in raw.quasi_identifiers]
        return {
            hierarchy.attribute: sum(
                of_column.get(leaf, 0)
                for leaf, unknown in zip(hierarchy.leaves, hierarchy.unknown.tolist(), strict=True)
                if unknown
            )
            for hierarchy, of_column in zip(hierarchies, values, strict=True)
        }

    def in_order(self, names: Sequence[str], node: NodeRecord) -> Node:
        """The levels of a recorded node in the order of the policy."""
        return tuple(node.levels[name] for name in names)


def name_of(model: ClassModel) -> str:
    """A model as a job names it, with what it protects."""
    told = model.model_dump()
    return f"{told['model']} of {told['attribute']}" if "attribute" in told else str(told["model"])
