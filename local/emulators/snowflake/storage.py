"""Files in S3, as stages see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from . import errors


@dataclass(frozen=True)
class StagedFile:
    """``path`` is the key in its bucket; ``etag`` is the content's MD5 for files uploaded in one part."""

    bucket: str
    path: str
    size: int
    etag: str
    modified: datetime

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.path}"


class S3:
    """The object store, with the platform's credentials. Connects when it is first used."""

    def __init__(self, endpoint: str | None, access_key_id: str, secret_access_key: str) -> None:
        self._endpoint, self._key, self._secret = endpoint, access_key_id, secret_access_key

    @cached_property
    def _client(self) -> Any:
        import boto3  # imported late: it costs half a second
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self._endpoint,
            aws_access_key_id=self._key,
            aws_secret_access_key=self._secret,
            region_name="us-east-1",
            config=Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 3}),
        )

    def files(self, url: str) -> Iterator[StagedFile]:
        """Every file whose URL starts with ``url``, in order of name."""
        bucket, prefix = split(url)
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            for page in pages:
                for item in page.get("Contents", []):
                    yield StagedFile(bucket, item["Key"], item["Size"], item["ETag"].strip('"'), item["LastModified"])
        except self._failures as error:
            raise _unreachable(url, error) from error

    def read(self, file: StagedFile) -> bytes:
        try:
            content: bytes = self._client.get_object(Bucket=file.bucket, Key=file.path)["Body"].read()
        except self._failures as error:
            raise _unreachable(file.url, error) from error
        return content

    def remove(self, files: Iterable[StagedFile]) -> None:
        for file in files:
            try:
                self._client.delete_object(Bucket=file.bucket, Key=file.path)
            except self._failures as error:
                raise _unreachable(file.url, error) from error

    @cached_property
    def _failures(self) -> tuple[type[Exception], ...]:
        from botocore.exceptions import BotoCoreError, ClientError

        return BotoCoreError, ClientError


def split(url: str) -> tuple[str, str]:
    """Bucket and key, as they are: a key may have line ends, `?` and `#`."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def _unreachable(url: str, error: Exception) -> errors.SqlError:
    return errors.SqlError(f"Failure using stage area. Cause: [{url}: {error}]", code=2003, state="42501")
