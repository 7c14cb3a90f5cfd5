"""The folder of one load in S3: numbered parts, each a whole compressed CSV file with a header."""

import gzip
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from assay_loader.errors import LoaderError

PART_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Written:
    rows: int
    parts: int


class LoadFolder:
    """`url` is `s3://bucket/folder/`; the login and the endpoint come from the AWS_* environment."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme != "s3" or not address.netloc or not address.path.strip("/"):
            raise LoaderError(
                f"ASSAY_LANDING_URL is {url!r} and must be a folder of a bucket, such as s3://bucket/folder/"
            )
        self._url = url
        self._bucket = address.netloc
        self._prefix = address.path.strip("/") + "/"
        self._s3: Any = boto3.client(
            "s3", config=Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=10, read_timeout=60)
        )

    def write(self, lines: Iterable[bytes], say: Callable[[str], None], part_bytes: int = PART_BYTES) -> Written:
        """Replace what is in the folder by these lines, the first of which is the header. Raises LoaderError.

        `part_bytes` bounds a part before compression. Without rows there is still one part, with the header alone.
        """
        try:
            self._clear()
            return self._write(lines, say, part_bytes)
        except (ConnectionError, HTTPClientError) as error:
            raise LoaderError(f"S3 does not answer for {self._url}: {error}", again=True) from error
        except (BotoCoreError, ClientError) as error:
            raise LoaderError(f"S3 rejects {self._url}: {error}") from error

    def _write(self, lines: Iterable[bytes], say: Callable[[str], None], part_bytes: int) -> Written:
        remaining = iter(lines)
        header = next(remaining, b"")
        part, rows = _Part(header), 0
        parts = 0
        for line in remaining:
            if part.bytes >= part_bytes:
                self._put(parts, part)
                parts += 1
                say(f"{rows:,} rows in {parts} parts")
                part = _Part(header)
            part.add(line)
            rows += 1
        self._put(parts, part)
        return Written(rows, parts + 1)

    def _put(self, number: int, part: "_Part") -> None:
        self._s3.put_object(Bucket=self._bucket, Key=f"{self._prefix}part-{number:04d}.csv.gz", Body=part.close())

    def _clear(self) -> None:
        """An earlier try of the same load may have left more parts than this one will write."""
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix):
            for item in page.get("Contents", []):
                self._s3.delete_object(Bucket=self._bucket, Key=item["Key"])


class _Part:
    """One file in the making; only its compressed bytes are held."""

    def __init__(self, header: bytes) -> None:
        self._content = io.BytesIO()
        self._gzip = gzip.GzipFile(fileobj=self._content, mode="wb", compresslevel=6, mtime=0)
        self._gzip.write(header)
        self.bytes = 0

    def add(self, line: bytes) -> None:
        self._gzip.write(line)
        self.bytes += len(line)

    def close(self) -> bytes:
        self._gzip.close()
        return self._content.getvalue()
