import io
import json
import logging
import secrets
import threading
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws

from anonspark.domain.keys import root_key
from anonspark.errors import EnvironmentProblem, SecretKeyError
from anonspark.io import keys
from anonspark.io.key_aws import CONTEXT, AwsKeys
from anonspark.io.key_azure import AzureKeys
from anonspark.io.keys import key_scope, open_key, open_ring, provider_of

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(48)
REGION = "eu-central-1"


def text(secret: bytes) -> str:
    return b64encode(secret).decode()


@pytest.mark.parametrize(
    "written", [text(NEW), urlsafe_b64encode(NEW).decode().rstrip("="), NEW.hex(), NEW.hex().upper()]
)
def test_a_variable_holds_a_key_in_base64_or_hexadecimal(written: str) -> None:
    assert open_key("env:KEY", environment={"KEY": f" {written}\n"}).secret == NEW


def test_a_text_of_several_versions_is_a_ring_whose_highest_is_current() -> None:
    ring = open_ring("env:KEY", environment={"KEY": f"1:{text(OLD)}\n3:{NEW.hex()}"})
    assert [(key.version, key.secret) for key in ring.keys] == [(3, NEW), (1, OLD)]
    assert ring.find(root_key(OLD).id, 1).secret == OLD
    assert ring.find(root_key(OLD).id, 7).secret == OLD, "its id tells the secret, whatever its version is called"
    assert ring.find("another", 1) is None


def test_the_first_of_several_references_is_the_current_key() -> None:
    ring = open_ring("env:NEW", "env:OLD", environment={"NEW": text(NEW), "OLD": text(OLD)})
    assert [key.secret for key in ring.keys] == [NEW, OLD]


def test_a_key_shows_neither_in_its_repr_nor_in_its_id() -> None:
    ring = open_ring("env:KEY", environment={"KEY": text(NEW)})
    shown = repr(ring) + repr(provider_of("env:KEY", {"KEY": text(NEW)})) + repr(key_scope("p", hash_key=None))
    for written in (text(NEW), NEW.hex(), repr(NEW), str(NEW)):
        assert written not in shown
    assert ring.current.id == root_key(NEW, 5).id != root_key(OLD).id


@pytest.mark.parametrize(
    ("reference", "environment", "sentence"),
    [
        ("env:KEY", {"KEYS": "x"}, "has no variable KEY; did you mean 'KEYS'?"),
        ("env:KEY", {}, "has no variable KEY; set it"),
        ("env:KEY", {"KEY": "  "}, "The variable KEY is empty"),
        ("env:KEY", {"KEY": "not a key at all!"}, "holds several keys"),
        ("env:KEY", {"KEY": "canary-not-base64!"}, "neither base64 nor hexadecimal"),
        ("env:KEY", {"KEY": text(b"canary-of-20-bytes!!")}, "has 20 bytes; a key has 32 or more"),
        ("env:KEY", {"KEY": text(b"canary" * 9)}, "is not random"),
        ("env:KEY", {"KEY": f"1:{text(NEW)} 1:{text(OLD)}"}, "version 1 twice"),
        ("env:canary/key=", {}, "has the name of an environment variable, not a key"),
        ("evn:KEY", {}, "did you mean 'env'?"),
        ("Y2FuYXJ5", {}, "never written itself; there are env:, file:"),
        ("vault:secret/path", {}, "reads vault:MOUNT/PATH#FIELD"),
        ("azure-keyvault:vault", {}, "reads azure-keyvault:VAULT/SECRET"),
        ("file:relative.key", {}, "needs an absolute path"),
        ("file:/nowhere/at/all", {}, "cannot be read: No such file"),
    ],
)
def test_a_reference_that_leads_to_no_key_says_why_and_repeats_no_key(
    reference: str, environment: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SecretKeyError) as raised:
        open_key(reference, environment=environment, field="settings.hash_key")
    assert sentence in raised.value.message
    assert "canary" not in raised.value.message
    assert "Y2FuYXJ5" not in raised.value.message
    assert (raised.value.field, raised.value.exit_code) == ("settings.hash_key", 2)


