"""Run once in the process that the loader's pods are forked from, where a node keeps one (the embedded one does).

It imports what the programs import when they begin to work, and makes a client of S3 as they will: boto3 then has in
memory what it reads for one. It connects to nothing and holds no key.
"""

import sys
from pathlib import Path

import boto3

sys.path.insert(0, str(Path(__file__).resolve().parent))

from assay_loader import cli, source, target

__all__ = ["cli", "source", "target"]

boto3.client("s3", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
