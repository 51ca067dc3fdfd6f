"""Numbers as people read them."""

from datetime import UTC, datetime

MOST_DECIMALS = 6


def percent(share: float) -> str:
    """A share in percent: two decimals, more where these would make a part look like nothing or like all.

    >>> percent(0.2), percent(0.0249), percent(0.999996), percent(1)
    ('20%', '2.49%', '99.9996%', '100%')
    """
    if share in (0, 1):
        return f"{share * 100:.0f}%"
    texts = (f"{share * 100:,.{decimals}f}" for decimals in range(2, MOST_DECIMALS + 1))
    text = next((text for text in texts if float(text.replace(",", "")) not in (0, 100)), None)
    if text is None:
        return "less than 0.000001%" if share < 1 / 2 else "more than 99.999999%"
    return f"{text.rstrip('0').rstrip('.')}%"


def chance(probability: float) -> str:
    """A probability as one in so many, and in percent.

    >>> chance(0.2), chance(1.0), chance(0.0158), chance(0)
    ('1 in 5 (20%)', '1 in 1 (100%)', '1 in 63.3 (1.58%)', 'none (0%)')
    """
    if not probability:
        return "none (0%)"
    among = 1 / probability
    text = f"{among:,.0f}" if abs(among - round(among)) < 1e-6 * among else f"{among:,.1f}"
    return f"1 in {text} ({percent(probability)})"


def number(value: float) -> str:
    """A measure: whole from a thousand on, five significant digits below.

    >>> number(13722674.0), number(64.724919), number(0.34643857), number(3.0), number(0.00001234)
    ('13,722,674', '64.725', '0.34644', '3', '0.00001234')
    """
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:.5g}"
    return f"{value:.12f}".rstrip("0") if "e" in text else text


def duration(seconds: float) -> str:
    """A time span.

    >>> duration(10.2163), duration(75), duration(0.0512), duration(7265)
    ('10.2 s', '1 min 15 s', '0.051 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.2g} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes} min {left} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def moment(at: datetime) -> str:
    """A point in time, in UTC.

    >>> moment(datetime(2026, 1, 2, 12, 30, 5, tzinfo=UTC))
    '2026-01-02 12:30:05 UTC'
    """
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """A number of things.

    >>> counted(1, "record"), counted(20000, "record"), counted(2, "class", "classes")
    ('1 record', '20,000 records', '2 classes')
    """
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def listed(words: list[str]) -> str:
    """Words in a row.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "none"
