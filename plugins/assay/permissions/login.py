"""The login that carries plans out. It can grant itself anything, so no plan makes it: an administrator does, once."""

from assay import sql

NAME = "ASSAY_PERMISSIONS"
"""The user, and its only role."""

render = sql.templates(__file__)


def statements(public_key: str) -> list[str]:
    """What an administrator runs once in an account, given the base64 of the first key's DER.

    Run again, it leaves the keys of the user as they are: rotation changes them.
    """
    return sql.statements(render("login", public_key=public_key))
