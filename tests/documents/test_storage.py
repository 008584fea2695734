"""The store as strangers meet it: what a form or a link lets through, and what the web's own keys may not do."""

import io
import time
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.client import Config
from botocore.exceptions import ClientError
from django.conf import settings

from documents import storage

pytestmark = pytest.mark.usefixtures("store")


def post(form, content: bytes, **fields) -> requests.Response:
    return requests.post(
        form["url"],
        data=form["fields"] | fields,
        files={"file": io.BytesIO(content)},
        timeout=10,
        allow_redirects=False,
    )


def form(key="C-TEST/one", size=5, **more):
    return storage.form_for(key, size=size, content_type="image/jpeg", **more)


def lying(tmp_path, key) -> bytes:
    storage.fetch_once(key, tmp_path / "lying", limit=10_000)
    return (tmp_path / "lying").read_bytes()


@pytest.fixture
def web_keys():
    return boto3.client(
        "s3",
        endpoint_url=settings.S3_ENDPOINT_URL,
        aws_access_key_id=settings.S3_ACCESS_KEY_ID,
        aws_secret_access_key=settings.S3_SECRET_ACCESS_KEY,
        region_name=settings.S3_REGION,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
    )


def test_a_form_takes_what_it_was_made_for(tmp_path):
    assert post(form(), b"hello").status_code == 201
    assert lying(tmp_path, "C-TEST/one") == b"hello"


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (b"hell", {}),
        (b"hello!", {}),
        (b"hello", {"key": "C-OTHER/one"}),
        (b"hello", {"Content-Type": "text/html"}),
        (b"hello", {"success_action_status": "200"}),
    ],
)
def test_a_form_takes_nothing_else(content, fields):
    assert post(form(), content, **fields).status_code in (400, 403)


def test_a_form_ends():
    made = form(seconds=1)
    time.sleep(2.1)

    assert post(made, b"hello").status_code == 403


@pytest.mark.parametrize(
    "wish",
    [{"acl": "public-read"}, {"success_action_redirect": "https://elsewhere.example/"}, {"tagging": "<a/>"}],
)
def test_a_wish_that_the_form_does_not_name_leaves_the_object_private(wish):
    answer = post(form("C-TEST/public"), b"hello", **wish)

    address = f"{settings.S3_ENDPOINT_URL}/{settings.S3_QUARANTINE_BUCKET}/C-TEST/public"
    assert answer.status_code in (201, 303, 403)
    assert requests.get(address, timeout=10).status_code == 403


def test_a_link_shows_one_version_with_our_name_and_type():
    version = storage.put("C-TEST/copies/a", b"first", content_type="image/jpeg").version
    storage.put("C-TEST/copies/a", b"second", content_type="image/jpeg")
    link = storage.link_to(
        "C-TEST/copies/a", version=version, filename='护照".jpg', content_type="image/jpeg"
    )

    answer = requests.get(link, timeout=10)

    assert (answer.status_code, answer.content) == (200, b"first")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"] == (
        "inline; filename=\"___.jpg\"; filename*=UTF-8''%E6%8A%A4%E7%85%A7%22.jpg"
    )


def test_a_link_cannot_be_bent():
    version = storage.put("C-TEST/copies/b", b"first", content_type="image/jpeg").version
    other = storage.put("C-TEST/copies/b", b"second", content_type="image/jpeg").version
    link = storage.link_to("C-TEST/copies/b", version=version, filename="a.jpg", content_type="image/jpeg")

    assert requests.get(link.replace(version, other), timeout=10).status_code == 403
    assert requests.get(link.replace("image%2Fjpeg", "text%2Fhtml"), timeout=10).status_code == 403
    assert requests.get(link.replace("copies/b", "copies/a"), timeout=10).status_code == 403
    assert requests.head(link, timeout=10).status_code == 403
    assert requests.delete(link, timeout=10).status_code == 403
    assert requests.get(link.partition("?")[0], timeout=10).status_code == 403


def test_a_link_dies():
    storage.put("C-TEST/copies/c", b"first", content_type="image/jpeg")
    link = storage.link_to("C-TEST/copies/c", version="", filename="a", content_type="image/jpeg", seconds=1)
    time.sleep(2.1)

    assert requests.get(link, timeout=10).status_code == 403
    longer = storage.link_to(
        "C-TEST/copies/c", version="", filename="a", content_type="image/jpeg", seconds=9999
    )
    assert "X-Amz-Expires=60&" in longer


