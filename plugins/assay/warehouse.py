"""The one way SQL is run: a statement in, rows out, on one login.

Operators open it through Airflow's connection; the CLI and the tests wrap a connection of their own.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from assay.errors import AssayError
from assay.refused_logins import refused_login
from assay.secrets.names import connection_key

Row = dict[str, Any]


class WarehouseError(AssayError):
    """A statement failed. The text is the warehouse's own, on one line; `code` is its error number, if it has one."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class Warehouse(Protocol):
    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        """Run one statement and return its rows, keyed by column name in lower case.

        `%(name)s` is bound from `params`; without params, `%` means itself. Raises WarehouseError.
        """

    def transaction(self) -> AbstractContextManager[None]:
        """All statements within, or none of them. Statements that change what exists commit at once: keep them
        outside."""


class ConnectionWarehouse:
    """A warehouse over a connection of snowflake-connector-python, which the caller closes."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        from snowflake.connector.errors import Error

        with self._connection.cursor() as cursor:
            try:
                cursor.execute(sql, dict(params) if params else None)
                names = [column.name.lower() for column in cursor.description or ()]
                return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
            except Error as error:
                raise WarehouseError(" ".join((error.raw_msg or str(error)).split()), error.errno) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.execute("begin")
        try:
            yield
        except BaseException:
            self.execute("rollback")
            raise
        self.execute("commit")


@contextmanager
def airflow_warehouse(connection_id: str) -> Iterator[ConnectionWarehouse]:
    """One login with an Airflow connection, closed at the end. For use inside a task.

    Raises WarehouseError with a sentence that names the login where it is refused.
    """
    from contextlib import closing

    from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
    from snowflake.connector.errors import Error

    try:
        opened = SnowflakeHook(snowflake_conn_id=connection_id).get_conn()
    except Error as error:
        text = " ".join((error.raw_msg or str(error)).split())
        if refused := refused_login(text, connection_key(connection_id)):
            raise WarehouseError(refused, error.errno) from error
        raise
    with closing(opened) as connection:
        yield ConnectionWarehouse(connection)
