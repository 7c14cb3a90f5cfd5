from __future__ import annotations

from local.airbyte.tokens import LIFETIME, Tokens


def test_a_token_is_good_until_it_expires_and_after_a_restart() -> None:
    token = Tokens("id", "secret").issue("id", "secret", now=1000)
    assert token is not None
    assert Tokens("id", "secret").accept(token, now=1000 + LIFETIME - 1)
    assert not Tokens("id", "secret").accept(token, now=1000 + LIFETIME)


def test_another_secret_makes_other_tokens() -> None:
    token = Tokens("id", "secret").issue("id", "secret", now=1000)
    assert token is not None
    assert not Tokens("id", "rotated").accept(token, now=1000)


def test_a_wrong_pair_gets_no_token_and_a_forged_one_is_refused() -> None:
    tokens = Tokens("id", "secret")
    assert tokens.issue("id", "guess", now=0) is None
    assert not tokens.accept("99999999999.abc", now=0)
    assert not tokens.accept("", now=0)
