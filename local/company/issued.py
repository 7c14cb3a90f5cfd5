"""What vendors issue to the platform: tokens of the company's flights API, webhooks of the chat server's channels.

In the cloud a person gets them on the vendor's page, and gives them to `./assay secret rotate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.company.inputs import CompanyError, basic_auth
from local.emulators.common.files import StateError
from local.state.endpoints import Endpoints

if TYPE_CHECKING:
    import requests

API, CHAT = "flights_api", "chat_"


def service(system: str) -> str:
    """Return the service that issues it. Raises CompanyError for what issues nothing."""
    if system == API:
        return API
    if system.startswith(CHAT):
        return "inbox"
    raise CompanyError(f'"{system}" issues nothing: {API} and chat_<channel> do.')


def issue(endpoints: Endpoints, system: str) -> str:
    """Return a new token, or the address of a new webhook."""
    found = _ask(endpoints, "POST", system).json()
    return str(found["token"]) if system == API else f"{endpoints.url('inbox')}{found['hook']}"


def revoke_others(endpoints: Endpoints, system: str) -> int:
    """Revoke all but the newest. Returns how many."""
    found = _ask(endpoints, "DELETE", system).json()
    return int(found["revoked" if system == API else "deleted"])


def _ask(endpoints: Endpoints, method: str, system: str) -> requests.Response:
    import requests

    known = endpoints.credentials
    if service(system) == API:
        path, login = "/v1/tokens", f"Bearer {known[API]['token']}"
    else:
        path = f"/local/hooks/{system.removeprefix(CHAT)}"
        login = basic_auth(known["airflow"]["user"], known["airflow"]["password"])
    url = f"{endpoints.url(service(system))}{path}"
    answer = requests.request(method, url, headers={"Authorization": login}, timeout=30)
    if not answer.ok:
        raise StateError(f"{service(system)} refused: {answer.text.strip()[:300]}")
    return answer
