"""Why people came to the hospital, when, for how long and what it cost; weights of our own, plausible in shape."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from anonspark.domain.arrays import CountArray
from anonspark.sample.draws import band, below, draw
from anonspark.sample.people import People

YEAR_START: Final = np.datetime64("2024-01-01")
DAYS_OF_YEAR: Final = 366
WEEKDAY_WEIGHTS: Final = (7, 6, 6, 6, 5, 3, 3)  # Monday first: 2024-01-01 was one
SEASON_WEIGHTS: Final = (12, 11, 10, 9, 9, 8, 8, 8, 9, 9, 10, 12)  # blocks of 31 days

STAY_AGES: Final = (0, 1, 18, 45, 65)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How often women and men of each age in STAY_AGES come for it, typical days, and dollars a day."""

    women: tuple[int, int, int, int, int]
    men: tuple[int, int, int, int, int]
    days: int
    dollars: int


DIAGNOSES: Final = {
    "A09": Diagnosis((20, 60, 14, 14, 30), (20, 60, 16, 14, 26), 3, 1900),
    "A41": Diagnosis((8, 8, 12, 50, 120), (8, 8, 14, 60, 130), 8, 3600),
    "B34": Diagnosis((30, 40, 6, 4, 6), (30, 40, 6, 4, 6), 2, 1700),
    "C18": Diagnosis((0, 0, 2, 28, 44), (0, 0, 2, 34, 48), 7, 3400),
    "C34": Diagnosis((0, 0, 1, 30, 38), (0, 0, 1, 36, 46), 7, 3300),
    "C50": Diagnosis((0, 0, 14, 60, 44), (0, 0, 0, 1, 1), 3, 4200),
    "C61": Diagnosis((0, 0, 0, 0, 0), (0, 0, 0, 42, 58), 3, 3900),
    "D25": Diagnosis((0, 0, 44, 24, 1), (0, 0, 0, 0, 0), 3, 3500),
    "D50": Diagnosis((1, 6, 18, 14, 24), (1, 5, 4, 12, 22), 3, 1800),
    "E10": Diagnosis((0, 40, 20, 10, 4), (0, 42, 22, 12, 4), 4, 2200),
    "E11": Diagnosis((0, 2, 18, 60, 76), (0, 2, 20, 74, 80), 5, 2100),
    "E86": Diagnosis((12, 20, 8, 10, 44), (12, 18, 8, 12, 34), 3, 1700),
    "F10": Diagnosis((0, 2, 26, 30, 8), (0, 3, 60, 74, 20), 6, 1500),
    "F20": Diagnosis((0, 2, 24, 18, 6), (0, 3, 40, 22, 5), 13, 1300),
    "F32": Diagnosis((0, 34, 56, 36, 20), (0, 16, 36, 28, 14), 9, 1300),
    "G30": Diagnosis((0, 0, 0, 2, 36), (0, 0, 0, 2, 24), 10, 1400),
    "G40": Diagnosis((8, 30, 18, 16, 18), (8, 34, 20, 20, 20), 4, 2400),
    "G45": Diagnosis((0, 0, 2, 18, 44), (0, 0, 2, 22, 42), 3, 2600),
    "I10": Diagnosis((0, 1, 12, 40, 66), (0, 1, 14, 40, 50), 3, 1800),
    "I20": Diagnosis((0, 0, 4, 36, 52), (0, 0, 8, 66, 66), 3, 3800),
    "I21": Diagnosis((0, 0, 4, 46, 84), (0, 0, 12, 110, 112), 6, 5200),
    "I48": Diagnosis((0, 0, 3, 24, 92), (0, 0, 8, 42, 88), 3, 2900),
    "I50": Diagnosis((1, 1, 4, 42, 160), (1, 1, 8, 66, 160), 8, 2700),
    "I63": Diagnosis((1, 1, 6, 40, 112), (1, 1, 6, 56, 108), 9, 3500),
    "J18": Diagnosis((46, 60, 18, 46, 130), (50, 62, 18, 54, 136), 6, 2300),
    "J35": Diagnosis((2, 90, 14, 1, 0), (2, 92, 8, 1, 0), 1, 3100),
    "J44": Diagnosis((0, 0, 3, 50, 92), (0, 0, 3, 52, 90), 6, 2200),
    "J45": Diagnosis((6, 60, 16, 16, 12), (8, 84, 8, 8, 6), 3, 2000),
    "K35": Diagnosis((0, 70, 42, 18, 8), (0, 84, 54, 22, 8), 3, 4100),
    "K40": Diagnosis((4, 6, 3, 6, 6), (22, 22, 22, 50, 44), 1, 4300),
    "K56": Diagnosis((4, 4, 8, 22, 48), (4, 4, 8, 24, 44), 6, 2900),
    "K80": Diagnosis((0, 3, 60, 60, 50), (0, 1, 18, 44, 46), 3, 4200),
    "L03": Diagnosis((6, 12, 14, 28, 36), (6, 14, 22, 40, 36), 4, 1900),
    "M16": Diagnosis((0, 0, 2, 50, 86), (0, 0, 3, 52, 62), 4, 6100),
    "M17": Diagnosis((0, 0, 1, 64, 100), (0, 0, 2, 48, 64), 3, 6000),
    "M54": Diagnosis((0, 2, 26, 40, 28), (0, 2, 28, 40, 22), 3, 2300),
    "N20": Diagnosis((0, 3, 22, 26, 16), (0, 3, 30, 50, 28), 2, 3300),
    "N39": Diagnosis((16, 18, 18, 24, 96), (10, 6, 4, 12, 60), 4, 1900),
    "N40": Diagnosis((0, 0, 0, 0, 0), (0, 0, 0, 34, 64), 2, 3300),
    "O03": Diagnosis((0, 0, 44, 0, 0), (0, 0, 0, 0, 0), 1, 2300),
    "O14": Diagnosis((0, 0, 50, 0, 0), (0, 0, 0, 0, 0), 4, 2700),
    "O80": Diagnosis((0, 0, 620, 0, 0), (0, 0, 0, 0, 0), 2, 3200),
    "O82": Diagnosis((0, 0, 280, 0, 0), (0, 0, 0, 0, 0), 3, 4100),
    "P07": Diagnosis((140, 0, 0, 0, 0), (150, 0, 0, 0, 0), 13, 4800),
    "P59": Diagnosis((160, 0, 0, 0, 0), (170, 0, 0, 0, 0), 2, 1600),
    "S06": Diagnosis((10, 44, 18, 16, 50), (12, 64, 40, 30, 48), 4, 3700),
    "S52": Diagnosis((2, 60, 10, 18, 34), (2, 82, 18, 12, 10), 2, 4000),
    "S72": Diagnosis((1, 6, 3, 16, 140), (1, 10, 8, 16, 70), 10, 3900),
    "S82": Diagnosis((0, 18, 16, 24, 20), (0, 26, 34, 28, 12), 5, 3800),
    "Z38": Diagnosis((760, 0, 0, 0, 0), (780, 0, 0, 0, 0), 2, 1300),
}
AT_BIRTH: Final = ("P07", "P59", "Z38")


