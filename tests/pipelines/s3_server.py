"""A local S3 server and `anonspark` on the command line against it."""

import json
import os
import re
import socket
import subprocess
import sys
import time
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

    def forget_everything(self) -> None:
        """An empty bucket again, which refuses nothing."""
        self.demand_keys(False)
        self.tell("reset", b"")
        self.client.create_bucket(Bucket=BUCKET)

    def tell(self, what: str, body: bytes) -> None:
        """Ask something of the server that is no S3."""
        request = urllib.request.Request(f"{self.url}/moto-api/{what}", body, {"Content-Type": "text/plain"})
        urllib.request.urlopen(request).close()

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
        self.tell("reset-auth", requests_let_through)

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
    """Start a server; it knows no bucket yet."""
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
        client.list_buckets()
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


COMMANDS = """
import json, sys
from anonspark.cli.main import main
for line in sys.stdin:
    try:
        main(json.loads(line))
    except SystemExit as ended:
        print(f"ENDED {ended.code}", flush=True)
"""
"""A process that does one command line after the other, in one Spark session."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where `anonspark anonymize` is called again and again; Spark starts with the first call.

    Attributes:
        process: Does what it is told.
        folder: Its working folder.
        settings: `--spark-conf` of every call.
    """

    process: "subprocess.Popen[str]"
    folder: Path
    settings: tuple[str, ...]

    def anonymize(self, config: str, *arguments: str) -> Ended:
        """Run a job."""
        summary, shown = self.folder / "summary.json", self.folder / "shown"
        summary.unlink(missing_ok=True)
        before = len(shown.read_text(encoding="utf-8"))
        line = ["anonymize", "--config", config, "--master", "local[2]", "--summary", str(summary), *self.settings]
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([*line, *arguments]) + "\n")
        self.process.stdin.flush()
        while not (ended := re.search(r"^ENDED (\d+)$", shown.read_text(encoding="utf-8")[before:], re.MULTILINE)):
            assert self.process.poll() is None, shown.read_text(encoding="utf-8")
            time.sleep(0.1)
        told = json.loads(summary.read_text(encoding="utf-8"))
        return Ended(int(ended[1]), shown.read_text(encoding="utf-8")[before:], told)


@contextmanager
def terminal(folder: Path, conf: Mapping[str, str]) -> Iterator[Terminal]:
    """A process in a folder, with settings for Spark; all that it prints is in the file `shown`."""
    settings = tuple(part for key, value in conf.items() for part in ("--spark-conf", f"{key}={value}"))
    with (
        (folder / "shown").open("w") as shown,
        subprocess.Popen(
            [sys.executable, "-c", COMMANDS],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=shown,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        yield Terminal(process, folder, settings)
        assert process.stdin is not None
        process.stdin.close()
