"""The job `transform-pii`: personal data found, treated, written, looked for again, and only then published."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from anonspark.config.problems import path_text
from anonspark.config.profiles import load_profiles
from anonspark.config.transform_pii import TransformPiiJob, faults_of_rule_types
from anonspark.domain.keys import KeyScope, RootKey
from anonspark.domain.paths import parse_path
from anonspark.domain.pii import ComplianceProfile
from anonspark.domain.pii_knowledge import Knowledge
from anonspark.domain.sources import TableSource
from anonspark.domain.treatments import AddNoise, DateShift, FormatPreservingEncrypt, Suppress, Tokenize, Treatment
from anonspark.errors import ConfigurationError, VerificationError
from anonspark.frames.casts import column, leave_out_malformed
from anonspark.io.delta_log import Published
from anonspark.io.failures import storage_errors
from anonspark.io.keys import key_scope, open_key
from anonspark.io.manifest import append_rows
from anonspark.io.tables import ReadTable, read_table
from anonspark.pii.apply import Means, treat
from anonspark.pii.cells import Place, kind_of, places_of
from anonspark.pii.compliance import evaluate, standings
from anonspark.pii.count import count_instances
from anonspark.pii.nested import type_at, within_json
from anonspark.pii.open_vault import open_vault
from anonspark.pii.plan import Plan, plan_treatments
from anonspark.pii.takes import require_fit, require_keys
from anonspark.pii.transforms.noise import SHARE_OF_DEVIATION, scale_of
from anonspark.pii.transforms.tokenize import Step, tokenize_columns
from anonspark.pii.workers import worker_refusals
from anonspark.pipelines.attempt import Attempt, Outcome, judge_malformed
from anonspark.pipelines.detect_pii import read_knowledge
from anonspark.pipelines.detections import Detection
from anonspark.pipelines.find_pii import Looked, look_into, recorded
from anonspark.pipelines.k_anonymize_columns import Anonymous, k_anonymized
from anonspark.pipelines.release import in_place_warnings, normalized, source_before
from anonspark.pipelines.treatment_parts import (
    action_rows,
    pending_part,
    remaining_parts,
    treatment_part,
    warnings_of,
)
from anonspark.pipelines.write import output_of, write_release
from anonspark.vocabulary import DataKind


@dataclass(slots=True)
class Written:
    """What was found in the table that was written.

    Attributes:
        detections: What looks like personal data in it.
        cells: Of each treated path that is still there, the filled ones.
    """

    detections: Sequence[Detection] = ()
    cells: Mapping[str, int] | None = None


class TransformPiiAttempt:
    """One attempt at treating a table, under the lease of its target."""

    def __init__(self, job: TransformPiiJob, attempt: Attempt) -> None:
        """Take what to do, and see whether this run has published before."""
        self.job, self.attempt, self.target = job, attempt, normalized(job.target())
        with storage_errors(self.target.name, "output"):
            self.output = output_of(attempt.spark, self.target, attempt.run_id)
            self.published = self.output.published()
        self.written = Written()

    def complete(self) -> Outcome:
        """Everything from reading to the metadata.

        Raises:
            AnonsparkError: Whatever is wrong; nothing was published then.
        """
        with ExitStack() as held, worker_refusals():
            return self._complete(held)

    def _complete(self, held: ExitStack) -> Outcome:
        job, attempt, follower = self.job, self.attempt, self.attempt.follower
        follower.enter("read", "opening the input")
        knowledge, profile = self.read_knowledge()
        keys, older = keys_of(job)
        table = read_table(attempt.spark, self.source())
        with storage_errors(table.description):
            looked = self.look(table, knowledge)
            plan = self.plan(looked, profile, knowledge, table, keys)
            follower.enter("count", "counting rows")
            n_rows, malformed, scales = measured(table, plan.treatments)
        warnings = judge_malformed(job.source(), malformed, n_rows)
        with storage_errors(self.target.name, "output"):
            if self.published is None:
                released, anonymous = self.released(table.table, plan, looked, keys, older, scales, held)
                published = self.write(released, anonymous, plan, n_rows, knowledge, table.version)
            else:
                anonymous, published = None, self.published
                self.look_again(read_table(attempt.spark, self.written_source(published)), plan, n_rows, knowledge)
        follower.finish()
        follower.enter("publish", "recording the run")
        cells = {each.column: self.rows_of(each, n_rows) for each in plan.treatments}
        with storage_errors(attempt.metadata_uri, "metadata"):
            rows = action_rows(self.target.name, plan.treatments, keys, cells)
            append_rows(attempt.tables, "pii_actions", attempt.run_id, rows)
        told: dict[str, Any] = {
            "rows": n_rows,
            "columns": len(table.table.columns),
            "treatments": [treatment_part(each, keys, cells[each.column]) for each in plan.treatments],
            "pending": [pending_part(finding) for finding in plan.pending],
            "remaining": remaining_parts(self.written.detections, plan.treatments),
            **compliance_part(looked, plan, profile, knowledge, keys),
            **({} if anonymous is None else {"k_anonymity": anonymous.told()}),
            "output": {"uri": self.target.name, "version": published.version},
        }
        warnings += warnings_of(plan.treatments, plan.pending, keys, knowledge.catalogue)
        return Outcome(
            told=told,
            warnings=warnings + in_place_warnings(job.in_place),
            input_rows=n_rows,
            input_version=table.version,
            output_version=published.version,
        )

    def read_knowledge(self) -> tuple[Knowledge, ComplianceProfile | None]:
        """All types and the job's profile.

        Raises:
            ConfigurationError: The job names a type or a profile that nobody knows.
        """
        knowledge, profile = read_knowledge(self.job.detection(), self.attempt)
        rules = [(index, rule.pii_type) for index, rule in enumerate(self.job.rules) if rule.pii_type is not None]
        faults = list(faults_of_rule_types(rules, knowledge.catalogue.types))
        if faults:
            raise ConfigurationError([(path_text(path), sentence) for path, sentence in faults])
        return knowledge, profile

    def source(self) -> TableSource:
        """The table to read; where this run has replaced it already, the version before."""
        if self.published is None:
            return self.job.source()
        return source_before(self.job.source(), self.target, self.published, self.attempt.run_id)

    def written_source(self, published: Published) -> TableSource:
        """What this run published."""
        return TableSource(self.target.uri, self.target.table, self.target.format, version=published.version)

    def look(self, table: ReadTable, knowledge: Knowledge) -> Looked:
        """What is in the input: by an earlier run, or looked for now."""
        if self.job.detections is not None:
            return recorded(table, self.job.detections, self.attempt)
        self.attempt.follower.enter("sample", f"looking for personal data in {table.description}")
        return look_into(table, self.job.detection(), knowledge)

    def plan(
        self,
        looked: Looked,
        profile: ComplianceProfile | None,
        knowledge: Knowledge,
        table: ReadTable,
        keys: KeyScope,
    ) -> Plan:
        """What is done with each column, all of which can be done.

        Raises:
            ColumnTypeError: An action does not fit a column.
            ConfigurationError: An action needs a key or a vault that the job does not name.
        """
        settings = self.job.settings
        plan = plan_treatments(
            looked.kinds,
            looked.findings,
            self.job.to_rules(),
            profile,
            knowledge.catalogue,
            apply_profile_defaults=settings.apply_profile_defaults,
        )
        for treatment in plan.treatments:
            kind = kind_at(table.table, treatment, looked)
            require_fit(treatment, kind, free_text=treatment.column in looked.free_text)
        require_keys(plan.treatments, keys, has_vault=settings.vault is not None)
        return plan

    def released(
        self,
        table: DataFrame,
        plan: Plan,
        looked: Looked,
        keys: KeyScope,
        older: Sequence[RootKey],
        scales: Mapping[str, float],
        held: ExitStack,
    ) -> tuple[DataFrame, Anonymous | None]:
        """The table to write; lazy but for tokens, which the vault has committed then, and a search for classes."""
        follower = self.attempt.follower
        means = Means(
            keys=keys,
            locale=self.job.settings.locale,
            scales=scales,
            # Who knows the seed can take the noise away, so that each run has its own.
            seed=secrets.randbits(62),
            free_text=looked.free_text,
            tokens=self.tokens(table, plan.treatments, keys, older, held),
        )
        follower.enter("apply", f"treating {len(plan.treatments):,} columns")
        treated = treat(table, plan.treatments, means)
        anonymous = k_anonymized(treated, plan.treatments, self.job, self.attempt, held)
        return (treated, None) if anonymous is None else (anonymous.table, anonymous)

    def tokens(
        self,
        table: DataFrame,
        treatments: Sequence[Treatment],
        keys: KeyScope,
        older: Sequence[RootKey],
        held: ExitStack,
    ) -> Step | None:
        """Have tokens made for all columns that are to have them."""
        columns = {each.column: each.action for each in treatments if isinstance(each.action, Tokenize)}
        place = self.job.vault_place()
        if not columns or place is None:
            return None
        self.attempt.follower.enter("apply", f"making tokens for {len(columns):,} columns")
        return tokenize_columns(
            table,
            columns,
            open_vault(place, self.attempt.spark, self.attempt.run_id, held),
            keys,
            held=held,
            older=older,
            pii_types={each.column: each.pii_type for each in treatments},
            subject=self.job.settings.subject,
        )

    def write(
        self,
        released: DataFrame,
        anonymous: Anonymous | None,
        plan: Plan,
        n_rows: int,
        knowledge: Knowledge,
        version: int | None,
    ) -> Published:
        """Write, look into what was written, and publish it."""
        follower = self.attempt.follower
        follower.enter("apply", f"writing {n_rows:,} rows")

        def check(written: DataFrame) -> None:
            follower.enter("verify", "looking for personal data in what was written")
            self.look_again(
                ReadTable(written, leave_out_malformed(written), None, self.target.name), plan, n_rows, knowledge
            )
            if anonymous is not None:
                anonymous.verify(written)

        with worker_refusals(refusing_column(plan.treatments)):
            return write_release(released, self.output, self.attempt.guard, follower, check, version)

    def look_again(self, table: ReadTable, plan: Plan, n_rows: int, knowledge: Knowledge) -> None:
        """Look into the table that was written, and count its rows and treated cells.

        Raises:
            VerificationError: Not all rows were written, or some cannot be read.
        """
        places = treated_places(table.table, plan.treatments)
        counted = count_instances(table.flagged, [(place, None) for place in places.values()])
        unreadable = sum(counted.malformed.values())
        if unreadable or counted.rows != n_rows:
            raise VerificationError(
                f"{counted.rows:,} rows were written of {n_rows:,}, and {unreadable:,} cannot be read; nothing was "
                "published."
            )
        cells = dict(zip(places, counted.cells, strict=True))
        self.written = Written(look_into(table, self.job.detection(), knowledge).detections, cells)

    def rows_of(self, treatment: Treatment, n_rows: int) -> int | None:
        """How many cells were treated; of a column that is gone its rows."""
        if isinstance(treatment.action, Suppress):
            return n_rows
        return (self.written.cells or {}).get(treatment.column)


def keys_of(job: TransformPiiJob) -> tuple[KeyScope, list[RootKey]]:
    """The keys of a job, and those that were current before.

    Raises:
        SecretKeyError: One cannot be had.
    """
    settings = job.settings
    keys = key_scope(settings.key_scope, hash_key=settings.hash_key, encryption_key=settings.encryption_key)
    return keys, [open_key(reference, field="settings.older_keys") for reference in settings.older_keys]


def refusing_column(treatments: Sequence[Treatment]) -> str | None:
    """The only column whose action refuses some values; None where several could have."""
    columns = [each.column for each in treatments if isinstance(each.action, FormatPreservingEncrypt | DateShift)]
    return columns[0] if len(columns) == 1 else None


def kind_at(table: DataFrame, treatment: Treatment, looked: Looked) -> DataKind:
    """What the values of a treatment are; a whole struct, array or map counts as bytes."""
    path = parse_path(treatment.column)
    if treatment.column in looked.kinds:
        return looked.kinds[treatment.column]
    return DataKind.TEXT if within_json(path) else kind_of(type_at(table.schema[path.column].dataType, path))


def measured(table: ReadTable, treatments: Sequence[Treatment]) -> tuple[int, Mapping[str, int], dict[str, float]]:
    """Rows, malformed ones by what is wrong with them, and the scale of noise by column; at most two passes.

    A column of equal values has no deviation to go by; noise of scale 1 is added to it.
    """
    counted = count_instances(table.flagged, [])
    noise = {each.column: each.action for each in treatments if isinstance(each.action, AddNoise)}
    scales = {column: scale for column, action in noise.items() if (scale := scale_of(action)) is not None}
    open_ones = [column for column in noise if column not in scales]
    if open_ones:
        values = [path_column(column).cast("double") for column in open_ones]
        finite = [F.when(F.abs(value) < float("inf"), value) for value in values]
        (found,) = table.table.agg(*[F.stddev_samp(value).alias(f"n{at}") for at, value in enumerate(finite)]).collect()
        for column, deviation in zip(open_ones, found, strict=True):
            scales[column] = SHARE_OF_DEVIATION * deviation if deviation and deviation > 0 else 1.0
    return counted.rows, counted.malformed, scales


def path_column(text: str) -> Column:
    """The column at a path of fields."""
    path = parse_path(text)
    value = column(path.column)
    for step in path.steps:
        value = value.getField(step.field)
    return value


def treated_places(written: DataFrame, treatments: Sequence[Treatment]) -> dict[str, Place]:
    """Where the treated values of the written table lie, by path; within JSON texts at the text."""
    there = {str(place.path): place for place in places_of(written.schema)}
    found: dict[str, Place] = {}
    for treatment in treatments:
        place = there.get(str(parse_path(treatment.column)))
        if place is not None:
            found[treatment.column] = place
    return found


def compliance_part(
    looked: Looked, plan: Plan, profile: ComplianceProfile | None, knowledge: Knowledge, keys: KeyScope
) -> dict[str, Any]:
    """How the written table stands with the job's regulation, and in a row each with those that are shipped."""
    catalogue, keyed = knowledge.catalogue, keys.hashing is not None
    every = standings(looked.findings, plan.treatments, load_profiles(catalogue), catalogue, keyed_hashes=keyed)
    if profile is None:
        return {"regulations": every}
    found = evaluate(looked.findings, plan.treatments, profile, catalogue, keyed_hashes=keyed)
    return {"profile": profile.id, "compliance": found.to_dict(), "regulations": every}
