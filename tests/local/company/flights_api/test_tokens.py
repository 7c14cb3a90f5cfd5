"""Tokens of the flights API: several are valid at a time, and the company's own moves its clock whatever is revoked."""

from __future__ import annotations

from pathlib import Path

from local.company.flights_api.tokens import Tokens


def test_tokens_are_valid_beside_each_other_until_they_are_revoked(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    tokens = Tokens(path, "own")
    assert tokens.may_read("own")
    first, second = tokens.issue(), tokens.issue()
    again = Tokens(path, "own")  # after a restart
    assert [again.may_read(token) for token in ("own", first, second, "guess", "")] == [True, True, True, False, False]
    assert not again.is_own(first)
    assert again.revoke_others() == 2
    assert [Tokens(path, "own").may_read(token) for token in ("own", first, second)] == [False, False, True]
    assert Tokens(path, "own").is_own("own")
    assert first not in path.read_text()
    assert oct(path.stat().st_mode)[-3:] == "600"
