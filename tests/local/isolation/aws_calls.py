"""What a pod of zone weather asks of AWS beyond its rights: calls by name, each of which has to be refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import requests
from botocore.config import Config

BUCKET = "assay-local-landing"


def of_aws(secrets: list[str]) -> Iterator[tuple[str, Callable[[], Any]]]:
    s3, manager, sts, sqs, iam = (
        boto3.client(service, region_name=os.environ["AWS_REGION"], config=Config(retries={"max_attempts": 1}))
        for service in ("s3", "secretsmanager", "sts", "sqs", "iam")
    )
    theirs = {"Bucket": BUCKET, "Key": "flights/loads/known/a.csv"}
    ours = {"Bucket": BUCKET, "Key": "weather/loads/x.csv"}
    s3.put_object(**ours, Body=b"own")
    for key in (
        "flights/loads/known/a.csv",
        "flights/incoming/a.csv",
        "a.csv",
        "weather/incoming/own.csv",
        "weather/loads/../../flights/loads/known/a.csv",
        "/flights/loads/known/a.csv",
        "flights//loads/known/a.csv",
        "flights/loads/known/a.csv ",
        "weather/loads%2f..%2f..%2fflights/loads/known/a.csv",
        "\uff46lights/loads/known/a.csv",
    ):
        at = {"Bucket": BUCKET, "Key": key}
        mine = key.startswith("weather/loads")
        for name, call in (
            ("get", s3.get_object),
            ("head", s3.head_object),
            ("tags", s3.get_object_tagging),
            ("acl", s3.get_object_acl),
            ("delete", s3.delete_object),
        ):
            if not (mine and name == "delete"):
                yield f"s3 {name} {key!r}", lambda call=call, at=at: call(**at)
        yield f"s3 copy {key!r}", lambda at=at: s3.copy_object(**ours, CopySource=at)
        yield f"s3 presigned {key!r}", lambda at=at: _fetched(s3.generate_presigned_url("get_object", at))
        if not mine:
            yield f"s3 put {key!r}", lambda at=at: s3.put_object(**at, Body=b"evil")
            yield f"s3 parts {key!r}", lambda at=at: s3.create_multipart_upload(**at)
    upload = s3.create_multipart_upload(**ours)["UploadId"]
    yield "s3 part copied", lambda: s3.upload_part_copy(**ours, CopySource=theirs, PartNumber=1, UploadId=upload)
    yield "s3 upload of theirs", lambda: s3.upload_part(**theirs, PartNumber=1, UploadId=upload, Body=b"evil")
    for prefix in (
        "",
        "flights/",
        "flights/loads/",
        "weather",
        "weather/",
        "weather/loads",
        "*",
        "weather/loads/../../flights/",
    ):
        may = prefix.startswith("weather/loads/")
        for name, call in (
            ("list", s3.list_objects_v2),
            ("list 1", s3.list_objects),
            ("versions", s3.list_object_versions),
        ):
            if not (may and name != "versions"):
                yield f"s3 {name} {prefix!r}", lambda call=call, prefix=prefix: call(Bucket=BUCKET, Prefix=prefix)
    yield "s3 list all", lambda: s3.list_objects_v2(Bucket=BUCKET)
    yield (
        "s3 delete several",
        lambda: _all(s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": theirs["Key"]}]})),
    )
    for call in (
        "list_buckets",
        "list_multipart_uploads",
        "get_bucket_policy",
        "get_bucket_acl",
        "get_bucket_location",
        "get_bucket_versioning",
        "get_bucket_notification_configuration",
        "delete_bucket",
        "delete_bucket_policy",
    ):
        arguments = {} if call == "list_buckets" else {"Bucket": BUCKET}
        yield f"s3 {call}", lambda call=call, arguments=arguments: getattr(s3, call)(**arguments)
    yield "s3 acl", lambda: s3.put_object(**ours, Body=b"x", ACL="public-read")
    yield "s3 policy", lambda: s3.put_bucket_policy(Bucket=BUCKET, Policy="{}")
    yield (
        "s3 select",
        lambda: s3.select_object_content(
            **theirs,
            Expression="select * from S3Object",
            ExpressionType="SQL",
            InputSerialization={"CSV": {}},
            OutputSerialization={"CSV": {}},
        ),
    )
    for name in secrets:
        for call in (
            "get_secret_value",
            "describe_secret",
            "list_secret_version_ids",
            "delete_secret",
            "get_resource_policy",
        ):
            yield f"secret {call} {name}", lambda call=call, name=name: getattr(manager, call)(SecretId=name)
        yield f"secret put {name}", lambda name=name: manager.put_secret_value(SecretId=name, SecretString="evil")
        yield f"secret update {name}", lambda name=name: manager.update_secret(SecretId=name, SecretString="evil")
    yield "secrets", manager.list_secrets
    yield "secrets at once", lambda: manager.batch_get_secret_value(SecretIdList=secrets)
    yield "make a secret", lambda: manager.create_secret(Name="assay/pods/evil", SecretString="evil")
    yield (
        "assume a role",
        lambda: sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/airflow", RoleSessionName="x"),
    )
    yield "session token", sts.get_session_token
    yield "users", iam.list_users
    yield "queues", sqs.list_queues
    yield "make a queue", lambda: sqs.create_queue(QueueName="evil")


def _all(answer: Any) -> Any:
    """An answer whose errors are refusals."""
    if answer.get("Errors"):
        raise PermissionError
    return answer


def _fetched(url: str) -> str:
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.text
