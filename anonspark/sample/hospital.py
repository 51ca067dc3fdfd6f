"""The hospital's table: one row a patient, nobody real."""

from typing import Final

import numpy as np
import pyarrow as pa

from anonspark.domain.arrays import BoolArray, CountArray
from anonspark.sample.draws import one_in
from anonspark.sample.names import draw_addresses, draw_names, draw_phones
from anonspark.sample.people import COUNTRIES, EDUCATIONS, MARITAL_STATUSES, OCCUPATIONS, SEXES, draw_people
from anonspark.sample.stays import DIAGNOSES, draw_stays

ROWS: Final = 20_000
SEED: Final = 20_240_101
NUMBERS: Final = 99_999_989  # the largest prime below 10**8: multiples of another number do not repeat below it


def generate(rows: int = ROWS, seed: int = SEED) -> pa.Table:
    """People and their stay in a hospital, as skewed and as full of gaps as real tables are.

    Args:
        rows: Number of patients, at most 99,999,988.
        seed: Equal seeds give equal tables, on every platform.

    Returns:
        patient_id, name, email and phone name a person; birth_date, sex, zip, education, occupation, marital_status,
        country_of_birth and length_of_stay (days) describe one; diagnosis is an ICD-10 code, cost is in dollars.
        About one value in a hundred is null where forms have gaps; small children have no e-mail address.

    >>> generate(3).column("sex").to_pylist() == generate(3).column("sex").to_pylist()
    True
    """
    bits = np.random.PCG64(seed)
    people = draw_people(bits, rows)
    stays = draw_stays(bits, people)
    birth_years = (stays.birth.astype("datetime64[Y]").astype(np.int64) + 1970).tolist()
    names = draw_names(bits, people, birth_years)
    addresses = draw_addresses(bits, names, birth_years)
    phones = draw_phones(bits, people)
    patient_ids = (np.arange(1, rows + 1) * 48_271_007 % NUMBERS).tolist()
    return pa.table(
        {
            "patient_id": pa.array([f"P{number:08d}" for number in patient_ids]),
            "name": pa.array([f"{given} {family}" for given, family in names]),
            "email": pa.array(addresses, mask=one_in(bits, 25, rows) | (people.age < 13)),
            "phone": pa.array(phones, mask=one_in(bits, 40, rows)),
            "birth_date": pa.array(stays.birth.astype("datetime64[D]"), pa.date32()),
            "sex": _words(SEXES, people.sex),
            "zip": pa.array([str(code) for code in people.zip.tolist()]),
            "education": _words(EDUCATIONS, people.education, missing=one_in(bits, 400, rows)),
            "occupation": _words(OCCUPATIONS, people.occupation, missing=one_in(bits, 100, rows)),
            "marital_status": _words(MARITAL_STATUSES, people.marital_status),
            "country_of_birth": _words(tuple(COUNTRIES), people.country),
            "length_of_stay": pa.array(stays.days.astype(np.int32)),
            "diagnosis": _words(tuple(DIAGNOSES), stays.diagnosis),
            "cost": pa.array(stays.dollars.astype(np.int32), mask=one_in(bits, 100, rows)),
        }
    )


def _words(words: tuple[str, ...], codes: CountArray, missing: BoolArray | None = None) -> pa.Array:
    return pa.array(np.array(words, dtype=object)[codes], pa.string(), mask=missing)
