"""Where leases lie: small numbered objects that exactly one writer can create."""

import logging
import secrets
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from anonspark.errors import EnvironmentProblem
from anonspark.io.object_store import Storage

WRITING_S = 0.2

log = logging.getLogger(__name__)


class LeaseStore(Protocol):
    """A few small objects, one a fencing number; whoever creates a number first has it."""

    def fences(self) -> list[int]:
        """The numbers that exist."""
        ...

    def read(self, fence: int) -> bytes | None:
        """What stands under a number; None if it is gone."""
        ...

    def create(self, fence: int, body: bytes) -> bool:
        """Take a number; False if someone has it."""
        ...

    def rewrite(self, fence: int, body: bytes) -> None:
        """Renew a number that was taken."""
        ...

    def delete(self, fence: int) -> None:
        """Forget a number that a higher one replaced."""
        ...


class FileLeases:
    """Leases in a folder of a file system that all writers share."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def fences(self) -> list[int]:
        """The numbers that exist."""
        return [int(path.stem) for path in self.folder.glob("*.json") if path.stem.isdigit()]

    def read(self, fence: int) -> bytes | None:
        """What stands under a number; None if it is gone."""
        try:
            if body := self.path(fence).read_bytes():
                return body
            time.sleep(WRITING_S)  # it was created a moment ago and its content comes, or its writer died right there
            return self.path(fence).read_bytes()
        except FileNotFoundError:
            return None

    def create(self, fence: int, body: bytes) -> bool:
        """Take a number by creating its file, which fails if the file exists."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with self.path(fence).open("xb") as file:  # not linked into place: mounted object stores have no links
                file.write(body)
        except FileExistsError:
            return False
        return True

    def rewrite(self, fence: int, body: bytes) -> None:
        """Renew a number that was taken; a reader sees the old record or the new one whole."""
        draft = self.folder / f"draft-{secrets.token_hex(8)}"
        draft.write_bytes(body)
        draft.replace(self.path(fence))

    def delete(self, fence: int) -> None:
        """Forget a number that a higher one replaced."""
        self.path(fence).unlink(missing_ok=True)

    def path(self, fence: int) -> Path:
        """Where a number stands."""
        return self.folder / f"{fence}.json"


class S3Leases:
    """Leases below a prefix of a bucket; a number is taken by a put that fails if the key exists."""

    def __init__(self, storage: Storage) -> None:
        address = urlsplit(storage.uri)
        self.bucket, self.prefix = address.netloc, address.path.strip("/")
        self.client = s3_client(storage)

    def fences(self) -> list[int]:
        """The numbers that exist."""
        found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix + "/")
        names = [item["Key"].rpartition("/")[2].removesuffix(".json") for item in found.get("Contents", [])]
        return [int(name) for name in names if name.isdigit()]

    def read(self, fence: int) -> bytes | None:
        """What stands under a number; None if it is gone."""
        try:
            body: bytes = self.client.get_object(Bucket=self.bucket, Key=self.key(fence))["Body"].read()
        except self.client.exceptions.NoSuchKey:
            return None
        return body

    def create(self, fence: int, body: bytes) -> bool:
        """Take a number; S3 answers 412 if someone has it and 409 if someone is taking it."""
        try:
            self.client.put_object(Bucket=self.bucket, Key=self.key(fence), Body=body, IfNoneMatch="*")
        except self.client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (409, 412):
                return False
            raise
        return True

    def rewrite(self, fence: int, body: bytes) -> None:
        """Renew a number that was taken; nobody but its holder writes it."""
        self.client.put_object(Bucket=self.bucket, Key=self.key(fence), Body=body)

    def delete(self, fence: int) -> None:
        """Forget a number that a higher one replaced."""
        self.client.delete_object(Bucket=self.bucket, Key=self.key(fence))

    def key(self, fence: int) -> str:
        """Where a number stands."""
        return f"{self.prefix}/{fence}.json"


def lease_store(storage: Storage | None, target: str) -> LeaseStore | None:
    """The store for leases; None where the table's own log already refuses the second writer, or nothing does."""
    if storage is None:
        log.warning(
            "no lease for %s: this storage is reached by Spark alone; see that one run writes at a time", target
        )
        return None
    if storage.scheme == "file":
        return FileLeases(storage.uri)
    if storage.scheme == "s3":
        return S3Leases(storage)
    # Azure and Google put a log entry only where none is, so a commit that was overtaken fails there by itself.
    log.info("no lease for %s: its commits exclude each other", target)
    return None


def s3_client(storage: Storage) -> Any:  # noqa: ANN401  boto3 makes its classes at run time
    """A client with the credentials that Spark was given, or boto3's own chain."""
    try:
        boto3, config = import_module("boto3"), import_module("botocore.config")
    except ImportError as error:
        raise EnvironmentProblem("A lease on S3 needs boto3: pip install 'anonspark[s3]'.", field="output") from error
    options = storage.options
    style = "path" if options.get("aws_virtual_hosted_style_request") == "false" else "auto"
    return boto3.client(
        "s3",
        endpoint_url=options.get("aws_endpoint_url"),
        region_name=options.get("aws_region"),
        aws_access_key_id=options.get("aws_access_key_id"),
        aws_secret_access_key=options.get("aws_secret_access_key"),
        aws_session_token=options.get("aws_session_token"),
        config=config.Config(s3={"addressing_style": style}, retries={"max_attempts": 5}),
    )
