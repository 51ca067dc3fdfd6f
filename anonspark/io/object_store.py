"""The same storage that Spark reads, reached from the driver without Spark: addresses, credentials, folders."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pyarrow.fs as pafs
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from deltalake.fs import DeltaStorageHandler
from pyspark.sql import SparkSession

from anonspark.io.uris import normalize_uri

log = logging.getLogger(__name__)

Setting = Callable[[str], str | None]
"""A Hadoop setting by its name, without `spark.hadoop.`; None where it is not set."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A place below which files lie, as the driver reaches it.

    Attributes:
        uri: An absolute path of the local file system, or a URI of an object store.
        options: Credentials and endpoints in the words of the Rust `object_store`; never printed.
    """

    uri: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def scheme(self) -> str:
        """`file` or the scheme of the object store."""
        return urlsplit(self.uri).scheme or "file"

    def options_dict(self) -> dict[str, str]:
        """The options as the Delta library wants them."""
        return dict(self.options)

    def files(self) -> pafs.FileSystem:
        """A file system whose paths are relative to `uri`, for listing, reading and deleting."""
        if self.scheme == "file":
            return pafs.SubTreeFileSystem(self.uri, pafs.LocalFileSystem())
        return pafs.PyFileSystem(DeltaStorageHandler(self.uri, self.options_dict()))

    def children(self) -> list[str]:
        """The names right below `uri`; none where it does not exist."""
        found = self.files().get_file_info(pafs.FileSelector("", recursive=False, allow_not_found=True))
        return [info.base_name for info in found]

    def write(self, path: str, content: bytes) -> None:
        """Write a small file that appears whole or not at all; folders above it are made where the store has any."""
        files = self.files()
        draft = path if self.scheme != "file" else f"{path}.{secrets.token_hex(4)}"
        if self.scheme == "file":
            files.create_dir(str(PurePosixPath(path).parent), recursive=True)
        # The Delta library's streams take bytes only, which pyarrow hands over from a buffer that is not yet full.
        with files.open_output_stream(draft, compression=None, buffer_size=len(content) + 1) as stream:
            stream.write(content)
        if draft != path:
            files.move(draft, path)

    def delete(self, folder: str) -> None:
        """Delete a folder with all that is in it; one that is not there is no error."""
        files = self.files()
        if self.scheme == "file":
            if files.get_file_info(folder).type is not pafs.FileType.NotFound:
                files.delete_dir(folder)
            return
        for info in files.get_file_info(pafs.FileSelector(folder, recursive=True, allow_not_found=True)):
            if info.is_file:
                files.delete_file(info.path)


def storage_of(spark: SparkSession, uri: str) -> Storage:
    """How the driver reaches a URI, with the credentials that Spark was given for it.

    What Spark's configuration does not name is left to the environment, the web identity or the instance's role, which
    the Delta library looks up by itself.

    Raises:
        LocationError: The scheme is not known, or the URI holds a credential.
    """
    uri = normalize_uri(uri)
    address = urlsplit(uri)
    if address.scheme == "file":
        return Storage(uri.removeprefix("file://"))

    def setting(name: str) -> str | None:
        return spark.conf.get(f"spark.hadoop.{name}", None)

    options = {"s3a": s3_options, "abfss": azure_options, "gs": google_options}[address.scheme](setting, address.netloc)
    return Storage(uri.replace("s3a:", "s3:", 1), options)


def reachable_storage(spark: SparkSession, uri: str) -> Storage | None:
    """As `storage_of`, but None where only Spark has the credentials, as on a serverless cluster."""
    storage = storage_of(spark, uri)
    if storage.scheme == "file":
        return storage
    try:
        DeltaTable.is_deltatable(storage.uri, storage.options_dict())
    except (DeltaError, OSError) as error:
        log.warning(
            "the driver cannot reach %s (%s); Spark commits there, with one more copy", uri, type(error).__name__
        )
        return None
    return storage


def s3_options(setting: Setting, bucket: str) -> dict[str, str]:
    """S3A's settings, those of the bucket first; commits are conditional puts, so that two writers cannot both win."""

    def of(name: str) -> str | None:
        return setting(f"fs.s3a.bucket.{bucket}.{name}") or setting(f"fs.s3a.{name}")

    endpoint = of("endpoint")
    if endpoint and "://" not in endpoint:
        endpoint = ("http://" if of("connection.ssl.enabled") == "false" else "https://") + endpoint
    found = {
        "aws_access_key_id": of("access.key"),
        "aws_secret_access_key": of("secret.key"),
        "aws_session_token": of("session.token"),
        "aws_region": of("endpoint.region") or ("us-east-1" if endpoint else None),
        "aws_endpoint_url": endpoint,
        "aws_allow_http": "true" if endpoint and endpoint.startswith("http://") else None,
        "aws_virtual_hosted_style_request": "false" if of("path.style.access") == "true" else None,
        "aws_skip_signature": "true" if "Anonymous" in (of("aws.credentials.provider") or "") else None,
        "aws_conditional_put": "etag",
    }
    return {name: value for name, value in found.items() if value}


def azure_options(setting: Setting, netloc: str) -> dict[str, str]:
    """ABFS's settings, those of the account first: shared key, SAS, service principal or workload identity."""
    host = netloc.rpartition("@")[2]

    def of(name: str) -> str | None:
        return setting(f"{name}.{host}") or setting(name)

    token_endpoint = of("fs.azure.account.oauth2.client.endpoint") or ""
    found = {
        "azure_storage_account_name": host.split(".", 1)[0],
        "azure_storage_account_key": setting(f"fs.azure.account.key.{host}"),
        "azure_storage_sas_token": of("fs.azure.sas.fixed.token"),
        "azure_client_id": of("fs.azure.account.oauth2.client.id"),
        "azure_client_secret": of("fs.azure.account.oauth2.client.secret"),
        "azure_tenant_id": of("fs.azure.account.oauth2.msi.tenant") or urlsplit(token_endpoint).path.split("/")[1:2],
        "azure_federated_token_file": of("fs.azure.account.oauth2.token.file"),
    }
    return {name: value if isinstance(value, str) else value[0] for name, value in found.items() if value}


def google_options(setting: Setting, bucket: str) -> dict[str, str]:  # noqa: ARG001  one signature for all stores
    """The service account's key file of the GCS connector, if one is set."""
    names = ("fs.gs.auth.service.account.json.keyfile", "google.cloud.auth.service.account.json.keyfile")
    found = next((value for value in map(setting, names) if value), None)
    return {"google_service_account": found} if found else {}