def test_a_file_is_read_only_where_nobody_else_can_use_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(text(NEW) + "\n")
    for mode in (0o644, 0o640, 0o602, 0o700):
        file.chmod(mode)
        with pytest.raises(SecretKeyError, match=f"has mode {mode:04o}; nobody but its owner may use it: chmod 600"):
            open_key(f"file:{file}")
    for mode in (0o600, 0o400):
        file.chmod(mode)
        assert open_key(f"file:{file}").secret == open_key(f"file://{file}").secret == NEW


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_text(text(NEW))
    file.chmod(0o600)
    local = import_module("anonspark.io.key_local")
    monkeypatch.setattr(local.os, "geteuid", lambda: 4711)
    found = file.stat()
    monkeypatch.setattr(local.os, "fstat", lambda _: local.os.stat_result([*found[:4], 4712, *found[5:]]))
    with pytest.raises(SecretKeyError, match="belongs to another user"):
        open_key(f"file:{file}")


def test_what_is_no_text_or_no_file_is_no_key(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"\xff\xfe" * 40)
    file.chmod(0o600)
    with pytest.raises(SecretKeyError, match="is no text"):
        open_key(f"file:{file}")
    file.write_bytes(b"a" * 70_000)
    with pytest.raises(SecretKeyError, match="too large"):
        open_key(f"file:{file}")
    with pytest.raises(SecretKeyError, match="is not a file"):
        open_key(f"file:{tmp_path}")


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield boto3.client("kms", region_name=REGION)


def test_a_key_for_hmac_of_aws_kms_makes_the_same_root_key_each_time(kms: Any) -> None:
    one, other = (kms.create_key(KeyUsage="GENERATE_VERIFY_MAC", KeySpec="HMAC_256")["KeyMetadata"] for _ in range(2))
    first, again = open_key(f"aws-kms:{one['Arn']}"), open_key(f"aws-kms:{one['KeyId']}")
    assert first == again
    assert len(first.secret) == 32
    assert first.secret != open_key(f"aws-kms:{other['Arn']}").secret


def test_a_data_key_that_aws_kms_wrapped_is_unwrapped(kms: Any, tmp_path: Path) -> None:
    key = kms.create_key()["KeyMetadata"]["Arn"]
    wrapped = kms.encrypt(KeyId=key, Plaintext=NEW, EncryptionContext=CONTEXT)["CiphertextBlob"]
    assert open_key(f"aws-kms:{key}?wrapped={text(wrapped)}").secret == NEW
    (tmp_path / "wrapped").write_text(text(wrapped) + "\n")
    assert open_key(f"aws-kms:{key}?wrapped=file:{tmp_path / 'wrapped'}").secret == NEW


def test_aws_kms_refusals_name_the_key_and_the_way_out(kms: Any) -> None:
    encrypting = kms.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(SecretKeyError, match="KeyUsage GENERATE_VERIFY_MAC and KeySpec HMAC_256, or name a data key"):
        open_key(f"aws-kms:{encrypting}")
    with pytest.raises(SecretKeyError, match="for the key 0000 with NotFoundException"):
        open_key("aws-kms:0000")
    with pytest.raises(SecretKeyError, match="is no base64"):
        open_key(f"aws-kms:{encrypting}?wrapped=???")
    with pytest.raises(SecretKeyError, match="cannot be read"):
        open_key(f"aws-kms:{encrypting}?wrapped=file:/nowhere")


