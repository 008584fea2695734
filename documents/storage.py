"""The one place that speaks S3: forms and links for browsers, reading and writing for the worker.

Two identities: web may have a form for quarantine posted, a file begun, counted and joined there in parts, and a link
to papers followed; only the worker reads quarantine, drops what lies there and writes papers. Signing needs no
connection, so no page waits for the store.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import boto3
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from storages.backends.s3 import S3Storage

FORM_SECONDS = 600
LINK_SECONDS = 60

_MISSING = {"404", "NoSuchKey", "NoSuchVersion", "NoSuchUpload", "NotFound"}


class StorageAway(Exception):
    """The store does not answer, or not sensibly; what was asked may be asked again later."""


class Missing(Exception):
    """The store answers, and has nothing under this name."""


@dataclass(frozen=True)
class Lying:
    """An object as it lies in quarantine."""

    key: str
    version: str
    size: int


# ── For browsers: the web identity signs, and touches nothing ───────────────────────────────────────────────────────


def form_for(
    key: str,
    *,
    size: int,
    content_type: str,
    least: int | None = None,
    then: str = "",
    seconds: int = FORM_SECONDS,
) -> dict[str, Any]:
    """A form that lets a browser put exactly this many bytes of this type under this key, until it ends.

    With `least`, as few as that; with `then`, the store leads the browser there afterwards.
    """
    answer = {"success_action_redirect": then} if then else {"success_action_status": "201"}
    fields = {"Content-Type": content_type, **answer}
    return _web().generate_presigned_post(
        settings.S3_QUARANTINE_BUCKET,
        key,
        Fields=dict(fields),
        Conditions=[
            *({name: value} for name, value in fields.items()),
            ["content-length-range", size if least is None else least, size],
        ],
        ExpiresIn=seconds,
    )


# ── In parts: the web identity begins, counts and joins; it reads nothing and takes nothing away ────────────────────


@dataclass(frozen=True)
class Arrived:
    """A part as the store has it. Sent twice, a part may be listed twice, the newest last."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True)
class Unfinished:
    """A file that was begun in parts, and neither joined nor dropped."""

    key: str
    parts_id: str
    since: datetime


def begin_parts(key: str, *, content_type: str) -> str:
    """A file that comes in parts under this key; the store's own name for it."""
    with _trouble_told():
        begun = _asking().create_multipart_upload(
            Bucket=settings.S3_QUARANTINE_BUCKET, Key=key, ContentType=content_type
        )
    return begun["UploadId"]


def part_link(key: str, parts_id: str, number: int, *, size: int, seconds: int = FORM_SECONDS) -> str:
    """Where exactly this many bytes may be put as that part of that file, until it ends."""
    asked = {
        "Bucket": settings.S3_QUARANTINE_BUCKET,
        "Key": key,
        "UploadId": parts_id,
        "PartNumber": number,
        "ContentLength": size,  # signed with the rest: a longer or shorter one is not taken
    }
    return _web().generate_presigned_url("upload_part", Params=asked, ExpiresIn=seconds)


def arrived_parts(key: str, parts_id: str) -> list[Arrived]:
    """What has come so far, by the store's own word; `Missing` where it was joined or dropped."""
    with _trouble_told():
        told = _asking().list_parts(Bucket=settings.S3_QUARANTINE_BUCKET, Key=key, UploadId=parts_id)
    return [Arrived(one["PartNumber"], one["Size"], one["ETag"]) for one in told.get("Parts", [])]


def join_parts(key: str, parts_id: str, parts: Iterable[Arrived]) -> None:
    """One file of these parts, in this order. Afterwards none of its links takes anything."""
    named = [{"PartNumber": one.number, "ETag": one.etag} for one in parts]
    with _trouble_told():
        _asking().complete_multipart_upload(
            Bucket=settings.S3_QUARANTINE_BUCKET,
            Key=key,
            UploadId=parts_id,
            MultipartUpload={"Parts": named},
        )


def link_to(
    key: str,
    *,
    version: str,
    filename: str,
    content_type: str,
    inline: bool = True,
    seconds: int = LINK_SECONDS,
) -> str:
    """A link to one version of one paper that says how it is to be shown, and dies within the minute."""
    asked = {
        "Bucket": settings.S3_PAPERS_BUCKET,
        "Key": key,
        "ResponseContentType": content_type,
        "ResponseContentDisposition": disposition(filename, inline=inline),
        "ResponseCacheControl": "no-store",
    }
    if version:
        asked["VersionId"] = version
    return _web().generate_presigned_url("get_object", Params=asked, ExpiresIn=min(seconds, LINK_SECONDS))


