"""Who is in the table: ages and sexes as a hospital sees them, and what goes with them.

The weights are round numbers of our own with the shape of the real thing: towns by Zipf's law, more old people than
young, more women than men at both ends, education by cohort, occupation by education and sex, widows by age.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from anonspark.domain.arrays import CountArray
from anonspark.sample.draws import band, below, draw

SEXES: Final = ("F", "M")

# first age of the band, last age, women, men
AGE_PYRAMID: Final = (
    (0, 0, 420, 440),
    (1, 5, 160, 190),
    (6, 12, 130, 150),
    (13, 17, 170, 150),
    (18, 24, 520, 260),
    (25, 34, 1150, 420),
    (35, 44, 800, 520),
    (45, 54, 760, 800),
    (55, 64, 1050, 1250),
    (65, 74, 1400, 1500),
    (75, 84, 1350, 1150),
    (85, 94, 720, 430),
    (95, 99, 70, 20),
)

# ZIP codes of each district of a made-up region; district 694 holds its largest towns.
ZIPS_OF_DISTRICT: Final = {694: 40, 695: 34, 696: 28, 697: 20, 698: 14, 699: 8}

EDUCATIONS: Final = (
    "Preschool", "None", "Elementary", "Middle school", "Some high school", "High school", "Vocational",
    "Some college", "Associate", "Bachelor", "Master", "Professional", "Doctorate",
)  # fmt: skip
EDUCATION_AGES: Final = (0, 6, 11, 14, 18, 22, 27, 45, 65, 80)
EDUCATION_BY_AGE: Final = (
    (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 1, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 1, 20, 79, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 1, 0, 30, 69, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 1, 1, 4, 14, 46, 4, 30, 0, 0, 0, 0, 0),
    (0, 1, 1, 3, 8, 28, 9, 22, 8, 20, 0, 0, 0),
    (0, 1, 2, 3, 7, 24, 10, 14, 9, 19, 8, 2, 1),
    (0, 1, 3, 4, 7, 29, 11, 13, 8, 15, 7, 2, 1),
    (0, 2, 5, 7, 10, 34, 10, 10, 5, 10, 5, 1, 1),
    (0, 4, 12, 13, 14, 33, 7, 6, 2, 5, 3, 1, 0),
)
# What each education counts as when a job is looked for: 0 basic, 1 secondary, 2 undergraduate, 3 graduate.
TIER_OF_EDUCATION: Final = np.array([0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3])

NOT_EMPLOYED: Final = ("Child", "Pupil", "Student", "Job seeker", "Homemaker", "Retired")
STATUS_AGES: Final = (0, 6, 18, 22, 27, 55, 65, 70)
# The six above, then employed; women and men of each age in turn.
STATUS_BY_AGE_AND_SEX: Final = (
    (1, 0, 0, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0, 0),
    (0, 1, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0, 0),
    (0, 0, 50, 6, 5, 0, 39), (0, 0, 45, 9, 0, 0, 46),
    (0, 0, 14, 6, 10, 0, 70), (0, 0, 13, 8, 1, 0, 78),
    (0, 0, 0, 5, 14, 1, 80), (0, 0, 0, 6, 1, 1, 92),
    (0, 0, 0, 4, 12, 22, 62), (0, 0, 0, 5, 1, 20, 74),
    (0, 0, 0, 0, 9, 74, 17), (0, 0, 0, 0, 0, 76, 24),
    (0, 0, 0, 0, 3, 96, 1), (0, 0, 0, 0, 0, 98, 2),
)  # fmt: skip

# women and men of each tier in turn
JOBS: Final = {
    "Care assistant": (10, 1, 18, 2, 3, 1, 0, 0),
    "Nurse": (0, 0, 4, 0, 30, 4, 6, 1),
    "Physician": (0, 0, 0, 0, 0, 0, 14, 16),
    "Teacher": (0, 0, 2, 1, 24, 9, 26, 14),
    "Lecturer": (0, 0, 0, 0, 0, 0, 6, 8),
    "Engineer": (0, 0, 0, 2, 3, 18, 6, 20),
    "Programmer": (0, 0, 1, 3, 4, 15, 5, 14),
    "Scientist": (0, 0, 0, 0, 2, 2, 9, 9),
    "Lawyer": (0, 0, 0, 0, 0, 0, 9, 10),
    "Accountant": (0, 0, 4, 2, 12, 8, 6, 4),
    "Manager": (1, 2, 6, 9, 13, 20, 13, 16),
    "Clerk": (6, 2, 26, 7, 14, 7, 3, 1),
    "Electrician": (0, 5, 0, 13, 0, 3, 0, 0),
    "Carpenter": (0, 14, 0, 10, 0, 1, 0, 0),
    "Mechanic": (0, 11, 1, 14, 0, 2, 0, 0),
    "Machinist": (6, 14, 3, 9, 0, 1, 0, 0),
    "Driver": (2, 18, 2, 13, 0, 2, 0, 0),
    "Warehouse worker": (9, 19, 3, 8, 0, 1, 0, 0),
    "Cashier": (22, 5, 15, 4, 2, 1, 0, 0),
    "Cook": (14, 9, 6, 5, 1, 1, 0, 0),
    "Cleaner": (30, 7, 7, 2, 0, 0, 0, 0),
    "Hairdresser": (6, 0, 9, 1, 1, 0, 0, 0),
    "Farmer": (3, 9, 1, 4, 1, 2, 0, 0),
    "Police officer": (0, 0, 2, 7, 2, 4, 0, 1),
}
OCCUPATIONS: Final = (*NOT_EMPLOYED, *JOBS)

MARITAL_STATUSES: Final = ("Never married", "Married", "Cohabiting", "Separated", "Divorced", "Widowed")
MARITAL_AGES: Final = (0, 18, 25, 35, 45, 65, 80)
MARITAL_BY_AGE_AND_SEX: Final = (
    (1, 0, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0),
    (78, 8, 14, 0, 0, 0), (88, 4, 8, 0, 0, 0),
    (36, 42, 17, 2, 3, 0), (46, 34, 16, 2, 2, 0),
    (20, 58, 9, 4, 9, 0), (25, 56, 9, 3, 7, 0),
    (12, 61, 4, 3, 16, 4), (14, 65, 4, 3, 13, 1),
    (6, 52, 1, 1, 15, 25), (7, 72, 2, 1, 11, 7),
    (4, 22, 0, 0, 8, 66), (4, 60, 1, 0, 6, 29),
)  # fmt: skip

# weight among adults, and what families of that origin are called in names.py
COUNTRIES: Final = {
    "United States": (8300, "american"),
    "Mexico": (560, "spanish"),
    "India": (130, "south_asian"),
    "Philippines": (110, "spanish"),
    "China": (105, "east_asian"),
    "El Salvador": (80, "spanish"),
    "Vietnam": (75, "east_asian"),
    "Cuba": (70, "spanish"),
    "Dominican Republic": (60, "spanish"),
    "South Korea": (55, "east_asian"),
    "Guatemala": (55, "spanish"),
    "Colombia": (45, "spanish"),
    "Canada": (40, "english"),
    "United Kingdom": (35, "english"),
    "Germany": (32, "european"),
    "Poland": (30, "slavic"),
    "Ukraine": (28, "slavic"),
    "Nigeria": (26, "african"),
    "Peru": (24, "spanish"),
    "Pakistan": (22, "arabic"),
    "Iran": (20, "arabic"),
    "Ethiopia": (18, "african"),
    "Italy": (16, "european"),
    "Japan": (14, "east_asian"),
    "Egypt": (12, "arabic"),
    "Ghana": (11, "african"),
    "Syria": (10, "arabic"),
    "France": (9, "european"),
    "Brazil": (8, "spanish"),
    "Australia": (5, "english"),
}


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Codes into the tuples of this module, one entry a person; age in years, zip as a number."""

    sex: CountArray
    age: CountArray
    zip: CountArray
    education: CountArray
    occupation: CountArray
    marital_status: CountArray
    country: CountArray


