"""A webhook that takes a text and, if it is not locked to one, the name of a channel."""

import logging
from typing import Literal

from pydantic import Field

from assay.alerts.channel import Answer, Channel
from assay.alerts.message import Message
from assay.alerts.post import post

log = logging.getLogger(__name__)


class WebhookChannel(Channel):
    """An incoming webhook of Slack or Mattermost, or of anything else that takes `{"text": …, "channel": …}`."""

    kind: Literal["webhook"]
    password: str = Field(min_length=1, description="The webhook's address.")

    def post(self, message: Message) -> Answer:
        """Post; again without the channel if the server does not know it, or the webhook may not post there."""
        answer = post(self.password, message)
        if answer.place_refused and "channel" in message:
            log.warning("The chat server does not let this webhook post to %s.", message["channel"])
            return post(self.password, {key: value for key, value in message.items() if key != "channel"})
        return answer
