"""A workflow of Microsoft Teams ("post to a channel when a webhook request is received")."""

from typing import Literal

from pydantic import Field

from assay.alerts.channel import Answer, Channel
from assay.alerts.channels.teams.card import message_with_card
from assay.alerts.message import Message
from assay.alerts.post import post


class TeamsChannel(Channel):
    """A workflow of Microsoft Teams that is started by a webhook. It posts to the channel that it was made for."""

    kind: Literal["teams"]
    password: str = Field(min_length=1, description="The workflow's address.")

    def post(self, message: Message) -> Answer:
        return post(self.password, message_with_card(message["text"]))
