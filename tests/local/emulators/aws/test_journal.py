"""Compaction: what a later request has undone is forgotten, and nothing else."""

from __future__ import annotations

from typing import Any

from local.emulators.aws.journal import Record, compact


def s3(method: str, path: str, query: str = "", **headers: str) -> Record:
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, **headers}
    return Record("s3", "", environ, b"")


def test_only_the_last_write_of_an_object_is_kept() -> None:
    bucket, first, other, last = s3("PUT", "/b"), s3("PUT", "/b/k"), s3("PUT", "/b/l"), s3("PUT", "/b/k")
    assert compact([bucket, first, other, last]) == [bucket, other, last]


def test_a_deletion_outlives_what_it_deleted() -> None:
    written, deleted = s3("PUT", "/b/k"), s3("DELETE", "/b/k")
    assert compact([written, deleted]) == [deleted]


def test_every_version_is_kept_where_the_bucket_keeps_versions() -> None:
    records = [s3("PUT", "/b", "versioning"), s3("PUT", "/b/k"), s3("PUT", "/b/k")]
    assert compact(records) == records


def test_the_source_of_a_copy_is_kept_as_it_was() -> None:
    records = [s3("PUT", "/b/k"), s3("PUT", "/b/copy", HTTP_X_AMZ_COPY_SOURCE="b/k"), s3("PUT", "/b/k")]
    assert compact(records) == records


def test_parts_of_an_upload_and_other_services_are_kept() -> None:
    secret = Record("secretsmanager", "PutSecretValue", {"REQUEST_METHOD": "POST", "PATH_INFO": "/"}, b"")
    records = [
        secret,
        s3("PUT", "/b/k", "partNumber=1&uploadId=u"),
        s3("PUT", "/b/k", "partNumber=1&uploadId=u"),
        secret,
    ]
    assert compact(records) == records


def test_a_record_is_the_same_after_it_was_written_down() -> None:
    record = Record("s3", "", {"REQUEST_METHOD": "PUT", "PATH_INFO": "/b/k"}, b"\x00\xff")
    assert Record.from_line(record.to_line()) == record
