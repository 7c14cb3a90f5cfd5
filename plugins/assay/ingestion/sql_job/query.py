"""Reads a job's query."""

from pathlib import Path

from assay.errors import ConfigurationError

LONGEST_QUERY = 120_000
"""Bytes. Linux gives a process no environment variable of more than 131,071."""


def read_query(folder: Path, job: str) -> str:
    """The text of `jobs/<job>.sql`, which is run as it is written."""
    shown = f"zones/{folder.name}/jobs/{job}.sql"
    try:
        query = (folder / "jobs" / f"{job}.sql").read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{shown}:1: is not UTF-8 text (byte {error.start + 1}); save it as UTF-8") from None
    if "\0" in query:
        line = query.count("\n", 0, query.index("\0")) + 1
        raise ConfigurationError(f"{shown}:{line}: holds the character U+0000; write the query without it")
    if len(query.encode()) > LONGEST_QUERY:
        raise ConfigurationError(
            f"{shown}:1: is longer than {LONGEST_QUERY} bytes, the most that a pod's environment takes; make it a view"
        )
    if not query.strip():
        raise ConfigurationError(f"{shown}:1: is empty; write the query whose rows are the load")
    return query.strip()