@dataclass(frozen=True, slots=True, eq=False)
class Stays:
    """One entry a person: dates as days, diagnosis as a code into DIAGNOSES, days in hospital, dollars."""

    admission: np.ndarray[tuple[int], np.dtype[np.datetime64]]
    birth: np.ndarray[tuple[int], np.dtype[np.datetime64]]
    diagnosis: CountArray
    days: CountArray
    dollars: CountArray


def draw_stays(bits: np.random.PCG64, people: People) -> Stays:
    """A stay for each person: the diagnosis by age and sex, the rest by the diagnosis."""
    size = len(people.age)
    frequencies = np.array([side for name in DIAGNOSES.values() for side in (name.women, name.men)])
    by_age_and_sex = (
        frequencies.reshape(len(DIAGNOSES), 2, len(STAY_AGES)).transpose(2, 1, 0).reshape(-1, len(DIAGNOSES))
    )
    diagnosis = draw(bits, by_age_and_sex, 2 * band(people.age, STAY_AGES) + people.sex)
    typical = np.array([name.days for name in DIAGNOSES.values()])[diagnosis]
    rate = np.array([name.dollars for name in DIAGNOSES.values()])[diagnosis]
    # A product of two even draws has a long tail to the right, as stays have; its mean is a quarter of its maximum.
    days = 1 + 4 * typical * below(bits, 100, size) * below(bits, 100, size) // 10_000
    dollars = rate * (days + 1) * (80 + below(bits, 60, size)) // 1000 * 10
    admitted = _draw_days_of_year(bits, size)
    at_birth = np.isin(diagnosis, [code for code, name in enumerate(DIAGNOSES) if name in AT_BIRTH])
    lived = people.age * 1461 // 4 + below(bits, 365, size)  # in days; 1461 to four years
    lived[at_birth] = 0
    admission = YEAR_START + admitted.astype("timedelta64[D]")
    return Stays(admission, admission - lived.astype("timedelta64[D]"), diagnosis, days, dollars)


def _draw_days_of_year(bits: np.random.PCG64, size: int) -> CountArray:
    weights = [WEEKDAY_WEIGHTS[day % 7] * SEASON_WEIGHTS[day // 31] for day in range(DAYS_OF_YEAR)]
    return draw(bits, [weights], np.zeros(size, dtype=np.int64))
