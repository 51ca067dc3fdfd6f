"""From references in job files to keys: `env:NAME`, `file:/path`, AWS KMS, Azure Key Vault, HashiCorp Vault."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Final, Protocol

from anonspark.domain.keys import KeyRing, KeyScope, RootKey, root_key
from anonspark.errors import EnvironmentProblem, SecretKeyError, did_you_mean
from anonspark.io.key_aws import AwsKeys, region_of
from anonspark.io.key_azure import AzureKeys
from anonspark.io.key_hashicorp import HashicorpKeys
from anonspark.io.key_local import EnvironmentKeys, FileKeys

HASHICORP_ADDRESS: Final = "http://127.0.0.1:8200"
"""Vault's own default."""

_AZURE: Final = re.compile(r"([A-Za-z0-9.-]+)/([0-9A-Za-z-]+)(?:/([0-9A-Za-z]+))?")
_HASHICORP: Final = re.compile(r"([^/#]+)/([^#]+)#([^#]+)")


class KeyProvider(Protocol):
    """Where keys lie."""

    def ring(self) -> KeyRing:
        """The key with its versions.

        Raises:
            SecretKeyError: It cannot be had.
        """
        ...


def open_key(reference: str, *, environment: Mapping[str, str] = os.environ, field: str | None = None) -> RootKey:
    """The current version of the key that a reference names.

    Args:
        reference: As `open_ring`.
        environment: Which has the variables.
        field: The job file's field that holds the reference, for messages.

    Raises:
        SecretKeyError: The reference is none, or the key cannot be had or used.
        EnvironmentProblem: The library of the provider is not installed.
    """
    return open_ring(reference, environment=environment, field=field).current


def open_ring(*references: str, environment: Mapping[str, str] = os.environ, field: str | None = None) -> KeyRing:
    """The keys that references name, each with its versions; the current one of the first is current.

    Args:
        references: `env:NAME`; `file:/path`; `aws-kms:KEY`, KEY an id, ARN or alias, with `?wrapped=` and a data key in
            base64 or `file:/path` of one; `azure-keyvault:VAULT/SECRET` and `/VERSION` if one alone is meant;
            `vault:MOUNT/PATH#FIELD`.
        environment: Which has the variables.
        field: The job file's field that holds them, for messages.

    Raises:
        SecretKeyError: A reference is none, or a key cannot be had or used.
        EnvironmentProblem: The library of a provider is not installed.
    """
    try:
        rings = [provider_of(reference, environment).ring() for reference in references]
    except (SecretKeyError, EnvironmentProblem) as error:
        error.field = error.field or field
        raise
    first, *others = [key for ring in rings for key in ring.keys]
    return KeyRing(first, tuple(others))


def key_scope(
    scope: str,
    *,
    hash_key: str | None = None,
    encryption_key: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> KeyScope:
    """The keys of a job's settings.

    Pseudonyms, date shifts and digests of tokens are linked by the key for hashes, else by the one for encryption, else
    by a random one that ends with the run.

    Args:
        scope: `settings.key_scope`.
        hash_key: A reference, `settings.hash_key`.
        encryption_key: A reference, `settings.encryption_key`.
        environment: Which has the variables.

    Raises:
        SecretKeyError: A reference is none, or its key cannot be had or used.
        EnvironmentProblem: The library of a provider is not installed.
    """
    hashing = open_key(hash_key, environment=environment, field="settings.hash_key") if hash_key else None
    encryption = (
        open_key(encryption_key, environment=environment, field="settings.encryption_key") if encryption_key else None
    )
    linking = hashing or encryption or root_key(secrets.token_bytes(32))
    return KeyScope(scope, linking, hashing, encryption, lasting=bool(hashing or encryption))


def provider_of(reference: str, environment: Mapping[str, str]) -> KeyProvider:
    """The provider that a reference names; nothing is read yet.

    Raises:
        SecretKeyError: It names none.
        EnvironmentProblem: The provider's library is not installed.
    """
    scheme, colon, place = reference.partition(":")
    if not colon or not place:
        # The reference is not repeated: somebody may have put a key in its place.
        raise SecretKeyError(f"A key is named by a reference such as env:NAME, never written itself; {_KNOWN}.")
    make = PROVIDERS.get(scheme)
    if make is None:
        raise SecretKeyError(f"This is no scheme of a key reference{did_you_mean(scheme, PROVIDERS) or '.'} {_KNOWN}.")
    return make(place, environment)


def _environment(place: str, environment: Mapping[str, str]) -> KeyProvider:
    return EnvironmentKeys(place, environment)


def _file(place: str, environment: Mapping[str, str]) -> KeyProvider:  # noqa: ARG001  all have one signature
    return FileKeys(re.sub(r"^//(?:localhost)?(?=/)", "", place))


def _aws(place: str, environment: Mapping[str, str]) -> KeyProvider:
    key, _, wrapped = place.partition("?wrapped=")
    boto3 = _library("boto3", "s3")
    client = boto3.client(
        "kms",
        region_name=region_of(key),
        endpoint_url=environment.get("AWS_ENDPOINT_URL_KMS") or environment.get("AWS_ENDPOINT_URL"),
    )
    return AwsKeys(client, key, wrapped or None)


def _azure(place: str, environment: Mapping[str, str]) -> KeyProvider:  # noqa: ARG001  the SDK reads its own
    found = _AZURE.fullmatch(place)
    if not found:
        raise SecretKeyError("A key of Azure reads azure-keyvault:VAULT/SECRET or azure-keyvault:VAULT/SECRET/VERSION.")
    vault, secret, version = found.groups()
    host = vault if "." in vault else f"{vault}.vault.azure.net"
    credential = _library("azure.identity", "azure").DefaultAzureCredential()
    client = _library("azure.keyvault.secrets", "azure").SecretClient(f"https://{host}", credential)
    return AzureKeys(client, secret, version)


def _hashicorp(place: str, environment: Mapping[str, str]) -> KeyProvider:
    found = _HASHICORP.fullmatch(place)
    if not found:
        raise SecretKeyError("A key of HashiCorp Vault reads vault:MOUNT/PATH#FIELD.")
    client = _library("hvac", "hashicorp").Client(
        url=environment.get("VAULT_ADDR", HASHICORP_ADDRESS),
        token=environment.get("VAULT_TOKEN", ""),
        namespace=environment.get("VAULT_NAMESPACE"),
        verify=environment.get("VAULT_CACERT", True),
        timeout=30,
    )
    return HashicorpKeys(client, *found.groups())


def _library(name: str, extra: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError:
        raise EnvironmentProblem(
            f"This key needs the library {name.partition('.')[0]}: pip install 'anonspark[{extra}]'."
        ) from None


PROVIDERS: Final[Mapping[str, Callable[[str, Mapping[str, str]], KeyProvider]]] = MappingProxyType(
    {"env": _environment, "file": _file, "aws-kms": _aws, "azure-keyvault": _azure, "vault": _hashicorp}
)

_KNOWN: Final = f"there are {', '.join(f'{scheme}:' for scheme in PROVIDERS)}"
