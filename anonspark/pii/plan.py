"""Findings, rules and a profile -> what is done with which column, and what nobody has decided."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from anonspark.domain.paths import ColumnPath, lies_in, parse_path
from anonspark.domain.pii import ColumnFinding, ComplianceProfile, PiiCatalogue
from anonspark.domain.treatments import Suppress, Treatment, TreatmentRule
from anonspark.errors import ColumnNotFoundError, InputError, did_you_mean
from anonspark.pii.defaults import profile_action
from anonspark.pii.scope import profile_entry
from anonspark.vocabulary import DataKind


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done.

    Attributes:
        treatments: In the order of the table's columns.
        pending: Findings that no rule and no profile says anything about.
    """

    treatments: tuple[Treatment, ...]
    pending: tuple[ColumnFinding, ...]


@dataclass(frozen=True, slots=True)
class _PlacedRule:
    """A rule with its number in the policy, from 1, and the path that it names, if it names one."""

    number: int
    rule: TreatmentRule
    path: ColumnPath | None


def plan_treatments(
    columns: Mapping[str, DataKind],
    findings: Sequence[ColumnFinding],
    rules: Sequence[TreatmentRule],
    profile: ComplianceProfile | None,
    catalogue: PiiCatalogue,
    *,
    apply_profile_defaults: bool = True,
) -> Plan:
    """Decide what is done with each column.

    Of the enabled rules that fit, the one of the highest priority wins, then the one that names the column, then one
    that names what the column lies in, then the one for the more specific type, then the first. Where none fits, types
    of the profile take its action for them. A rule that names a struct or the like treats every column in it; where it
    suppresses all of them, the struct itself is suppressed.

    Args:
        columns: Every path that can be treated, with the kind of its values, in the order of the table.
        findings: At most one a column, the best; of these columns.
        rules: In the order of the policy.
        profile: None where rules alone decide.
        catalogue: All types.
        apply_profile_defaults: Whether the profile says what is done where no rule does.

    Raises:
        ColumnNotFoundError: An enabled rule names a column that is not in the table.
        InputError: An enabled rule names a type that is not in the catalogue.
    """
    paths = {column: parse_path(column) for column in columns}
    policy = _policy(rules, paths, catalogue)
    found = {finding.column: finding for finding in findings}
    decided: dict[str, tuple[Treatment, _PlacedRule | None]] = {}
    pending: list[ColumnFinding] = []
    for column, kind in columns.items():
        finding = found.get(column)
        placed = _winner(paths[column], finding, policy, catalogue)
        if placed is not None:
            pii_type = finding.pii_type if finding else None
            decided[column] = Treatment(column, pii_type, placed.rule.action, _because(placed)), placed
        elif finding is not None:
            entry = profile_entry(finding, findings, profile, catalogue) if profile and apply_profile_defaults else None
            if profile is None or entry is None:
                pending.append(finding)
            else:
                action, because = profile_action(finding.pii_type, kind, paths[column], profile, catalogue)
                decided[column] = Treatment(column, finding.pii_type, action, because), None
    return Plan(tuple(_wholes(decided, paths)), tuple(pending))


def _policy(
    rules: Sequence[TreatmentRule], paths: Mapping[str, ColumnPath], catalogue: PiiCatalogue
) -> list[_PlacedRule]:
    """The enabled rules; every name in them is known."""
    policy: list[_PlacedRule] = []
    for number, rule in enumerate(rules, start=1):
        if not rule.enabled:
            continue
        path = None if rule.column is None else parse_path(rule.column)
        if path is not None and not any(lies_in(each, path) for each in paths.values()):
            raise ColumnNotFoundError(str(rule.column), list(paths))
        if rule.pii_type is not None and rule.pii_type not in catalogue.types:
            hint = did_you_mean(rule.pii_type, catalogue.types)
            raise InputError(f"Rule {number} is for the unknown type '{rule.pii_type}'{hint or '.'}", field="rules")
        policy.append(_PlacedRule(number, rule, path))
    return policy


def _winner(
    path: ColumnPath, finding: ColumnFinding | None, policy: Sequence[_PlacedRule], catalogue: PiiCatalogue
) -> _PlacedRule | None:
    """The rule that decides about a column."""
    fitting = [placed for placed in policy if _fits(placed, path, finding, catalogue)]
    return max(fitting, key=lambda placed: _rank(placed, catalogue), default=None)


def _fits(placed: _PlacedRule, path: ColumnPath, finding: ColumnFinding | None, catalogue: PiiCatalogue) -> bool:
    pii_type = placed.rule.pii_type
    of_type = pii_type is None or (finding is not None and catalogue.covers(pii_type, finding.pii_type))
    return of_type and (lies_in(path, placed.path) if placed.path else pii_type is not None)


def _rank(placed: _PlacedRule, catalogue: PiiCatalogue) -> tuple[int, int, int, int]:
    """The greater wins: priority, then how near the named column is, then how specific the type is, then the order."""
    near = 1 + len(placed.path.steps) if placed.path else 0
    specific = catalogue.depth(placed.rule.pii_type) + 1 if placed.rule.pii_type else 0
    return placed.rule.priority, near, specific, -placed.number


def _because(placed: _PlacedRule) -> str:
    rule = placed.rule
    return f"rule {placed.number} (priority {rule.priority}) for {rule.column or rule.pii_type}"


def _wholes(
    decided: Mapping[str, tuple[Treatment, _PlacedRule | None]], paths: Mapping[str, ColumnPath]
) -> Iterator[Treatment]:
    """The treatments without those that the same rule's treatment of what they lie in makes needless."""
    columns = {path: column for column, path in paths.items()}
    told: set[ColumnPath] = set()
    for treatment, placed in decided.values():
        whole = None if placed is None else placed.path
        if whole is None or whole in (paths[treatment.column], *told):
            if whole not in told:
                yield treatment
            continue
        if whole in columns and decided[columns[whole]][1] is placed:
            continue  # a column of JSON texts, which is treated as one
        within = [column for column, path in paths.items() if lies_in(path, whole)]
        alone = all(column in decided and decided[column][1] is placed for column in within)
        if alone and isinstance(treatment.action, Suppress):
            told.add(whole)
            yield Treatment(str(whole), None, treatment.action, treatment.because)
        else:
            yield treatment
