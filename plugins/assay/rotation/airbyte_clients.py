"""Applications of Airbyte: any number at a time, each a client id with its secret, made by its public API.

Source: Airbyte's API reference, "Create an Application", "List Applications", "Deletes an Application".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from assay.ingestion.airbyte.client import AirbyteClient, Resource
from assay.rotation.issuers import values_of, with_values
from assay.rotation.kinds import RotationError
from assay.rotation.login_plan import Issued

NAME = "assay, instead of "
"""How the applications begin that this command makes; what they replace follows, by its client id."""

MILLISECONDS = 10**11
"""Above it a moment is in milliseconds: Airbyte's reference shows such, its first versions gave seconds."""


@dataclass(frozen=True)
class AirbyteClients:
    """Two of the platform's: the one in use, and the one that it replaces or is replaced by."""

    room: int = 2

    def id_of(self, text: str) -> str:
        return str(values_of(text)["login"])

    def issued(self, text: str) -> Mapping[str, Issued] | None:
        """Return the platform's applications: those made here, what these have replaced, and the present one."""
        all_of_them = {str(one["clientId"]): one for one in self._applications(text)}
        ours = {self.id_of(text)}
        for id, one in all_of_them.items():
            if str(one["name"]).startswith(NAME):
                ours |= {id, str(one["name"]).removeprefix(NAME)}
        return {id: Issued(_moment(one["createdAt"])) for id, one in all_of_them.items() if id in ours}

    def issue(self, text: str) -> str:
        made = self._client(text).call("POST", "/applications", {"name": f"{NAME}{self.id_of(text)}"})
        return with_values(text, {"login": made["clientId"], "password": made["clientSecret"]})

    def change(self, old: Iterable[str], new: str) -> None:
        raise RotationError("Airbyte's applications are not changed: another is made.")

    def check(self, text: str) -> None:
        self._client(text).workspace()

    def carry(self, new: str, into: str) -> str:
        return with_values(into, {name: values_of(new)[name] for name in ("login", "password")})

    def remove(self, text: str, id: str) -> None:
        for one in self._applications(text):
            if one["clientId"] == id:
                self._client(text).call("DELETE", f"/applications/{one['id']}")

    def _applications(self, text: str) -> list[Resource]:
        found: list[Resource] = self._client(text).call("GET", "/applications")["applications"]
        return found

    def _client(self, text: str) -> AirbyteClient:
        value = values_of(text)
        return AirbyteClient(str(value["host"]), str(value["login"]), str(value["password"]))


def _moment(created: int) -> datetime:
    return datetime.fromtimestamp(created / 1000 if created > MILLISECONDS else created, UTC)
