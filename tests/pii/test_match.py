"""From profiles to findings: name, values, kind and neighbours weighed together."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonspark.config.pii_knowledge import load_knowledge
from anonspark.domain.pii import ColumnProfile
from anonspark.errors import ConfigurationError
from anonspark.pii.match import find_pii
from anonspark.vocabulary import DataKind, DetectionMethod
from tests.pii.schemas import SCHEMAS, columns_of, luhn
from tests.pii.tables import profile_of, profiles_of

KNOWLEDGE = load_knowledge()


def found(columns, **arguments):
    profiles = [columns] if isinstance(columns, ColumnProfile) else columns
    profiles = profiles_of(profiles) if isinstance(profiles, dict) else profiles
    return {finding.column: finding for finding in find_pii(profiles, KNOWLEDGE, **arguments)}


def types_of(columns, **arguments):
    return {column: finding.pii_type for column, finding in found(columns, **arguments).items()}


def numbers(count, digits, seed=3):
    draw = random.Random(seed)
    return [str(draw.randrange(10 ** (digits - 1), 10**digits)) for _ in range(count)]


EMAILS = [f"ann{at}.lee@mail{at % 7}.org" for at in range(40)]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_columns_of_a_schema_are_found_and_nothing_else(schema):
    labels = {name: (label or "none").split("|") for name, (_, label) in SCHEMAS[schema][1].items()}
    found_types = types_of(columns_of(schema))
    wrong = {
        name: (found_types.get(name, "none"), accepted)
        for name, accepted in labels.items()
        if found_types.get(name, "none") not in accepted
    }
    assert wrong == {}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_values_alone_never_flag_a_column_without_personal_data(schema):
    labels = [label for _, label in SCHEMAS[schema][1].values()]
    columns = dict(enumerate(columns_of(schema).values()))
    flagged = types_of({f"c{at}": cells for at, cells in columns.items()})
    assert [column for column in flagged if labels[int(column[1:])] is None] == []


def test_agreeing_evidence_is_surer_than_either_and_contradicting_values_take_from_the_name():
    by_name = found({"email": []})["email"]
    by_values = found({"c1": EMAILS})["c1"]
    both = found({"email": EMAILS})["email"]
    assert by_name.confidence == 0.95
    assert by_values.method is DetectionMethod.PATTERN
    assert by_name.confidence < both.confidence <= 0.99
    assert both.method is DetectionMethod.NAME_AND_VALUES
    low = found({"email": [f"word {at}" for at in range(20)]}, threshold=0.0)["email"]
    assert low.confidence == pytest.approx(0.95 - 0.3)
    few = found({"email": [f"word {at}" for at in range(19)]})["email"]
    assert few.confidence == 0.95


def test_the_share_is_one_of_all_cells_that_hold_a_value():
    mixed = found({"c1": EMAILS[:30] + ["none of it"] * 30 + [None] * 40}, threshold=0.0)["c1"]
    assert mixed.share == 0.5
    assert mixed.confidence < 0.8


def test_one_hit_among_many_values_does_not_label_a_column():
    assert types_of({"notes": [*EMAILS[:1], *[f"text number {at}" for at in range(40)]]}) == {}


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("email_count", DataKind.WHOLE, ["1", "2", "3"]),
        ("x_email_count", DataKind.TEXT, ["1", "2", "3"] * 10),
        ("email", DataKind.WHOLE, ["1", "2"]),
        ("email", DataKind.FLAG, ["true", "false"]),
        ("phone", DataKind.FLAG, ["true", "false"]),
        ("email", DataKind.TEXT, ["Y", "N"] * 15),
        ("has_email", DataKind.FLAG, ["true", "false"]),
        ("address", DataKind.TIMESTAMP, ["2024-01-01 10:00:00"]),
        ("first_name", DataKind.DECIMAL, ["1.5"]),
        ("password", DataKind.DATE, ["2024-01-01"]),
    ],
)
def test_a_column_whose_kind_cannot_hold_a_type_is_not_of_it(name, kind, values):
    assert types_of(profile_of(name, values, kind)) == {}


@pytest.mark.parametrize(
    ("name", "expected"), [("has_disability", "disability"), ("union_member_flag", "trade_union"), ("smoker", "health")]
)
def test_a_flag_tells_where_whether_is_personal(name, expected):
    assert types_of(profile_of(name, ["true", "false"] * 20, DataKind.FLAG)) == {name: expected}


def test_numbers_that_lost_their_leading_zeros_are_told_by_the_name_only():
    zips = profile_of("zip", ["2139", "60614", "90210", "10001"] * 10, DataKind.WHOLE)
    assert types_of(zips) == {"zip": "us_zip"}
    assert types_of(profile_of("c1", ["1002", "2139", "90210", "10001"] * 10, DataKind.WHOLE)) == {}
    ssn = profile_of("ssn", numbers(30, 8), DataKind.WHOLE)
    assert found(ssn)["ssn"].pii_type == "ssn"
    ruined = profile_of("cc_number", ["5.54563E+15", "4.91622E+15"] * 15)
    assert types_of(ruined) == {"cc_number": "credit_card"}


@pytest.mark.parametrize("digits", [8, 9, 10, 11, 12, 13, 14, 15, 16])
@pytest.mark.parametrize("kind", [DataKind.TEXT, DataKind.WHOLE])
def test_random_numbers_are_no_personal_data_however_many_digits_they_have(digits, kind):
    assert types_of(profile_of("c1", numbers(400, digits), kind)) == {}
    assert types_of(profile_of("order_no", numbers(400, digits, seed=4), kind)) == {}


def drawn(make, count=150, seed=11):
    draw = random.Random(seed)
    return [make(draw) for _ in range(count)]


@pytest.mark.parametrize(
    "make",
    [
        lambda draw: f"{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}-{draw.randint(1950, 2024)}",
        lambda draw: f"{draw.randint(1, 28):02d}.{draw.randint(1, 12):02d}.{draw.randint(1950, 2024)}",
        lambda draw: f"{draw.randint(1, 12)}/{draw.randint(1, 28)}/{draw.randint(1950, 2024)}",
        lambda draw: f"{draw.randint(1, 12):02d}/{draw.randint(2000, 2030)}",
        lambda draw: f"{draw.randint(1, 12):02d}-{draw.randint(2000, 2030)}",
        lambda draw: f"{draw.randint(1950, 2024)}{draw.randint(1, 12):02d}{draw.randint(1, 28):02d}",
        lambda draw: f"{draw.randint(0, 23):02d}:{draw.randint(0, 59):02d}:{draw.randint(0, 59):02d}",
        lambda draw: f"{draw.randint(1000, 9000)}-{draw.randint(1000, 9000)}",
        lambda draw: f"{draw.randint(10, 99)}-{draw.randint(1000, 9999)}-{draw.randint(10, 99)}",
        lambda draw: f"{draw.randint(100000, 999999)}-{draw.randint(1000, 9999)}",
        lambda draw: f"{draw.randint(1000, 9999)} {draw.choice(['ML', 'MG', 'KG'])}",
        lambda draw: draw.choice(["A+", "A-", "B+", "B-", "A", "B"]),
        lambda draw: draw.choice(["AAA", "AA+", "A-", "BBB"]),
        lambda draw: f"{draw.randint(1, 50)} {draw.choice(['mile run', 'K run', 'mile walk'])}",
        lambda draw: f"{draw.randint(1, 50)} pack {draw.choice(['night light', 'spring water', 'door lock'])}",
        lambda draw: f"XX{draw.randint(1000, 9999)}",
        lambda draw: f"{draw.uniform(-9000, 9000):.4f}",
        lambda draw: f"{draw.uniform(0, 9000):,.2f}",
        lambda draw: f"{draw.randint(1, 9)}.{draw.randint(0, 20)}.{draw.randint(0, 20)}",
        lambda draw: f"v{draw.randint(1, 9)}.{draw.randint(0, 20)}",
        lambda draw: f"#{draw.randrange(16**6):06x}",
        lambda draw: f"{draw.randrange(16**32):032x}",
        lambda draw: f"{draw.randrange(16**64):064x}",
        lambda draw: f"{draw.choice('ABCD')}{draw.randint(1, 99)}",
        lambda draw: "".join(draw.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(8)),
        lambda draw: "".join(draw.choice("ABCDEFGHJKLMNPRSTUVWXYZ0123456789") for _ in range(17)),
        lambda draw: f"/data/{draw.choice('abc')}/part-{draw.randint(1, 99999):05d}.csv",
        lambda draw: f"{draw.randint(1, 99)}%",
        lambda draw: draw.choice(["low", "medium", "high"]),
    ],
)
def test_what_only_looks_like_personal_data_is_not_reported_without_a_name(make):
    assert types_of({"c1": drawn(make)}) == {}


def test_a_check_digit_must_beat_chance_on_enough_values():
    cards = [luhn("4" + body) for body in numbers(40, 14)]
    assert types_of({"c1": cards}) == {"c1": "credit_card"}
    assert types_of({"c1": cards[:10]}) == {}
    assert types_of({"card_no": cards[:10]}) == {"card_no": "credit_card"}
    assert types_of({"c1": [*cards[:20], *("4" + number for number in numbers(20, 15))]}) == {}


def test_versions_are_no_addresses_of_the_net():
    draw = random.Random(5)
    versions = [".".join(str(draw.randrange(25)) for _ in range(4)) for _ in range(60)]
    assert types_of({"c1": versions, "version": versions, "build": versions}) == {}
    addresses = [".".join(str(draw.randrange(1, 255)) for _ in range(4)) for _ in range(60)]
    assert types_of({"c1": addresses}) == {"c1": "ipv4"}


def test_a_kind_of_a_type_is_reported_where_nearly_all_values_are_of_it_else_the_type():
    american = [f"({area}) 555-01{at:02d}" for at, area in enumerate(range(201, 241))]
    german = [f"+49 30 9018{at:04d}" for at in range(40)]
    assert types_of({"phone": american}) == {"phone": "us_phone"}
    assert types_of({"phone": german}) == {"phone": "eu_phone"}
    assert types_of({"phone": [*american, *german]}) == {"phone": "phone"}
    assert types_of({"us_phone": german})["us_phone"] in {"phone", "eu_phone"}


def test_words_with_other_meanings_need_values_or_neighbours():
    states = ["CA", "NY", "TX", "WA", "OR"] * 10
    workflow = ["open", "closed", "pending"] * 10
    assert types_of({"state": states}) == {"state": "state"}
    assert types_of({"state": workflow, "city": ["Dallas"] * 30, "zip": ["75001"] * 30}).get("state") is None
    titles = ["Data Engineer", "Staff Nurse", "Sales Manager"] * 10
    assert types_of({"title": titles}) == {"title": "job_title"}
    assert types_of({"title": ["The Old Sea", "Winter Tales", "A Walk"] * 10}) == {}
    assert types_of({"title": ["Mr.", "Ms.", "Dr."] * 10}) == {}


def test_dates_are_personal_only_beside_a_person():
    dates = [f"2024-{month:02d}-{day:02d}" for month in range(1, 13) for day in (3, 17)]
    assert types_of({"visit_date": dates, "ward": ["A"] * 24}) == {}
    assert types_of({"visit_date": dates, "patient_name": ["Ann Lee"] * 24})["visit_date"] == "date"


def test_only_the_types_asked_for_and_kinds_of_them_are_found():
    columns = {"email": EMAILS, "phone": [f"(212) 555-01{at:02d}" for at in range(40)]}
    assert types_of(columns, types={"phone"}) == {"phone": "us_phone"}
    assert types_of(columns, types={"email"}) == {"email": "email"}
    with pytest.raises(ConfigurationError, match="did you mean 'email'"):
        found(columns, types={"emial"})


def test_the_threshold_is_inclusive_and_nothing_below_it_is_reported():
    column = {"email_xyz": []}
    assert found(column, threshold=0.8)["email_xyz"].confidence == 0.8
    assert found(column, threshold=0.81) == {}


def test_evidence_is_told_in_words_without_any_value():
    finding = found({"contact_email": EMAILS, "zip": ["94110"] * 30})["contact_email"]
    text = " ".join(finding.evidence)
    assert "100.0% of 40 values have the shape of Email" in text
    assert not any(value in text or value.split("@")[0] in text for value in EMAILS)


def test_a_type_of_ones_own_is_found_by_its_names_and_shapes():
    own = """
    types: {badge_number: {parent: employee_id, weight: 3}}
    names: {badge_number: {strong: [campus badge]}}
    shapes: {badge_number: [{pattern: 'BX-\\d{6}', specificity: 0.95, alone: true}]}
    """
    knowledge = load_knowledge([own])
    columns = profiles_of({"c1": [f"BX-{number}" for number in numbers(30, 6)], "campus_badge": []})
    assert {finding.column: finding.pii_type for finding in find_pii(columns, knowledge)} == {
        "c1": "badge_number",
        "campus_badge": "badge_number",
    }


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=60)), max_size=30), st.sampled_from(list(DataKind)))
def test_any_values_of_any_kind_can_be_judged(cells, kind):
    for finding in find_pii([profile_of("c1", cells, kind), profile_of("state", cells, kind)], KNOWLEDGE, threshold=0):
        assert 0 <= finding.confidence <= 0.99
        assert finding.share is None or 0 <= finding.share <= 1
