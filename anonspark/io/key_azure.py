"""Keys from Azure Key Vault: a secret with its versions."""

from dataclasses import dataclass
from typing import Any

from anonspark.domain.keys import KeyRing
from anonspark.errors import SecretKeyError
from anonspark.io.key_text import ring_of


@dataclass(frozen=True, slots=True)
class AzureKeys:
    """A secret of a vault; its enabled versions are the versions of the key, numbered from 1 as they were made.

    Attributes:
        client: The Azure SDK's `SecretClient`.
        secret: Its name.
        version: One version of it alone; all that are enabled where not given.
    """

    client: Any
    secret: str
    version: str | None = None

    def ring(self) -> KeyRing:
        """Its keys; only the current one where versions must not be listed.

        Raises:
            SecretKeyError: The vault refuses, cannot be reached, or the secret holds no key.
        """
        from azure.core.exceptions import AzureError, HttpResponseError

        place = f"The secret {self.secret} of Azure Key Vault"
        try:
            return ring_of(" ".join(self._texts()), place)
        except HttpResponseError as error:
            raise SecretKeyError(f"{place} cannot be read: the vault answers {error.status_code}.") from None
        except AzureError as error:
            raise SecretKeyError(
                f"{place} cannot be read: {type(error).__name__}. See the vault's name, the identity and the network."
            ) from None

    def _texts(self) -> list[str]:
        """The keys, each with its version in front where there are several."""
        if self.version:
            return [self._value(self.version)]
        from azure.core.exceptions import HttpResponseError

        try:
            listed = list(self.client.list_properties_of_secret_versions(self.secret))
        except HttpResponseError as error:
            if error.status_code != 403:
                raise
            return [self._value(None)]
        versions = [each.version for each in sorted(listed, key=lambda each: each.created_on)]
        enabled = {each.version for each in listed if each.enabled}
        return [f"{n}:{self._value(version)}" for n, version in enumerate(versions, 1) if version in enabled]

    def _value(self, version: str | None) -> str:
        text: str = (self.client.get_secret(self.secret, version).value or "").strip()
        return text
