"""Ways round the rights of the embedded AWS: requests that the check of rights and moto might read differently.

Each request is signed with the key of an identity that may do something else. Whatever the answer's status, nothing of
the other zone may be in it, and nothing that is not the identity's own may have changed.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.state import aws_rights
from tests.local.conftest import Server
from tests.local.emulators.aws.raw import FORM, JSON, Ask, send, to_secrets
from tests.local.emulators.aws.test_aws import client

BUCKET = "assay-local-landing"
MINE, THEIRS = "flights/loads/planes/L1/mine.csv", "weather/loads/planes/L1/theirs-7f3a.csv"
OWN, OTHER = "assay/connections/airbyte", "assay/pods/landing-weather"
HIDDEN = b"content-of-theirs-91c2"


@pytest.fixture
def aws(service: Callable[[str], Server], known: dict[str, Any], root: Path, tmp_path: Path) -> Server:
    policies = tmp_path / "policies.json"
    policies.write_text(json.dumps(aws_rights.policies(root, ["flights", "weather"])))
    server = service("aws")
    server.options = ("--policies", str(policies))
    server.start()
    s3, manager = (client(server, known, service) for service in ("s3", "secretsmanager"))
    for bucket in (BUCKET, "flights", "weather"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket=BUCKET, Key=MINE, Body=b"mine")
    s3.put_object(Bucket=BUCKET, Key=THEIRS, Body=HIDDEN)
    s3.put_object(Bucket="weather", Key="loads/theirs-7f3a.csv", Body=HIDDEN)
    for name, value in ((OWN, "own"), (OTHER, HIDDEN.decode())):
        manager.create_secret(Name=name, SecretString=value)
    return server


def state(server: Server, known: dict[str, Any]) -> dict[str, Any]:
    """Everything that is not a zone pod's own: objects with their tags, buckets, secrets with their values."""
    s3, manager, sqs = (client(server, known, service) for service in ("s3", "secretsmanager", "sqs"))
    buckets = [each["Name"] for each in s3.list_buckets()["Buckets"]]
    found: dict[str, Any] = {
        f"{bucket}/{each['Key']}": each["ETag"]
        for bucket in buckets
        for each in s3.list_objects_v2(Bucket=bucket).get("Contents", ())
        if not (bucket == BUCKET and each["Key"].startswith("flights/loads/"))
    }
    found |= {
        f"secret {each['Name']}": manager.get_secret_value(SecretId=each["Name"])["SecretString"]
        for each in manager.list_secrets()["SecretList"]
    }
    return found | {"buckets": buckets, "queues": sqs.list_queues().get("QueueUrls", [])}


