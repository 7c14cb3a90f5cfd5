"""Parts: bounded, whole, and each readable alone."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "images" / "loader"))

from assay_loader.errors import LoaderError
from assay_loader.target import LoadFolder


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Any:
    import boto3
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="landing")
        yield s3


def test_a_large_result_is_cut_into_parts_that_each_have_the_header(bucket: Any) -> None:
    said: list[str] = []
    lines = [b"number\n", *(f"{number}\n".encode() for number in range(10))]
    written = LoadFolder("s3://landing/load/").write(lines, said.append, part_bytes=8)
    assert (written.rows, written.parts) == (10, 3)
    found = bucket.list_objects_v2(Bucket="landing", Prefix="load/")["Contents"]
    texts = [
        gzip.decompress(bucket.get_object(Bucket="landing", Key=item["Key"])["Body"].read()).decode() for item in found
    ]
    assert [item["Key"] for item in found] == [f"load/part-000{number}.csv.gz" for number in range(3)]
    assert all(text.startswith("number\n") for text in texts)
    assert [line for text in texts for line in text.splitlines()[1:]] == [str(number) for number in range(10)]
    assert said == ["4 rows in 1 parts", "8 rows in 2 parts"]


@pytest.mark.parametrize("url", ["", "landing/load/", "s3://landing/", "https://landing/load/"])
def test_an_address_that_is_no_folder_of_a_bucket_is_refused(url: str) -> None:
    with pytest.raises(LoaderError, match="must be a folder of a bucket"):
        LoadFolder(url)
