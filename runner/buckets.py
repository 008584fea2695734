"""Make the buckets of a store, and wait until a write into each of them works."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

HELD_ALREADY = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}
PROBE = ".probe"


def client(environ: Mapping[str, str] = os.environ, **manners: Any) -> Any:
    """The store as its administrator sees it; `manners` are botocore's, where others than one quick try are wanted."""
    quick: dict[str, Any] = {"connect_timeout": 2, "read_timeout": 20, "retries": {"max_attempts": 0}}
    return boto3.client(
        "s3",
        endpoint_url=environ["S3_ENDPOINT_URL"],
        aws_access_key_id=environ["S3_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["S3_SECRET_ACCESS_KEY"],
        region_name=environ.get("S3_REGION", "us-east-1"),
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            proxies={},
            **quick | manners,
        ),
    )


def make(store, name: str, *, versioned: bool) -> None:
    """A bucket that is there and takes a write; papers keep every version."""
    try:
        store.create_bucket(Bucket=name)
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] not in HELD_ALREADY:
            raise
    if versioned:
        store.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    probe = store.put_object(Bucket=name, Key=PROBE, Body=b"1", ServerSideEncryption="AES256")
    gone = {"VersionId": probe["VersionId"]} if "VersionId" in probe else {}
    store.delete_object(Bucket=name, Key=PROBE, **gone)


def main() -> int:
    store = client()
    until = time.monotonic() + float(os.environ.get("PATIENCE", "60"))
    wanted = [(name, False) for name in os.environ["S3_QUARANTINE_BUCKETS"].split(",")]
    wanted += [(name, True) for name in os.environ["S3_PAPERS_BUCKETS"].split(",")]
    for name, versioned in wanted:
        while True:
            try:
                make(store, name, versioned=versioned)
                break
            except (BotoCoreError, ClientError) as trouble:
                if time.monotonic() > until:
                    print(f"{name}: {trouble}", file=sys.stderr)
                    return 1
                time.sleep(0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
