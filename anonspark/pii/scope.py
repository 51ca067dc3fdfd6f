"""Which findings a profile is about."""

from collections.abc import Sequence
from typing import Final

from anonspark.domain.pii import ColumnFinding, ComplianceProfile, PiiCatalogue

OF_THINGS: Final = frozenset({"date", "location", "url", "financial_record", "bank_name", "swift_bic"})
"""Types, and their kinds, that tables of shops and machines have too: they alone tell of no person."""

OF_PERSONS: Final = frozenset({"date_of_birth"})
"""Kinds of these that do."""


def profile_entry(
    finding: ColumnFinding, findings: Sequence[ColumnFinding], profile: ComplianceProfile, catalogue: PiiCatalogue
) -> str | None:
    """The type of the profile that covers a finding; None where the profile is not about it.

    Args:
        finding: The one in question.
        findings: All of its table: a date is one of a person only beside what tells of a person.
        profile: Whose types.
        catalogue: All types.
    """
    entry = profile.entry(finding.pii_type, catalogue)
    if finding.pii_type in profile.only_with_person and not any(
        tells_of_person(other.pii_type, catalogue) for other in findings
    ):
        return None
    return entry


def tells_of_person(pii_type: str, catalogue: PiiCatalogue) -> bool:
    """Whether a column of this type says that rows are about people.

    A kind of `date` or `location` does not, except a date of birth.
    """
    lineage = frozenset(catalogue.lineage(pii_type))
    return bool(lineage & OF_PERSONS) or not lineage & OF_THINGS
