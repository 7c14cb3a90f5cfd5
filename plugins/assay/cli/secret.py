"""`assay secret`: rotation of what is in Secrets Manager. No value is an argument, and none is printed."""

import getpass
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from assay import settings
from assay.cli.common import DAGS, ROOT, AsJson, environment, err, out, sentences, zone_names
from assay.connect import connector_arguments
from assay.ingestion.airbyte.client import AirbyteClient
from assay.ingestion.airbyte.config import AirbyteConfig
from assay.ingestion.airbyte.files import PLACEHOLDER, Declared, secrets_in
from assay.ingestion.airbyte.files import read as read_airbyte
from assay.rotation import Kind, Rotation, RotationError, pick
from assay.rotation.access_keys import AccessKeys
from assay.rotation.airbyte_clients import AirbyteClients
from assay.rotation.issuers import Issuer
from assay.rotation.passwords import Passwords
from assay.rotation.steps import Do
from assay.rotation.target import RotationTarget
from assay.rotation.tries import Tries
from assay.secrets import connection_key, declared
from assay.secrets.manifests import REFRESHED_WITHIN
from assay.secrets_manager import NotConnected, SecretsManager, Versions
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
    given: Annotated[
        bool,
        typer.Option("--given", help="Take the new value from standard input, of what this command could make itself."),
    ] = False,
    key: Annotated[
        str | None, typer.Option("--key", help="Which of the secret's values the one on standard input is.")
    ] = None,
    check: Annotated[
        str | None,
        typer.Option("--check", metavar="COMMAND", help="Tries the new value, which it finds in its environment."),
    ] = None,
    untried: Annotated[bool, typer.Option("--untried", help="Take a value that nothing here can try.")] = False,
    undo: Annotated[
        bool,
        typer.Option("--undo", help="Take back what a killed command had begun, if the present value works."),
    ] = False,
    administrator: Administrator = ADMINISTRATOR,
    as_json: AsJson = False,
) -> None:
    """Replace a secret in every place that holds it, while the platform runs. What others issue, such as a
    vendor's token, is read from standard input and tried first. A killed rotation is completed by the next one."""

    def act(rotation: Rotation) -> list[str]:
        if undo:
            return rotation.undo(name, untried)
        if given or pick(rotation.subjects(), name).kind is Kind.ISSUED_ELSEWHERE:
            if revoke_old:
                raise RotationError(f"{name} is issued elsewhere: revoke the old value there.")
            return rotation.give(name, _value(name), key, untried)
        if key or check or untried:
            raise RotationError(f"{name}: this command makes the new one itself; --given takes one that you give.")
        return rotation.rotate(name, revoke_old)

    _run(name, administrator, as_json, act, check)


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
        found = Rotation(_target(ADMINISTRATOR)).subjects()
    if as_json:
        print(json.dumps([{"name": each.name, "kind": each.kind, "secrets": each.secrets, "reason": each.reason}
                          for each in found], indent=2))  # fmt: skip
        return
    for each in found:
        why = f": {each.reason}" if each.kind is Kind.REFUSED else ""
        out.print(f"{each.name} ({each.kind}{why})", markup=False)
        for secret in each.secrets if each.secrets != (each.name,) else ():
            out.print(f"  {secret}", markup=False)


def _value(name: str) -> str | None:
    """What a person gives: asked for without being shown, or all of standard input but its last line break."""
    if sys.stdin.isatty():
        return getpass.getpass(f"New value of {name} (empty: complete what was begun): ") or None
    return sys.stdin.read().removesuffix("\n") or None


def _run(
    name: str, administrator: str, as_json: bool, act: Callable[[Rotation], list[str]], check: str | None = None
) -> None:
    with sentences():
        target = _target(administrator, check)
        steps = act(Rotation(target, lambda line: err.print(line, markup=False)))
    done = {str(step).partition(":")[0] for step in steps}
    until = target.now() + target.grace if Do.WRITE in done and Do.CHANGE not in done else None
    if as_json:
        print(
            json.dumps({"name": name, "steps": steps, "old_may_be_used_until": until and until.isoformat()}, indent=2)
        )
        return
    out.print(f"{name}: done." if steps else f"{name}: there is nothing to do.", markup=False)
    if until:
        out.print(f"What was started with the old one may use it until {until:%Y-%m-%d %H:%M} UTC.", markup=False)


def _target(administrator: str, command: str | None = None) -> RotationTarget:
    """The environment that ASSAY_ENV names, by the AWS login of the caller."""
    found = settings.load(DAGS, environment())
    airbyte_files = read_airbyte(ROOT / "airbyte")
    ends = (*airbyte_files.sources.values(), *airbyte_files.destinations.values())
    issuers: dict[Kind, Issuer] = {
        Kind.AWS_ACCESS_KEY: AccessKeys(),
        Kind.AIRBYTE_CLIENT: AirbyteClients(),
        Kind.POSTGRES_PASSWORD: Passwords(),
    }

    @contextmanager
    def warehouse() -> Iterator[ConnectionWarehouse]:
        with _login(connector_arguments(SecretsManager().read(administrator))) as connection:
            yield connection

    def check(user: str, key: bytes) -> None:
        arguments = connector_arguments(SecretsManager().read(administrator))
        for mine in ("password", "role", "warehouse", "database"):
            arguments.pop(mine, None)
        with _login(arguments | {"user": user, "private_key": key}) as connection:
            connection.execute("select current_user()")

    def airbyte() -> AirbyteClient:
        login = SecretsManager().read(connection_key(found.airbyte.airbyte_connection_id))
        return AirbyteClient(login["host"], login["login"], login["password"])

    def send() -> list[Any]:
        return AirbyteConfig(airbyte(), ROOT / "airbyte", SecretsManager()).send_secrets()

    def log_in(connection: Mapping[str, Any]) -> None:
        with _login(connector_arguments(connection)):
            pass

    return RotationTarget(
        versions=Versions(),
        warehouse=warehouse,
        check=check,
        send=send,
        read_by_airbyte=frozenset(f"assay/{end.secret}" for end in ends if end.secret),
        issuers=issuers,
        secret_keys=_secret_keys(airbyte_files),
        try_value=Tries(airbyte_files, issuers, airbyte, log_in, command),
        grace=max(found.k8s.active_deadline, found.airbyte.deadline) + REFRESHED_WITHIN,
    )


def _secret_keys(airbyte_files: Declared) -> dict[str, frozenset[str]]:
    """The keys of each secret that are secret: of a pod's what pods.yml does not call public, of Airbyte's own what
    stands for a secret in its files."""
    zones = declared(zone_names(None)).values()
    found = {each.key: frozenset(each.env) - frozenset(each.public) for each in zones}
    for end in (*airbyte_files.sources.values(), *airbyte_files.destinations.values()):
        if end.secret:
            names = PLACEHOLDER.findall(json.dumps(secrets_in(end.configuration)))
            found[f"assay/{end.secret}"] = found.get(f"assay/{end.secret}", frozenset()) | frozenset(names)
    return found


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
