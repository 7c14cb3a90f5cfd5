"""The embedded AWS on a real socket, asked by boto3."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local.conftest import Server

Service = Callable[[str], Server]


@pytest.fixture
def aws(service: Service) -> Server:
    return service("aws").start()


def client(server: Server, known: dict[str, Any], service: str, **login: str) -> Any:
    """A client with the root user's login, or with what `login` says instead."""
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name="eu-central-1",
        aws_access_key_id=login.get("key", known["aws"]["administrator"]["access_key_id"]),
        aws_secret_access_key=login.get("secret", known["aws"]["administrator"]["secret_access_key"]),
        config=Config(retries={"max_attempts": 1}),
    )


def killed_and_back(server: Server) -> None:
    server.stop(signal.SIGKILL)
    server.start()


ASKED = (
    ("s3", "list_buckets"),
    ("secretsmanager", "list_secrets"),
    ("sqs", "list_queues"),
    ("sts", "get_caller_identity"),
)
UNKNOWN_KEY = {"s3": "InvalidAccessKeyId", "sts": "InvalidClientTokenId"}
WRONG_SECRET = {"s3": "SignatureDoesNotMatch", "sts": "SignatureDoesNotMatch"}


@pytest.mark.parametrize(("api", "call"), ASKED)
def test_an_unknown_key_and_a_wrong_secret_are_refused_as_aws_does(
    aws: Server, known: dict[str, Any], api: str, call: str
) -> None:
    for login, code in (
        ({"key": "AKIASTRANGER"}, UNKNOWN_KEY.get(api, "UnrecognizedClientException")),
        ({"secret": "guessed"}, WRONG_SECRET.get(api, "InvalidSignatureException")),
    ):
        with pytest.raises(ClientError) as refused:
            getattr(client(aws, known, api, **login), call)()
        assert refused.value.response["Error"]["Code"] == code
    assert getattr(client(aws, known, api), call)()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_service_that_production_does_not_use_is_refused_by_name(aws: Server, known: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="not dynamodb") as refused:
        client(aws, known, "dynamodb").list_tables()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_objects_survive_a_kill_with_their_tags_and_dates(aws: Server, known: dict[str, Any]) -> None:
    s3 = client(aws, known, "s3")
    s3.create_bucket(Bucket="landing", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket="landing", Key="weather/a b.csv", Body=b"first")
    s3.put_object(Bucket="landing", Key="weather/a b.csv", Body=b"second")
    s3.put_object(Bucket="landing", Key="weather/gone.csv", Body=b"x")
    s3.delete_object(Bucket="landing", Key="weather/gone.csv")
    before = s3.list_objects_v2(Bucket="landing")["Contents"]

    killed_and_back(aws)

    s3 = client(aws, known, "s3")
    after = s3.list_objects_v2(Bucket="landing")["Contents"]
    assert [(each["Key"], each["ETag"], each["LastModified"]) for each in after] == [
        (each["Key"], each["ETag"], each["LastModified"]) for each in before
    ]
    assert s3.get_object(Bucket="landing", Key="weather/a b.csv")["Body"].read() == b"second"