def of_s3() -> dict[str, Ask]:
    """Asked with the key of the pods of `flights`."""
    theirs, mine = f"/{BUCKET}/{THEIRS}", f"/{BUCKET}/{MINE}"
    copied = f"/{BUCKET}/flights/loads/copy.csv"
    found = {
        "get": Ask(url=theirs),
        "signed for another service": Ask("sts", url=theirs, headers={"X-Amz-Target": "x.GetCallerIdentity"}),
        "signed for another service in the address": Ask(
            "sts", url=f"{theirs}?Action=GetCallerIdentity", presigned=True
        ),
        "put, signed for another service in the address": Ask(
            "sts", "PUT", f"{theirs}?Action=GetCallerIdentity", b"evil", presigned=True
        ),
        "two scopes": Ask(
            "sts", url=f"{theirs}?Action=GetCallerIdentity", before="Credential=X/20261128/eu-central-1/s3/aws4_request"
        ),
        "another scope first": Ask(
            "sts", url=f"{theirs}?Action=GetCallerIdentity", before="X=X/20261128/eu-central-1/s3/aws4_request"
        ),
        "two prefixes": Ask(url=f"/{BUCKET}?list-type=2&prefix=weather%2Floads%2F&prefix=flights%2Floads%2F"),
        "two prefixes, the older listing": Ask(url=f"/{BUCKET}?prefix=weather%2Floads%2F&prefix=flights%2Floads%2F"),
        "prefix in a form": Ask(
            url=f"/{BUCKET}?list-type=2&prefix=flights/loads/", headers=FORM, body=b"prefix=weather/loads/&list-type=2"
        ),
        "post to a listing": Ask(
            method="POST",
            url=f"/{BUCKET}?prefix=flights/loads/",
            headers=FORM,
            body=b"key=weather/loads/new.csv&file=x",
        ),
        "all buckets": Ask(url="/"),
        "prefix of both": Ask(url=f"/{BUCKET}?list-type=2&prefix="),
        "a wildcard for a prefix": Ask(url=f"/{BUCKET}?list-type=2&prefix=*"),
        "copy by its bucket": Ask(method="PUT", url=copied, headers={"x-amz-copy-source": f"{BUCKET}/{THEIRS}"}),
        "copy by another reading": Ask(
            method="PUT", url=copied, headers={"x-amz-copy-source": f"//{BUCKET}/weather/loads/theirs-7f3a.csv"}
        ),
        "copy by a scheme": Ask(method="PUT", url=copied, headers={"x-amz-copy-source": f"s3:{BUCKET}/{THEIRS}"}),
        "copy of parts": Ask(
            method="PUT", url=f"{copied}?uploadId=x&partNumber=1", headers={"x-amz-copy-source": f"{BUCKET}/{THEIRS}"}
        ),
        "open to everybody": Ask(method="PUT", url=mine, headers={"x-amz-acl": "public-read"}, body=b"x"),
        "another account": Ask(url=theirs, headers={"x-moto-account-id": "999999999999"}),
        "moto's own door": Ask(method="POST", url="/moto%2Dapi/reset"),
        "metadata": Ask(url="/latest/meta-data/iam/security-credentials/"),
        "remove both": Ask(method="POST", url=f"/{BUCKET}?delete", body=_deletion(MINE, THEIRS)),
        "remove by a bucket's delete": Ask(method="DELETE", url=f"/{BUCKET}"),
        "a method that is none": Ask(method="PATCH", url=theirs, body=b"x"),
    }
    for path in (
        f"/{BUCKET}/flights/loads/../../weather/loads/planes/L1/theirs-7f3a.csv",
        f"/{BUCKET}/flights/loads/%2e%2e/%2e%2e/weather/loads/planes/L1/theirs-7f3a.csv",
        f"/{BUCKET}//{THEIRS}",
        f"//{BUCKET}/{THEIRS}",
        f"/./{BUCKET}/{THEIRS}",
        f"/{BUCKET}/{THEIRS}%20",
        f"/{BUCKET}/{THEIRS};flights/loads/",
        f"/{BUCKET}%2F{THEIRS.replace('/', '%2F')}",
        f"/{BUCKET.upper()}/{THEIRS}",
        f"/{BUCKET}/%77eather/loads/planes/L1/theirs-7f3a.csv",
        f"/{BUCKET}/weather%2Floads/planes/L1/theirs-7f3a.csv",
        f"/{BUCKET}/flights/loads/%00/{THEIRS}",
        f"/{BUCKET}/{THEIRS.replace('-', '%E2%80%91')}",
        f"/{BUCKET}/{THEIRS}%ff",
        f"/x/../{BUCKET}/{THEIRS}",
        f"/{BUCKET}\\{THEIRS}",
    ):
        found[f"get {path}"] = Ask(url=path)
        found[f"put {path}"] = Ask(method="PUT", url=path, body=b"evil")
    return found


