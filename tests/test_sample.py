import csv
import hashlib
import io
import re
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.config.load import load_job
from anonspark.resources import resource
from anonspark.sample import generate, write_sample
from anonspark.sample.draws import below, draw

QUASI_IDENTIFIERS = [
    "birth_date", "sex", "zip", "education", "occupation", "marital_status", "country_of_birth", "length_of_stay",
]  # fmt: skip


@pytest.fixture(scope="module")
def patients() -> pd.DataFrame:
    return generate().to_pandas()


def age_in_years(patients: pd.DataFrame) -> pd.Series:
    """Age at the end of 2024, so at most one year more than at admission."""
    return patients["birth_date"].map(lambda born: (date(2024, 12, 31) - born).days / 365.2425)


def test_a_seed_gives_the_same_bytes_on_every_platform_and_version(tmp_path: Path) -> None:
    write_sample(tmp_path)
    digest = hashlib.sha256((tmp_path / "hospital.csv").read_bytes()).hexdigest()
    assert digest == "ae7b7f5605063a056702ddb813996ad6a993f05827b23c594422cba4d122952f"


def test_another_seed_gives_other_people() -> None:
    assert generate(50, seed=1) != generate(50, seed=2)


def test_every_patient_has_an_id_of_their_own(patients: pd.DataFrame) -> None:
    assert patients["patient_id"].is_unique


def test_nobody_can_be_reached_at_an_address_or_number_of_the_sample(patients: pd.DataFrame) -> None:
    assert patients["email"].dropna().str.fullmatch(r"[a-z0-9._]+@example\.(com|org|net)").all()
    assert patients["phone"].dropna().str.fullmatch(r"\(69[4-9]\) 555-01\d\d").all()
    assert patients["zip"].str.fullmatch(r"69[4-9]\d\d").all()


def test_places_follow_zipfs_law(patients: pd.DataFrame) -> None:
    shares = patients["zip"].value_counts(normalize=True)
    assert 0.05 < shares.iloc[0] < 0.15
    assert shares.iloc[0] / shares.iloc[1] > 1.5
    assert shares.iloc[-1] < 0.001


def test_nearly_everybody_is_unique_before_generalization(patients: pd.DataFrame) -> None:
    sizes = patients.groupby(QUASI_IDENTIFIERS, dropna=False).size()
    assert (sizes == 1).sum() / len(patients) > 0.99


def test_many_are_unique_by_year_of_birth_sex_and_zip_alone(patients: pd.DataFrame) -> None:
    years = patients["birth_date"].map(lambda born: born.year)
    sizes = patients.groupby([years, "sex", "zip"]).size()
    assert 0.1 < (sizes == 1).sum() / len(patients) < 0.5


def test_forms_have_gaps_but_few(patients: pd.DataFrame) -> None:
    gaps = patients.isna().mean()
    assert set(gaps[gaps > 0].index) == {"email", "phone", "education", "occupation", "cost"}
    assert 0.005 < gaps["occupation"] < 0.015
    assert 0.005 < gaps["cost"] < 0.015


def test_men_bear_no_children_and_women_have_no_prostate(patients: pd.DataFrame) -> None:
    women = patients["sex"] == "F"
    assert women[patients["diagnosis"].str.startswith("O")].all()
    assert not women[patients["diagnosis"].isin(["C61", "N40"])].any()


def test_diagnoses_keep_to_their_ages(patients: pd.DataFrame) -> None:
    age = age_in_years(patients)
    assert age[patients["diagnosis"].str.startswith("O")].between(18, 47).all()
    assert (age[patients["diagnosis"].isin(["P07", "P59", "Z38"])] <= 1).all()
    assert age[patients["diagnosis"] == "I50"].median() > 65
    assert age[patients["diagnosis"] == "J35"].median() < 18


def test_education_takes_its_years(patients: pd.DataFrame) -> None:
    age = age_in_years(patients)
    assert age[patients["education"] == "Doctorate"].min() >= 27
    assert age[patients["education"] == "Bachelor"].min() >= 22
    assert age[patients["education"] == "Preschool"].max() < 8


def test_occupation_goes_with_education_age_and_sex(patients: pd.DataFrame) -> None:
    age = age_in_years(patients)
    doctors = patients[patients["occupation"] == "Physician"]
    assert set(doctors["education"].dropna()) == {"Master", "Professional", "Doctorate"}
    assert age[patients["occupation"] == "Retired"].min() >= 27
    assert age[patients["occupation"].isin(["Child", "Pupil"])].max() < 20
    share_of_women = (patients["sex"] == "F").groupby(patients["occupation"]).mean()
    assert share_of_women["Nurse"] > 0.7
    assert share_of_women["Mechanic"] < 0.3


