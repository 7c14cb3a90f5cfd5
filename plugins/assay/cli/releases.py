"""`assay release`: what is live, what was, and back."""

import contextlib
import getpass
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer

from assay.alerts import Message
from assay.alerts import post as delivery
from assay.alerts.channels import channel_of
from assay.alerts.message import rolled_back
from assay.cli.common import (
    ZONES,
    AsJson,
    ZoneName,
    ZoneNameOrAll,
    check_is_zone,
    environment,
    err,
    out,
    sentences,
    zone_names,
)
from assay.cli.tables import aligned
from assay.connect import connect
from assay.errors import ConfigurationError
from assay.releases import Release, Releases
from assay.secrets import connection_key
from assay.secrets_manager import NotConnected, SecretsManager
from assay.zones import ServiceRole, ZoneNames, load_zone
from assay.zones.names import PLATFORM_CHAT
from assay.zones.reader import readers_today

Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; it is kept in the release ledger.")]

app = typer.Typer(name="release", help="Releases of a zone: what is live, what was, and back.", no_args_is_help=True)


@app.command("list")
def list_releases(name: ZoneNameOrAll = None, as_json: AsJson = False) -> None:
    """Show the release ledger, newest first."""
    with sentences():
        found = [each for zone_name in zone_names(name) for each in _history(zone_name)]
    if as_json:
        print(json.dumps([_plain(each) for each in found], indent=2, default=str))
        return
    heads = ("zone", "release", "status", "run", "created (UTC)", "by", "reason")
    rows = [
        (
            each.zone,
            each.release_id,
            each.status.value,
            each.run_id,
            f"{each.created_at:%Y-%m-%d %H:%M:%S}",
            each.actor,
            each.reason,
        )
        for each in found
    ]
    print(aligned(heads, rows) if found else "No release has been made yet.")


@app.command("show")
def show(name: ZoneName, as_json: AsJson = False) -> None:
    """Show what is live, and how its tables differ from the release before."""
    with sentences():
        with _releases(name) as releases:
            live = releases.live()
            history = releases.history()
            held = releases.decided().hold
        found = next((each for each in history if each.release_id == live), None)
    if as_json:
        print(json.dumps(_plain(found) if found else None, indent=2, default=str))
        return
    if found is None:
        out.print(f"Zone {name} has published nothing yet.")
        return
    out.print(
        f"{name}: release {found.release_id} is live, from run {found.run_id}, commit {found.commit_sha or 'unknown'}."
    )
    if held is not None:
        out.print(f"Publishing is held {held.sentence}")
    rows = [
        (table.lower(), _number(counts.candidate), _number(counts.live))
        for table, counts in sorted(found.row_counts.items())
    ]
    print(aligned(("table", "rows", "rows before"), rows, ("rows", "rows before")))


@app.command("rollback")
def rollback(
    name: ZoneName,
    reason: Annotated[
        str, typer.Option("--reason", "-r", help="Why; it is kept in the ledger.")
    ] = "rolled back by hand",
    as_json: AsJson = False,
) -> None:
    """Make the previous release live again, and hold publishing; called again, roll forward and lift that hold."""
    with sentences(), _releases(name) as releases:
        before = releases.live()
        restored = releases.rollback(reason, getpass.getuser(), operation=f"cli {uuid.uuid4()}")
        hold = releases.decided().hold
        step = releases.step(restored.release_id)
        message = rolled_back(name, environment(), restored.release_id, getpass.getuser(), reason, None, **step)
        if _post(name, message):
            releases.posted(restored.release_id, getpass.getuser())
    if as_json:
        print(json.dumps(_plain(restored), indent=2, default=str))
    else:
        out.print(f"{name}: release {restored.release_id} is live again, instead of {before}.")
    if hold is not None:
        err.print(f"Publishing is held until `./assay release resume {name} --reason …`.")


@app.command("hold")
def hold(name: ZoneName, reason: Reason) -> None:
    """Publish nothing of the zone until `resume`: its runs build and test, and are refused at `release.publish`."""
    with sentences(), _releases(name) as releases:
        releases.hold(reason, getpass.getuser())
    out.print(f"{name}: publishing is held.")


@app.command("resume")
def resume(name: ZoneName, reason: Reason) -> None:
    """Let runs of the zone publish again, after `hold` or after a rollback."""
    with sentences(), _releases(name) as releases:
        releases.resume(reason, getpass.getuser())
    out.print(f"{name}: runs publish again.")


def _post(name: str, message: Message) -> bool:
    """Post to the zone's `channel`, by the webhook that Airflow has. `platform_freshness` posts what this cannot."""
    with contextlib.suppress(ConfigurationError):  # of a zone that cannot be read, the webhook's own channel
        message = message | {"channel": load_zone(ZONES / name).channel}
    secrets_manager, names = SecretsManager(), ZoneNames(environment(), name)
    problem = f"the connection {names.chat_connection} has no webhook as its password"
    for connection in (names.chat_connection, PLATFORM_CHAT):
        try:
            if (found := secrets_manager.find(connection_key(connection))) is None:
                continue
            channel = channel_of(found)
        except NotConnected as error:
            problem = str(error)
            continue
        except ConfigurationError as error:
            problem = f"the connection {connection} {error}"
            continue
        if delivery.deliver(channel, message):
            return True
        problem = "the chat server did not take it"
    later = "The DAG platform_freshness posts it within the hour."
    err.print(f"The rollback is done, but was not posted to the channel of {name}: {problem}. {later}")
    return False


@contextmanager
def _releases(name: str) -> Iterator[Releases]:
    check_is_zone(name)
    with connect(environment(), name, ServiceRole.PUBLISHER) as warehouse:
        names = ZoneNames(environment(), name)
        yield Releases(warehouse, names, lambda: readers_today(ZONES, names))


def _history(name: str) -> list[Release]:
    with _releases(name) as releases:
        return releases.history()


def _plain(found: Release) -> dict[str, Any]:
    return asdict(found)


def _number(rows: int | None) -> str:
    return "-" if rows is None else f"{rows:,}"
