"""Which rule decides about a column, what a profile adds, and what is left."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.domain.pii import ColumnFinding, ComplianceProfile, PiiCatalogue, PiiType
from anonspark.domain.treatments import (
    Generalize,
    Hash,
    Keep,
    Mask,
    Pseudonymize,
    Redact,
    Suppress,
    Tokenize,
    TreatmentRule,
)
from anonspark.errors import ColumnNotFoundError, InputError
from anonspark.pii.plan import Plan, plan_treatments
from anonspark.vocabulary import ActionName, DataKind, DetectionMethod

PARENTS = {
    "phone": None, "us_phone": "phone", "fax": "phone", "email": None, "name": None, "first_name": "name", "date": None,
    "date_of_birth": "date", "location": None, "us_zip": "location", "age": None, "photo": None,
    "income": None,
}  # fmt: skip
CATALOGUE = PiiCatalogue({name: PiiType(name, name.title(), "any", "", parent) for name, parent in PARENTS.items()})

TEXT = DataKind.TEXT


def finding(column: str, pii_type: str, confidence: float = 0.95) -> ColumnFinding:
    return ColumnFinding(column, pii_type, confidence, DetectionMethod.EXACT_NAME, ())


def profile(*pii_types: str, default: ActionName = ActionName.REDACT, **more: object) -> ComplianceProfile:
    return ComplianceProfile("law", "Law", "", pii_types, default, **more)  # type: ignore[arg-type]


def plan(
    columns: Sequence[str] | dict[str, DataKind],
    findings: Sequence[ColumnFinding],
    *rules: TreatmentRule,
    of: ComplianceProfile | None = None,
    defaults: bool = True,
) -> Plan:
    kinds = columns if isinstance(columns, dict) else dict.fromkeys(columns, TEXT)
    return plan_treatments(kinds, findings, rules, of, CATALOGUE, apply_profile_defaults=defaults)


def actions(planned: Plan) -> dict[str, object]:
    return {treatment.column: treatment.action for treatment in planned.treatments}


def test_the_rule_of_the_highest_priority_wins() -> None:
    rules = TreatmentRule(Hash(), "phone", priority=1), TreatmentRule(Mask(), "us_phone", priority=0)
    planned = plan(["tel"], [finding("tel", "us_phone")], *rules)
    assert actions(planned) == {"tel": Hash()}
    assert planned.treatments[0].because == "rule 1 (priority 1) for phone"
    assert planned.treatments[0].pii_type == "us_phone"


def test_of_one_priority_the_column_then_the_more_specific_type_then_the_first_wins() -> None:
    by_type = TreatmentRule(Hash(), "phone"), TreatmentRule(Mask(), "us_phone"), TreatmentRule(Redact(), "us_phone")
    found = [finding("tel", "us_phone"), finding("fax", "fax")]
    assert actions(plan(["tel", "fax"], found, *by_type)) == {"tel": Mask(), "fax": Hash()}
    assert actions(plan(["tel"], found[:1], *by_type, TreatmentRule(Keep(), column="tel"))) == {"tel": Keep()}


def test_a_rule_that_is_disabled_counts_for_nothing() -> None:
    off = TreatmentRule(Hash(), "phone", priority=9, enabled=False), TreatmentRule(Redact(), "nothing", enabled=False)
    planned = plan(["tel"], [finding("tel", "phone")], *off)
    assert planned.treatments == ()
    assert [each.column for each in planned.pending] == ["tel"]


def test_a_rule_for_a_column_needs_no_finding_and_one_for_a_type_does() -> None:
    rules = TreatmentRule(Suppress(), column="notes"), TreatmentRule(Hash(), "email")
    planned = plan(["notes", "mail"], [], *rules)
    assert actions(planned) == {"notes": Suppress()}
    assert planned.treatments[0].pii_type is None


def test_a_rule_for_a_kind_says_nothing_about_its_parent() -> None:
    planned = plan(["tel"], [finding("tel", "phone")], TreatmentRule(Hash(), "us_phone"))
    assert (planned.treatments, len(planned.pending)) == ((), 1)


def test_a_rule_for_a_column_and_a_type_needs_both() -> None:
    rule = TreatmentRule(Hash(), "phone", "a")
    planned = plan(["a", "b"], [finding("a", "email"), finding("b", "phone")], rule)
    assert planned.treatments == ()
    assert actions(plan(["a"], [finding("a", "fax")], rule)) == {"a": Hash()}


def test_types_of_the_profile_take_its_action_and_others_stay_pending() -> None:
    law = profile("phone", "date", also=("us_zip",), actions={"date": Generalize(to="year")})
    found = [
        finding("tel", "us_phone"), finding("born", "date_of_birth"), finding("zip", "us_zip"), finding("mail", "email")
    ]  # fmt: skip
    planned = plan(["tel", "born", "zip", "mail"], found, of=law)
    assert actions(planned) == {"tel": Redact(), "born": Generalize(to="year"), "zip": Redact()}
    assert [treatment.because for treatment in planned.treatments] == [
        "profile law, default action", "profile law, action for date", "profile law, default action",
    ]  # fmt: skip
    assert [each.column for each in planned.pending] == ["mail"]
    off = plan(["tel", "born", "zip", "mail"], found, of=law, defaults=False)
    assert (off.treatments, len(off.pending)) == ((), 4)


def test_a_rule_comes_before_the_profile() -> None:
    planned = plan(["tel"], [finding("tel", "phone")], TreatmentRule(Keep(), "phone", priority=-5), of=profile("phone"))
    assert actions(planned) == {"tel": Keep()}


def test_a_date_is_the_profiles_only_beside_what_tells_of_a_person() -> None:
    law = profile("date", "name", actions={"date": Generalize(to="year")}, only_with_person=("date",))
    alone = [finding("built", "date"), finding("zip", "us_zip")]
    assert [each.column for each in plan(["built", "zip"], alone, of=law).pending] == ["built", "zip"]
    with_person = [finding("seen", "date"), finding("who", "first_name")]
    assert actions(plan(["seen", "who"], with_person, of=law))["seen"] == Generalize(to="year")
    born = [finding("born", "date_of_birth")]
    assert actions(plan(["born"], born, of=law)) == {"born": Generalize(to="year")}


@pytest.mark.parametrize(
    ("default", "pii_type", "kind", "action", "says"),
    [
        (
            ActionName.MASK,
            "date_of_birth",
            DataKind.DATE,
            Generalize(to="year"),
            "mask is not for dates, so generalize",
        ),
        (ActionName.MASK, "date", DataKind.TEXT, Generalize(to="year"), "mask is not for dates, so generalize"),
        (ActionName.PSEUDONYMIZE, "age", DataKind.WHOLE, Pseudonymize(), ""),
        (ActionName.MASK, "age", DataKind.WHOLE, Generalize(bin_size=10), "is not for values of age"),
        (ActionName.PSEUDONYMIZE, "income", DataKind.DECIMAL, Redact(), "is not for values of income, so redact"),
        (ActionName.PSEUDONYMIZE, "photo", DataKind.BINARY, Suppress(), "is not for binary values, so suppress"),
        (ActionName.PSEUDONYMIZE, "photo", DataKind.TEXT, Redact(), "is not for values of photo, so redact"),
        (ActionName.HASH, "name", DataKind.FLAG, Redact(), "hash is not for flags, so redact"),
        (ActionName.ENCRYPT, "photo", DataKind.BINARY, Suppress(), "encrypt is not for binary values, so suppress"),
        (ActionName.GENERALIZE, "name", DataKind.TEXT, Redact(), "so redact"),
        (ActionName.GENERALIZE, "us_zip", DataKind.WHOLE, Generalize(keep=3), ""),
        (ActionName.GENERALIZE, "email", DataKind.TIMESTAMP, Generalize(to="year"), ""),
        (ActionName.TOKENIZE, "date", DataKind.DATE, Tokenize(), ""),
    ],
)
def test_what_a_default_action_is_not_right_for_takes_the_nearest_that_is(
    default: ActionName, pii_type: str, kind: DataKind, action: object, says: str
) -> None:
    law = profile(*PARENTS, default=default)
    planned = plan({"c": kind}, [finding("c", pii_type)], of=law)
    assert actions(planned) == {"c": action}
    because = planned.treatments[0].because
    assert because.startswith("profile law, default action")
    assert says in because
    assert (";" in because) == bool(says)


@pytest.mark.parametrize(
    ("path", "default", "action"),
    [
        ("tels[]", ActionName.MASK, Mask()),
        ("tels[]", ActionName.TOKENIZE, Redact()),
        ("doc.$.tel", ActionName.TOKENIZE, Redact()),
        ("doc.$.tel", ActionName.PSEUDONYMIZE, Pseudonymize()),
        ("home.tel", ActionName.TOKENIZE, Tokenize()),
        ("tags{}", ActionName.SUPPRESS, Suppress()),
    ],
)
def test_what_needs_one_value_a_row_is_not_a_default_where_there_are_several(
    path: str, default: ActionName, action: object
) -> None:
    planned = plan([path], [finding(path, "phone")], of=profile("phone", default=default))
    assert actions(planned) == {path: action}
    because = planned.treatments[0].because
    says = "values within JSON texts" if ".$." in path else "several values a row"
    assert (f"{default} is not for {says}, so redact" in because) == (action == Redact())


@pytest.mark.parametrize(
    ("default", "action"),
    [
        (ActionName.SUPPRESS, Redact()), (ActionName.TOKENIZE, Redact()), (ActionName.PSEUDONYMIZE, Pseudonymize()),
        (ActionName.GENERALIZE, Redact()),
    ],
)  # fmt: skip
def test_of_texts_only_the_parts_that_were_found_are_treated_by_default(default: ActionName, action: object) -> None:
    found = replace(finding("notes", "phone"), method=DetectionMethod.FREE_TEXT)
    planned = plan(["notes"], [found], of=profile("phone", default=default))
    assert actions(planned) == {"notes": action}
    assert ("is not for parts of texts" in planned.treatments[0].because) == isinstance(action, Redact)


def test_a_rule_for_a_struct_treats_all_that_lies_in_it() -> None:
    columns = ["id", "home.street", "home.zip", "homes"]
    planned = plan(columns, [finding("home.zip", "us_zip")], TreatmentRule(Redact(), column="home"))
    assert actions(planned) == {"home.street": Redact(), "home.zip": Redact()}
    nearer = TreatmentRule(Redact(), column="home"), TreatmentRule(Mask(), column="home.zip")
    assert actions(plan(columns, [], *nearer)) == {"home.street": Redact(), "home.zip": Mask()}


def test_a_struct_is_suppressed_as_a_whole_unless_a_rule_keeps_some_of_it() -> None:
    columns = ["id", "home.street", "home.zip"]
    suppress = TreatmentRule(Suppress(), column="home")
    assert actions(plan(columns, [finding("home.zip", "us_zip")], suppress)) == {"home": Suppress()}
    kept = plan(columns, [], suppress, TreatmentRule(Keep(), column="home.zip"))
    assert actions(kept) == {"home.street": Suppress(), "home.zip": Keep()}


def test_a_column_of_json_is_treated_as_one_where_a_rule_names_it() -> None:
    columns = ["doc", "doc.$.mail", "doc.$.tel"]
    found = [finding("doc.$.mail", "email"), finding("doc.$.tel", "phone")]
    assert actions(plan(columns, found, TreatmentRule(Redact(), column="doc"))) == {"doc": Redact()}
    by_type = plan(columns, found, TreatmentRule(Redact(), column="doc"), TreatmentRule(Hash(), "email", priority=1))
    assert actions(by_type) == {"doc": Redact(), "doc.$.mail": Hash()}


def test_a_finding_of_a_path_that_no_sample_showed_is_decided_too() -> None:
    found = [finding("doc.$.mail", "email"), finding("doc.$.tel", "phone")]
    planned = plan(["id", "doc"], found, TreatmentRule(Hash(), "email"))
    assert actions(planned) == {"doc.$.mail": Hash()}
    assert [each.column for each in planned.pending] == ["doc.$.tel"]


def test_texts_with_several_types_are_treated_as_the_one_that_asks_for_most() -> None:
    within = [
        replace(finding("notes", pii_type), method=DetectionMethod.FREE_TEXT)
        for pii_type in ("us_phone", "email", "us_zip")
    ]
    planned = plan(["id", "notes"], within, TreatmentRule(Mask(), "phone"), of=profile("email"))
    told = [(each.column, each.pii_type, each.action) for each in planned.treatments]
    assert told == [("notes", "email", Redact())]
    assert planned.treatments[0].because == (
        "profile law, default action; it asks for most of what was found within the texts"
    )
    assert planned.pending == ()
    kept = TreatmentRule(Keep(), "email"), TreatmentRule(Mask(), "phone")
    assert actions(plan(["notes"], within, *kept)) == {"notes": Mask()}
    assert actions(plan(["notes"], within, *kept, TreatmentRule(Keep(), column="notes"))) == {"notes": Keep()}
    assert [each.pii_type for each in plan(["notes"], within).pending] == ["us_phone", "email", "us_zip"]
    lying = [finding("doc.text", "email"), finding("doc.text", "us_phone")]
    assert actions(plan(["doc.text", "doc.id"], lying, TreatmentRule(Suppress(), column="doc"))) == {"doc": Suppress()}


def test_a_column_or_type_that_is_not_there_is_told_with_the_likely_one() -> None:
    with pytest.raises(ColumnNotFoundError, match=r"Column 'mial' is not in the table; did you mean 'mail'\?"):
        plan(["mail"], [], TreatmentRule(Hash(), column="mial"))
    with pytest.raises(InputError, match=r"Rule 2 is for the unknown type 'emial'; did you mean 'email'\?"):
        plan(["mail"], [], TreatmentRule(Hash(), column="mail"), TreatmentRule(Hash(), "emial"))


RULES = st.builds(
    TreatmentRule,
    st.sampled_from([Redact(), Hash(), Mask(), Keep()]),
    st.none() | st.sampled_from(["phone", "us_phone", "email", "date"]),
    st.none() | st.sampled_from(["a", "b", "s.c"]),
    st.integers(-1, 1),
    st.booleans(),
)


@given(st.lists(RULES, max_size=6), st.dictionaries(st.sampled_from(["a", "b", "s.c"]), st.sampled_from([*PARENTS])))
def test_every_column_is_treated_as_the_policy_read_rule_by_rule_says(
    rules: list[TreatmentRule], types: dict[str, str]
) -> None:
    columns = ["a", "b", "s.c"]
    planned = plan(columns, [finding(*each) for each in types.items()], *rules, of=profile("phone", "email"))
    found = {treatment.column: treatment for treatment in planned.treatments}
    for column in columns:
        ancestors = []
        current = types.get(column)
        while current is not None:
            ancestors.append(current)
            current = PARENTS[current]
        best = None
        for place, rule in enumerate(rules):
            names_it = rule.column == column
            fits = names_it if rule.pii_type is None else rule.pii_type in ancestors and rule.column in (None, column)
            if not rule.enabled or not fits:
                continue
            distance = -ancestors.index(rule.pii_type) if rule.pii_type else -len(PARENTS)
            rank = (rule.priority, names_it, distance, -place)
            if best is None or rank > best[0]:
                best = (rank, rule)
        if best is not None:
            assert found[column].action == best[1].action
        elif {"phone", "email"} & set(ancestors):
            assert found[column].action == Redact()
        else:
            assert column not in found
    pending = {each.column for each in planned.pending}
    assert pending == types.keys() - found.keys()
