"""The words that the field has another one for are found in names and sentences, and nothing else is."""

from __future__ import annotations

import pytest

from tools.wording import INSTEAD, findings, misnamed


@pytest.mark.parametrize("word", sorted(INSTEAD))
def test_a_word_is_found_in_a_sentence_and_in_a_name(word: str) -> None:
    texts = [f"# For {word}.", f"def read_{word}(x):", f"class {word.capitalize()}Error:", f"    {word} = 1"]
    assert [[line for line, _ in findings(f"\n{text}")] for text in texts] == [[2], [2], [2], [2]]


def test_longer_words_are_left_alone() -> None:
    assert list(findings("registered, register(), occasionally, canewood, judgemental, retold; a furniture")) == []


def test_what_to_write_is_said() -> None:
    assert list(findings("a vault")) == [(1, "“vault”: write secrets manager")]


def test_a_module_with_a_name_of_old_is_found() -> None:
    assert list(misnamed("plugins/assay/permissions/wanted.py")) == ["a module is called wanted: call it desired_state"]
    assert list(misnamed("plugins/assay/permissions/desired_state.py")) == []
    assert list(misnamed("local/emulators/aws/reading.py")) == [], "S3's own word"
