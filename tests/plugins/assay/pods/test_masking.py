"""A secret that a program prints, in whatever form, is not in what is shown; everything else is."""

from __future__ import annotations

import base64
import json
from textwrap import wrap
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assay.pods.masking import MASK, PIECE, Masker
from assay.pods.results import NodeResult, Results

KEY = "\n".join(
    [
        "-----BEGIN PRIVATE KEY-----",
        *wrap(base64.b64encode(bytes(range(256)) * 4).decode(), 64),
        "-----END PRIVATE KEY-----",
        "",
    ]
)
VALUES = (
    "correct horse battery",
    "p@ss/wörd+%\"'\\ {{x}}",
    "S3cr",
    KEY,
    "tab\tand\nline end of a value",
    "$(A)$$1-a;b",
)
SECRET = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs"]), min_size=6, max_size=40)


def printed(value: str) -> dict[str, str]:
    """Ways to print a value."""
    content = value.encode()
    return {
        "as it is": value,
        "in a sentence": f"the password is {value}, keep it",
        "as JSON": json.dumps({"password": value}),
        "as JSON with its own letters": json.dumps(value, ensure_ascii=False),
        "as Python": repr(value),
        "in an address": f"postgres://user:{quote(value, safe='')}@host/db",
        "in a path": quote(value),
        "in a form": f"password={quote_plus(value)}&x=1",
        "in lower case escapes": quote(value, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
        "in hexadecimal": content.hex(),
        "in base64": base64.b64encode(content).decode(),
        "in base64 for addresses": base64.urlsafe_b64encode(content).decode(),
        "as basic authentication": f"Authorization: Basic {base64.b64encode(b'user:' + content).decode()}",
        "inside of base64": base64.b64encode(b"x" + content + b"yz").decode(),
        "without line ends": value.replace("\n", ""),
    }


def pieces(value: str) -> set[str]:
    """What must not be seen of a value: any piece of it, the whole of a short one."""
    lines = [line for line in value.splitlines() if "-----" not in line]
    size = min(PIECE, *(len(line) for line in lines if len(line) > 3))
    return {line[at : at + size] for line in lines for at in range(len(line) - size + 1) if len(line) > 3}


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_masked_in_whatever_form_it_is_printed(value: str) -> None:
    masked = Masker([value])
    for how, text in printed(value).items():
        shown = "\n".join(masked(line) for line in text.splitlines())
        for piece in pieces(value):
            for form in printed(piece).values():
                if form == piece or piece in form:
                    assert piece not in shown, how
        assert MASK in shown, how


@given(value=SECRET, before=st.text(max_size=20), after=st.text(max_size=20))
@settings(max_examples=150, deadline=None)
@example(value="aaaaaaaaaaaaaaaa", before="aaa", after="aaa")
@example(value="000000/{0000", before="", after="")
def test_no_random_value_is_shown(value: str, before: str, after: str) -> None:
    masked = Masker([value])
    assert value not in masked(before + value + after)
    for how, text in printed(value).items():
        if text != value and len(value) >= PIECE:
            assert text not in masked(text), how


@given(text=st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert Masker()(text) == text
    assert Masker(["", "x", "443"])(text) == text
    if not any(text[at : at + 4] in "correct horse battery" for at in range(len(text))):
        assert Masker(["correct horse battery"])(text) == text


@pytest.mark.parametrize("width", [12, 16, 40, 76])
def test_a_value_that_is_wrapped_over_lines_is_masked_in_each(width: int) -> None:
    encoded = base64.b64encode(KEY.encode()).decode()
    masked = Masker([KEY])
    for line in wrap(encoded, width)[8:-8]:  # the first and last lines say that it is a key
        assert line not in masked(line)


def test_a_log_line_around_a_value_can_still_be_read() -> None:
    assert Masker(["correct horse battery"])("10:00 login as anna/correct horse battery failed") == (
        f"10:00 login as anna/{MASK} failed"
    )
    assert Masker([KEY])("-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----"


def test_results_are_masked_in_every_text() -> None:
    names = "id kind zone layer name status materialized started ended message relation rows_in warehouse"
    texts = dict.fromkeys(names.split(), "has a S3cr3t-in-it")
    node = NodeResult(**texts, seconds=1.0, rows=1, failures=0, inputs=("S3cr3t-in-it",))  # type: ignore[arg-type]
    assert "S3cr3t" not in repr(Results((node,)).masked(Masker(["S3cr3t-in-it"])))
