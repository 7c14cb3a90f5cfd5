"""Makes moto's Secrets Manager refuse to change a version that is there, as AWS does.

AWS, PutSecretValue: "If a version with this value [ClientRequestToken] already exists and the version of the
SecretString and SecretBinary values are different from those in the request, then the request fails". moto makes an
exception for versions with the label AWSPENDING, which it overwrites; AWS makes one only for those that RotateSecret
began and that have no value yet. Import this module wherever two rotations at once have to be distinguished.
"""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.exceptions import ResourceExistsException
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

_checked = SecretsManagerBackend._check_with_existing_secrets_and_versions


def _unchanged(
    self: SecretsManagerBackend,
    secret_name: str,
    client_request_token: str | None,
    secret_string: str | None,
    secret_binary: str | None,
    on_create: bool = False,
) -> Any:
    """Raise ResourceExistsException for another value under the token of a pending version; else ask moto."""
    secret = self.secrets.get(secret_name)
    version = secret.versions.get(client_request_token or "") if isinstance(secret, FakeSecret) else None
    if isinstance(secret, FakeSecret) and version and "AWSPENDING" in version["version_stages"]:
        held = version.get("secret_string"), version.get("secret_binary")
        if held == (secret_string, secret_binary):
            return secret
        if held != (None, None):
            raise ResourceExistsException(
                f"You can't use ClientRequestToken {client_request_token} because that value is already in use for a "
                f"version of secret {secret.arn}."
            )
    return _checked(self, secret_name, client_request_token, secret_string, secret_binary, on_create)


SecretsManagerBackend._check_with_existing_secrets_and_versions = _unchanged  # type: ignore[method-assign]
