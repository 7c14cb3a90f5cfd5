"""Posts messages to the channels of zones and of the platform, through Airflow's connections and the outbox."""

import logging
from collections.abc import Sequence

from airflow.sdk import Connection, Variable
from airflow.sdk.configuration import conf

from assay.alerts import post as delivery
from assay.alerts.best_effort import best_effort
from assay.alerts.channel import Answer, Channel
from assay.alerts.channels import channel_of
from assay.alerts.message import Message
from assay.alerts.outbox import Outbox
from assay.errors import ConfigurationError
from assay.zones import Zone, ZoneNames
from assay.zones.names import PLATFORM_CHAT

FIELDS = ("conn_type", "host", "schema", "login", "password", "port")
log = logging.getLogger(__name__)


class Variables:
    """Airflow's variables as an outbox's store."""

    def keys(self, prefix: str) -> Sequence[str]:
        return list(Variable.keys(prefix=prefix))

    def get(self, key: str) -> str | None:
        found = Variable.get(key, default=None)
        return None if found is None else str(found)

    def set(self, key: str, value: str) -> None:
        Variable.set(key, value, description="Kept by the platform's alerts")

    def delete(self, key: str) -> None:
        Variable.delete(key)


def outbox() -> Outbox:
    return Outbox(Variables(), post_by_connection)


def post_to_zone(zone: Zone, environment: str, message: Message) -> bool:
    """Post to the zone's `channel`, with the webhook that is the password of the connection `chat_<zone>`.

    Returns whether the message is posted or kept for later. Never raises.
    """
    return send(ZoneNames(environment, zone.zone).chat_connection, message | {"channel": zone.channel})


def send(connection_id: str, message: Message) -> bool:
    """Post, or keep for later. Returns False when neither was possible. Never raises."""

    def act() -> bool:
        outbox().send(connection_id, message)
        return True

    return best_effort(act, instead=False)


def post_by_connection(connection_id: str, message: Message) -> Answer:
    """Post once, by the channel that the connection means; where there is none, by the platform's."""
    channel = _channel(connection_id) or _channel(PLATFORM_CHAT)
    if channel is None:
        log.warning("The alert was not delivered yet: connection %s names no channel.", connection_id)
        return Answer(delivered=False)
    return delivery.deliver(channel, message)


def _channel(connection_id: str) -> Channel | None:
    connection = best_effort(lambda: Connection.get(connection_id), None)
    if connection is None:
        return None
    fields = {name: getattr(connection, name) for name in FIELDS}
    try:
        return channel_of(fields | {"extra": connection.extra_dejson})
    except ConfigurationError as error:
        log.warning("The connection %s %s.", connection_id, error)
        return None


def run_url(dag_id: str, run_id: str) -> str:
    """The page of a run, from which its failed tasks can be cleared and so tried again."""
    from urllib.parse import quote

    return f"{dag_url(dag_id)}/runs/{quote(run_id)}"


def dag_url(dag_id: str) -> str:
    base_url = conf.get("api", "base_url", fallback="http://localhost:8080/").rstrip("/")
    return f"{base_url}/dags/{dag_id}"
