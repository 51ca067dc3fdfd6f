"""The shipped compliance profiles are the seed's, and one's own are read with every fault told."""

import csv
import json
import re
from pathlib import Path

import pytest

from anonspark.config.pii_knowledge import load_catalogue
from anonspark.config.profiles import load_profiles, profile_of
from anonspark.domain.treatments import Generalize, Mask, Redact, Suppress, Truncate
from anonspark.errors import ConfigurationError
from anonspark.vocabulary import ActionName, Severity

CATALOGUE = load_catalogue()
PROFILES = load_profiles(CATALOGUE)


def test_the_profiles_of_the_seed_have_its_lists_in_its_order(shared: Path) -> None:
    seed = (shared / "seeds" / "privacy_suite_api.txt").read_text(encoding="utf-8")
    text = seed[seed.index("List Compliance Profiles") :]
    told = json.loads(text[text.index('{\n"profiles"') : text.index("Full Workflow Example")])["profiles"]
    assert [each["id"] for each in told] == ["hipaa", "gdpr", "pci_dss", "ccpa", "custom"]
    for each in told:
        ours = PROFILES[each["id"]]
        assert {
            "id": ours.id, "name": ours.name, "description": ours.description, "pii_types": [*ours.pii_types],
            "default_action": str(ours.default_action),
        } == each  # fmt: skip


def test_the_profiles_are_listed_in_the_order_of_the_seed() -> None:
    assert [*PROFILES] == ["hipaa", "gdpr", "pci_dss", "ccpa", "financial", "sox", "glba", "custom"]
    assert [str(PROFILES[name].default_action) for name in ("financial", "sox", "glba")] == [
        "mask",
        "encrypt",
        "encrypt",
    ]


# What HIPAA's Safe Harbor does not list: it is about whom, not about which illness.
NO_IDENTIFIERS = {"health", "diagnosis", "medication", "blood_type", "disability"}


def test_every_type_that_the_catalogue_counts_to_a_regulation_is_covered_by_its_profile(shared: Path) -> None:
    with (shared / "reference" / "pii_types.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["id"], regulation) for row in csv.DictReader(file) for regulation in row["profiles"].split(";")]
    missing = {
        (pii_type, regulation) for pii_type, regulation in rows
        if regulation and PROFILES[regulation].entry(pii_type, CATALOGUE) is None
    }  # fmt: skip
    assert missing == {(pii_type, "hipaa") for pii_type in NO_IDENTIFIERS}


def test_the_specifics_of_hipaa_and_pci_dss_are_in_their_profiles() -> None:
    hipaa, pci = PROFILES["hipaa"], PROFILES["pci_dss"]
    assert hipaa.actions["date"] == Generalize(to="year")
    assert hipaa.actions["us_zip"] == Generalize(keep=3)
    assert hipaa.limits["location"] == ()
    assert {hipaa.entry(name, CATALOGUE) for name in ("state", "country", "diagnosis")} == {None}
    for name in ("cvv", "pin", "magnetic_stripe"):
        assert (pci.actions[name], pci.severities[name]) == (Suppress(), Severity.CRITICAL)
        assert name in pci.never_kept
    assert pci.limits["amex"] == (Mask(6, 4), Truncate(6), Truncate(4, start=False))


def test_special_categories_are_critical_under_gdpr_and_come_with_an_action_that_hides_them() -> None:
    gdpr = PROFILES["gdpr"]
    for name in ("diagnosis", "genetic", "biometric", "political", "religious", "sexual_orientation", "trade_union"):
        own = CATALOGUE.nearest(name, gdpr.severities)
        assert own is not None
        assert gdpr.severities[own] is Severity.CRITICAL
        assert gdpr.actions[own] == Redact()


OWN = """
id: our_own
name: Our own
pii_types: [email, phone]
default_action: hash
also: [age]
actions:
  - {pii_type: phone, action: mask, config: {show_last: 2}}
severities: {age: info}
limits:
  - {pii_type: phone, action: mask, config: {show_last: 3}}
"""


def test_a_profile_of_ones_own_stands_beside_the_shipped_ones() -> None:
    profiles = load_profiles(CATALOGUE, [OWN])
    own = profiles["our_own"]
    assert [*profiles][-1] == "our_own"
    assert (own.pii_types, own.default_action, own.also) == (("email", "phone"), ActionName.HASH, ("age",))
    assert own.actions == {"phone": Mask(show_last=2)}
    assert own.limits == {"phone": (Mask(show_last=3),)}
    assert own.severities == {"age": Severity.INFO}


@pytest.mark.parametrize(
    ("line", "changed", "sentence"),
    [
        ("[email, phone]", "[emial, phone]", "custom profile 1:4: pii_types[0]: found 'emial', which is no type of "
         "personal data; did you mean 'email'?"),
        ("default_action: hash", "default_action: hsah", "default_action: found 'hsah'; it is one of .*; did you mean "
         "'hash'?"),
        ("also: [age]", "also: [phone]", "also[0]: names 'phone' a second time; leave one out."),
        ("pii_type: phone, action: mask, config: {show_last: 2}", "column: tel, action: mask",
         "actions[0].column: a profile knows no columns; name a pii_type."),
        ("{age: info}", "{age: bad}", "severities.age: found 'bad'; it is one of critical, warning, info."),
        ("show_last: 3", "show_lats: 3", "limits[0].config.show_lats: is an unknown key; did you mean 'show_last'?"),
        ("our_own", "hipaa", "found 'hipaa', which another profile is called; give it a name of its own."),
        ("also: [age]", "alos: [age]", "alos: is an unknown key; did you mean 'also'?"),
    ],
)  # fmt: skip
def test_a_fault_of_a_profile_is_told_where_it_stands(line: str, changed: str, sentence: str) -> None:
    assert line in OWN
    pattern = re.escape(sentence).replace(r"\.\*", ".*")
    with pytest.raises(ConfigurationError, match=pattern):
        load_profiles(CATALOGUE, [OWN.replace(line, changed, 1)])


def test_a_profile_that_is_not_there_is_told_with_the_likely_one() -> None:
    with pytest.raises(ConfigurationError, match=r"profile: found 'hippa'; it is one of .*; did you mean 'hipaa'\?"):
        profile_of(PROFILES, "hippa")
    assert profile_of(PROFILES, "sox").name == "SOX"