def test_an_upload_in_parts_goes_on_after_a_kill_and_keeps_its_tag(aws: Server, known: dict[str, Any]) -> None:
    s3 = client(aws, known, "s3")
    s3.create_bucket(Bucket="landing", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    upload = s3.create_multipart_upload(Bucket="landing", Key="big")["UploadId"]
    first = s3.upload_part(Bucket="landing", Key="big", UploadId=upload, PartNumber=1, Body=b"a" * 5_242_880)["ETag"]

    killed_and_back(aws)

    s3 = client(aws, known, "s3")
    second = s3.upload_part(Bucket="landing", Key="big", UploadId=upload, PartNumber=2, Body=b"b")["ETag"]
    parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]
    s3.complete_multipart_upload(Bucket="landing", Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    tag = s3.head_object(Bucket="landing", Key="big")["ETag"]
    assert tag.endswith('-2"')

    killed_and_back(aws)

    assert client(aws, known, "s3").head_object(Bucket="landing", Key="big")["ETag"] == tag


def test_secrets_survive_a_kill_with_their_versions_and_names(aws: Server, known: dict[str, Any]) -> None:
    manager = client(aws, known, "secretsmanager")
    arn = manager.create_secret(Name="assay/connections/x", SecretString="one")["ARN"]
    version = manager.put_secret_value(SecretId=arn, SecretString="two")["VersionId"]
    manager.create_secret(Name="gone", SecretString="x")
    manager.delete_secret(SecretId="gone", ForceDeleteWithoutRecovery=True)

    killed_and_back(aws)

    manager = client(aws, known, "secretsmanager")
    found = manager.get_secret_value(SecretId=arn)
    assert (found["SecretString"], found["VersionId"], found["ARN"]) == ("two", version, arn)
    assert manager.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert [each["Name"] for each in manager.list_secrets()["SecretList"]] == ["assay/connections/x"]


def test_a_bucket_tells_a_queue_and_still_does_so_after_a_kill(aws: Server, known: dict[str, Any]) -> None:
    s3, sqs = client(aws, known, "s3"), client(aws, known, "sqs")
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3.create_bucket(Bucket="landing", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    wish = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket="landing", NotificationConfiguration=wish)
    s3.put_object(Bucket="landing", Key="one", Body=b"1")

    killed_and_back(aws)

    s3, sqs = client(aws, known, "s3"), client(aws, known, "sqs")
    assert "Messages" not in sqs.receive_message(QueueUrl=queue), "old events do not come again"
    s3.put_object(Bucket="landing", Key="two", Body=b"2")
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert '"key": "two"' in message["Body"]


def test_a_torn_last_line_is_forgotten_and_the_journal_goes_on(aws: Server, known: dict[str, Any]) -> None:
    s3 = client(aws, known, "s3")
    s3.create_bucket(Bucket="landing", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    aws.stop(signal.SIGKILL)
    with (aws.state / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"service": "s3", "acti')
    aws.start()
    client(aws, known, "s3").put_object(Bucket="landing", Key="k", Body=b"v")

    killed_and_back(aws)

    assert client(aws, known, "s3").get_object(Bucket="landing", Key="k")["Body"].read() == b"v"


def test_the_journal_is_for_its_owner_only_and_holds_no_signing_secret(aws: Server, known: dict[str, Any]) -> None:
    client(aws, known, "secretsmanager").create_secret(Name="n", SecretString="s")
    journal = aws.state / "journal.jsonl"
    assert journal.stat().st_mode & 0o077 == 0
    assert known["aws"]["administrator"]["secret_access_key"] not in journal.read_text()


def test_it_ends_by_itself_when_asked(aws: Server) -> None:
    assert aws.stop() == 0


def test_a_pending_version_is_never_overwritten(aws: Server, known: dict[str, Any]) -> None:
    manager = client(aws, known, "secretsmanager")
    manager.create_secret(Name="assay/pods/db", SecretString="present")
    token = "7f4c8d1e-0000-4000-8000-000000000001"
    pending = {"SecretId": "assay/pods/db", "ClientRequestToken": token, "VersionStages": ["AWSPENDING"]}
    manager.put_secret_value(SecretString="one's", **pending)
    manager.put_secret_value(SecretString="one's", **pending)  # the same again is no error, as in AWS
    with pytest.raises(ClientError) as refused:
        manager.put_secret_value(SecretString="another's", **pending)
    assert refused.value.response["Error"]["Code"] == "ResourceExistsException"
    found = manager.get_secret_value(SecretId="assay/pods/db", VersionStage="AWSPENDING")
    assert (found["SecretString"], found["VersionId"]) == ("one's", token)
