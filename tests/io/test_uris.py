from pathlib import Path

import pytest

from anonspark.errors import LocationError
from anonspark.io.uris import jar_coordinates, normalize_uri, scheme_of


@pytest.mark.parametrize(
    ("uri", "normal"),
    [
        ("/data/adult.csv", "file:///data/adult.csv"),
        ("file:/data/adult.csv", "file:///data/adult.csv"),
        ("file://localhost/data/a b/%20.csv", "file:///data/a b/%20.csv"),
        ("/data/./x/../adult/", "file:///data/adult"),
        ("s3://bucket/a/b.csv", "s3a://bucket/a/b.csv"),
        ("S3A://bucket", "s3a://bucket/"),
        ("gs://bucket/part-*.csv", "gs://bucket/part-*.csv"),
        ("azure://raw@lake/a.csv", "abfss://raw@lake.dfs.core.windows.net/a.csv"),
        ("abfss://raw@lake.dfs.core.windows.net/a.csv", "abfss://raw@lake.dfs.core.windows.net/a.csv"),
    ],
)
def test_a_place_has_one_spelling(uri, normal) -> None:
    assert normalize_uri(uri) == normal
    assert normalize_uri(normal) == normal


@pytest.mark.parametrize(
    ("uri", "base", "normal"),
    [
        ("data/adult.csv", "/jobs", "file:///jobs/data/adult.csv"),
        ("../adult.csv", "s3://bucket/jobs/k", "s3a://bucket/jobs/adult.csv"),
        ("../../../x.csv", "s3a://bucket/jobs", "s3a://bucket/x.csv"),
        ("x.csv", "azure://raw@lake", "abfss://raw@lake.dfs.core.windows.net/x.csv"),
        ("/x.csv", "s3a://bucket/jobs", "file:///x.csv"),
        ("s3a://other/x.csv", "/jobs", "s3a://other/x.csv"),
    ],
)
def test_a_relative_path_is_seen_from_its_base(uri, base, normal) -> None:
    assert normalize_uri(uri, base) == normal


def test_without_a_base_it_is_seen_from_the_working_folder() -> None:
    assert normalize_uri("x/y.csv") == f"file://{Path.cwd()}/x/y.csv"


@pytest.mark.parametrize(
    "uri",
    [
        "s3a://KEY:SECRET@bucket/a.csv",
        "s3a://SECRET@bucket/a.csv",
        "abfss://raw:SECRET@lake.dfs.core.windows.net/a.csv",
        "azure://raw@lake/a.csv?sv=2022&sig=SECRET",
        "gs://bucket/a.csv?X-Amz-Signature=SECRET",
    ],
)
def test_a_credential_in_a_uri_is_refused_and_not_repeated(uri) -> None:
    with pytest.raises(LocationError, match="credential") as caught:
        normalize_uri(uri)
    assert "SECRET" not in caught.value.message
    with pytest.raises(LocationError, match="credential"):
        normalize_uri("a.csv", uri)


@pytest.mark.parametrize("uri", ["ftp://host/a.csv", "s3a:///a.csv", "azure://lake/a.csv", "file://host/a", "file:a"])
def test_what_no_store_can_be_is_refused(uri) -> None:
    with pytest.raises(LocationError):
        normalize_uri(uri)


def test_only_the_connectors_of_used_stores_are_needed() -> None:
    assert jar_coordinates(["/a", "b/c"]) == ()
    azure, s3 = "org.apache.hadoop:hadoop-azure:3.4.2", "org.apache.hadoop:hadoop-aws:3.4.2"
    assert set(jar_coordinates(["s3://b/a", "azure://c@a/x", "s3a://b/c"])) == {azure, s3}
    assert scheme_of("azure://c@a/x") == "abfss"
