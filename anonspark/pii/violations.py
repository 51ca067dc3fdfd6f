"""What is wrong with one finding under a profile, given what is done with its column."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from anonspark.domain.paths import lies_in, parse_path
from anonspark.domain.pii import ColumnFinding, ComplianceProfile, PiiCatalogue
from anonspark.domain.treatments import Action, Hash, Keep, Mask, Treatment, Truncate
from anonspark.pii.defaults import profile_action
from anonspark.pii.remains import is_gone, leaves_part, within_limits
from anonspark.vocabulary import DataKind, Severity


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


class Judge:
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
        """What can be done about an untreated finding."""
        if severity is Severity.INFO or self.profile is None:
            outside = f"{self.profile.name} does not ask for anything" if self.profile else "No profile is named"
            return f"{outside}; write a rule if it should not stay."
        action, _ = profile_action(finding, DataKind.TEXT, self.profile, self.catalogue)
        return f"Let {self.profile.name} treat it ({action.name}), or write a rule for it."

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
            if within_limits(action, finding.pii_type, profile, self.catalogue):
                return self.review(finding, treatment, profile)
            allowed = _allowed(profile.limits[limited], profile)
            return True, f"and {action.name} leaves more of it than {name} allows.", allowed
        if profile.parts_identify and isinstance(action, Mask | Truncate) and leaves_part(action):
            return (
                False,
                f"and {action.name} leaves a part of it; {name} counts parts of identifiers as identifiers.",
                "Review whether the part can stay; redact it if not.",
            )
        return None

    def review(
        self, finding: ColumnFinding, treatment: Treatment, profile: ComplianceProfile
    ) -> tuple[bool, str, str] | None:
        """What people have to see to although the limit holds."""
        own = self.catalogue.nearest(finding.pii_type, profile.reviews)
        if own is None:
            return None
        return (
            False,
            f"and {treatment.action.name} leaves what {profile.name} allows, with a condition.",
            profile.reviews[own],
        )

    def hash_problem(self, finding: ColumnFinding, profile: ComplianceProfile) -> tuple[bool, str, str] | None:
        """Of a hash that needs a key."""
        guarded = self.catalogue.nearest(finding.pii_type, profile.guarded_hashes)
        if not self.keyed_hashes:
            return True, f"hashed without a key, which {profile.name} does not accept.", "Name a key in hash_key."
        parts = [
            treatment.column
            for _, treatment in self.treatments
            if treatment.pii_type is not None
            and self.catalogue.nearest(treatment.pii_type, profile.guarded_hashes) == guarded
            and isinstance(treatment.action, Mask | Truncate)
            and leaves_part(treatment.action)
        ]
        if not parts:
            return None
        return (
            False,
            f"hashed beside column '{parts[0]}', which shows a part: who has the key puts both together.",
            "Keep the key where nobody reads the table, or tokenize or suppress one of the two.",
        )


def _allowed(limits: Sequence[Action], profile: ComplianceProfile) -> str:
    if not limits:
        return f"Nothing of it may be left under {profile.name}: redact or suppress it, or replace it."
    forms = " or ".join(f"{limit.name}{_config(limit)}" for limit in limits)
    return f"{profile.name} allows at most {forms}; or redact it."


def _config(limit: Action) -> str:
    given = {key: value for key, value in asdict(limit).items() if value is not None}
    return f" ({', '.join(f'{key}: {value}' for key, value in given.items())})" if given else ""
