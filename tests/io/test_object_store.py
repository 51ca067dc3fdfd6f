"""The driver reaches the storage with the credentials that Spark was given."""

from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from anonspark.errors import LocationError
from anonspark.io.object_store import Storage, azure_options, google_options, s3_options, storage_of


def settings(**given: str) -> Callable[[str], str | None]:
    """Hadoop settings; underscores stand for dots."""
    named = {name.replace("_", "."): value for name, value in given.items()}
    return named.get


def test_s3_takes_keys_endpoint_and_path_style_from_s3a() -> None:
    options = s3_options(
        settings(
            fs_s3a_access_key="id",
            fs_s3a_secret_key="secret",
            fs_s3a_endpoint="127.0.0.1:9000",
            fs_s3a_connection_ssl_enabled="false",
            fs_s3a_path_style_access="true",
        ),
        "lake",
    )
    assert options == {
        "aws_access_key_id": "id",
        "aws_secret_access_key": "secret",
        "aws_endpoint_url": "http://127.0.0.1:9000",
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
        "aws_virtual_hosted_style_request": "false",
        "aws_conditional_put": "etag",
    }


def test_a_setting_of_the_bucket_goes_before_the_general_one() -> None:
    options = s3_options(settings(fs_s3a_access_key="general", fs_s3a_bucket_lake_access_key="special"), "lake")
    assert options["aws_access_key_id"] == "special"


def test_s3_without_settings_leaves_credentials_to_the_environment_but_commits_conditionally() -> None:
    assert s3_options(settings(), "lake") == {"aws_conditional_put": "etag"}


def test_azure_takes_the_key_of_the_account() -> None:
    host = "account.dfs.core.windows.net"
    options = azure_options({f"fs.azure.account.key.{host}": "secret"}.get, f"raw@{host}")
    assert options == {"azure_storage_account_name": "account", "azure_storage_account_key": "secret"}


def test_azure_takes_the_tenant_of_a_service_principal_from_its_endpoint() -> None:
    options = azure_options(
        {
            "fs.azure.account.oauth2.client.id": "client",
            "fs.azure.account.oauth2.client.secret": "secret",
            "fs.azure.account.oauth2.client.endpoint": "https://login.microsoftonline.com/tenant/oauth2/token",
        }.get,
        "raw@account.dfs.core.windows.net",
    )
    assert options["azure_tenant_id"] == "tenant"
    assert options["azure_client_id"] == "client"


def test_google_takes_the_key_file_of_the_connector() -> None:
    options = google_options(settings(fs_gs_auth_service_account_json_keyfile="/keys/sa.json"), "lake")
    assert options == {"google_service_account": "/keys/sa.json"}


def test_credentials_are_not_printed() -> None:
    assert "secret" not in repr(Storage("s3://lake/out", {"aws_secret_access_key": "secret"}))


def test_a_local_place_is_an_absolute_path(spark: SparkSession) -> None:
    assert storage_of(spark, "file:///data/a b").uri == "/data/a b"
    assert storage_of(spark, "out").uri.startswith("/")


def test_a_bucket_keeps_its_name_and_path(spark: SparkSession) -> None:
    assert storage_of(spark, "s3a://lake/out/adult").uri == "s3://lake/out/adult"


def test_credentials_in_a_uri_are_refused(spark: SparkSession) -> None:
    with pytest.raises(LocationError, match="credential"):
        storage_of(spark, "s3a://id:secret@lake/out")