def of_secrets() -> dict[str, Ask]:
    """Asked with Airflow's key, which reads connections and nothing else."""
    own, other = (json.dumps({"SecretId": name}).encode() for name in (OWN, OTHER))
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret"
    found = {
        "get": to_secrets("GetSecretValue", other),
        "its name in the address": to_secrets(
            "GetSecretValue", other, f"/?SecretId={OWN}", headers={"Content-Type": "text/plain"}
        ),
        "another in the address": to_secrets("GetSecretValue", own, f"/?SecretId={OTHER}"),
        "another in a form": to_secrets("GetSecretValue", f"SecretId={OTHER}".encode(), headers=FORM),
        "json that is called a form": to_secrets("GetSecretValue", other, f"/?SecretId={OWN}", headers=FORM),
        "no kind of content": to_secrets("GetSecretValue", other, f"/?SecretId={OWN}", headers={"Content-Type": "x"}),
        "packed": to_secrets(
            "GetSecretValue",
            gzip.compress(other),
            f"/?SecretId={OWN}",
            headers={"Content-Encoding": "gzip", "Content-Type": "x"},
        ),
        "two names": to_secrets("GetSecretValue", f'{{"SecretId": "{OWN}", "SecretId": "{OTHER}"}}'.encode()),
        "two names, the other first": to_secrets(
            "GetSecretValue", f'{{"SecretId": "{OTHER}", "SecretId": "{OWN}"}}'.encode()
        ),
        "another action in the address": to_secrets(
            "GetSecretValue",
            json.dumps({"SecretId": OWN, "SecretString": "evil"}).encode(),
            "/?Action=PutSecretValue&SecretId=" + OTHER + "&SecretString=evil",
        ),
        "another action in a form": to_secrets(
            "GetSecretValue",
            f"Action=PutSecretValue&SecretId={OTHER}&SecretString=evil".encode(),
            f"/?SecretId={OWN}",
            headers=FORM,
        ),
        "two actions": to_secrets("x.ListSecrets.GetSecretValue", own),
        "an ARN of two": to_secrets("GetSecretValue", json.dumps({"SecretId": f"{arn}:{OWN}:{OTHER}"}).encode()),
        "an ARN of another region": to_secrets(
            "GetSecretValue", json.dumps({"SecretId": f"arn:aws:secretsmanager:x:y:secret:{OTHER}"}).encode()
        ),
        "a name that is a pattern": to_secrets(
            "GetSecretValue", json.dumps({"SecretId": "assay/connections/*"}).encode()
        ),
        "another region": to_secrets("GetSecretValue", other, region="us-east-1"),
        "a list of secrets": to_secrets(
            "BatchGetSecretValue", json.dumps({"SecretIdList": [OTHER], "SecretId": OWN}).encode()
        ),
        "all secrets": to_secrets("ListSecrets", own),
        "make one by another's name": to_secrets(
            "CreateSecret",
            json.dumps({"SecretId": OWN, "Name": "assay/connections/mine", "SecretString": "x"}).encode(),
        ),
        "policy": to_secrets("PutResourcePolicy", json.dumps({"SecretId": OTHER, "ResourcePolicy": "{}"}).encode()),
        "versions": to_secrets("ListSecretVersionIds", other),
        "as another service's": Ask(
            "sts", "POST", "/?Action=GetCallerIdentity", other, JSON | {"X-Amz-Target": "secretsmanager.GetSecretValue"}
        ),
        "by its place on this machine": Ask(
            "sts",
            "POST",
            "/secretsmanager_eu-central-1/",
            other,
            JSON | {"X-Amz-Target": "x.GetCallerIdentity"},
            presigned=True,
        ),
        "assume a role": Ask(
            "sts",
            "POST",
            "/",
            b"Action=AssumeRole&RoleArn=arn:aws:iam::123456789012:role/administrator&RoleSessionName=x",
            FORM | {"X-Amz-Target": "x.GetCallerIdentity"},
        ),
        "assume a role in the address": Ask(
            "sts", "POST", "/?Action=AssumeRole&RoleArn=x&RoleSessionName=x", b"Action=GetCallerIdentity", FORM
        ),
        "users": Ask("iam", "POST", "/", b"Action=ListUsers&Version=2010-05-08", FORM),
    }
    return {f"secrets: {name}": ask for name, ask in found.items()}


def _deletion(*keys: str) -> bytes:
    return f"<Delete>{''.join(f'<Object><Key>{key}</Key></Object>' for key in keys)}</Delete>".encode()


def test_no_request_gets_round_the_rights(aws: Server, known: dict[str, Any]) -> None:
    before = state(aws, known)
    assert HIDDEN.decode() in before.values()
    got, failed, changed = [], [], []
    for identity, asks in (("pods-flights", of_s3()), ("airflow", of_secrets()), ("pods-flights", of_secrets())):
        for name, ask in asks.items():
            status, content = send(aws, known["aws"][identity], ask)
            if any(each in content for each in (HIDDEN, b"<Key>weather/", b"AccessKeyId>", b"<Bucket>")):
                got.append((identity, name))
            if status >= 500 and status != 501:
                failed.append((identity, name, status, content[:200]))
            if not 400 <= status < 500 and (now := state(aws, known)) != before:
                changed.append((identity, name))
                before = now
    assert state(aws, known) == before
    assert (got, failed, changed) == ([], [], [])


