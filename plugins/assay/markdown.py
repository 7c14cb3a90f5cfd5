"""Text from outside for pages that are written in Markdown. Pure."""

import re

BREAK = "\u200b"
"""Zero-width space: keeps an address from becoming a link, and is not seen."""

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_ADDRESS = re.compile(r":(?=//)|(?i:\bwww)(?=\.)")


def as_markdown(text: str) -> str:
    """One line that Markdown shows as it is written: no link, image, emphasis, code, heading or HTML.

    CommonMark takes any ASCII punctuation behind a backslash for itself; GitHub's flavour, which Airflow shows, makes
    links of bare addresses all the same, so these are broken.
    """
    words = " ".join(text.split())
    broken = _ADDRESS.sub(lambda found: found[0] + BREAK, words)
    return _PUNCTUATION.sub(lambda found: f"\\{found[0]}", broken)
