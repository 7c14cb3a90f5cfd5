"""`assay secret`: rotation of what is in Secrets Manager. No value is an argument, and none is printed."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from assay import settings
from assay.cli.common import DAGS, ROOT, AsJson, environment, err, out, sentences
from assay.connect import connector_arguments
from assay.ingestion.airbyte_client import AirbyteClient
from assay.ingestion.airbyte_config import AirbyteConfig
from assay.ingestion.airbyte_files import read as read_airbyte
from assay.rotation import Kind, Rotation
from assay.rotation.rotate import World
from assay.secrets import connection_key
from assay.secrets.delivery import REFRESHED_WITHIN
from assay.vault import NotConnected, Vault, Versions
from assay.warehouse import ConnectionWarehouse

app = typer.Typer(name="secret", help="Rotate secrets in Secrets Manager.", no_args_is_help=True)
ADMINISTRATOR = "assay/bootstrap/snowflake"
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A secret, such as assay/pods/landing-weather, or a warehouse login.")
]
Administrator = Annotated[
    str, typer.Option("--administrator", help="The secret with the login to Snowflake that changes users' keys.")
]


@app.command("rotate")
def rotate(
    name: Name,
    revoke_old: Annotated[
        bool, typer.Option("--revoke-old", help="After a leak: the old one ends at once, running pods included.")
    ] = False,
    administrator: Administrator = ADMINISTRATOR,
    as_json: AsJson = False,
) -> None:
    """Replace a secret in every place that holds it, while the platform runs. A killed rotation is completed by the
    next one."""
    _run(name, administrator, as_json, lambda rotation: rotation.rotate(name, revoke_old))


@app.command("revoke")
def revoke(
    name: Name,
    now: Annotated[
        bool, typer.Option("--now", help="Also while pods that were started with the old one may be running.")
    ] = False,
    administrator: Administrator = ADMINISTRATOR,
    as_json: AsJson = False,
) -> None:
    """Remove the key that the last rotation of a login replaced."""
    _run(name, administrator, as_json, lambda rotation: rotation.revoke(name, now))


@app.command("kinds")
def kinds(as_json: AsJson = False) -> None:
    """List every secret with how it is rotated, or why it is not."""
    with sentences():
        found = Rotation(_world(ADMINISTRATOR)).subjects()
    if as_json:
        print(json.dumps([{"name": each.name, "kind": each.kind, "secrets": each.secrets, "reason": each.reason}
                          for each in found], indent=2))  # fmt: skip
        return
    for each in found:
        why = f": {each.reason}" if each.kind is Kind.REFUSED else ""
        out.print(f"{each.name} ({each.kind}{why})", markup=False)
        for secret in each.secrets if each.secrets != (each.name,) else ():
            out.print(f"  {secret}", markup=False)


def _run(name: str, administrator: str, as_json: bool, act: Callable[[Rotation], list[str]]) -> None:
    with sentences():
        steps = act(Rotation(_world(administrator), lambda line: err.print(line, markup=False)))
    if as_json:
        print(json.dumps({"name": name, "steps": steps}, indent=2))
    else:
        out.print(f"{name}: done." if steps else f"{name}: there is nothing to remove.", markup=False)


def _world(administrator: str) -> World:
    """The environment that ASSAY_ENV names, by the AWS login of the caller."""
    found = settings.load(DAGS, environment())
    declared = read_airbyte(ROOT / "airbyte")
    ends = (*declared.sources.values(), *declared.destinations.values())

    @contextmanager
    def warehouse() -> Iterator[ConnectionWarehouse]:
        with _login(connector_arguments(Vault().read(administrator))) as connection:
            yield connection

    def check(user: str, key: bytes) -> None:
        arguments = connector_arguments(Vault().read(administrator))
        for mine in ("password", "role", "warehouse", "database"):
            arguments.pop(mine, None)
        with _login(arguments | {"user": user, "private_key": key}) as connection:
            connection.execute("select current_user()")

    def send() -> list[Any]:
        login = Vault().read(connection_key(found.airbyte.airbyte_connection_id))
        client = AirbyteClient(login["host"], login["login"], login["password"])
        return AirbyteConfig(client, ROOT / "airbyte", Vault()).send_secrets()

    return World(
        versions=Versions(),
        warehouse=warehouse,
        check=check,
        send=send,
        read_by_airbyte=frozenset(f"assay/{end.secret}" for end in ends if end.secret),
        grace=max(found.k8s.active_deadline, found.airbyte.deadline) + REFRESHED_WITHIN,
    )


@contextmanager
def _login(arguments: dict[str, Any]) -> Iterator[ConnectionWarehouse]:
    import snowflake.connector
    from snowflake.connector.errors import Error

    try:
        connection = snowflake.connector.connect(**arguments)
    except Error as error:
        raise NotConnected(f"The warehouse does not let {arguments['user']} in: {error.raw_msg or error}") from error
    try:
        yield ConnectionWarehouse(connection)
    finally:
        connection.close()
