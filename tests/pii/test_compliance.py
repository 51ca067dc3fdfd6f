"""What regulations find wrong with a table, before and after it is treated."""

from collections.abc import Sequence
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.config.pii_knowledge import load_catalogue
from anonspark.config.profiles import load_profiles
from anonspark.domain.pii import ColumnFinding
from anonspark.domain.treatments import (
    Action,
    AddNoise,
    DateShift,
    Encrypt,
    FormatPreservingEncrypt,
    Generalize,
    Hash,
    KAnonymize,
    Keep,
    Mask,
    Pseudonymize,
    Redact,
    Suppress,
    Tokenize,
    Treatment,
    Truncate,
)
from anonspark.pii.compliance import Compliance, evaluate, standings
from anonspark.pii.plan import plan_treatments
from anonspark.pii.violations import Violation
from anonspark.vocabulary import DataKind, DetectionMethod, Severity

CATALOGUE = load_catalogue()
PROFILES = load_profiles(CATALOGUE)


def finding(column: str, pii_type: str | None = None, confidence: float = 0.95) -> ColumnFinding:
    return ColumnFinding(column, pii_type or column, confidence, DetectionMethod.EXACT_NAME, ())


def treatment(column: str, action: Action, pii_type: str | None = None) -> Treatment:
    return Treatment(column, pii_type or column, action, "rule 1 (priority 0) for it")


def judged(profile: str | None, findings: Sequence[ColumnFinding], *treated: Treatment, **more: bool) -> Compliance:
    return evaluate(findings, treated, None if profile is None else PROFILES[profile], CATALOGUE, **more)


def one(profile: str, pii_type: str, action: Action | None, *beside: ColumnFinding) -> Violation | None:
    """What is said about one column of a type with an action, beside untreated columns of other types."""
    treated = [] if action is None else [treatment("c", action, pii_type)]
    found = judged(profile, [finding("c", pii_type), *beside], *treated)
    return next((each for each in found.violations if each.column == "c"), None)


def test_nothing_detected_is_100() -> None:
    assert judged("hipaa", []) == Compliance(100, True, (), judged("hipaa", []).coverage)
    assert judged("pci_dss", [finding("city"), finding("email")]).score == 100


@pytest.mark.parametrize(
    ("pii_type", "confidence", "severity"),
    [
        ("email", 0.9, Severity.CRITICAL),
        ("email", 0.89, Severity.WARNING),
        ("uuid", 0.99, Severity.INFO),  # ccpa does not name it
        ("user_agent", 0.99, Severity.WARNING),  # weight 1
        ("job_title", 0.99, Severity.WARNING),  # weight 1, covered by employment_info
        ("iban", 0.99, Severity.INFO),
    ],
)
def test_severity_follows_from_profile_confidence_and_weight(
    pii_type: str, confidence: float, severity: Severity
) -> None:
    [violation] = judged("ccpa", [finding("c", pii_type, confidence)]).violations
    assert (violation.severity, violation.unresolved) == (severity, True)


def test_the_profile_can_make_a_type_critical_whatever_the_confidence() -> None:
    [violation] = judged("gdpr", [finding("faith", "religious", 0.81)]).violations
    assert violation.severity is Severity.CRITICAL


def test_without_a_profile_everything_is_an_info() -> None:
    found = judged(None, [finding("email")])
    assert (found.score, found.compliant, found.coverage) == (100, True, ())
    assert [each.severity for each in found.violations] == [Severity.INFO]


def test_the_score_counts_critical_findings_three_times() -> None:
    # 3 + 3 + 1 + 0 detected; 3 + 1 left: 100 x 3 / 7 = 42.86.
    findings = [finding("email"), finding("ssn"), finding("user_agent"), finding("iban")]
    found = judged("ccpa", findings, treatment("ssn", Redact()))
    assert (found.score, found.compliant) == (42, False)
    assert [each.column for each in found.violations] == ["email", "user_agent", "iban"]


def test_a_warning_alone_is_compliant_but_not_100() -> None:
    found = judged("ccpa", [finding("email"), finding("user_agent")], treatment("email", Hash()))
    assert (found.score, found.compliant) == (75, True)


@given(
    st.lists(st.tuples(st.sampled_from(["email", "user_agent", "iban", "ssn", "name"]),
                       st.sampled_from([0.8, 0.9, 0.99]), st.booleans()), max_size=9)
)  # fmt: skip
def test_the_score_is_what_a_hand_would_count(columns: list[tuple[str, float, bool]]) -> None:
    detected = unresolved = critical = 0
    for pii_type, confidence, treated in columns:
        weight = {"user_agent": 1, "iban": 0}.get(pii_type, 3 if confidence >= 0.9 else 1)
        detected += weight
        unresolved += 0 if treated else weight
        critical += weight == 3 and not treated
    findings = [finding(f"c{place}", each[0], each[1]) for place, each in enumerate(columns)]
    done = [treatment(f"c{place}", Redact(), each[0]) for place, each in enumerate(columns) if each[2]]
    found = judged("ccpa", findings, *done)
    assert found.score == (floor(100 * (1 - unresolved / detected) + 1e-9) if detected else 100)
    assert found.compliant == (critical == 0)
    assert len([each for each in found.violations if each.unresolved]) == sum(not each[2] for each in columns)


