"""Findings, rules and a profile -> what is done with which column, and what nobody has decided."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from anonspark.domain.paths import ColumnPath, lies_in, parse_path
from anonspark.domain.pii import ColumnFinding, ComplianceProfile, PiiCatalogue
from anonspark.domain.treatments import Suppress, Treatment, TreatmentRule
from anonspark.errors import ColumnNotFoundError, InputError, did_you_mean
from anonspark.pii.defaults import profile_action
from anonspark.pii.scope import profile_entry
from anonspark.vocabulary import ActionName, DataKind

STRENGTH: Final = (
    ActionName.SUPPRESS,
    ActionName.REDACT,
    ActionName.ENCRYPT,
    ActionName.TOKENIZE,
    ActionName.HASH,
    ActionName.PSEUDONYMIZE,
    ActionName.FORMAT_PRESERVING_ENCRYPT,
    ActionName.K_ANONYMIZE,
    ActionName.GENERALIZE,
    ActionName.TRUNCATE,
    ActionName.MASK,
    ActionName.DATE_SHIFT,
    ActionName.ADD_NOISE,
    ActionName.KEEP,
)
"""Actions by how little they leave to who reads the table."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done.

    Attributes:
        treatments: In the order of the table's columns, at most one each.
        pending: Findings in columns that no rule and no profile says anything about.
    """

    treatments: tuple[Treatment, ...]
    pending: tuple[ColumnFinding, ...]


@dataclass(frozen=True, slots=True)
class _PlacedRule:
    """A rule with its number in the policy, from 1, and the path that it names, if it names one."""

    number: int
    rule: TreatmentRule
    path: ColumnPath | None


@dataclass(frozen=True, slots=True)
class _Decided:
    """A treatment, and the rule that it follows from, if one does."""

    treatment: Treatment
    placed: _PlacedRule | None = None


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
        findings: At most one a column, but for columns of free texts.
        rules: In the order of the policy.
        profile: None where rules alone decide.
        catalogue: All types.
        apply_profile_defaults: Whether the profile says what is done where no rule does.

    Raises:
        ColumnNotFoundError: An enabled rule names a column that is not in the table.
        InputError: An enabled rule names a type that is not in the catalogue.
    """
    # A path within JSON may be found in one row of millions and be in no sample; its values are texts.
    kinds = {**columns, **{each.column: DataKind.TEXT for each in findings if each.column not in columns}}
    paths = {column: parse_path(column) for column in kinds}
    policy = _policy(rules, paths, catalogue)
    default = profile if apply_profile_defaults else None
    found: dict[str, list[ColumnFinding]] = {}
    for finding in findings:
        found.setdefault(finding.column, []).append(finding)
    decided: dict[str, _Decided] = {}
    pending: list[ColumnFinding] = []
    for column, kind in kinds.items():
        said: list[_Decided] = []
        for each in found.get(column, [None]):
            placed = _winner(paths[column], each, policy, catalogue)
            if placed is not None:
                pii_type = None if each is None else each.pii_type
                said.append(_Decided(Treatment(column, pii_type, placed.rule.action, _because(placed)), placed))
            elif each is not None and default is not None and profile_entry(each, findings, default, catalogue):
                action, because = profile_action(each, kind, default, catalogue)
                said.append(_Decided(Treatment(column, each.pii_type, action, because)))
        if said:
            decided[column] = _strongest(said)
        else:
            pending += found.get(column, [])
    return Plan(tuple(_wholes(decided, paths)), tuple(pending))


def _strongest(said: Sequence[_Decided]) -> _Decided:
    """What is done with a column: of several types within its texts all are treated as the one that asks for most."""
    most = min(said, key=lambda each: STRENGTH.index(each.treatment.action.name))
    if len({each.treatment.action for each in said}) == 1:
        return most
    because = f"{most.treatment.because}; it asks for most of what was found within the texts"
    return replace(most, treatment=replace(most.treatment, because=because))


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


def _wholes(decided: Mapping[str, _Decided], paths: Mapping[str, ColumnPath]) -> Iterator[Treatment]:
    """The treatments without those that the same rule's treatment of what they lie in makes needless."""
    columns = {path: column for column, path in paths.items()}

    def is_by(column: str, placed: _PlacedRule | None) -> bool:
        return column in decided and decided[column].placed is placed

    told: set[ColumnPath] = set()
    for column, each in decided.items():
        placed = each.placed
        whole = None if placed is None else placed.path
        if whole is None or whole in (paths[column], *told):
            if whole not in told:
                yield each.treatment
            continue
        if whole in columns and is_by(columns[whole], placed):
            continue  # a column of JSON texts, which is treated as one
        alone = all(is_by(within, placed) for within, path in paths.items() if lies_in(path, whole))
        if alone and isinstance(each.treatment.action, Suppress):
            told.add(whole)
            yield Treatment(str(whole), None, each.treatment.action, each.treatment.because)
        else:
            yield each.treatment