@pytest.mark.parametrize(
    ("call", "asked"),
    [
        ("get_object", {"Bucket": "quarantine", "Key": "C-TEST/own"}),
        ("list_objects_v2", {"Bucket": "quarantine"}),
        ("list_objects_v2", {"Bucket": "papers"}),
        ("list_object_versions", {"Bucket": "papers"}),
        ("put_object", {"Bucket": "papers", "Key": "C-TEST/own", "Body": b"bad"}),
        ("delete_object", {"Bucket": "papers", "Key": "C-TEST/own"}),
        ("put_bucket_policy", {"Bucket": "papers", "Policy": "{}"}),
    ],
)
def test_the_webs_own_keys_may_do_little(web_keys, call, asked):
    storage.put("C-TEST/own", b"good", content_type="image/jpeg")
    post(form("C-TEST/own"), b"hello")
    names = {"quarantine": settings.S3_QUARANTINE_BUCKET, "papers": settings.S3_PAPERS_BUCKET}
    if bucket := asked.get("Bucket"):
        asked = asked | {"Bucket": names[bucket]}

    with pytest.raises(ClientError) as refused:
        getattr(web_keys, call)(**asked)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert storage.get("C-TEST/own") == b"good"


def test_dropping_leaves_no_version_and_no_neighbour(tmp_path):
    for content in (b"first", b"again"):
        post(form("C-TEST/drop"), content)
        storage.put("C-TEST/drop", content, content_type="image/jpeg")
    post(form("C-TEST/drop-not"), b"stays")

    storage.drop_from_quarantine("C-TEST/drop")
    storage.drop_paper("C-TEST/drop")

    with pytest.raises(storage.Missing):
        lying(tmp_path, "C-TEST/drop")
    with pytest.raises(storage.Missing):
        storage.get("C-TEST/drop")
    assert (
        storage._worker()
        .list_object_versions(Bucket=settings.S3_PAPERS_BUCKET, Prefix="C-TEST/drop")
        .get("Versions", [])
        == []
    )
    assert lying(tmp_path, "C-TEST/drop-not") == b"stays"
    storage.drop_from_quarantine("C-TEST/drop")  # and once more


def test_a_file_larger_than_its_form_said_is_read_no_further(tmp_path):
    post(form("C-TEST/large", size=5000), b"x" * 5000)

    assert storage.fetch_once("C-TEST/large", tmp_path / "x", limit=100).size > 100


def test_a_store_that_is_away_is_told_from_one_that_has_nothing(settings, tmp_path):
    storage._worker.cache_clear()
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    try:
        with pytest.raises(storage.StorageAway):
            storage.fetch_once("C-TEST/one", tmp_path / "x", limit=10)
    finally:
        storage._worker.cache_clear()


def test_signing_needs_no_store(settings):
    storage._web.cache_clear()
    settings.S3_PUBLIC_ENDPOINT_URL = "http://127.0.0.1:9"
    try:
        assert urlsplit(form()["url"]).port == 9
    finally:
        storage._web.cache_clear()


def test_the_web_asks_whether_a_paper_stands_as_it_was_written():
    written = storage.put("C-TEST/stands", b"first", content_type="image/jpeg")
    known = {"version": written.version, "etag": written.etag}

    assert storage.stands("C-TEST/stands", size=5, **known)
    assert not storage.stands("C-TEST/stands", size=6, **known)
    assert not storage.stands("C-TEST/stands", size=5, version=written.version, etag='"other"')
    storage.drop_paper("C-TEST/stands")
    assert not storage.stands("C-TEST/stands", size=5, **known)


def test_the_store_says_whether_it_is_there(settings):
    assert storage.answers()
    storage._looking.cache_clear()
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    try:
        assert not storage.answers()
    finally:
        storage._looking.cache_clear()


def test_djangos_own_storage_keeps_what_the_agency_keeps():
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    name = default_storage.save("logo.png", ContentFile(b"logo"))

    assert default_storage.open(name).read() == b"logo"
    assert storage.get(f"agency/{name}") == b"logo"
    assert requests.get(default_storage.url(name).partition("?")[0], timeout=10).status_code == 403
