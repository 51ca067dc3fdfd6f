"""Keys from HashiCorp Vault: a field of a secret in a KV version 2 engine."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from anonspark.domain.keys import KeyRing
from anonspark.errors import SecretKeyError
from anonspark.io.key_text import ring_of


@dataclass(frozen=True, slots=True)
class HashicorpKeys:
    """A field of a secret; the versions of the secret are those of the key.

    Attributes:
        client: hvac's.
        mount: Of the engine.
        path: Of the secret.
        field: That holds the key.
    """

    client: Any
    mount: str
    path: str
    field: str

    def ring(self) -> KeyRing:
        """Its keys: the newest version and the older ones that are not deleted, which the token may have to list.

        Raises:
            SecretKeyError: Vault refuses, cannot be reached, or the secret holds no such field or no key.
        """
        hvac = import_module("hvac.exceptions")
        place = f"The secret {self.mount}/{self.path} of HashiCorp Vault"
        try:
            return ring_of(" ".join(self._texts()), place)
        except hvac.InvalidPath:
            raise SecretKeyError(f"{place} does not exist, or its newest version was deleted.") from None
        except hvac.Forbidden:
            raise SecretKeyError(f"{place} must not be read with this token; see VAULT_TOKEN and its policy.") from None
        except (hvac.VaultError, OSError) as error:  # those of requests are OSErrors
            raise SecretKeyError(
                f"{place} cannot be read: {type(error).__name__}. See VAULT_ADDR, VAULT_TOKEN and the network."
            ) from None

    def _texts(self) -> list[str]:
        newest, key = self._version(None)
        return [f"{newest}:{key}", *(f"{each}:{self._version(each)[1]}" for each in self._older(newest))]

    def _version(self, version: int | None) -> tuple[int, str]:
        answer = self.client.secrets.kv.v2.read_secret_version(
            self.path, version=version, mount_point=self.mount, raise_on_deleted_version=True
        )["data"]
        if self.field not in answer["data"]:
            raise SecretKeyError(f"The secret {self.mount}/{self.path} of HashiCorp Vault has no field {self.field}.")
        return int(answer["metadata"]["version"]), str(answer["data"][self.field]).strip()

    def _older(self, newest: int) -> list[int]:
        try:
            listed = self.client.secrets.kv.v2.read_secret_metadata(self.path, mount_point=self.mount)
        except import_module("hvac.exceptions").Forbidden:
            return []
        versions = listed["data"]["versions"].items()
        there = [int(n) for n, each in versions if not each["destroyed"] and not each["deletion_time"]]
        return sorted((version for version in there if version < newest), reverse=True)