def stands(key: str, *, version: str, size: int, etag: str) -> bool:
    """Whether papers still has exactly this under the key, by the store's own word; no byte of it is read."""
    asked = {"Bucket": settings.S3_PAPERS_BUCKET, "Key": key} | ({"VersionId": version} if version else {})
    try:
        with _trouble_told():
            told = _looking().head_object(**asked)
    except Missing:
        return False
    return told["ContentLength"] == size and (not etag or told["ETag"] == etag)


def leave_in_quarantine(key: str, content: bytes) -> None:
    """What came by a door that only posts, such as a mail provider's; the web identity may do no more than this."""
    with _trouble_told():
        _leaving().put_object(
            Bucket=settings.S3_QUARANTINE_BUCKET,
            Key=key,
            Body=content,
            ContentType="application/octet-stream",
        )


def answers() -> bool:
    """Whether the store is there at all; that it has no such paper, or says no, is an answer too."""
    try:
        stands(".there", version="", size=0, etag="")
    except StorageAway as away:
        return str(away) in ("403", "AccessDenied", "Forbidden")
    return True


def disposition(filename: str, *, inline: bool) -> str:
    """`Content-Disposition` by RFC 6266: a plain name for old readers, the true one encoded beside it."""
    plain = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in " ._-()") else "_" for sign in filename
    )
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain.strip() or 'paper'}\"; filename*=UTF-8''{quote(filename, safe='')}"


# ── For the worker ──────────────────────────────────────────────────────────────────────────────────────────────────


def fetch_once(key: str, path: Path, *, limit: int) -> Lying:
    """Read what lies in quarantine now, in one answer, into `path`; later writers change nothing of it.

    Stops after `limit` bytes and one: whoever posted more is seen by the size.
    """
    with _trouble_told():
        answer = _worker().get_object(Bucket=settings.S3_QUARANTINE_BUCKET, Key=key)
        size = 0
        with path.open("wb") as file:
            for piece in answer["Body"].iter_chunks(1024 * 1024):
                file.write(piece)
                size += len(piece)
                if size > limit:
                    break
        if size <= limit and size != answer["ContentLength"]:
            raise StorageAway("the answer ended early")
    return Lying(key, answer.get("VersionId", ""), size)


@dataclass(frozen=True)
class Written:
    """What the store says of something it has just taken."""

    version: str
    etag: str


def put(key: str, content: bytes | IO[bytes], *, content_type: str) -> Written:
    """Write a paper. It is on disk when this returns."""
    extra = {"ServerSideEncryption": sse} if (sse := getattr(settings, "S3_ENCRYPTION", "AES256")) else {}
    with _trouble_told():
        answer = _worker().put_object(
            Bucket=settings.S3_PAPERS_BUCKET, Key=key, Body=content, ContentType=content_type, **extra
        )
    return Written(answer.get("VersionId", ""), answer.get("ETag", ""))


def get(key: str, *, version: str = "") -> bytes:
    """The bytes of a paper, for the worker's own eyes."""
    asked = {"Bucket": settings.S3_PAPERS_BUCKET, "Key": key} | ({"VersionId": version} if version else {})
    with _trouble_told():
        return _worker().get_object(**asked)["Body"].read()


def drop_from_quarantine(key: str) -> None:
    """Nothing is left under this key: no version, no marker, no half-sent part."""
    _drop(settings.S3_QUARANTINE_BUCKET, key)


def drop_paper(key: str) -> list[str]:
    """Nothing is left of a paper, or of one that was written and never recorded; the versions that there were."""
    return _drop(settings.S3_PAPERS_BUCKET, key)


def lying_below(prefix: str) -> list[str]:
    """The keys that papers lists below this prefix: of versions, of markers and of what was half sent."""
    return _lying(settings.S3_PAPERS_BUCKET, prefix)


def in_quarantine_below(prefix: str) -> list[str]:
    """The same of quarantine."""
    return _lying(settings.S3_QUARANTINE_BUCKET, prefix)


def _lying(bucket: str, prefix: str) -> list[str]:
    with _trouble_told():
        asked = {"Bucket": bucket, "Prefix": prefix}
        pages = _worker().get_paginator("list_object_versions").paginate(**asked)
        found = {
            one["Key"]
            for page in pages
            for one in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        }
        return sorted(found | {part["Key"] for part in _begun(**asked)})


def unfinished() -> list[Unfinished]:
    """Every file that was begun in parts and still lies in quarantine in pieces."""
    with _trouble_told():
        begun = _begun(Bucket=settings.S3_QUARANTINE_BUCKET)
        return [Unfinished(one["Key"], one["UploadId"], one["Initiated"]) for one in begun]


def drop_parts(key: str, parts_id: str) -> None:
    """Nothing is left of its parts, and none of its links takes anything; what was joined meanwhile stays."""
    with contextlib.suppress(Missing), _trouble_told():
        _worker().abort_multipart_upload(Bucket=settings.S3_QUARANTINE_BUCKET, Key=key, UploadId=parts_id)