def test_keeping_a_type_of_the_profile_leaves_it_unresolved_and_says_who_decided_so() -> None:
    violation = one("gdpr", "email", Keep())
    assert violation is not None
    assert violation.unresolved
    assert violation.sentence == "Holds Email, and is kept as it is: rule 1 (priority 0) for it."
    assert violation.advice == "Let GDPR treat it (pseudonymize), or write a rule for it."


def test_a_column_that_is_gone_with_what_it_lay_in_is_resolved() -> None:
    found = judged(
        "gdpr", [finding("home.mail", "email"), finding("home.tels[]", "phone")], treatment("home", Suppress())
    )
    assert (found.score, found.violations) == (100, ())
    kept = judged(
        "gdpr", [finding("home.mail", "email")], treatment("home", Redact()), treatment("home.mail", Keep(), "email")
    )
    assert kept.score == 0


def test_what_is_done_with_texts_is_done_with_all_that_was_found_in_them() -> None:
    within = [finding("notes", "email"), finding("notes", "us_phone")]
    assert judged("gdpr", within, treatment("notes", Redact(), "phone")).violations == ()
    assert len(judged("gdpr", within, treatment("notes", Keep(), "phone")).violations) == 2


PERSON = finding("who", "name")


@pytest.mark.parametrize(
    ("pii_type", "action", "enough"),
    [
        ("date", Generalize(to="year"), True),
        ("date", Generalize(to="decade"), True),
        ("date", Generalize(), True),
        ("date", Generalize(to="month"), False),
        ("date", Generalize(levels=1), False),
        ("date", Generalize(levels=3), True),
        ("date_of_birth", Generalize(to="quarter"), False),
        ("date", DateShift(), False),
        ("date", Truncate(4), False),
        ("date", Redact(), True),
        ("date", Tokenize(), True),
        ("us_zip", Generalize(keep=3), True),
        ("us_zip", Generalize(keep=2), True),
        ("us_zip", Generalize(), True),
        ("us_zip", Generalize(levels=1), True),
        ("us_zip", Generalize(keep=4), False),
        ("us_zip", Truncate(3), False),
        ("us_zip", Mask(show_first=3, show_last=0), False),
        ("us_zip", Mask(show_first=0, show_last=0), True),
        ("city", Generalize(levels=1), False),
        ("latitude", Generalize(bin_size=0.5), False),
        ("address", Pseudonymize(), True),
        ("age", Generalize(), True),
        ("age", AddNoise(), False),
        ("age", None, False),
        ("us_zip", None, False),
        ("date", None, False),
    ],
)
def test_hipaa_takes_years_three_digits_of_a_zip_code_and_nothing_finer(
    pii_type: str, action: Action | None, enough: bool
) -> None:
    violation = one("hipaa", pii_type, action, PERSON)
    assert (violation is None) == enough
    if violation is not None:
        assert violation.unresolved
        assert violation.severity is (Severity.WARNING if pii_type == "age" else Severity.CRITICAL)


def test_a_date_without_a_person_is_none_of_hipaas() -> None:
    violation = one("hipaa", "date", None)
    assert violation is not None
    assert violation.severity is Severity.INFO
    born = one("hipaa", "date_of_birth", None)
    assert born is not None
    assert born.severity is Severity.CRITICAL


def test_a_part_of_an_identifier_is_to_be_reviewed_under_hipaa_and_resolved() -> None:
    found = judged("hipaa", [finding("ssn")], treatment("ssn", Mask()))
    [violation] = found.violations
    assert (found.score, found.compliant) == (100, True)
    assert (violation.severity, violation.unresolved) == (Severity.WARNING, False)
    assert "leaves a part of it" in violation.sentence
    assert judged("gdpr", [finding("phone")], treatment("phone", Mask())).violations == ()


@pytest.mark.parametrize("pii_type", ["cvv", "pin", "magnetic_stripe"])
@pytest.mark.parametrize(
    "action",
    [Encrypt(), Hash(), Tokenize(), Mask(), Truncate(), Pseudonymize(), FormatPreservingEncrypt(), Keep(), None],
)
def test_what_authenticates_a_card_may_not_be_kept_in_any_form(pii_type: str, action: Action | None) -> None:
    violation = one("pci_dss", pii_type, action)
    assert violation is not None
    assert (violation.severity, violation.unresolved) == (Severity.CRITICAL, True)
    assert one("pci_dss", pii_type, Suppress()) is None
    assert one("pci_dss", pii_type, Redact()) is None


