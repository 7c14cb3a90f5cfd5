"""Access keys of an AWS user: two at a time, so that the new one works while programs still have the old one.

Source: AWS, "Update access keys" (create the second, update programs, see that the first is not used, delete it).
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from assay.rotation.issuers import values_of, with_values
from assay.rotation.kinds import AWS_KEY, AWS_SECRET, RotationError
from assay.rotation.login_plan import Issued
from assay.secrets_manager import NotConnected

TRIES = 12
PAUSE = 5.0  # seconds; IAM is eventually consistent: a new key may be refused for some seconds
NOT_YET = ("InvalidClientTokenId", "SignatureDoesNotMatch", "AuthFailure")


def clients(service: str, **login: Any) -> Any:
    """Return a boto3 client, with the caller's own login unless another is given."""
    import boto3

    return boto3.client(service, **login)


@dataclass(frozen=True)
class AccessKeys:
    """`client` makes a boto3 client of a service; `wait` sleeps."""

    client: Callable[..., Any] = clients
    wait: Callable[[float], None] = time.sleep
    room: int = 2

    def id_of(self, text: str) -> str:
        return str(values_of(text)[AWS_KEY])

    def issued(self, text: str) -> Mapping[str, Issued] | None:
        iam = self._iam()
        found = {}
        with _sentences():
            for page in iam.get_paginator("list_access_keys").paginate(UserName=self._user(text)):
                for key in page["AccessKeyMetadata"]:
                    last = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
                    found[str(key["AccessKeyId"])] = Issued(key["CreateDate"], last.get("LastUsedDate"))
        return found

    def issue(self, text: str) -> str:
        """Make the user's second key. Raises NotConnected unless the text has one that works: anyone who can write a
        secret cannot have a key of another user put into it by naming that user's."""
        self._log_in(text)
        with _sentences():
            made = self._iam().create_access_key(UserName=self._user(text))["AccessKey"]
        return with_values(text, {AWS_KEY: made["AccessKeyId"], AWS_SECRET: made["SecretAccessKey"]})

    def change(self, old: Iterable[str], new: str) -> None:
        raise RotationError("Access keys are not changed: another is made.")

    def check(self, text: str) -> None:
        for tries_left in reversed(range(TRIES)):
            try:
                self._log_in(text)
                return
            except Refused as refused:
                if refused.code not in NOT_YET or not tries_left:
                    raise
            self.wait(PAUSE)

    def _log_in(self, text: str) -> None:
        value = values_of(text)
        where = {key: value[name] for key, name in
                 (("endpoint_url", "AWS_ENDPOINT_URL"), ("region_name", "AWS_REGION")) if value.get(name)}  # fmt: skip
        sts = self.client("sts", aws_access_key_id=value[AWS_KEY], aws_secret_access_key=value[AWS_SECRET],
                          aws_session_token=value.get("AWS_SESSION_TOKEN"), **where)  # fmt: skip
        with _sentences():
            sts.get_caller_identity()

    def carry(self, new: str, into: str) -> str:
        return with_values(into, {name: values_of(new)[name] for name in (AWS_KEY, AWS_SECRET)})

    def remove(self, text: str, id: str) -> None:
        try:
            with _sentences():
                self._iam().delete_access_key(UserName=self._user(text), AccessKeyId=id)
        except Refused as refused:
            if refused.code != "NoSuchEntity":
                raise

    def _iam(self) -> Any:
        return self.client("iam")

    def _user(self, text: str) -> str:
        """Whose the key is. IAM tells it to the account's administrators, and only for keys that there are."""
        key = self.id_of(text)
        try:
            with _sentences():
                return str(self._iam().get_access_key_last_used(AccessKeyId=key)["UserName"])
        except Refused as refused:
            raise RotationError(
                f"AWS does not say whose the access key {key} is ({refused.code}): it was deleted, is of another "
                "account, or your own AWS login may not ask. Make a key where it is issued, and give it with --given."
            ) from refused


class Refused(NotConnected):
    """AWS refused a request; `code` is its error's name."""

    def __init__(self, code: str) -> None:
        super().__init__(f"AWS rejects the access key or what is asked with it ({code}).")
        self.code = code


@contextmanager
def _sentences() -> Iterator[None]:
    """What AWS rejects as Refused, and an AWS that cannot be reached as NotConnected."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise Refused(error.response["Error"]["Code"]) from error
    except BotoCoreError as error:
        raise NotConnected(f"AWS cannot be reached ({type(error).__name__}).") from error
