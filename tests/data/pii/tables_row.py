"""One made-up person or thing a row, and what its columns draw from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from faker import Faker

FAKERS: dict[str, Faker] = {}


class Row:
    """A person with a name, a birth date and a sex, and the dice of the row."""

    def __init__(self, locale: str, seed: int) -> None:
        self.rng = Random(seed)
        self.fake = FAKERS.setdefault(locale, Faker(locale))
        self.fake.seed_instance(seed)
        self.female = self.rng.random() < 0.5
        self.first = self.fake.first_name_female() if self.female else self.fake.first_name_male()
        self.last = self.fake.last_name()
        self.birth = date(1940, 1, 1) + timedelta(days=self.rng.randrange(60 * 365))
        self.number = seed % 1000 + 1

    def pick(self, *values: object) -> object:
        return self.rng.choice(values)

    def whole(self, low: int, high: int) -> int:
        return self.rng.randint(low, high)

    def real(self, low: float, high: float, places: int = 2) -> str:
        return f"{self.rng.uniform(low, high):.{places}f}"

    def day(self, form: str = "%Y-%m-%d", first: int = 2019) -> str:
        return (date(first, 1, 1) + timedelta(days=self.rng.randrange(5 * 365))).strftime(form)

    def moment(self, form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
        return (datetime(2024, 1, 1) + timedelta(seconds=self.rng.randrange(300 * 86400))).strftime(form)

    def born(self, form: str = "%Y-%m-%d") -> str:
        return self.birth.strftime(form)

    def hex(self, count: int) -> str:
        return "".join(self.rng.choices("0123456789abcdef", k=count))

    def digits(self, count: int) -> str:
        return "".join(self.rng.choices("0123456789", k=count))

    def code(self, form: str) -> str:
        """`#` becomes a digit, `?` a capital."""
        return "".join(
            self.rng.choice("0123456789") if s == "#" else self.rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") if s == "?" else s
            for s in form
        )

    def mail(self) -> str:
        ascii_name = self.fake.user_name()
        return f"{ascii_name}{self.whole(1, 99)}@{self.pick('example.com', 'example.org', 'mail.example.net')}"

    def ip(self) -> str:
        return f"{self.pick('192.0.2', '198.51.100', '203.0.113')}.{self.whole(1, 254)}"

    def gap(self, value: object) -> object:
        """The value, or nothing in three cells of a hundred."""
        return "" if self.rng.random() < 0.03 else value


Column = tuple[str, Callable[[Row], object]]


@dataclass(frozen=True)
class Table:
    """A locale, its columns with labels and makers, and how many rows."""

    locale: str
    columns: Mapping[str, Column]
    rows: int = 60
