"""Which IAM actions a request needs, on which resources.

S3's table is that of AWS's "Required permissions for Amazon S3 API operations", for the operations that are listed
here; any other is an action of no policy (`s3:unlisted`), so that only an identity that may do everything gets it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

from local.aws.policies import Need

REGION = "eu-central-1"
ACCOUNT = "123456789012"  # the one that moto answers for

PLAIN = {"list-type", "prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type", "marker",
         "fetch-owner", "x-id", "partNumber"}  # fmt: skip
"""Parameters of S3 that say how, and not what."""

OBJECT = {
    ("GET", ""): "s3:GetObject", ("HEAD", ""): "s3:GetObject", ("PUT", ""): "s3:PutObject",
    ("DELETE", ""): "s3:DeleteObject", ("GET", "versionId"): "s3:GetObjectVersion",
    ("HEAD", "versionId"): "s3:GetObjectVersion", ("DELETE", "versionId"): "s3:DeleteObjectVersion",
    ("GET", "tagging"): "s3:GetObjectTagging", ("PUT", "tagging"): "s3:PutObjectTagging",
    ("POST", "uploads"): "s3:PutObject", ("PUT", "uploadId"): "s3:PutObject", ("POST", "uploadId"): "s3:PutObject",
    ("GET", "uploadId"): "s3:ListMultipartUploadParts", ("DELETE", "uploadId"): "s3:AbortMultipartUpload",
}  # fmt: skip
BUCKET = {
    ("GET", ""): "s3:ListBucket", ("HEAD", ""): "s3:ListBucket", ("GET", "location"): "s3:GetBucketLocation",
    ("GET", "uploads"): "s3:ListBucketMultipartUploads", ("GET", "versions"): "s3:ListBucketVersions",
    ("PUT", ""): "s3:CreateBucket",
}  # fmt: skip


def needs(service: str, action: str, environ: Mapping[str, Any], body: bytes) -> list[Need]:
    """Return everything that a request needs. Nothing is needed to ask who one is."""
    if service == "s3":
        return list(_s3(environ, body))
    if service == "sts" and action == "GetCallerIdentity":
        return []
    return [Need(f"{service}:{action or 'unlisted'}", resource) for resource in _resources(service, environ, body)]


def _s3(environ: Mapping[str, Any], body: bytes) -> Iterator[Need]:
    method = str(environ["REQUEST_METHOD"])
    bucket, _, key = str(environ["PATH_INFO"]).encode("latin-1").decode(errors="replace").lstrip("/").partition("/")
    query = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
    subject = "+".join(
        sorted(name for name in query if name not in PLAIN and not name.startswith(("X-Amz-", "response-")))
    )
    arn = f"arn:aws:s3:::{bucket}"
    if not bucket:
        yield Need("s3:ListAllMyBuckets" if method == "GET" and not subject else "s3:unlisted", "*")
    elif key:
        yield Need(OBJECT.get((method, subject), "s3:unlisted"), f"{arn}/{key}")
        if source := environ.get("HTTP_X_AMZ_COPY_SOURCE"):
            copied = unquote(str(source)).lstrip("/").partition("?")[0]
            yield Need("s3:GetObject", f"arn:aws:s3:::{copied}")
    elif (method, subject) == ("POST", "delete"):
        yield from (Need("s3:DeleteObject", f"{arn}/{each}") for each in _keys(body))
    else:
        context = {"s3:prefix": query["prefix"]} if "prefix" in query else {}
        yield Need(BUCKET.get((method, subject), "s3:unlisted"), arn, context)


def _keys(body: bytes) -> list[str]:
    """The keys of a DeleteObjects request; `*` (all) where they cannot be read."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return ["*"]
    return [element.text or "" for element in root.iter() if element.tag.rpartition("}")[2] == "Key"] or ["*"]


def _resources(service: str, environ: Mapping[str, Any], body: bytes) -> list[str]:
    parameters = _parameters(environ, body)
    if service == "secretsmanager" and (name := parameters.get("SecretId") or parameters.get("Name")):
        arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"
        return [name if name.startswith("arn:") else f"{arn}{name}-??????"]
    if service == "sqs" and (name := parameters.get("QueueUrl") or parameters.get("QueueName")):
        return [f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name.rstrip('/').rpartition('/')[2]}"]
    return ["*"]


def _parameters(environ: Mapping[str, Any], body: bytes) -> dict[str, str]:
    """The request's parameters that are texts, from JSON, a form, or the query."""
    if "json" in str(environ.get("CONTENT_TYPE", "")):
        try:
            found = json.loads(body)
        except ValueError:
            return {}
        return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
    return dict(parse_qsl(str(environ.get("QUERY_STRING", "")))) | dict(parse_qsl(body.decode(errors="replace")))
