"""What a regulation still finds wrong once findings are treated: a score, and violations with the way out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from anonspark.domain.pii import ColumnFinding, ComplianceProfile, PiiCatalogue
from anonspark.domain.treatments import Treatment
from anonspark.pii.scope import profile_entry
from anonspark.pii.violations import Judge, Violation
from anonspark.vocabulary import Severity

SURE: Final = 0.9
"""A finding of at least this confidence is critical, unless its type tells little."""

LOW_WEIGHT: Final = 1

WEIGHTS: Final[Mapping[Severity, int]] = {Severity.CRITICAL: 3, Severity.WARNING: 1, Severity.INFO: 0}
"""What a finding counts in the score."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """One type of a profile: how many columns hold it or a kind of it, and how many of these are unresolved."""

    pii_type: str
    columns: int
    unresolved: int


@dataclass(frozen=True, slots=True)
class Compliance:
    """How a table stands with a profile.

    Attributes:
        score: 0 to 100; 100 where the profile finds nothing to do.
        compliant: Whether no critical finding is unresolved.
        violations: Critical ones first, then in the order of the findings.
        coverage: The types of the profile's list, in its order, then others of the profile that were found.
    """

    score: int
    compliant: bool
    violations: tuple[Violation, ...]
    coverage: tuple[Coverage, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The form of a summary."""
        return {
            "score": self.score,
            "compliant": self.compliant,
            "violations": [asdict(each) | {"severity": str(each.severity)} for each in self.violations],
            "coverage": [asdict(each) for each in self.coverage],
        }


def evaluate(
    findings: Sequence[ColumnFinding],
    treatments: Sequence[Treatment],
    profile: ComplianceProfile | None,
    catalogue: PiiCatalogue,
    *,
    keyed_hashes: bool = True,
) -> Compliance:
    """Measure what is left to do against a profile.

    A finding is critical if its type is one of the profile's and its confidence at least `SURE`; a warning below that,
    or where the type tells little; info outside the profile. The profile may say otherwise of a type. The score is
    floor(100 x (1 - unresolved / detected)), a critical finding counting 3, a warning 1 and an info 0.

    Args:
        findings: At most one a column, but for columns of free texts.
        treatments: What is done; none where a table was only looked at.
        profile: None where no regulation is named: every finding is an info then.
        catalogue: All types.
        keyed_hashes: Whether the hashes of these treatments have a key.
    """
    judge = Judge(treatments, profile, catalogue, keyed_hashes)
    severities = [severity_of(finding, findings, profile, catalogue) for finding in findings]
    told = [judge.violation(*each) for each in zip(findings, severities, strict=True)]
    unresolved = [violation is not None and violation.unresolved for violation in told]
    detected = sum(WEIGHTS[severity] for severity in severities)
    left = sum(WEIGHTS[severity] for severity, is_open in zip(severities, unresolved, strict=True) if is_open)
    violations = [violation for violation in told if violation is not None]
    return Compliance(
        score=100 * (detected - left) // detected if detected else 100,
        compliant=not any(each.unresolved and each.severity is Severity.CRITICAL for each in violations),
        violations=tuple(sorted(violations, key=lambda each: -WEIGHTS[each.severity])),
        coverage=_coverage(findings, unresolved, profile, catalogue),
    )


def standings(
    findings: Sequence[ColumnFinding],
    treatments: Sequence[Treatment],
    profiles: Mapping[str, ComplianceProfile],
    catalogue: PiiCatalogue,
    *,
    keyed_hashes: bool = True,
) -> list[dict[str, Any]]:
    """How a table stands with each regulation, in the form of a summary: one row a profile that has types.

    `columns` holds what the regulation is about; `critical` and `warning` are what is unresolved of it.
    """
    told: list[dict[str, Any]] = []
    for profile in profiles.values():
        if not profile.pii_types:
            continue
        found = evaluate(findings, treatments, profile, catalogue, keyed_hashes=keyed_hashes)
        left = [each.severity for each in found.violations if each.unresolved]
        told.append(
            {
                "profile": profile.id,
                "score": found.score,
                "compliant": found.compliant,
                "columns": sum(each.columns for each in found.coverage),
                "critical": left.count(Severity.CRITICAL),
                "warning": left.count(Severity.WARNING),
            }
        )
    return told


def severity_of(
    finding: ColumnFinding,
    findings: Sequence[ColumnFinding],
    profile: ComplianceProfile | None,
    catalogue: PiiCatalogue,
) -> Severity:
    """How bad it is if nothing is done about a finding of a table with these findings."""
    if profile is None or profile_entry(finding, findings, profile, catalogue) is None:
        return Severity.INFO
    own = catalogue.nearest(finding.pii_type, profile.severities)
    if own is not None:
        return profile.severities[own]
    tells_little = catalogue.types[finding.pii_type].weight <= LOW_WEIGHT and not profile.equal_types
    return Severity.WARNING if tells_little or finding.confidence < SURE else Severity.CRITICAL


def _coverage(
    findings: Sequence[ColumnFinding],
    unresolved: Sequence[bool],
    profile: ComplianceProfile | None,
    catalogue: PiiCatalogue,
) -> tuple[Coverage, ...]:
    if profile is None:
        return ()
    columns = dict.fromkeys(profile.pii_types, 0)
    left = dict.fromkeys((*profile.pii_types, *profile.also), 0)
    for finding, is_open in zip(findings, unresolved, strict=True):
        entry = profile_entry(finding, findings, profile, catalogue)
        if entry is not None:
            columns[entry] = columns.get(entry, 0) + 1
            left[entry] += is_open
    return tuple(Coverage(pii_type, count, left[pii_type]) for pii_type, count in columns.items())