def test_aws_kms_that_cannot_be_reached_is_told_without_its_address() -> None:
    client = boto3.client(
        "kms", region_name=REGION, endpoint_url="http://127.0.0.1:9", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with pytest.raises(SecretKeyError, match="cannot be asked for the key 0000: EndpointConnectionError"):
        AwsKeys(client, "0000").ring()


class FakeVault(BaseHTTPRequestHandler):
    """KV version 2 of HashiCorp Vault, as far as its HTTP API is asked here."""

    versions: ClassVar[dict[int, dict[str, str] | None]] = {}
    lists = True

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if self.headers.get("X-Vault-Token") != "token":
            return self.answer(403, {"errors": ["permission denied"]})
        if address.path == "/v1/kv/metadata/team/key":
            if not self.lists:
                return self.answer(403, {"errors": ["permission denied"]})
            gone = {"destroyed": False, "deletion_time": "2026-01-01T00:00:00Z"}
            there = {"destroyed": False, "deletion_time": ""}
            listed = {str(n): there if kept else gone for n, kept in self.versions.items()}
            return self.answer(200, {"data": {"versions": listed, "current_version": max(self.versions)}})
        if address.path != "/v1/kv/data/team/key":
            return self.answer(404, {"errors": []})
        version = int(parse_qs(address.query).get("version", ["0"])[0]) or max(self.versions)
        data = self.versions[version]
        if data is None:
            return self.answer(404, {"data": {"data": None, "metadata": {"version": version, "deletion_time": "x"}}})
        return self.answer(200, {"data": {"data": data, "metadata": {"version": version}}})

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def vault() -> Iterator[dict[str, str]]:
    FakeVault.versions = {1: {"root": text(OLD)}, 2: None, 3: {"root": text(NEW)}}
    FakeVault.lists = True
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeVault)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield {"VAULT_ADDR": f"http://127.0.0.1:{server.server_port}", "VAULT_TOKEN": "token"}
    server.shutdown()
    thread.join()
    server.server_close()


def test_versions_of_a_secret_of_hashicorp_vault_are_versions_of_the_key(vault: dict[str, str]) -> None:
    ring = open_ring("vault:kv/team/key#root", environment=vault)
    assert [(key.version, key.secret) for key in ring.keys] == [(3, NEW), (1, OLD)]


def test_where_versions_must_not_be_listed_the_newest_is_the_key(vault: dict[str, str]) -> None:
    FakeVault.lists = False
    ring = open_ring("vault:kv/team/key#root", environment=vault)
    assert [(key.version, key.secret) for key in ring.keys] == [(3, NEW)]


@pytest.mark.parametrize(
    ("reference", "token", "sentence"),
    [
        ("vault:kv/team/key#other", "token", "kv/team/key of HashiCorp Vault has no field other"),
        ("vault:kv/team/nothing#root", "token", "does not exist"),
        ("vault:kv/team/key#root", "wrong", "must not be read with this token"),
    ],
)
def test_refusals_of_hashicorp_vault_name_the_secret(
    vault: dict[str, str], reference: str, token: str, sentence: str
) -> None:
    with pytest.raises(SecretKeyError, match=sentence):
        open_key(reference, environment={**vault, "VAULT_TOKEN": token})


def test_hashicorp_vault_that_cannot_be_reached_is_told() -> None:
    with pytest.raises(SecretKeyError, match=r"cannot be read: ConnectionError\. See VAULT_ADDR"):
        open_key("vault:kv/team/key#root", environment={"VAULT_ADDR": "http://127.0.0.1:9", "VAULT_TOKEN": "t"})


def azure(status: int, answers: dict[str, object]) -> Any:
    """The SDK's client over a transport that answers by path instead of by a network."""
    pipeline = import_module("azure.core.pipeline.transport")
    token = import_module("azure.core.credentials").AccessToken("token", 2**40)

    class Answer(import_module("azure.core.rest").HttpResponse):
        pass

    class Transport(pipeline.RequestsTransport):
        def send(self, request: Any, **_: Any) -> Any:
            response = import_module("requests").Response()
            response.status_code = status
            response.headers["Content-Type"] = "application/json"
            path = urlsplit(request.url).path
            if "Authorization" not in request.headers:
                response.status_code = 401
                response.headers["WWW-Authenticate"] = (
                    'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"'
                )
            response.raw = io.BytesIO(json.dumps(answers.get(path, {})).encode())
            return import_module("azure.core.rest._requests_basic").RestRequestsTransportResponse(
                request=request, internal_response=response
            )

    class Credential:
        def get_token(self, *_: str, **__: Any) -> Any:
            return token

    client = import_module("azure.keyvault.secrets").SecretClient(
        "https://own.vault.azure.net", Credential(), transport=Transport(), retry_total=0
    )
    return AzureKeys(client, "root")


