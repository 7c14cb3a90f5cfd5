"""IAM's access keys: two for a user, made and deleted while the service runs and across its death."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Server
from tests.local.emulators.aws.test_aws import client, killed_and_back

Service = Callable[[str], Server]
USER = "pods-weather"


@pytest.fixture
def aws(service: Service) -> Server:
    return service("aws").start()


def lets_in(server: Server, known: dict[str, Any], pair: dict[str, str]) -> bool:
    login = {"key": pair["AccessKeyId"], "secret": pair["SecretAccessKey"]}
    try:
        client(server, known, "sts", **login).get_caller_identity()
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidClientTokenId":
            raise
        return False
    return True


def refused(call: Callable[..., Any], **asked: str) -> str:
    with pytest.raises(ClientError) as caught:
        call(**asked)
    return str(caught.value.response["Error"]["Code"])


def test_a_user_has_two_keys_at_most_and_either_may_be_deleted(aws: Server, known: dict[str, Any]) -> None:
    iam = client(aws, known, "iam")
    first = {
        "AccessKeyId": known["aws"][USER]["access_key_id"], "SecretAccessKey": known["aws"][USER]["secret_access_key"],
    }  # fmt: skip
    second = iam.create_access_key(UserName=USER)["AccessKey"]
    assert lets_in(aws, known, first)
    assert lets_in(aws, known, second)
    assert refused(iam.create_access_key, UserName=USER) == "LimitExceeded"
    iam.delete_access_key(UserName=USER, AccessKeyId=first["AccessKeyId"])
    killed_and_back(aws)
    assert not lets_in(aws, known, first)
    assert lets_in(aws, known, second)
    assert [key["AccessKeyId"] for key in iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]] == [
        second["AccessKeyId"]
    ]
    assert refused(iam.delete_access_key, UserName=USER, AccessKeyId=first["AccessKeyId"]) == "NoSuchEntity"
    assert refused(iam.list_access_keys, UserName="stranger") == "NoSuchEntity"
    assert refused(iam.list_users) == "NotImplemented"


def test_iam_says_whose_a_key_is_and_when_it_was_used(aws: Server, known: dict[str, Any]) -> None:
    iam = client(aws, known, "iam")
    made = iam.create_access_key(UserName=USER)["AccessKey"]
    before = iam.get_access_key_last_used(AccessKeyId=made["AccessKeyId"])
    assert before["UserName"] == USER
    assert "LastUsedDate" not in before["AccessKeyLastUsed"]
    assert lets_in(aws, known, made)
    killed_and_back(aws)
    after = iam.get_access_key_last_used(AccessKeyId=made["AccessKeyId"])["AccessKeyLastUsed"]["LastUsedDate"]
    assert made["CreateDate"].replace(second=0) <= after
    assert refused(iam.get_access_key_last_used, AccessKeyId="AKIA" + "STRANGER" * 2) == "AccessDenied"


def test_a_new_key_has_the_rights_of_its_user_and_no_more(aws: Server, known: dict[str, Any]) -> None:
    iam = client(aws, known, "iam")
    made = iam.create_access_key(UserName=USER)["AccessKey"]
    login = {"key": made["AccessKeyId"], "secret": made["SecretAccessKey"]}
    assert refused(client(aws, known, "iam", **login).create_access_key, UserName=USER) == "AccessDenied"
    assert refused(client(aws, known, "secretsmanager", **login).list_secrets) == "AccessDeniedException"