def draw_people(bits: np.random.PCG64, size: int) -> People:
    """People, each attribute drawn by those that it depends on."""
    everyone = np.zeros(size, dtype=np.int64)
    pyramid = np.array(AGE_PYRAMID)
    cell = draw(bits, [pyramid[:, 2:].ravel().tolist()], everyone)
    sex = cell % 2
    first, last = pyramid[cell // 2, 0], pyramid[cell // 2, 1]
    age = first + (below(bits, 2**16, size) * (last - first + 1) >> 16)
    education = draw(bits, EDUCATION_BY_AGE, band(age, EDUCATION_AGES))
    countries = [weight for weight, _ in COUNTRIES.values()]
    children = [countries[0] * 4, *countries[1:]]  # fewer of them were born abroad
    return People(
        sex=sex,
        age=age,
        zip=_draw_zips(bits, size),
        education=education,
        occupation=_draw_occupations(bits, age, sex, education),
        marital_status=draw(bits, MARITAL_BY_AGE_AND_SEX, 2 * band(age, MARITAL_AGES) + sex),
        country=draw(bits, [children, countries], band(age, (0, 18))),
    )


def _draw_zips(bits: np.random.PCG64, size: int) -> CountArray:
    """ZIP codes by Zipf's law twice: the districts of the region, and the places of a district."""
    codes, weights = [], []
    for rank, (district, places) in enumerate(ZIPS_OF_DISTRICT.items()):
        codes += [district * 100 + place for place in range(places)]
        weights += [1_000_000 // ((rank + 1) * (place + 1)) for place in range(places)]
    return np.array(codes)[draw(bits, [weights], np.zeros(size, dtype=np.int64))]


def _draw_occupations(bits: np.random.PCG64, age: CountArray, sex: CountArray, education: CountArray) -> CountArray:
    status = draw(bits, STATUS_BY_AGE_AND_SEX, 2 * band(age, STATUS_AGES) + sex)
    jobs_by_tier_and_sex = np.array(list(JOBS.values())).T
    job = draw(bits, jobs_by_tier_and_sex, 2 * TIER_OF_EDUCATION[education] + sex)
    return np.where(status < len(NOT_EMPLOYED), status, len(NOT_EMPLOYED) + job)
