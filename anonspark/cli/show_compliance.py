"""How a table stands with a regulation, as a table on stdout."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from anonspark.cli.tables import table_of
from anonspark.report.numbers import counted


def show_compliance(console: Console, profile: str | None, compliance: Mapping[str, Any]) -> None:
    """The score, and every violation that counts or is to be reviewed; those outside the profile as a number."""
    console.print(Text(headline(profile, compliance), style="bold"))
    shown = [each for each in compliance["violations"] if each["severity"] != "info"]
    if not shown:
        return
    table = table_of("severity", "column", "what is wrong", "what to do")
    for each in shown:
        severity = each["severity"] if each.get("unresolved", True) else f"{each['severity']}, treated"
        table.add_row(severity, *(Text(each[key]) for key in ("column", "sentence", "advice")))
    console.print(table)


def headline(profile: str | None, compliance: Mapping[str, Any]) -> str:
    """Score, verdict and how many columns the profile does not ask about.

    >>> headline("hipaa", {"score": 42, "compliant": False, "violations": [{"severity": "info"}]})
    'hipaa: 42 of 100, not compliant; outside the profile 1 column with personal data is left.'
    """
    verdict = "compliant" if compliance["compliant"] else "not compliant"
    outside = sum(each["severity"] == "info" for each in compliance["violations"])
    columns = counted(outside, "column with personal data", "columns with personal data")
    rest = f"; outside the profile {columns} {'is' if outside == 1 else 'are'} left." if outside else "."
    return f"{profile or 'no profile'}: {compliance['score']} of 100, {verdict}{rest}"