def test_old_women_are_widowed_more_often_than_old_men(patients: pd.DataFrame) -> None:
    old = patients[age_in_years(patients) > 80]
    widowed = (old["marital_status"] == "Widowed").groupby(old["sex"]).mean()
    assert widowed["F"] > widowed["M"] + 0.2


def test_nobody_was_born_after_admission_or_stays_longer_than_the_last_interval(patients: pd.DataFrame) -> None:
    assert patients["birth_date"].max() <= date(2024, 12, 31)
    assert patients["length_of_stay"].between(1, 83).all()


@pytest.mark.parametrize("column", ["education", "occupation", "country_of_birth", "diagnosis"])
def test_a_hierarchy_knows_every_value_and_each_group_lies_within_one_of_the_next_level(
    patients: pd.DataFrame, column: str
) -> None:
    text = resource(f"hierarchies/{column}.csv").read_text(encoding="utf-8")
    levels = list(zip(*csv.reader(io.StringIO(text), delimiter=";"), strict=True))
    assert set(patients[column].dropna()) == set(levels[0])
    assert len(levels[0]) == len(set(levels[0]))
    assert set(levels[-1]) == {"*"}
    for finer, coarser in pairwise(levels):
        assert len(set(zip(finer, coarser, strict=True))) == len(set(finer))


def test_the_job_file_loads_from_where_it_ships_and_from_the_samples_folder(tmp_path: Path) -> None:
    for path in (resource("jobs/hospital.yaml"), write_sample(tmp_path)):
        job = load_job(path.read_text(encoding="utf-8"), str(path))
        assert [attribute.name for attribute in job.attributes if attribute.type == "quasi_identifier"] == (
            QUASI_IDENTIFIERS
        )


@pytest.mark.parametrize("kind", ["risk", "validate"])
def test_the_other_job_files_look_at_what_the_first_one_reads_and_writes(tmp_path: Path, kind: str) -> None:
    first = load_job(write_sample(tmp_path).read_text(encoding="utf-8"), str(tmp_path / "job.yaml"))
    path = tmp_path / f"{kind}.yaml"
    other = load_job(path.read_text(encoding="utf-8"), str(path))
    assert (other.job, list(other.names)) == (kind, QUASI_IDENTIFIERS)
    assert {other.source().uri} <= {first.source().uri, first.target().uri}
    if kind == "risk":
        assert other.released_source().uri == first.target().uri
    else:
        policy = first.to_policy(lambda *_: [("a",)])
        assert other.to_policy(lambda *_: []).models == policy.models


def test_what_the_job_file_names_is_beside_it(tmp_path: Path) -> None:
    job = write_sample(tmp_path)
    named = re.findall(r"uri: ([\w/.]+\.csv)", job.read_text(encoding="utf-8"))
    assert len(named) == 5
    assert all((tmp_path / name).is_file() for name in named)
    shipped = resource("jobs/hospital.yaml")
    hierarchies = re.findall(r"uri: (\.\./[\w/.]+)", shipped.read_text(encoding="utf-8"))
    assert all((shipped.parent / name).is_file() for name in hierarchies)


def test_a_null_is_an_empty_field_of_the_file(tmp_path: Path, patients: pd.DataFrame) -> None:
    write_sample(tmp_path)
    with (tmp_path / "hospital.csv").open(encoding="utf-8", newline="") as file:
        empty = Counter(column for row in csv.DictReader(file) for column, cell in row.items() if cell == "")
    assert empty == {column: count for column, count in patients.isna().sum().items() if count}


@given(limit=st.integers(1, 2**31 - 1), seed=st.integers(0, 2**32))
def test_an_even_draw_stays_below_its_limit(limit: int, seed: int) -> None:
    drawn = below(np.random.PCG64(seed), limit, 100)
    assert drawn.min() >= 0
    assert drawn.max() < limit


def test_draws_follow_their_weights() -> None:
    drawn = draw(np.random.PCG64(7), [[1, 3, 0, 6]], np.zeros(100_000, dtype=np.int64))
    assert np.bincount(drawn, minlength=4) / 100_000 == pytest.approx([0.1, 0.3, 0.0, 0.6], abs=0.01)
