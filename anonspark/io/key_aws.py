"""Keys from AWS KMS: a secret that only KMS can make, or a data key that only KMS can unwrap."""

import re
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from anonspark.domain.keys import KeyRing, root_key
from anonspark.errors import SecretKeyError
from anonspark.io.key_text import checked_secret

MESSAGE: Final = b"anonspark/1 root key"
"""What KMS makes the code of; the answer is the root key, so this never changes."""

CONTEXT: Final = {"application": "anonspark"}
"""The encryption context of a wrapped key."""

_REGION: Final = re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]+):")


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """A key of AWS KMS; its own secret never leaves KMS, what is derived with it does.

    Attributes:
        client: boto3's, of the service kms.
        key: Id, ARN or alias.
        wrapped: A data key as `kms:GenerateDataKeyWithoutPlaintext` gave it, in base64, or `file:` and the path of such
            a text. Without it the key is one for HMAC and the root key is its code of a fixed message.
    """

    client: Any
    key: str
    wrapped: str | None = None

    def ring(self) -> KeyRing:
        """One key, of version 1: KMS rotates below it without changing what it unwraps.

        Raises:
            SecretKeyError: KMS refuses, cannot be reached, or its key is of another kind.
        """
        secret = self._made() if self.wrapped is None else self._unwrapped(self.wrapped)
        return KeyRing(root_key(checked_secret(secret, f"The key {self.key} of AWS KMS")))

    def _made(self) -> bytes:
        found = self._ask("describe_key", KeyId=self.key)["KeyMetadata"]
        kind, _, bits = str(found.get("KeySpec")).partition("_")
        if kind != "HMAC":
            raise SecretKeyError(
                f"The key {self.key} of AWS KMS is for {found.get('KeyUsage', 'another use')}, and cannot make a root "
                "key by itself: create one with KeyUsage GENERATE_VERIFY_MAC and KeySpec HMAC_256, or name a data key "
                "that it has wrapped: aws-kms:KEY?wrapped=BASE64."
            )
        mac: bytes = self._ask("generate_mac", KeyId=self.key, MacAlgorithm=f"HMAC_SHA_{bits}", Message=MESSAGE)["Mac"]
        return mac

    def _unwrapped(self, wrapped: str) -> bytes:
        text = _read(wrapped.removeprefix("file:")) if wrapped.startswith("file:") else wrapped
        try:
            blob = b64decode(text.strip(), validate=True)
        except (Error, ValueError):
            raise SecretKeyError(f"The wrapped key for {self.key} of AWS KMS is no base64.") from None
        answer = self._ask("decrypt", KeyId=self.key, CiphertextBlob=blob, EncryptionContext=CONTEXT)
        secret: bytes = answer["Plaintext"]
        return secret

    def _ask(self, operation: str, **what: object) -> dict[str, Any]:
        botocore = import_module("botocore.exceptions")
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(**what)
        except botocore.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "an error")
            raise SecretKeyError(f"AWS KMS answers {operation} for the key {self.key} with {code}.") from None
        except botocore.BotoCoreError as error:
            raise SecretKeyError(
                f"AWS KMS cannot be asked for the key {self.key}: {type(error).__name__}. See the region, the "
                "credentials and the network."
            ) from None
        return answer


def region_of(key: str) -> str | None:
    """The region that an ARN names.

    >>> region_of("arn:aws:kms:eu-central-1:123456789012:key/1234")
    'eu-central-1'
    """
    found = _REGION.match(key)
    return found[1] if found else None


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SecretKeyError(f"The file {path} with a wrapped key cannot be read.") from None
