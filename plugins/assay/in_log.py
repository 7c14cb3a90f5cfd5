"""Text from outside for entries of a task's log. Pure."""

import re

BREAK = "\u200b"
"""Zero-width space: keeps the words apart, and is not seen."""
_GROUP = re.compile("::(?=(end)?group::)")


def in_log(text: str) -> str:
    """The text as an entry that Airflow's page shows: with `::group::` anywhere in it an entry folds those that follow,
    and with `::endgroup::` it is left out, whether it is a line of a pod or an error."""
    return _GROUP.sub(f"::{BREAK}", text)
