"""The password of a login to Postgres. It has one at a time, and changes it itself.

What logs in between the change and the copy's arrival in its pod is refused, and is tried again (assay.refused_logins).
The server is sent the password's SCRAM verifier, which it would keep anyway: its log and its statistics may keep the
statement.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.rotation.issuers import values_of, with_values
from assay.rotation.kinds import RotationError
from assay.rotation.login_plan import Issued
from assay.secrets_manager import NotConnected

if TYPE_CHECKING:
    import psycopg

PASSWORD = "PGPASSWORD"
ARGUMENTS = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", PASSWORD: "password", "PGDATABASE": "dbname",
             "PGSSLMODE": "sslmode"}  # fmt: skip
TIMEOUT = 10


@dataclass(frozen=True)
class Passwords:
    """Logins to any Postgres server, by the names of libpq's environment."""

    room: int = 1

    def id_of(self, text: str) -> str:
        return hashlib.sha256(str(values_of(text)[PASSWORD]).encode()).hexdigest()

    def issued(self, text: str) -> Mapping[str, Issued] | None:
        return None

    def issue(self, text: str) -> str:
        return with_values(text, {PASSWORD: secrets.token_urlsafe(32)})

    def change(self, old: Iterable[str], new: str) -> None:
        try:
            self.check(new)
            return
        except NotConnected:
            refused: NotConnected | None = None
        for text in old:
            try:
                with _login(text) as connection:
                    _set(connection, str(values_of(new)[PASSWORD]))
                return
            except NotConnected as error:
                refused = error
        raise RotationError(
            f"{refused} Neither its present password nor the pending one is right: an administrator of that server "
            "sets one (`\\password` in psql), then give it with --given."
        )

    def check(self, text: str) -> None:
        with _login(text):
            pass

    def carry(self, new: str, into: str) -> str:
        return with_values(into, {PASSWORD: values_of(new)[PASSWORD]})

    def remove(self, text: str, id: str) -> None:
        """Do nothing: the old password ended when it was changed."""


def _login(text: str) -> "AbstractContextManager[psycopg.Connection[Any]]":
    import psycopg

    value = values_of(text)
    arguments: dict[str, Any] = {ARGUMENTS[name]: str(each) for name, each in value.items() if name in ARGUMENTS}
    try:
        return closing(psycopg.connect(**arguments | {"connect_timeout": TIMEOUT, "autocommit": True}))
    except psycopg.Error as error:
        said = " ".join(str(error).replace(str(value.get(PASSWORD)), "***").split())
        raise NotConnected(f"Postgres does not let {value['PGUSER']} in: {said}.") from error


def _set(connection: "psycopg.Connection[Any]", password: str) -> None:
    """Give the login that is connected this password."""
    from psycopg import sql

    user = connection.info.user
    verifier = connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(user), sql.Literal(verifier)))
