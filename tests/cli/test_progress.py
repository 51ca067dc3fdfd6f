from io import StringIO

import pytest
from rich.console import Console

from anonspark.cli.progress import following, steps_done
from anonspark.pipelines.follow import STEPS, Step


def test_without_a_terminal_a_step_is_one_line_however_much_happens_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    with following(Console(file=StringIO())) as tell:
        for step in [Step("read", "a"), Step("search", "b"), Step("search", "c", 0.4), Step("publish", "d")]:
            tell(step)
    assert capsys.readouterr().err == "read: a\nsearch: b\npublish: d\n"


def test_on_a_terminal_a_bar_shows_messages_as_they_are() -> None:
    screen = StringIO()
    with following(Console(file=screen, force_terminal=True, width=100)) as tell:
        tell(Step("search", "best of [bold] and [/]", 0.5))
    assert "search: best of [bold] and [/]" in screen.getvalue()


def test_the_bar_goes_forward_through_all_steps() -> None:
    shares = [steps_done(Step(name, "", share)) for name in STEPS for share in (None, 0.5)]
    assert shares == sorted(shares)
    assert steps_done(Step("start", "")) == 0