def drop_everything() -> int:
    """Empty both buckets, versions and half-sent parts too; how many objects there were. For a demo that is over."""
    with _trouble_told():
        buckets = (settings.S3_QUARANTINE_BUCKET, settings.S3_PAPERS_BUCKET)
        return sum(len(_empty(bucket)) for bucket in buckets)


def _drop(bucket: str, key: str) -> list[str]:
    with _trouble_told():
        return _empty(bucket, key)


def _empty(bucket: str, key: str = "") -> list[str]:
    """Every version, marker and half-sent part, of one key where it is named; the versions and markers it was."""
    worker, gone = _worker(), []
    asked = {"Bucket": bucket} | ({"Prefix": key} if key else {})
    for page in worker.get_paginator("list_object_versions").paginate(**asked):
        for one in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            if key in ("", one["Key"]):
                named = {"VersionId": one["VersionId"]} if one.get("VersionId", "null") != "null" else {}
                worker.delete_object(Bucket=bucket, Key=one["Key"], **named)
                gone.append(one.get("VersionId", "null"))
    for part in _begun(**asked):
        if key in ("", part["Key"]):
            worker.abort_multipart_upload(Bucket=bucket, Key=part["Key"], UploadId=part["UploadId"])
    return gone


def _begun(**asked: str) -> Iterator[dict[str, Any]]:
    for page in _worker().get_paginator("list_multipart_uploads").paginate(**asked):
        yield from page.get("Uploads", [])


@contextlib.contextmanager
def _trouble_told() -> Iterator[None]:
    """The two ways it can go wrong, told apart: not there, or not now."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            raise Missing from None
        raise StorageAway(error.response.get("Error", {}).get("Code", "unknown")) from error
    except BotoCoreError as error:
        raise StorageAway(type(error).__name__) from error


# ── Identities ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _config(**other: Any) -> Config:
    usual: dict[str, Any] = {
        "signature_version": "s3v4",
        "s3": {"addressing_style": "path"},
        "connect_timeout": 3,
        "read_timeout": 20,
        "retries": {"max_attempts": 2, "mode": "standard"},
        "proxies": {},
    }
    return Config(**usual | other)


def _web_client(address: str, **other: Any) -> Any:
    """The web identity at one of the store's addresses."""
    return boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id=settings.S3_ACCESS_KEY_ID,
        aws_secret_access_key=settings.S3_SECRET_ACCESS_KEY,
        region_name=settings.S3_REGION,
        config=_config(**other),
    )


@functools.cache
def _web() -> Any:
    """Signs; the host is part of the signature: the one that browsers see. They put bytes, and no sum of ours."""
    return _web_client(settings.S3_PUBLIC_ENDPOINT_URL, request_checksum_calculation="when_required")


@functools.cache
def _asking() -> Any:
    """By the inner address, for what a person waits for: begin, count, join."""
    return _web_client(
        settings.S3_ENDPOINT_URL,
        connect_timeout=1,
        read_timeout=8,
        retries={"max_attempts": 0},
        request_checksum_calculation="when_required",
    )


@functools.cache
def _looking() -> Any:
    """By the inner address: it asks whether something is there, quickly or not at all."""
    return _web_client(
        settings.S3_ENDPOINT_URL, connect_timeout=1, read_timeout=2, retries={"max_attempts": 0}
    )


@functools.cache
def _leaving() -> Any:
    """By the inner address, with time for a whole file."""
    return _web_client(settings.S3_ENDPOINT_URL, connect_timeout=1)


@functools.cache
def _worker() -> Any:
    return boto3.client(
        "s3",
        endpoint_url=settings.S3_ENDPOINT_URL,
        aws_access_key_id=settings.S3_WORKER_ACCESS_KEY_ID or settings.S3_ACCESS_KEY_ID,
        aws_secret_access_key=settings.S3_WORKER_SECRET_ACCESS_KEY or settings.S3_SECRET_ACCESS_KEY,
        region_name=settings.S3_REGION,
        config=_config(),
    )


class PapersStorage(S3Storage):
    """Django's own way to files, for what the agency itself keeps beside the papers, such as its logo."""

    def get_default_settings(self) -> dict[str, Any]:
        return super().get_default_settings() | {
            "access_key": settings.S3_WORKER_ACCESS_KEY_ID or settings.S3_ACCESS_KEY_ID,
            "secret_key": settings.S3_WORKER_SECRET_ACCESS_KEY or settings.S3_SECRET_ACCESS_KEY,
            "bucket_name": settings.S3_PAPERS_BUCKET,
            "endpoint_url": settings.S3_ENDPOINT_URL,
            "region_name": settings.S3_REGION,
            "addressing_style": "path",
            "signature_version": "s3v4",
            "location": "agency",
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
            "querystring_expire": LINK_SECONDS,
        }
