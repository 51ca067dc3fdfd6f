"""A local S3 server and `anonspark` on the command line against it."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
from botocore.config import Config
from deltalake import DeltaTable

SECRET = "CANARY-8842-SECRET"
"""The key that every request is signed with; it stands in no log, summary or table."""

BUCKET = "lake"

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class S3Server:
    """A server with one bucket.

    Attributes:
        url: Its endpoint.
        client: A client whose requests are always let through.
    """

    url: str
    client: Any

    def put(self, key: str, content: str | bytes) -> None:
        """Write an object."""
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """Every object below a prefix with its content."""
        found = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        keys = [item["Key"] for page in found for item in page.get("Contents", [])]
        return {key: self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    def deny(self, action: str, prefix: str) -> None:
        """Refuse an action below a prefix from now on, to everybody."""
        resource = f"arn:aws:s3:::{BUCKET}/{prefix}*"
        statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource}
        self.client.put_bucket_policy(
            Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )

    def allow_all(self) -> None:
        """Refuse nothing any more."""
        self.client.delete_bucket_policy(Bucket=BUCKET)

    def demand_keys(self, demanded: bool) -> None:
        """Whether a request needs the key of a user who may do what it does; nobody may."""
        requests_let_through = b"0" if demanded else b"1000000000"
        urllib.request.urlopen(f"{self.url}/moto-api/reset-auth", requests_let_through).close()

    def table(self, key: str) -> DeltaTable:
        """A Delta table of the bucket."""
        return DeltaTable(f"s3://{BUCKET}/{key}", storage_options=self.options())

    def frame(self, key: str) -> pd.DataFrame:
        """Its rows."""
        return self.table(key).to_pandas()

    def options(self) -> dict[str, str]:
        """How the Delta library reaches the server."""
        return {
            "aws_endpoint_url": self.url,
            "aws_access_key_id": "tester",
            "aws_secret_access_key": "not the canary",
            "aws_region": "us-east-1",
            "aws_allow_http": "true",
            "aws_virtual_hosted_style_request": "false",
        }

    def spark_conf(self, **changes: str) -> dict[str, str]:
        """How S3A reaches the server."""
        settings = {
            "endpoint": self.url,
            "endpoint.region": "us-east-1",
            "access.key": "tester",
            "secret.key": SECRET,
            "path.style.access": "true",
            "connection.ssl.enabled": "false",
            # A place that is not reached is told after seconds, not minutes.
            "attempts.maximum": "2",
            "retry.limit": "2",
            **changes,
        }
        return {f"spark.hadoop.fs.s3a.{name}": value for name, value in settings.items()}


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Start a server with an empty bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A process of its own: the Delta library keeps the interpreter's lock while it waits for an answer.
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id="owner",
        aws_secret_access_key="not the canary",
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 20, "mode": "standard"}, connect_timeout=5),  # the server is starting
    )
    try:
        client.create_bucket(Bucket=BUCKET)
        yield S3Server(url, client)
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    shown: str
    summary: dict[str, Any]

    @property
    def sentence(self) -> str:
        """The one sentence about what went wrong."""
        (line,) = [line for line in self.shown.splitlines() if line.startswith("Error: ")]
        return line.removeprefix("Error: ")


def command(config: str, folder: Path, conf: Mapping[str, str], *arguments: str) -> list[str]:
    """The command line."""
    settings = [part for key, value in conf.items() for part in ("--spark-conf", f"{key}={value}")]
    program = "from anonspark.cli.main import main; main()"
    line = [sys.executable, "-c", program, "anonymize", "--config", config, "--master", "local[2]"]
    return [*line, "--summary", str(folder / "summary.json"), *settings, *arguments]


def anonymize(config: str, folder: Path, conf: Mapping[str, str], *arguments: str) -> Ended:
    """Run `anonspark anonymize` as its own process, below a folder."""
    (folder / "summary.json").unlink(missing_ok=True)
    ended = subprocess.run(
        command(config, folder, conf, *arguments),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return Ended(ended.returncode, ended.stdout + ended.stderr, summary)
