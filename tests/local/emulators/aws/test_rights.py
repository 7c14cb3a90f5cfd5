"""What each identity of production may do in the embedded AWS, and forged requests, asked over a real socket."""

from __future__ import annotations

import datetime
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from local.emulators.aws import signing
from local.state import aws_rights
from tests.local.conftest import Server
from tests.local.emulators.aws.test_aws import client

LANDING = "assay-local-landing"
MINE, THEIRS, INCOMING = "flights/loads/planes/L1/a.csv", "weather/loads/planes/L1/a.csv", "flights/incoming/a.csv"
SECRETS = ("assay/connections/airbyte", "assay/pods/landing-flights", "assay/pods/landing-weather", "assay/syncs/api")


@pytest.fixture
def aws(service: Callable[[str], Server], known: dict[str, Any], root: Path, tmp_path: Path) -> Server:
    policies = tmp_path / "policies.json"
    policies.write_text(json.dumps(aws_rights.policies(root, ["flights", "weather"])))
    server = service("aws")
    server.options = ("--policies", str(policies))
    server.start()
    s3, manager = (client(server, known, service) for service in ("s3", "secretsmanager"))
    s3.create_bucket(Bucket=LANDING, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    for key in (MINE, THEIRS, INCOMING):
        s3.put_object(Bucket=LANDING, Key=key, Body=b"x")
    for name in SECRETS:
        manager.create_secret(Name=name, SecretString="{}")
    return server


def calls() -> dict[str, tuple[str, Callable[[Any], Any]]]:
    """Calls by name: the service, and what is asked of its client."""
    found: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "list all": ("s3", lambda s3: s3.list_objects_v2(Bucket=LANDING)),
        "list mine": ("s3", lambda s3: s3.list_objects_v2(Bucket=LANDING, Prefix="flights/loads/planes/")),
        "list theirs": ("s3", lambda s3: s3.list_objects_v2(Bucket=LANDING, Prefix="weather/loads/planes/")),
        "list buckets": ("s3", lambda s3: s3.list_buckets()),
        "make a bucket": ("s3", lambda s3: s3.create_bucket(Bucket="mine")),
        "open the bucket": ("s3", lambda s3: s3.put_bucket_acl(Bucket=LANDING, ACL="public-read")),
        "copy theirs": (
            "s3", lambda s3: s3.copy_object(Bucket=LANDING, Key=MINE, CopySource={"Bucket": LANDING, "Key": THEIRS})
        ),
        "remove both": (
            "s3",
            lambda s3: s3.delete_objects(Bucket=LANDING, Delete={"Objects": [{"Key": MINE}, {"Key": THEIRS}]}),
        ),
        "send parts of theirs": ("s3", lambda s3: s3.create_multipart_upload(Bucket=LANDING, Key=THEIRS)),
        "list secrets": ("secretsmanager", lambda manager: manager.list_secrets()),
        "list queues": ("sqs", lambda sqs: sqs.list_queues()),
        "who am I": ("sts", lambda sts: sts.get_caller_identity()),
    }  # fmt: skip
    for name, key in (("mine", MINE), ("theirs", THEIRS), ("incoming", INCOMING)):
        found |= {
            f"get {name}": ("s3", lambda s3, key=key: s3.get_object(Bucket=LANDING, Key=key)),
            f"put {name}": ("s3", lambda s3, key=key: s3.put_object(Bucket=LANDING, Key=key, Body=b"y")),
            f"remove {name}": ("s3", lambda s3, key=key: s3.delete_object(Bucket=LANDING, Key=key)),
            f"tag {name}": (
                "s3", lambda s3, key=key: s3.put_object_tagging(Bucket=LANDING, Key=key, Tagging={"TagSet": []})
            ),
        }  # fmt: skip
    for name in SECRETS:
        found |= {
            f"read {name}": ("secretsmanager", lambda manager, name=name: manager.get_secret_value(SecretId=name)),
            f"write {name}": (
                "secretsmanager", lambda manager, name=name: manager.put_secret_value(SecretId=name, SecretString="1")
            ),
        }  # fmt: skip
    return found


ALLOWED = {
    "pods-flights": {"list mine", "get mine", "put mine", "remove mine"},
    "pods-weather": {"list theirs", "get theirs", "put theirs", "remove theirs", "send parts of theirs"},
    "airflow": {"read assay/connections/airbyte"},
    "external-secrets": {"read assay/pods/landing-flights", "read assay/pods/landing-weather"},
    "snowflake": {"list all", "list mine", "list theirs", "get mine", "get theirs", "get incoming",
                  "remove mine", "remove theirs", "remove both"},
}  # fmt: skip


def answer(call: Callable[[Any], Any], asked: Any) -> str:
    """The error's code, or nothing: only a refusal of rights is expected."""
    try:
        call(asked)
    except ClientError as refused:
        if not refused.response["Error"]["Code"].startswith("AccessDenied"):
            raise
        return str(refused.response["Error"]["Code"])
    return ""


@pytest.mark.parametrize("identity", ALLOWED)
def test_each_identity_may_do_what_terraform_gives_it(aws: Server, known: dict[str, Any], identity: str) -> None:
    pair = known["aws"][identity]
    login = {"key": pair["access_key_id"], "secret": pair["secret_access_key"]}
    clients = {service: client(aws, known, service, **login) for service in ("s3", "secretsmanager", "sqs", "sts")}
    administrator = client(aws, known, "s3")
    allowed = set()
    for name, (service, call) in calls().items():
        for key in (MINE, THEIRS, INCOMING):
            administrator.put_object(Bucket=LANDING, Key=key, Body=b"x")
        if answer(call, clients[service]) == "":
            allowed.add(name)
    assert allowed == ALLOWED[identity] | {"who am I"}


