"""Every broken input is refused by the check that should."""

from __future__ import annotations

import pytest

from tests.delivery.refusals import TRIED_HERE, Refusal, rows


@pytest.mark.parametrize("refusal", TRIED_HERE, ids=lambda refusal: refusal.what)
def test_what_is_broken_is_refused_in_words_that_name_it(refusal: Refusal) -> None:
    assert refusal.words in refusal.said()


def test_there_are_many_and_no_two_are_the_same() -> None:
    found = list(rows())
    assert len(found) >= 20
    assert len(set(found)) == len(found)