@pytest.mark.parametrize(
    ("pii_type", "action", "enough"),
    [
        ("credit_card", Mask(6, 4), True),
        ("credit_card", Mask(8, 4), True),
        ("credit_card", Mask(9, 4), False),
        ("credit_card", Mask(0, 5), False),
        ("amex", Mask(6, 4), True),
        ("amex", Mask(8, 4), False),
        ("credit_card", Truncate(8), True),
        ("credit_card", Truncate(4, start=False), True),
        ("credit_card", Truncate(6, start=False), False),
        ("credit_card", Tokenize(), True),
        ("credit_card", KAnonymize(), False),
    ],
)
def test_pci_dss_lets_the_first_and_last_digits_of_a_card_be_seen(pii_type: str, action: Action, enough: bool) -> None:
    assert (one("pci_dss", pii_type, action) is None) == enough


def test_a_hashed_card_number_needs_a_key_and_is_to_be_reviewed_beside_a_truncated_one() -> None:
    cards = [finding("a", "credit_card"), finding("b", "amex")]
    hashed = treatment("a", Hash(), "credit_card")
    assert judged("pci_dss", cards, hashed, treatment("b", Hash(), "amex")).violations == ()
    assert judged("pci_dss", cards, hashed, treatment("b", Mask(0, 0), "amex")).violations == ()
    beside = judged("pci_dss", cards, hashed, treatment("b", Mask(6, 4), "amex"))
    [violation] = beside.violations
    assert (violation.column, violation.severity, violation.unresolved) == ("a", Severity.WARNING, False)
    assert "'b'" in violation.sentence
    assert beside.compliant
    plain = judged("pci_dss", cards, hashed, treatment("b", Mask(6, 4), "amex"), keyed_hashes=False)
    assert [(each.column, each.severity, each.unresolved) for each in plain.violations] == [
        ("a", Severity.CRITICAL, True)
    ]
    assert (plain.score, plain.compliant) == (50, False)


def test_a_year_of_birth_is_enough_for_hipaa_and_comes_with_a_condition() -> None:
    found = judged("hipaa", [finding("date_of_birth")], treatment("date_of_birth", Generalize(to="year")))
    [violation] = found.violations
    assert (found.score, violation.severity, violation.unresolved) == (100, Severity.WARNING, False)
    assert "over 89" in violation.advice
    assert judged("hipaa", [finding("date_of_birth")], treatment("date_of_birth", Redact())).violations == ()


def test_coverage_lists_the_profiles_types_and_what_else_of_it_was_found() -> None:
    findings = [finding("first_name"), finding("last_name"), finding("amex"), finding("npi"), finding("iban")]
    found = judged("hipaa", findings, treatment("first_name", Redact()), treatment("npi", Redact()))
    told = {each.pii_type: (each.columns, each.unresolved) for each in found.coverage}
    assert [*told][:18] == [*PROFILES["hipaa"].pii_types]
    assert told["name"] == (2, 1)
    assert told["account_number"] == (1, 1)
    assert told["ssn"] == (0, 0)
    assert {name: told[name] for name in [*told][18:]} == {"credit_card": (1, 1), "npi": (1, 0)}


def test_every_regulation_that_has_types_has_a_standing_of_its_own() -> None:
    findings = [finding("credit_card"), finding("email"), finding("user_agent")]
    told = {each["profile"]: each for each in standings(findings, [treatment("email", Redact())], PROFILES, CATALOGUE)}
    assert [*told] == [name for name in PROFILES if name != "custom"]
    assert told["pci_dss"] == {
        "profile": "pci_dss", "score": 0, "compliant": False, "columns": 1, "critical": 1, "warning": 0
    }  # fmt: skip
    assert told["ccpa"] == {
        "profile": "ccpa", "score": 75, "compliant": True, "columns": 2, "critical": 0, "warning": 1
    }  # fmt: skip
    assert told["sox"]["columns"] == 0


def test_the_summary_holds_plain_texts_and_numbers() -> None:
    told = judged("pci_dss", [finding("cvv")]).to_dict()
    assert (told["score"], told["compliant"]) == (0, False)
    assert told["violations"] == [
        {"column": "cvv", "pii_type": "cvv", "severity": "critical", "unresolved": True,
         "sentence": "Holds Cvv, and nothing is done with it.",
         "advice": "Let PCI-DSS treat it (suppress), or write a rule for it."}
    ]  # fmt: skip
    assert type(told["violations"][0]["severity"]) is str
    assert told["coverage"][1] == {"pii_type": "cvv", "columns": 1, "unresolved": 1}


@pytest.mark.parametrize("name", [name for name in PROFILES if name != "custom"])
@pytest.mark.parametrize("kind", DataKind)
def test_what_a_profile_does_by_itself_satisfies_it_for_every_type_and_kind(name: str, kind: DataKind) -> None:
    profile = PROFILES[name]
    findings = [finding(pii_type) for pii_type in CATALOGUE.types]
    columns = dict.fromkeys(CATALOGUE.types, kind)
    planned = plan_treatments(columns, findings, [], profile, CATALOGUE)
    found = evaluate(findings, planned.treatments, profile, CATALOGUE)
    assert (found.score, found.compliant) == (100, True)
    left = [each for each in found.violations if each.unresolved]
    assert [each.column for each in left] == [each.column for each in planned.pending]
    assert {each.severity for each in left} <= {Severity.INFO}
    assert {each.column for each in found.violations if not each.unresolved} <= {"date_of_birth"}
