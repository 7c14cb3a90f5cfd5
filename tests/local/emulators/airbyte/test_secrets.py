from __future__ import annotations

from local.emulators.airbyte.secrets import MASK, merged, redacted, scrubbed, secret_values, unmasked

SCHEMA = {
    "properties": {
        "host": {"type": "string"},
        "api_key": {"type": "string", "airbyte_secret": True},
        "credentials": {
            "oneOf": [
                {"properties": {"auth_type": {"const": "a"}, "key": {"airbyte_secret": True}}},
                {"properties": {"auth_type": {"const": "b"}, "password": {"airbyte_secret": True}}},
            ]
        },
    }
}
CONFIGURATION = {"host": "h", "api_key": "k" * 9, "credentials": {"auth_type": "b", "password": "hush"}}


def test_every_secret_of_every_alternative_is_masked_and_nothing_else() -> None:
    masked = {"host": "h", "api_key": MASK, "credentials": {"auth_type": "b", "password": MASK}}
    assert redacted(CONFIGURATION, SCHEMA) == masked


def test_secret_values_come_longest_first() -> None:
    assert secret_values(CONFIGURATION, SCHEMA) == ["k" * 9, "hush"]


def test_a_secret_with_line_breaks_is_scrubbed_from_json_too() -> None:
    secret = "-----BEGIN\nabc\n-----END"
    assert (
        scrubbed(f'a {secret} b {{"key": "-----BEGIN\\nabc\\n-----END"}}', [secret])
        == f'a {MASK} b {{"key": "{MASK}"}}'
    )


def test_a_mask_that_is_sent_back_means_the_stored_secret() -> None:
    sent = {"credentials": {"auth_type": "b", "password": MASK}, "api_key": "new"}
    assert merged(CONFIGURATION, sent) == {**CONFIGURATION, "api_key": "new"}
    assert unmasked(CONFIGURATION, sent) == {
        "api_key": "new",
        "credentials": {"auth_type": "b", "password": "hush"},
    }
