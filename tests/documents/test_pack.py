"""The pack for the provider: its names, its sizes, its manifest; one look a paper; gone within the hour."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
import requests
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from PIL import Image

from cases.models import CaseEvent
from clients.refusals import Conflict
from clients.sight import every_client
from documents import services, storage, workshop
from documents.children import ROOT
from documents.models import Document, Handout
from tests.documents import samples
from tests.documents.cast import checked, lying, send
from trade import packs


def accepted(requirement, content: bytes, *, by, judge, **more) -> Document:
    document = checked(send(requirement, content, by=by, **more))
    services.accept_document(document, by=judge)
    return Document.objects.get(pk=document.pk)


def made(handout: Handout) -> Handout:
    services.make_handout(handout.pk)
    return Handout.objects.select_related("client", "case").get(pk=handout.pk)


def unpacked(handout: Handout) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(storage.get(handout.key))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def manifest_of(files: dict[str, bytes]) -> dict:
    return json.loads(files["manifest.json"])


@pytest.fixture
def two_papers(cast):
    """A photograph of a phone, and a licence that was scanned; their senders gave them odd names."""
    photo = accepted(
        cast.passport,
        samples.camera_jpeg((1600, 1200)),
        by=cast.ada,
        judge=cast.mei,
        name="../../etc/passwd\u202egnp.jpg",
    )
    scan = accepted(
        cast.licence, samples.scan_pdf(2), by=cast.ada, judge=cast.mei, kind="application/pdf", name="a/b.pdf"
    )
    return photo, scan


def test_papers_are_named_by_our_table_and_two_alike_are_told_apart(cast, two_papers):
    files = unpacked(made(services.ask_pack(cast.case, by=cast.mei)))

    assert set(files) == {
        "manifest.json", "manifest.txt", "主体负责人-护照.jpg", "营业执照.jpg", "营业执照-2.jpg",
    }  # fmt: skip
    assert all("/" not in name and "\\" not in name and ".." not in name for name in files)


def test_the_manifest_says_of_each_file_what_it_is_and_what_was_changed(cast, two_papers):
    photo, scan = two_papers

    files = unpacked(made(services.ask_pack(cast.case, by=cast.mei)))

    listed = manifest_of(files)["files"]
    assert [(one["paper"], one["of"], one["document"]) for one in listed] == [
        ("business_licence", "subject", scan.reference),
        ("business_licence", "subject", scan.reference),
        ("passport", "head", photo.reference),
    ]
    for one in listed:
        content = files[one["file"]]
        assert (one["bytes"], one["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert one["file"] in files["manifest.txt"].decode()
    assert listed[0]["changes"] == ["page 1 of the PDF as a picture"]
    assert "etc" not in files["manifest.txt"].decode() and "filename" not in listed[0]


def test_pictures_are_made_to_fit_and_stay_pictures(cast, two_papers, monkeypatch):
    usual = packs.wanted
    monkeypatch.setattr(
        packs,
        "wanted",
        lambda *asked: packs.Wanted(usual(*asked).file, 60_000, 1200, ("jpg", "png")),
    )

    files = unpacked(made(services.ask_pack(cast.case, by=cast.mei)))

    for one in manifest_of(files)["files"]:
        with Image.open(BytesIO(files[one["file"]])) as picture:
            picture.load()
            assert picture.format == "JPEG" and max(picture.size) <= 1200
        assert one["bytes"] <= 60_000
        assert any("bytes" in change for change in one["changes"])


def test_what_cannot_be_made_small_and_readable_is_said_by_its_name(cast, two_papers, monkeypatch):
    usual = packs.wanted
    monkeypatch.setattr(packs, "wanted", lambda *asked: packs.Wanted(usual(*asked).file, 500, 1200, ("jpg",)))

    handout = made(services.ask_pack(cast.case, by=cast.mei))

    assert (handout.problem, handout.made_at) == ("too_large", None)
    assert handout.detail == "营业执照"
    assert handout.key not in lying("papers", cast.harbour.reference)


@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_a_picture_is_fitted_in_the_cage(kind):
    made_small = workshop.fit(samples.png((2400, 1800)), most_bytes=400_000, side=1000, kind=kind)

    with Image.open(BytesIO(made_small)) as picture:
        assert picture.format == {"jpg": "JPEG", "png": "PNG"}[kind] and max(picture.size) <= 1000
    assert len(made_small) <= 400_000


def test_making_is_one_event_and_fetching_one_look_a_paper(cast, two_papers):
    handout = made(services.ask_pack(cast.case, by=cast.mei))
    event = CaseEvent.objects.get(kind="pack.made")
    assert event.by == cast.mei and len(event.data["papers"]) == 2
    assert not CaseEvent.objects.filter(kind="paper.viewed").exists()

    link = services.open_handout(handout, by=cast.mei)

    looks = CaseEvent.objects.filter(kind="paper.viewed")
    assert sorted(look.data["document"] for look in looks) == sorted(one.reference for one in two_papers)
    assert {(look.by, look.data["why"], look.data["download"]) for look in looks} == {
        (cast.mei, "pack", True)
    }
    answer = requests.get(link, timeout=10)
    assert zipfile.is_zipfile(BytesIO(answer.content))
    assert f'filename="{cast.case.reference}.zip"' in answer.headers["Content-Disposition"]
    assert "X-Amz-Expires=60" in link and answer.headers["Cache-Control"] == "no-store"


def test_only_what_was_accepted_goes_in(cast):
    with pytest.raises(Conflict) as refused:
        services.ask_pack(cast.case, by=cast.mei)
    assert refused.value.code == "nothing_accepted"
    accepted(cast.passport, samples.small_jpeg(), by=cast.ada, judge=cast.mei)
    checked(send(cast.licence, samples.small_jpeg((400, 300)), by=cast.ada))

    files = unpacked(made(services.ask_pack(cast.case, by=cast.mei)))

    assert [one["paper"] for one in manifest_of(files)["files"]] == ["passport"]


def test_a_client_packs_and_fetches_nothing(cast, two_papers):
    handout = made(services.ask_pack(cast.case, by=cast.mei))

    for person in (cast.ada, cast.ann, cast.bo):
        with pytest.raises(PermissionDenied):
            services.ask_pack(cast.case, by=person)
        with pytest.raises(PermissionDenied):
            services.open_handout(handout, by=person)


def test_asked_twice_while_it_is_made_it_is_one(cast, two_papers):
    first = services.ask_pack(cast.case, by=cast.mei)

    assert services.ask_pack(cast.case, by=cast.mei) == first
    made(first)
    made(first)
    assert services.ask_pack(cast.case, by=cast.mei) != first
    assert CaseEvent.objects.filter(kind="pack.made").count() == 1


def test_other_bytes_than_were_accepted_are_handed_to_nobody(cast, two_papers):
    photo, _scan = two_papers
    storage.put(photo.copy_key, samples.small_jpeg(), content_type="image/jpeg")
    Document.objects.filter(pk=photo.pk).update(copy_version="")

    handout = made(services.ask_pack(cast.case, by=cast.mei))

    assert (handout.problem, handout.made_at) == ("lost", None)


def test_the_object_is_gone_within_the_hour(cast, two_papers):
    handout = made(services.ask_pack(cast.case, by=cast.mei))
    assert handout.key in lying("papers", cast.harbour.reference)

    services.sweep_handouts(now=timezone.now() + timedelta(minutes=55))

    assert handout.key not in lying("papers", cast.harbour.reference)


def test_killed_in_the_middle_the_next_worker_makes_it(lasting_cast):
    cast = lasting_cast
    with every_client():
        accepted(cast.passport, samples.small_jpeg(), by=cast.ada, judge=cast.mei)
        handout = services.ask_pack(cast.case, by=cast.mei)
    code = f"""
import os, time
os.environ["DJANGO_SETTINGS_MODULE"] = "icp_portal.settings"
import django; django.setup()
from documents import services, storage
def put(key, content, *, content_type):
    written = before(key, content, content_type=content_type)
    print("written", flush=True)
    time.sleep(60)
    return written
before, storage.put = storage.put, put
services.make_handout({handout.pk})
"""
    worker = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert worker.stdout is not None and worker.stdout.readline() == b"written\n"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()

    services.make_handout(handout.pk)
    with every_client():
        assert Handout.objects.get(pk=handout.pk).is_making  # the dead one's claim still stands
    later = timezone.now() + timedelta(minutes=6)
    assert services.waiting_handouts(now=later) == [handout.pk]
    services.make_handout(handout.pk, now=later)

    with every_client():
        one = Handout.objects.select_related("client").get(pk=handout.pk)
        assert one.made_at and one.tries == 2 and not one.problem
        assert CaseEvent.objects.filter(kind="pack.made").count() == 1
    services.sweep_handouts(now=timezone.now() + timedelta(hours=1))
    with every_client():
        assert one.key not in lying(
            "papers", cast.harbour.reference
        )  # no version of either beginning is left
