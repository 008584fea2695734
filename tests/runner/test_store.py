"""The embedded S3 server lets in nobody without a key, and each identity to its own work only."""

import http.client
import os
from pathlib import Path

import boto3
import pytest
from botocore.client import Config
from botocore.exceptions import ClientError
from django.conf import settings

from runner import ports
from runner.store import PORTS
from tests import servers


def client(identity: str = ""):
    return boto3.client(
        "s3",
        endpoint_url=settings.S3_ENDPOINT_URL,
        aws_access_key_id=os.environ[f"S3_{identity}ACCESS_KEY_ID"],
        aws_secret_access_key=os.environ[f"S3_{identity}SECRET_ACCESS_KEY"],
        region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


@pytest.fixture
def web(store):
    return client()


@pytest.fixture
def worker(store):
    return client("WORKER_")


QUARANTINE, PAPERS = "quarantine", "papers"


def bucket(name: str) -> str:
    return {QUARANTINE: settings.S3_QUARANTINE_BUCKET, PAPERS: settings.S3_PAPERS_BUCKET}[name]


def test_the_web_identity_fills_quarantine_and_shows_papers(web, worker):
    worker.put_object(Bucket=bucket(PAPERS), Key="harbour/shown", Body=b"paper")

    web.put_object(Bucket=bucket(QUARANTINE), Key="harbour/sent", Body=b"sent")

    assert web.get_object(Bucket=bucket(PAPERS), Key="harbour/shown")["Body"].read() == b"paper"
    assert worker.get_object(Bucket=bucket(QUARANTINE), Key="harbour/sent")["Body"].read() == b"sent"


@pytest.mark.parametrize(
    ("call", "where", "words"),
    [
        ("get_object", QUARANTINE, {"Key": "harbour/mine"}),
        ("list_objects_v2", QUARANTINE, {}),
        ("delete_object", QUARANTINE, {"Key": "harbour/mine"}),
        ("create_multipart_upload", PAPERS, {"Key": "harbour/parts"}),
        ("list_multipart_uploads", QUARANTINE, {}),
        ("put_object", PAPERS, {"Key": "harbour/mine", "Body": b"other"}),
        ("list_objects_v2", PAPERS, {}),
        ("list_object_versions", PAPERS, {}),
        ("delete_object", PAPERS, {"Key": "harbour/mine"}),
        ("create_bucket", "new", {}),
    ],
)
def test_the_web_identity_may_do_no_more(web, worker, call, where, words):
    for name in (QUARANTINE, PAPERS):
        worker.put_object(Bucket=bucket(name), Key="harbour/mine", Body=b"mine")

    with pytest.raises(ClientError) as refused:
        getattr(web, call)(Bucket=where if where == "new" else bucket(where), **words)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_the_web_identity_begins_and_joins_parts_and_drops_none(web, worker):
    """Neither its own nor the worker's: what a browser may fill, and nothing that takes away."""
    where = {"Bucket": bucket(QUARANTINE), "Key": "harbour/parts"}
    begun = where | {"UploadId": web.create_multipart_upload(**where)["UploadId"]}
    part = web.upload_part(**begun, PartNumber=1, Body=b"part")
    with pytest.raises(ClientError) as refused:
        web.abort_multipart_upload(**begun)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert [one["Size"] for one in web.list_parts(**begun)["Parts"]] == [4]

    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    web.complete_multipart_upload(**begun, MultipartUpload=parts)

    assert worker.get_object(**where)["Body"].read() == b"part"


def test_the_worker_makes_no_buckets(worker):
    with pytest.raises(ClientError) as refused:
        worker.create_bucket(Bucket="new")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_papers_keep_every_version(worker):
    first = worker.put_object(Bucket=bucket(PAPERS), Key="lotus/twice", Body=b"one")["VersionId"]
    worker.put_object(Bucket=bucket(PAPERS), Key="lotus/twice", Body=b"two")

    again = worker.get_object(Bucket=bucket(PAPERS), Key="lotus/twice", VersionId=first)

    assert again["Body"].read() == b"one"


def port_numbers() -> dict[str, int]:
    import json

    return json.loads((Path(os.environ["TEST_FOLDER"]) / "run.json").read_text())["ports"]


ASKED = [
    "/buckets/{papers}/harbour/shut",
    "/{papers}/harbour/shut",
    "/buckets/",
    "/{papers}",
    "/1,01637037d6",
    "/dir/assign?collection={papers}",
    "/col/delete?collection={papers}",
    "/vol/grow?count=1",
    "/submit",
    "/.tus/new",
]


@pytest.mark.parametrize("name", PORTS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_every_port_refuses_whoever_has_no_key(store, worker, name, method):
    secret = b"nobody without a key reads this"
    worker.put_object(Bucket=bucket(PAPERS), Key="harbour/shut", Body=secret)

    for path in ASKED:
        line = http.client.HTTPConnection("127.0.0.1", port_numbers()[name], timeout=60)
        body = b"x" if method in {"PUT", "POST"} else None
        line.request(method, path.format(papers=bucket(PAPERS)), body=body, headers={"Host": "evil.example"})
        answer = line.getresponse()
        assert answer.status >= 400 or answer.status == 308, (
            f"{method} {path}: {answer.status}"
        )  # 308: ask elsewhere
        assert secret not in answer.read()
        line.close()

    assert worker.get_object(Bucket=bucket(PAPERS), Key="harbour/shut")["Body"].read() == secret


def test_the_store_opens_no_port_of_its_own_choice(store):
    import json

    folder = Path(os.environ["TEST_FOLDER"])
    pid = json.loads((folder / "run.json").read_text())["processes"]["store"]["pid"]
    known = {port_numbers()[name] for name in PORTS}
    known |= {number + ports.SECOND for number in known}

    assert listening(pid) <= known


def listening(pid: int) -> set[int]:
    """The TCP ports on which a process listens, and none of them beyond loopback."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(link)
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for table, here in (("tcp", "0100007F"), ("tcp6", "00000000000000000000000001000000")):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                assert address == here, f"port {int(port, 16)} is open to other machines"
                found.add(int(port, 16))
    return found


def test_nothing_lies_in_clear_on_the_disk(worker):
    known = b"a preview that nobody may find on the disk" * 50
    worker.put_object(Bucket=bucket(PAPERS), Key="harbour/preview", Body=known)

    folder = Path(os.environ["TEST_FOLDER"]) / "s3"
    holders = [path for path in folder.rglob("*") if path.is_file() and known[:42] in path.read_bytes()]

    assert holders == []
    assert any(path.suffix == ".dat" for path in folder.rglob("*"))


def test_a_foreign_page_gets_no_leave_from_the_store(store):
    asked = {"Access-Control-Request-Method": "POST", "Host": f"127.0.0.1:{port_numbers()['store']}"}
    own = f"http://localhost:{servers.live_port(servers.worker())}"
    answers = {}
    for origin in (own, "https://evil.example"):
        line = http.client.HTTPConnection("127.0.0.1", port_numbers()["store"], timeout=60)
        try:
            line.request("OPTIONS", f"/{bucket(QUARANTINE)}", headers=asked | {"Origin": origin})
            answers[origin] = line.getresponse().getheader("Access-Control-Allow-Origin")
        except (OSError, http.client.HTTPException):
            answers[origin] = None
        finally:
            line.close()

    assert answers == {own: own, "https://evil.example": None}
