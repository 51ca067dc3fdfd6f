"""What `detect-pii` and `transform-pii` print: findings with masked samples, treatments, and what is left."""

import pytest

from anonspark.cli.show_detections import show_detections
from anonspark.cli.show_treatment import show_treatment
from tests.report.privacy_records import DETECTIONS, TREATMENTS, URI, scan_summary, treated_summary


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that no line is too long for."""
    monkeypatch.setenv("COLUMNS", "400")


def test_a_scan_shows_each_finding_and_how_the_regulation_stands(capsys: pytest.CaptureFixture[str]) -> None:
    show_detections(scan_summary())
    printed = capsys.readouterr().out
    lines = {line.split()[0]: line.split() for line in printed.splitlines() if line.strip()}
    assert f"{URI}: 8 columns with personal data; 1,000 rows looked at." in printed
    assert "file:///in/wards.csv: no personal data found; 12 rows looked at." in printed
    assert [each["column"] for each in DETECTIONS if each["column"] not in lines] == []
    assert lines["contact.e_mail"][1:5] == ["email", "0.99", "980", "a***@e***.com"]
    assert "about 870" in printed
    assert "hipaa: 0 of 100, not compliant; outside the profile 1 column with personal data is left." in printed
    assert printed.count("critical") == 4
    assert "metadata  file:///out/_anonspark" in printed


def test_without_a_profile_there_is_no_score(capsys: pytest.CaptureFixture[str]) -> None:
    show_detections({key: value for key, value in scan_summary().items() if key not in ("profile", "compliance")})
    assert "of 100" not in capsys.readouterr().out


def test_a_transformation_shows_what_was_done_why_and_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    show_treatment(treated_summary())
    printed = capsys.readouterr().out
    assert "1,000 rows; 5 columns treated, 1 kept on purpose; 2 with personal data left as they are." in printed
    for column, _, action, because, key in TREATMENTS:
        [line] = [line for line in printed.splitlines() if line.lstrip().startswith(f"{column} ") and because in line]
        assert str(action.name) in line
        assert (key or " - ") in line
    assert "generalize (to: month)" in printed
    [left] = [
        line for line in printed.splitlines() if line.lstrip().startswith("religion ") and "nothing was done" in line
    ]
    assert "religious" in left
    assert "hipaa: 66 of 100, not compliant" in printed
    assert "warning, treated" in printed
    assert "release   file:///out/treated, version 0" in printed


def test_square_brackets_of_a_path_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    show_detections(scan_summary(profile="[bold]", warnings=["[red]x[/red]"]))
    printed = capsys.readouterr().out
    assert "contact.phones[]" in printed
    assert "[red]x[/red]" in printed
    assert "[bold]: 0 of 100" in printed
