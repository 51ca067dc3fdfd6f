"""Keys that lie on this machine: in an environment variable, or in a file that only its owner reads."""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from anonspark.domain.keys import KeyRing
from anonspark.errors import SecretKeyError, did_you_mean
from anonspark.io.key_text import ring_of

MAX_BYTES: Final = 65_536
"""Of a file of keys."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class EnvironmentKeys:
    """Keys in an environment variable.

    Attributes:
        name: Of the variable.
        environment: Which has it.
    """

    name: str
    environment: Mapping[str, str] = field(repr=False)

    def ring(self) -> KeyRing:
        """Its keys.

        Raises:
            SecretKeyError: There is no such variable, or it holds no key.
        """
        if not _NAME.fullmatch(self.name):
            # What stands here may be a key itself, so it is not repeated.
            raise SecretKeyError("A key reference env:NAME has the name of an environment variable, not a key.")
        text = self.environment.get(self.name)
        if text is None:
            hint = did_you_mean(self.name, self.environment) or "; set it to a key in base64 or hexadecimal."
            raise SecretKeyError(f"The environment has no variable {self.name}{hint}")
        return ring_of(text, f"The variable {self.name}")


@dataclass(frozen=True, slots=True)
class FileKeys:
    """Keys in a file that belongs to this user, or to root, and that nobody else can read.

    Attributes:
        path: Absolute.
    """

    path: str

    def ring(self) -> KeyRing:
        """Its keys.

        Raises:
            SecretKeyError: It cannot be read, others can read or write it, or it holds no key.
        """
        place = f"The key file {self.path}"
        if not Path(self.path).is_absolute():
            raise SecretKeyError(f"{place} needs an absolute path: file:/folder/name.")
        try:
            # Opened first and asked afterwards, so that what is checked is what is read.
            descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except OSError as error:
            raise SecretKeyError(f"{place} cannot be read: {error.strerror}.") from None
        try:
            _refuse_shared(os.fstat(descriptor), place)
            content = os.read(descriptor, MAX_BYTES + 1)
        finally:
            os.close(descriptor)
        if len(content) > MAX_BYTES:
            raise SecretKeyError(f"{place} is too large to be one of keys.")
        try:
            return ring_of(content.decode("utf-8-sig"), place)
        except UnicodeDecodeError:
            raise SecretKeyError(f"{place} is no text; write the key in base64 or hexadecimal.") from None


def _refuse_shared(found: os.stat_result, place: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SecretKeyError(f"{place} is not a file.")
    if hasattr(os, "geteuid") and found.st_uid not in {os.geteuid(), 0}:
        raise SecretKeyError(f"{place} belongs to another user; it has to be your own.")
    if stat.S_IMODE(found.st_mode) & 0o177:
        raise SecretKeyError(
            f"{place} has mode {stat.S_IMODE(found.st_mode):04o}; nobody but its owner may use it: chmod 600."
        )