def test_a_zones_rights_come_without_a_restart(aws: Server, known: dict[str, Any], root: Path, tmp_path: Path) -> None:
    pair = known["aws"]["pods-flights"]
    s3 = client(aws, known, "s3", key=pair["access_key_id"], secret=pair["secret_access_key"])
    s3.get_object(Bucket=LANDING, Key=MINE)
    (tmp_path / "policies.json").write_text(json.dumps(aws_rights.policies(root, ["weather"])))
    with pytest.raises(ClientError, match="no identity-based policy allows the s3:GetObject action"):
        s3.get_object(Bucket=LANDING, Key=MINE)


class Forger:
    """Signs requests with a pod's key and sends something else, or signs what AWS does not take."""

    def __init__(self, server: Server, pair: dict[str, str]) -> None:
        self.server, self._credentials = server, Credentials(pair["access_key_id"], pair["secret_access_key"])

    def request(self, method: str = "GET", path: str = f"/{LANDING}/{MINE}", body: bytes = b"") -> AWSRequest:
        request = AWSRequest(method, f"{self.server.url}{path}", data=body)
        request.headers["x-amz-content-sha256"] = S3SigV4Auth(self._credentials, "s3", "eu-central-1").payload(request)
        S3SigV4Auth(self._credentials, "s3", "eu-central-1").add_auth(request)
        return request

    def send(self, request: AWSRequest, **changes: Any) -> tuple[int, str]:
        prepared = request.prepare()
        headers = {"Content-Type": "text/csv", **prepared.headers} | changes.get("headers", {})
        url = changes.get("url", prepared.url)
        sent = urllib.request.Request(url, changes.get("body", prepared.body), headers, method=request.method)
        try:
            with urllib.request.urlopen(sent, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()


def test_a_forged_request_is_refused(aws: Server, known: dict[str, Any]) -> None:
    forger = Forger(aws, known["aws"]["pods-flights"])
    put = forger.request("PUT", body=b"good")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert forger.send(put, headers=form)[0] == 501, "moto would keep an empty object"
    assert forger.send(forger.request())[0] == 200
    assert forger.send(put)[0] == 200

    other = f"{aws.url}/{LANDING}/{THEIRS}"
    port = aws.url.rpartition(":")[2]
    for answer, code in (
        (forger.send(forger.request(), url=other), "SignatureDoesNotMatch"),
        (forger.send(forger.request(), url=f"{aws.url}/{LANDING}/{MINE}?tagging"), "SignatureDoesNotMatch"),
        (forger.send(put, body=b"evil"), "XAmzContentSHA256Mismatch"),
        (forger.send(put, headers={"x-amz-content-sha256": "0" * 64}), "XAmzContentSHA256Mismatch"),
        (forger.send(forger.request(), headers={"x-amz-copy-source": f"{LANDING}/{THEIRS}"}), "AccessDenied"),
        (forger.send(forger.request(), headers={"Host": f"{LANDING}.localhost:{port}"}), "AccessDenied"),
        (forger.send(forger.request("POST"), url=f"{aws.url}/moto-api/reset"), "AccessDenied"),
        (forger.send(forger.request(), headers={"Authorization": "AWS4-HMAC-SHA256 Credential=a"}),
         "AuthorizationHeaderMalformed"),
        (forger.send(AWSRequest("GET", f"{aws.url}/{LANDING}/{MINE}")), "AccessDenied"),
    ):  # fmt: skip
        assert answer[0] == 403, answer
        assert f"<Code>{code}</Code>" in answer[1], answer
    assert client(aws, known, "s3").get_object(Bucket=LANDING, Key=MINE)["Body"].read() == b"good"


def test_a_presigned_address_is_good_for_what_was_signed(aws: Server, known: dict[str, Any]) -> None:
    pair = known["aws"]["pods-flights"]
    s3 = client(aws, known, "s3", key=pair["access_key_id"], secret=pair["secret_access_key"])
    url = s3.generate_presigned_url("get_object", {"Bucket": LANDING, "Key": MINE}, ExpiresIn=60)
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == b"x"
    for wrong in (url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"), url.replace("flights", "weather")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(wrong, timeout=10)
        assert refused.value.code == 403


@pytest.mark.parametrize("minutes", [-16, 16])
def test_an_old_signature_is_refused(minutes: int) -> None:
    moment = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)
    signed = signing.Signed("A", "20261128", "r", "s3", ("host", "x-amz-content-sha256"), "0", "20261128T120000Z", None)
    environ = {"REQUEST_METHOD": "GET", "HTTP_X_AMZ_CONTENT_SHA256": "UNSIGNED-PAYLOAD"}
    with pytest.raises(signing.SignatureError) as refused:
        signing.verify(signed, "secret", environ, b"", moment + datetime.timedelta(minutes=minutes))
    assert refused.value.code == "RequestTimeTooSkewed"
    with pytest.raises(signing.SignatureError) as refused:
        signing.verify(signed, "secret", environ, b"", moment)
    assert refused.value.code == "SignatureDoesNotMatch"
