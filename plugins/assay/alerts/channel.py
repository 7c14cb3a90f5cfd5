"""What every kind of channel derives from: what its connection says, and how a message gets there."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from assay.alerts.message import Message


@dataclass(frozen=True)
class Answer:
    """What became of a post. Its truth is whether the chat server took the message.

    `retry_after`: seconds that the server asks for. `unknown`: the server may have taken it (it was reached and did not
    answer). `message_refused`: the same message will not be taken later either. `place_refused`: perhaps because of the
    channel that it names. `reason`: why it was not taken, as the rest of a sentence, with no secret in it.
    """

    delivered: bool
    retry_after: float | None = None
    unknown: bool = False
    message_refused: bool = False
    place_refused: bool = False
    reason: str = field(default="", compare=False)

    def __bool__(self) -> bool:
        return self.delivered


class Channel(BaseModel):
    """Where a zone's messages go, by its connection in Secrets Manager: keys are fields of the connection (`host`,
    `port`, `login`, `password`, `schema`), or of its `extra`."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    kind: str = Field(description="The connection's `conn_type`.")

    def post(self, message: Message) -> Answer:
        """Post once. `message` holds `text`, in the markup of `markup`, and perhaps the `channel` that it is for."""
        raise NotImplementedError
