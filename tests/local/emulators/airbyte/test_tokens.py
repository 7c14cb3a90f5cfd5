from __future__ import annotations

from local.emulators.airbyte.tokens import LIFETIME, Tokens


def tokens(secret: str) -> Tokens:
    return Tokens(lambda: {"id": secret})


def test_a_token_is_good_until_it_expires_and_after_a_restart() -> None:
    token = tokens("secret").issue("id", "secret", now=1000)
    assert token is not None
    assert tokens("secret").accept(token, now=1000 + LIFETIME - 1)
    assert not tokens("secret").accept(token, now=1000 + LIFETIME)


def test_another_secret_makes_other_tokens() -> None:
    token = tokens("secret").issue("id", "secret", now=1000)
    assert token is not None
    assert not tokens("rotated").accept(token, now=1000)


def test_a_wrong_pair_gets_no_token_and_a_forged_one_is_refused() -> None:
    known = tokens("secret")
    assert known.issue("id", "guess", now=0) is None
    assert not known.accept("99999999999.abc", now=0)
    assert not known.accept("", now=0)
