"""What a regulation still finds wrong once findings are treated: a score, and violations with the way out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from anonspark.domain.paths import lies_in, parse_path
from anonspark.domain.pii import ColumnFinding, ComplianceProfile, PiiCatalogue
from anonspark.domain.treatments import Hash, Keep, Mask, Treatment, Truncate
from anonspark.pii.remains import is_gone, leaves_part, within_limit
from anonspark.pii.scope import profile_entry
from anonspark.vocabulary import Severity

SURE: Final = 0.9
"""A finding of at least this confidence is critical, unless its type tells little."""

LOW_WEIGHT: Final = 1

WEIGHTS: Final[Mapping[Severity, int]] = {Severity.CRITICAL: 3, Severity.WARNING: 1, Severity.INFO: 0}
"""What a finding counts in the score."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong with one column.

    Attributes:
        column: The path of the column.
        pii_type: What it holds.
        severity: How bad it is.
        unresolved: Whether the finding counts as untreated; else it was treated, and this is to be reviewed.
        sentence: What is wrong; the column is not named in it.
        advice: What to do.
    """

    column: str
    pii_type: str
    severity: Severity
    unresolved: bool
    sentence: str
    advice: str


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
        findings: At most one a column.
        treatments: What is done; none where a table was only looked at.
        profile: None where no regulation is named: every finding is an info then.
        catalogue: All types.
        keyed_hashes: Whether the hashes of these treatments have a key.
    """
    judge = _Judge(treatments, profile, catalogue, keyed_hashes)
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


class _Judge:
    """Says of each finding whether its treatment is enough."""

    def __init__(
        self,
        treatments: Sequence[Treatment],
        profile: ComplianceProfile | None,
        catalogue: PiiCatalogue,
        keyed_hashes: bool,
    ) -> None:
        self.treatments = [(parse_path(treatment.column), treatment) for treatment in treatments]
        self.profile = profile
        self.catalogue = catalogue
        self.keyed_hashes = keyed_hashes

    def violation(self, finding: ColumnFinding, severity: Severity) -> Violation | None:
        """What is wrong with a finding, if anything is."""
        treatment = self.treatment(finding)
        about = self.about(finding)
        unresolved = True
        if treatment is None:
            sentence, advice = f"{about}, and nothing is done with it.", self.way_out(finding, severity)
        elif isinstance(treatment.action, Keep):
            sentence, advice = f"{about}, and is kept as it is: {treatment.because}.", self.way_out(finding, severity)
        elif severity is Severity.INFO or self.profile is None:
            return None
        else:
            problem = self.problem(finding, treatment, self.profile)
            if problem is None:
                return None
            unresolved, sentence, advice = problem
            sentence = f"{about}, {sentence}"
            severity = severity if unresolved else Severity.WARNING
        return Violation(finding.column, finding.pii_type, severity, unresolved, sentence, advice)

    def treatment(self, finding: ColumnFinding) -> Treatment | None:
        """Of the column itself, else of the nearest one that it lies in."""
        path = parse_path(finding.column)
        around = [(len(where.steps), treatment) for where, treatment in self.treatments if lies_in(path, where)]
        return max(around, key=lambda each: each[0])[1] if around else None

    def about(self, finding: ColumnFinding) -> str:
        """How every sentence begins."""
        return f"Holds {self.catalogue.types[finding.pii_type].name}"

    def way_out(self, finding: ColumnFinding, severity: Severity) -> str:
        if severity is Severity.INFO or self.profile is None:
            outside = f"{self.profile.name} does not ask for anything" if self.profile else "No profile is named"
            return f"{outside}; write a rule if it should not stay."
        own = self.catalogue.nearest(finding.pii_type, self.profile.actions)
        action = self.profile.actions[own].name if own else self.profile.default_action
        return f"Let {self.profile.name} treat it ({action}), or write a rule for it."

    def problem(
        self, finding: ColumnFinding, treatment: Treatment, profile: ComplianceProfile
    ) -> tuple[bool, str, str] | None:
        """Whether a treated finding counts as unresolved, what is wrong and the way out; None where nothing is."""
        action, name = treatment.action, profile.name
        if self.catalogue.nearest(finding.pii_type, profile.never_kept) and not is_gone(action):
            return (
                True,
                f"which {name} forbids to keep in any form, and {action.name} keeps something of it.",
                "Suppress the column.",
            )
        if isinstance(action, Hash) and self.catalogue.nearest(finding.pii_type, profile.guarded_hashes):
            return self.hash_problem(finding, profile)
        limited = self.catalogue.nearest(finding.pii_type, profile.limits)
        if limited is not None and leaves_part(action):
            limits = profile.limits[limited]
            if any(within_limit(action, limit, finding.pii_type, self.catalogue) for limit in limits):
                return None
            return True, f"and {action.name} leaves more of it than {name} allows.", _allowed(limits, profile)
        if profile.parts_identify and isinstance(action, Mask | Truncate) and leaves_part(action):
            return (
                False,
                f"and {action.name} leaves a part of it; {name} counts parts of identifiers as identifiers.",
                "Review whether the part can stay; redact it if not.",
            )
        return None

    def hash_problem(self, finding: ColumnFinding, profile: ComplianceProfile) -> tuple[bool, str, str] | None:
        if not self.keyed_hashes:
            return True, f"hashed without a key, which {profile.name} does not accept.", "Name a key in hash_key."
        guarded = self.catalogue.nearest(finding.pii_type, profile.guarded_hashes)
        beside = next(
            (
                treatment.column
                for _, treatment in self.treatments
                if treatment.pii_type is not None
                and self.catalogue.nearest(treatment.pii_type, profile.guarded_hashes) == guarded
                and isinstance(treatment.action, Mask | Truncate)
                and leaves_part(treatment.action)
            ),
            None,
        )
        if beside is None:
            return None
        return (
            True,
            f"hashed beside column '{beside}', which shows a part: both together give it away.",
            "Tokenize or suppress one of the two.",
        )


def _allowed(limits: Sequence[Any], profile: ComplianceProfile) -> str:
    if not limits:
        return f"Nothing of it may be left under {profile.name}: redact or suppress it, or replace it."
    forms = " or ".join(f"{limit.name}{_config(limit)}" for limit in limits)
    return f"{profile.name} allows at most {forms}; or redact it."


def _config(limit: Any) -> str:  # noqa: ANN401  any action
    given = {key: value for key, value in asdict(limit).items() if value is not None}
    return f" ({', '.join(f'{key}: {value}' for key, value in given.items())})" if given else ""
