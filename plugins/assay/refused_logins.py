"""Recognises that a login was refused, in what a program or a driver said, and says which one and what to do. Pure.

Snowflake's texts are those of its errors 390144 (key pair), 390100 (name or password) and 390101 (disabled).
"""

import re

_LOGIN = r"Failed to connect to DB[^\n]*"  # the connector's words: a value that a test prints is no refused login
_REASONS = (
    (re.compile(_LOGIN + r"JWT token is invalid"), "its key was revoked or replaced"),
    (re.compile(_LOGIN + r"Incorrect username or password was specified"), "its password was changed, or it is gone"),
    (re.compile(_LOGIN + r"User access disabled"), "it was disabled"),
    (
        re.compile(r"An error occurred \((InvalidAccessKeyId|InvalidClientTokenId)\)"),
        "its AWS access key was deleted or replaced",
    ),
    (re.compile(r"FATAL: +password authentication failed for user"), "its password was changed, or it is gone"),
)


def refused_login(said: str, secret: str) -> str:
    """Return the sentence about a login that was refused, an empty text where none was.

    `secret` is the name, in Secrets Manager, of what the program logged in with.
    """
    name = "NAME" if " " in secret else secret  # of a pod with several
    for pattern, reason in _REASONS:
        if pattern.search(said):
            return (
                f"The login in {secret} was refused: {reason}. If it was replaced a moment ago, a retry reads the "
                f"present one; if not, replace it: `./assay secret rotate {name}` (docs/secrets.md)."
            )
    return ""
