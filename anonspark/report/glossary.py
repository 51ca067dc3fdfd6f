"""How to read a report: the words of the field in a line each."""

from typing import Final

from anonspark.report.document import Facts, Section

TERMS: Final = (
    ("Quasi-identifier", "a column that others may know about somebody: birth date, post code, occupation."),
    (
        "Equivalence class",
        "all records that look alike in every quasi-identifier. Somebody in a class of five cannot be told from four "
        "others.",
    ),
    (
        "Prosecutor risk",
        "the chance to find somebody of whom the attacker knows that they are in the table: one divided by the size "
        "of their class.",
    ),
    (
        "Journalist risk",
        "the chance to find somebody of whom the attacker knows only that they are in a larger population.",
    ),
    ("Marketer risk", "the share of all records that an attacker finds who tries everybody."),
    (
        "Suppression",
        "a record whose class would be unsafe is released without its quasi-identifiers, or not at all.",
    ),
    ("Level", "how far a column is generalized; 0 is as it came, the last level is the coarsest."),
    ("Node, lattice", "a node is one level for every quasi-identifier; the lattice is all of them."),
    ("Loss", "how much detail is gone, from 0% to 100%."),
)
"""Terms and what they mean."""


def glossary_section() -> Section:
    """The glossary."""
    return Section("How to read this", (Facts("Terms", TERMS),))