def test_an_upload_is_its_keys_only(aws: Server, known: dict[str, Any]) -> None:
    s3 = client(aws, known, "s3")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=THEIRS)["UploadId"]
    part = Ask(method="PUT", url=f"/{BUCKET}/{MINE}?uploadId={upload}&partNumber=1", body=b"evil")
    done = Ask(method="POST", url=f"/{BUCKET}/{MINE}?uploadId={upload}", body=b"<CompleteMultipartUpload/>")
    for ask in (part, done):
        status, content = send(aws, known["aws"]["pods-flights"], ask)
        assert (status, b"<Code>NoSuchUpload</Code>" in content) == (404, True), content


NO_JSON = (
    b"[" * 100_000,
    b'{"SecretId":' + b'{"a":' * 100_000,
    b'{"a":' * 140 + b"1" + b"}" * 140,
    b"\xff",
    b'"a"',
    b"",
    b"{",
    json.dumps({"SecretId": OWN}).encode("utf-16"),
    json.dumps({"SecretId": [OWN]}).encode(),
)
NO_DELETION = (
    b"<Delete><a/></Delete>",
    b"<Delete>" * 20_000,
    b"",
    b"<Delete/>",
    b"<Delete><Object><Key/></Object></Delete>",
    b"<Delete><Object><VersionId>1</VersionId></Object></Delete>",
    b'<!DOCTYPE d [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><Delete><Object><Key>&b;</Key><X/></Object></Delete>',
    b"<Object><Key>x</Key></Object>",
    _deletion(*map(str, range(1001))),
)


def test_a_body_that_cannot_be_read_is_refused(aws: Server, known: dict[str, Any]) -> None:
    for body in NO_JSON:
        status, content = send(aws, known["aws"]["administrator"], to_secrets("GetSecretValue", body))
        assert status == 400, content
        assert json.loads(content)["__type"] in ("SerializationException", "ValidationException")
    for body in NO_DELETION:
        status, content = send(
            aws, known["aws"]["administrator"], Ask(method="POST", url=f"/{BUCKET}?delete", body=body)
        )
        assert (status, b"<Code>MalformedXML</Code>" in content) == (400, True), (body, content)


def test_keys_are_deleted_as_they_are_written(aws: Server, known: dict[str, Any]) -> None:
    s3 = client(aws, known, "s3")
    keys = [
        f"flights/loads/{each}"
        for each in ("a&b", "a b", " a", "a<b", "a;b", "a+b", "é😀", "a%2Fb", "a?b#c", "..", "a//b")
    ]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x", Metadata={"my-key": "a"})
        assert s3.head_object(Bucket=BUCKET, Key=key)["Metadata"] == {"my-key": "a"}
        s3.copy_object(Bucket=BUCKET, Key=f"{key}-copy", CopySource={"Bucket": BUCKET, "Key": key})
    found = {each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix="flights/loads/")["Contents"]}
    assert found == {*keys, *(f"{key}-copy" for key in keys), MINE}
    gone = {"Objects": [{"Key": key} for key in found if key != MINE]}
    assert "Errors" not in s3.delete_objects(Bucket=BUCKET, Delete=gone)
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix="flights/")["Contents"]] == [MINE]


def test_s3_takes_the_region_of_a_client_that_has_none_and_no_other(aws: Server, known: dict[str, Any]) -> None:
    """us-east-1 is what clients of S3 sign for that were told of no region; buckets are the same."""
    administrator = known["aws"]["administrator"]
    for region, expected in (("us-east-1", 200), ("eu-central-1", 200), ("cn-north-1", 501), ("us-west-2", 501)):
        status, _ = send(aws, administrator, Ask(url=f"/{BUCKET}/{THEIRS}", region=region))
        assert status == expected
    assert send(aws, administrator, Ask(method="PUT", url="/landing", region="us-east-1"))[0] == 200