def secret_of_azure(version: str, key: bytes | None, made: int, enabled: bool = True) -> dict[str, object]:
    stamp = int(datetime(2026, 1, made, tzinfo=UTC).timestamp())
    return {
        "id": f"https://own.vault.azure.net/secrets/root/{version}",
        "attributes": {"enabled": enabled, "created": stamp, "updated": stamp},
        **({"value": text(key)} if key else {}),
    }


def test_enabled_versions_of_a_secret_of_azure_are_versions_of_the_key() -> None:
    listed = [secret_of_azure("ccc", None, 3), secret_of_azure("aaa", None, 1), secret_of_azure("bbb", None, 2, False)]
    provider = azure(
        200,
        {
            "/secrets/root/versions": {"value": listed},
            "/secrets/root/aaa": secret_of_azure("aaa", OLD, 1),
            "/secrets/root/ccc": secret_of_azure("ccc", NEW, 3),
        },
    )
    assert [(key.version, key.secret) for key in provider.ring().keys] == [(3, NEW), (1, OLD)]


def test_one_version_of_a_secret_of_azure_can_be_meant() -> None:
    provider = azure(200, {"/secrets/root/aaa": secret_of_azure("aaa", OLD, 1)})
    assert AzureKeys(provider.client, "root", "aaa").ring().current.secret == OLD


def test_a_refusal_of_azure_names_the_secret_and_the_status() -> None:
    with pytest.raises(SecretKeyError, match="secret root of Azure Key Vault cannot be read: the vault answers 403"):
        azure(403, {}).ring()


@pytest.mark.parametrize(
    ("reference", "library", "extra"),
    [
        ("aws-kms:1", "boto3", "s3"),
        ("azure-keyvault:own/root", "azure.identity", "azure"),
        ("vault:kv/a#b", "hvac", "hashicorp"),
    ],
)
def test_a_library_that_is_missing_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, reference: str, library: str, extra: str
) -> None:
    def nothing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(keys, "import_module", nothing)
    with pytest.raises(EnvironmentProblem, match=rf"{library.split('.')[0]}: pip install 'anonspark\[{extra}\]'"):
        open_key(reference, environment={})


def test_pseudonyms_are_linked_by_the_key_for_hashes_else_for_encryption_else_of_this_run() -> None:
    environment = {"HASH": text(OLD), "CRYPT": text(NEW)}
    both = key_scope("p", hash_key="env:HASH", encryption_key="env:CRYPT", environment=environment)
    assert (both.linking.secret, both.hashing.secret, both.encryption.secret) == (OLD, OLD, NEW)
    one = key_scope("p", encryption_key="env:CRYPT", environment=environment)
    assert (one.linking.secret, one.hashing, one.lasting) == (NEW, None, True)
    none, again = key_scope("p"), key_scope("p")
    assert (none.lasting, none.hashing, none.encryption, len(none.linking.secret)) == (False, None, None, 32)
    assert none.linking.secret != again.linking.secret


def test_no_key_is_logged(caplog: pytest.LogCaptureFixture, vault: dict[str, str], kms: Any) -> None:
    caplog.set_level(logging.DEBUG)
    open_key("env:KEY", environment={"KEY": text(NEW)})
    assert text(NEW) not in caplog.text
    assert "token" not in [record.getMessage() for record in caplog.records]
