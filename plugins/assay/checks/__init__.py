"""Checks of what is declared: everything that cannot work is named with file, line and key before anything runs.

`./assay zone check` and a deploy call them. They read files only: no network, no warehouse. What a DAG's import needs
is checked there, too, by the readers themselves; here stands what takes the whole repository, or a SQL parser.
"""

from assay.checks.repository import wrong_with_platform, wrong_with_zone

__all__ = ["wrong_with_platform", "wrong_with_zone"]
