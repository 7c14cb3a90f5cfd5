"""Which IAM actions a request needs, on which resources.

S3's table is that of AWS's "Required permissions for Amazon S3 API operations", for the operations that are listed
here; any other is an action of no policy (`s3:unlisted`), so that only an identity that may do everything gets it.
"""

from __future__ import annotations

from collections.abc import Iterator

from local.emulators.aws.policies import Need
from local.emulators.aws.reading import ACCOUNT, REGION, Request

UNNAMED = ("BatchGetSecretValue", "GetRandomPassword", "ListSecrets")
"""Actions of Secrets Manager that are about no one secret, whatever a request names."""

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


OF_PUT = {"x-amz-tagging": "s3:PutObjectTagging", "x-amz-tagging-directive": "s3:PutObjectTagging",
          "x-amz-acl": "s3:PutObjectAcl"}  # fmt: skip
"""Headers that ask for more than the object itself."""
HOW = ("x-amz-checksum-", "x-amz-content-sha256", "x-amz-copy-source", "x-amz-date", "x-amz-decoded-content-length",
       "x-amz-expected-bucket-owner", "x-amz-meta-", "x-amz-metadata-directive", "x-amz-sdk-checksum-algorithm",
       "x-amz-server-side-encryption", "x-amz-storage-class", "x-amz-trailer")  # fmt: skip
"""Beginnings of the headers that do not. Any other `x-amz-…` header asks for what no policy has."""


def needs(request: Request) -> list[Need]:
    """Return everything that a request needs. Nothing is needed to ask who one is."""
    if request.service == "s3":
        return list(_s3(request))
    if (request.service, request.action) == ("sts", "GetCallerIdentity"):
        return []
    return [Need(f"{request.service}:{request.action or 'unlisted'}", _resource(request))]


def _s3(request: Request) -> Iterator[Need]:
    subject = "+".join(sorted(name for name in request.query if name not in PLAIN and not name.startswith("response-")))
    asked = (request.method, subject)
    arn = f"arn:aws:s3:::{request.bucket}"
    if not request.bucket:
        yield Need("s3:ListAllMyBuckets" if asked == ("GET", "") else "s3:unlisted", "*")
    elif request.key:
        yield Need(OBJECT.get(asked, "s3:unlisted"), f"{arn}/{request.key}")
    elif asked == ("POST", "delete"):
        for key, version in request.deleted:
            yield Need("s3:DeleteObjectVersion" if version else "s3:DeleteObject", f"{arn}/{key}")
    else:
        context = {"s3:prefix": request.query["prefix"]} if "prefix" in request.query else {}
        yield Need(BUCKET.get(asked, "s3:unlisted"), arn, context)
    if source := request.source:
        action = "s3:GetObjectVersion" if source.version else "s3:GetObject"
        yield Need(action, f"arn:aws:s3:::{source.bucket}/{source.key}")
    for name in request.headers:
        if name.startswith("x-amz-") and not name.startswith(HOW):
            yield Need(OF_PUT.get(name, "s3:unlisted") if request.key else "s3:unlisted", f"{arn}/{request.key}")


def _resource(request: Request) -> str:
    """Return the ARN of what a request names by the parameter that its action reads; `*` where it names nothing."""
    if request.service == "secretsmanager":
        name = str(request.parameters.get("Name" if request.action == "CreateSecret" else "SecretId", ""))
        if not name or request.action in UNNAMED:
            return "*"
        arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"
        return name if name.startswith("arn:") else f"{arn}{name}-??????"
    if request.service == "iam":
        user = request.parameters.get("UserName")
        return f"arn:aws:iam::{ACCOUNT}:user/{user}" if user else "*"
    if request.service == "sqs" and request.action != "ListQueues":
        by_name = request.action in ("CreateQueue", "GetQueueUrl")
        name = str(request.parameters.get("QueueName" if by_name else "QueueUrl", ""))
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name.rpartition('/')[2]}" if name else "*"
    return "*"
