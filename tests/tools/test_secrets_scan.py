"""What looks like a secret is found without being repeated, and what only looks so is let be."""

from __future__ import annotations

import pytest

from tools.secrets_scan import findings


@pytest.mark.parametrize("text", [
    "password: ${POSTGRES_PASSWORD}", "password: '{{ env_var(\"X\") }}'", "token: null",
    "passwordSecretName: airflow-db", "client_secret_key_ref: {name: x}", "api_key: *key", "password: short", "postgres://$USER:$PASSWORD@host/db",
])  # fmt: skip
def test_a_reference_is_no_secret(text: str) -> None:
    assert list(findings("values.yml", text)) == []


def test_a_password_is_one_in_settings_and_not_in_prose() -> None:
    (said,) = findings("conf/values.yml", "user: a\npassword: correct-horse\n")
    assert said.startswith("conf/values.yml:2: ")
    assert "correct-horse" not in said
    assert list(findings("page.md", "password: correct-horse")) == []


def test_a_line_may_say_that_it_is_none() -> None:
    assert list(findings("a.yml", "token: made-up-for-a-test  # no secret: nobody has it\n")) == []
