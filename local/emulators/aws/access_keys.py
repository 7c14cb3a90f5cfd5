"""IAM's access keys of users: two at most each, as in AWS, and when each was used last.

The first key of an identity is in the credentials file; keys that are created later are in a file of this part's state,
with what was deleted. Only these operations of IAM are here.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from local.emulators.common import files

MOST = 2
"""AWS's quota of access keys for a user, which cannot be raised."""

NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
FORMAT = "%Y-%m-%dT%H:%M:%SZ"
Answer = tuple[int, str]
Keys = dict[str, dict[str, str]]


def access_key() -> dict[str, str]:
    """Return a new pair of the form of AWS's access keys."""
    letters = "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
    return {"access_key_id": f"AKIA{letters}", "secret_access_key": secrets.token_urlsafe(30)}


class IamError(Exception):
    """An operation that IAM rejects. `code` is the error's name there."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class AccessKeys:
    """`first` gives the pairs of the credentials file, by identity."""

    def __init__(self, path: Path, first: Callable[[], Mapping[str, Mapping[str, str]]],
                 now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:  # fmt: skip
        self._path, self._first, self._now = path, first, now
        self._lock = threading.Lock()
        known = files.read_json(path, default={})
        self._created: Keys = known.get("created", {})
        self._deleted: list[str] = known.get("deleted", [])
        self._used: dict[str, str] = known.get("used", {})
        self._began = known.get("began") or now().strftime(FORMAT)

    def all(self) -> Keys:
        """Return every key by its id: user, secret, when it was created."""
        first = {
            pair["access_key_id"]: {
                "user": name, "secret": pair["secret_access_key"], "created": self._began,
            }
            for name, pair in self._first().items()
        }  # fmt: skip
        return {id: key for id, key in (first | self._created).items() if id not in self._deleted}

    def used(self, id: str) -> None:
        """Remember that a request was signed with this key, to the minute."""
        moment = self._now().replace(second=0).strftime(FORMAT)
        with self._lock:
            if self._used.get(id) != moment:
                self._used[id] = moment
                self._save()

    def answer(self, action: str, asked: Mapping[str, str]) -> Answer:
        """Return status and document for one request. Raises IamError."""
        operation = {
            "CreateAccessKey": self._create,
            "DeleteAccessKey": self._delete,
            "ListAccessKeys": self._list,
            "GetAccessKeyLastUsed": self._last_used,
        }.get(action)
        if operation is None:
            raise IamError(501, "NotImplemented", f"The embedded AWS does not have iam:{action}.")
        with self._lock:
            result = operation(asked)
        content = f"<{action}Result>{result}</{action}Result>" if result else ""
        return 200, (
            f'<{action}Response xmlns="{NAMESPACE}">{content}<ResponseMetadata><RequestId>embedded</RequestId>'
            f"</ResponseMetadata></{action}Response>"
        )

    def _create(self, asked: Mapping[str, str]) -> str:
        user = self._user(asked)
        if len(self._of(user)) >= MOST:
            raise IamError(409, "LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {MOST}")
        pair = access_key()
        id = pair["access_key_id"]
        self._created[id] = {
            "user": user, "secret": pair["secret_access_key"], "created": self._now().strftime(FORMAT),
        }  # fmt: skip
        self._save()
        return f"<AccessKey>{self._shown(id, secret=True)}</AccessKey>"

    def _delete(self, asked: Mapping[str, str]) -> str:
        user, id = self._user(asked), asked.get("AccessKeyId", "")
        if id not in self._of(user):
            raise _no_such_key(id)
        self._created.pop(id, None)
        self._deleted.append(id)
        self._save()
        return ""

    def _list(self, asked: Mapping[str, str]) -> str:
        members = "".join(f"<member>{self._shown(id)}</member>" for id in self._of(self._user(asked)))
        return f"<IsTruncated>false</IsTruncated><AccessKeyMetadata>{members}</AccessKeyMetadata>"

    def _last_used(self, asked: Mapping[str, str]) -> str:
        id = asked.get("AccessKeyId", "")
        key = self.all().get(id)
        if key is None:
            raise IamError(403, "AccessDenied", f"Access key {id} is not of this account")
        date = f"<LastUsedDate>{self._used[id]}</LastUsedDate>" if id in self._used else ""
        return (
            f"<UserName>{escape(key['user'])}</UserName><AccessKeyLastUsed>{date}<ServiceName>N/A</ServiceName>"
            "<Region>N/A</Region></AccessKeyLastUsed>"
        )

    def _user(self, asked: Mapping[str, str]) -> str:
        name = asked.get("UserName", "")
        if name not in self._first():
            raise IamError(404, "NoSuchEntity", f"The user with name {name} cannot be found.")
        return name

    def _of(self, user: str) -> list[str]:
        return [id for id, key in self.all().items() if key["user"] == user]

    def _shown(self, id: str, secret: bool = False) -> str:
        key = self.all()[id]
        return (
            f"<UserName>{escape(key['user'])}</UserName><AccessKeyId>{escape(id)}</AccessKeyId><Status>Active</Status>"
            + (f"<SecretAccessKey>{escape(key['secret'])}</SecretAccessKey>" if secret else "")
            + f"<CreateDate>{key['created']}</CreateDate>"
        )

    def _save(self) -> None:
        document: dict[str, Any] = {
            "began": self._began, "created": self._created, "deleted": self._deleted, "used": self._used,
        }  # fmt: skip
        files.write_json(self._path, document)


def _no_such_key(id: str) -> IamError:
    return IamError(404, "NoSuchEntity", f"The Access Key with id {id} cannot be found.")


def status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
