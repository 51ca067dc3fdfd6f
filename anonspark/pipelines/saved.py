"""A solution as an earlier run saved it: its policy and its levels, for other data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pyspark.sql import SparkSession

from anonspark.config.job import AnonymizeJob
from anonspark.domain.derived import settle
from anonspark.domain.encode import RawClasses
from anonspark.domain.policy import Policy
from anonspark.domain.rules import CutsRule, DateRule, DerivedRule, MaskRule
from anonspark.errors import InputError, LocationError
from anonspark.frames.combinations import ClusterCombinations
from anonspark.io.manifest import RunRow, last_state
from anonspark.io.metadata_tables import MetadataTables
from anonspark.io.run_records import unknown_run
from anonspark.pipelines.kept_hierarchies import KeptHierarchies
from anonspark.vocabulary import RunState


@dataclass(frozen=True, slots=True)
class SavedSolution:
    """What an earlier run found.

    Attributes:
        job: Its job; relative URIs are seen from where they were then.
        policy: What it protected and how, with the hierarchies of then and without bounds on levels.
        levels: By quasi-identifier.
        described: The attributes and models, as the run described them.
    """

    job: AnonymizeJob
    policy: Policy
    levels: Mapping[str, int]
    described: Mapping[str, object]


def read_solution(spark: SparkSession, tables: MetadataTables, metadata_uri: str, run_id: str | None) -> SavedSolution:
    """The solution of a run.

    Raises:
        InputError: There is no such run, or it found nothing.
        LocationError: A hierarchy file of then is not there any more, or another one.
    """
    run, solution = _found(tables, run_id or "")
    described, levels = json.loads(solution["solution"]), dict(solution["levels"])
    job = AnonymizeJob.from_dict(json.loads(run.config or "{}"), base=described["base"])
    kept = KeptHierarchies(spark, metadata_uri, described["hierarchy_files"])
    policy = job.to_policy(kept.rows)
    if kept.warnings:
        raise LocationError(f"{kept.warnings[0]} Bring it back, or run anonymize.", field="solution")
    derived = {name: rule_from(told) for name, told in described["derived_rules"].items()}
    free = [
        replace(each, rule=derived.get(each.name, each.rule), min_level=0, max_level=None)
        for each in policy.quasi_identifiers
    ]
    return SavedSolution(job, replace(policy, quasi_identifiers=tuple(free)), levels, described)


def _found(tables: MetadataTables, run_id: str) -> tuple[RunRow, Mapping[str, Any]]:
    """The run that searched, and the solution that was saved; a run that applied one leads to that."""
    run = last_state(tables, run_id)
    if run is None:
        raise InputError(unknown_run(tables, run_id).message, field="solution")
    solution = next(iter(tables.rows_of("solutions", run_id)), None)
    if run.state is not RunState.COMPLETED or solution is None:
        raise InputError(
            f"Run '{run_id}' has no solution to apply: it is a {run.job} that is {run.state}. Name an anonymize that "
            "is completed.",
            field="solution",
        )
    applied = json.loads(solution["solution"]).get("applied")
    return (run, solution) if applied is None else (_found(tables, applied)[0], solution)


def derived_rules(policy: Policy, raw: RawClasses | ClusterCombinations) -> dict[str, dict[str, object]]:
    """What a solution keeps of hierarchies that the job left to be derived, by attribute; no value of the data."""
    if isinstance(raw, RawClasses):
        columns = [(column.records(raw.counts), column.data_type) for column in raw.quasi_identifiers]
    else:
        columns = [(column.records(), column.column.data_type) for column in raw.quasi_identifiers]
    found = {}
    for attribute, (values, data_type) in zip(policy.quasi_identifiers, columns, strict=True):
        if isinstance(attribute.rule, DerivedRule):
            leaves = tuple(value for value in values if value is not None)
            found[attribute.name] = told_rule(settle(attribute.rule, leaves, values, data_type))
    return found


def told_rule(rule: CutsRule | DateRule | MaskRule) -> dict[str, object]:
    """A rule as JSON; `rule_from` reads it.

    >>> told_rule(CutsRule((Decimal("2.5"),)))
    {'kind': 'cuts', 'bounds': ['2.5'], 'fanout': 2}
    """
    match rule:
        case CutsRule():
            return {"kind": "cuts", "bounds": [str(bound) for bound in rule.bounds], "fanout": rule.fanout}
        case DateRule():
            return {"kind": "date", "levels": list(rule.levels)}
        case MaskRule():
            return {"kind": "mask", "keep": list(rule.keep), "symbol": rule.symbol}


def rule_from(told: Mapping[str, Any]) -> CutsRule | DateRule | MaskRule:
    """The rule that was told."""
    match told["kind"]:
        case "cuts":
            return CutsRule(tuple(map(Decimal, told["bounds"])), told["fanout"])
        case "date":
            return DateRule(tuple(told["levels"]))
        case "mask":
            return MaskRule(tuple(told["keep"]), told["symbol"])
        case kind:
            raise InputError(f"The solution has a derived hierarchy of kind {kind}, which a newer engine wrote.")
