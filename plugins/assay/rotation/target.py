"""What rotations act on."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from assay.rotation.issuers import Issuer
from assay.rotation.kinds import Kind
from assay.secrets_manager import Versions
from assay.warehouse import Warehouse


@dataclass(frozen=True)
class RotationTarget:
    """One environment. `warehouse` logs in as an administrator, `check` as the user with the key (and raises
    NotConnected), `send` gives Airbyte what changed, `read_by_airbyte` are the secrets that its files name, `grace` how
    long a program may run with what it was started with. `issuers` issue logins of their kinds; `secret_keys` names the
    keys of secrets that are secret; `try_value` tries a secret's text where it is used and returns whether it could."""

    versions: Versions
    warehouse: Callable[[], AbstractContextManager[Warehouse]]
    check: Callable[[str, bytes], None]
    send: Callable[[], Sequence[Any]]
    read_by_airbyte: frozenset[str]
    grace: timedelta
    issuers: Mapping[Kind, Issuer] = field(default_factory=dict)
    secret_keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    try_value: Callable[[str, str], bool] = field(default=lambda name, text: False)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
