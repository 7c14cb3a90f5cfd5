"""Posts messages to the channels of zones and of the platform, through Airflow's connections and the outbox."""

import logging
from collections.abc import Sequence

from airflow.sdk import Connection, Variable
from airflow.sdk.configuration import conf

from assay.alerts import post as delivery
from assay.alerts.best_effort import quietly
from assay.alerts.message import Message
from assay.alerts.outbox import Outbox
from assay.alerts.post import Answer
from assay.zones import Zone, ZoneNames
from assay.zones.names import PLATFORM_CHAT

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

    return quietly(act, instead=False)


def post_by_connection(connection_id: str, message: Message) -> Answer:
    """Post once. A server that does not know the message's channel, or may not post there, posts where its webhook
    does."""
    url = _webhook(connection_id) or _webhook(PLATFORM_CHAT)
    if url is None:
        log.warning("The alert was not delivered yet: connection %s has no webhook as its password.", connection_id)
        return Answer(delivered=False)
    answer = delivery.post(url, message)
    if answer.place_refused and "channel" in message:
        log.warning("The chat server does not let %s post to %s.", connection_id, message["channel"])
        return delivery.post(url, {key: value for key, value in message.items() if key != "channel"})
    return answer


def _webhook(connection_id: str) -> str | None:
    connection = quietly(lambda: Connection.get(connection_id), None)
    return str(connection.password) if connection is not None and connection.password else None


def run_url(dag_id: str, run_id: str) -> str:
    """The page of a run, from which its failed tasks can be cleared and so tried again."""
    from urllib.parse import quote

    return f"{dag_url(dag_id)}/runs/{quote(run_id)}"


def dag_url(dag_id: str) -> str:
    base_url = conf.get("api", "base_url", fallback="http://localhost:8080/").rstrip("/")
    return f"{base_url}/dags/{dag_id}"
