"""A copy of one's own data: all that is theirs, nothing of anybody else's, for them alone and not for long."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import CaseEvent
from cases.services import history
from clients import sight
from clients.models import AuditEvent, Membership
from documents import services as papers
from documents import storage
from notifications.services import relay_events
from rights import services
from rights.models import OwnCopy
from rights.services import copying, telling
from tests.api.filings import CY, PERSON, make_case
from tests.documents import samples
from tests.documents.cast import checked, send
from tests.fixtures import browser_of
from tests.house.test_locks import rows

DATA = "/me/data/"


@pytest.fixture
def case(agency, harbour, lotus, mei, bo, store):
    """Ada is its head, Cy its manager; Lotus has one too."""
    make_case(
        lotus, mei, name="lotus.example", head={**PERSON, "email": "ada@harbour.example", "name": "Lee Lotus"}
    )
    return make_case(harbour, mei, head={**PERSON, "email": "ada@harbour.example"}, manager=CY)


def sent_by(case, ada) -> dict[str, str]:
    """Ada sends her own passport, Cy's, and the licence; somebody looks at the first."""
    with sight.every_client():
        found = {}
        wanted = {"own": "passport head", "cys": "passport manager", "company": "business_licence subject"}
        for name, what in wanted.items():
            kind, of = what.split()
            paper = case.requirements.get(kind=kind, of=of)
            found[name] = checked(send(paper, samples.small_jpeg(), by=ada)).reference
        return found


def copied(person) -> tuple[OwnCopy, zipfile.ZipFile]:
    with sight.every_client():
        copy = services.ask_copy(by=person)
    services.make_copy(copy.pk)
    with sight.every_client():
        copy = OwnCopy.objects.get(pk=copy.pk)
    return copy, zipfile.ZipFile(io.BytesIO(storage.get(copy.key, version=copy.version)))


def test_it_holds_all_that_is_theirs_and_nothing_else(case, ada, mei, bo):
    sent = sent_by(case, ada)
    with sight.every_client():
        papers.give_consent(case.client, by=ada)
        document = papers_of(sent["own"])
        papers.open_document(document, by=mei, why="review")
        history.record(case, "note.written", by=ada, note="Please hurry.")
        history.record(case, "note.written", by=mei, note="A difficult one.", audience="internal")
    relay_events()

    copy, archive = copied(ada)

    told = json.loads(archive.read("data.json"))
    page = archive.read("data.html").decode()
    assert told["account"][0]["email"] == "ada@harbour.example" and told["places"][0]["role"] == "contact"
    (facts,) = told["facts"]
    assert (facts["part"], facts["id_number"], facts["name"]) == ("head", "T12345678", "Ada Winter")
    assert told["consents"][0]["is_given"] is True and "one purpose" in told["consents"][0]["text"]
    assert [note["text"] for note in told["notes"]] == ["Please hurry."]
    assert {look["who"] for look in told["looks"]} == {"Mei"}
    assert {one["receipt"] for one in told["papers"]} == set(sent.values())
    files = [name for name in archive.namelist() if name.startswith("papers/")]
    assert sorted(files) == sorted(one["file"] for one in told["papers"] if one["file"])
    assert {sent["own"], sent["company"]} == set(copy.documents) and not any(
        sent["cys"] in name for name in files
    )
    with sight.every_client():
        assert archive.read(next(one for one in files if sent["own"] in one)) == storage.get(
            document.copy_key
        )
    for theirs in ("T87654321", "Cy Sample", "Lee Lotus", "lotus", "difficult"):
        assert theirs.lower() not in (page + json.dumps(told, ensure_ascii=False)).lower(), theirs
    assert "Please hurry." in page and "not in this copy: it shows another person" in page


def file_words(archive: zipfile.ZipFile) -> list[str]:
    """Why files are not in it, as the page says."""
    return re.findall(r"not in this copy: [^<]+", archive.read("data.html").decode())


def test_of_each_file_that_is_not_in_it_the_true_reason_is_said(case, ada, monkeypatch):
    """Of the two that are hers, the newest is the licence."""
    sent = sent_by(case, ada)
    monkeypatch.setattr(copying, "MOST_FILES", 1)
    copy, archive = copied(ada)
    theirs, first = "not in this copy: it shows another person", "not in this copy: only the newest files fit"
    assert copy.documents == [sent["company"]]
    cys, own = sorted(file_words(archive))
    assert cys == theirs and own.startswith(first)

    with sight.every_client():
        storage.drop_paper(papers_of(sent["company"]).copy_key)
    copy, archive = copied(ada)
    lost, cys, own = sorted(file_words(archive))
    assert copy.documents == [] and cys == theirs and own.startswith(first)
    assert lost.startswith("not in this copy: it could not be read from the store")


def test_of_more_than_it_holds_it_tells_the_newest_the_oldest_of_them_first(case, ada, mei, monkeypatch):
    sent = sent_by(case, ada)
    with sight.every_client():
        for n in range(4):
            history.record(case, "note.written", by=ada, note=f"Note {n}")
            papers.open_document(papers_of(sent["own"]), by=mei, why="review")
        looks = CaseEvent.objects.filter(kind="paper.viewed").order_by("id")
        lately = [one.isoformat() for one in looks.values_list("at", flat=True)][-2:]
    monkeypatch.setattr(telling, "LATEST", 2)

    told = json.loads(copied(ada)[1].read("data.json"))

    assert [note["text"] for note in told["notes"]] == ["Note 2", "Note 3"]
    assert [look["at"] for look in told["looks"]] == lately


def papers_of(reference: str):
    from documents.models import Document

    return Document.objects.select_related("client", "case", "requirement__case").get(reference=reference)


def test_staff_get_their_account_and_no_clients_matter(case, mei, ada):
    sent_by(case, ada)
    relay_events()
    _copy, archive = copied(mei)

    told = archive.read("data.json").decode()
    assert "mei@willow.example" in told and archive.namelist() == ["data.json", "data.html"]
    assert "harbour" not in told.lower() and case.reference not in told


def test_it_speaks_the_persons_language(case, ada):
    ada.language = "zh-hans"
    with sight.every_client():
        ada.save(update_fields=["language"])
    page = copied(ada)[1].read("data.html").decode()

    assert 'lang="zh-Hans"' in page and "我的数据" in page and "My data" not in page


def test_only_they_fetch_it_freshly_signed_in_with_a_trace_and_not_for_long(case, ada, ann, mei):
    sent = sent_by(case, ada)
    assert browser_of(ada, signed_in_ago=3600).post(f"{DATA}copies/").url.startswith("/accounts/")
    page = browser_of(ada)
    page.post(f"{DATA}copies/")
    page.post(f"{DATA}copies/")
    with sight.every_client():
        copy = OwnCopy.objects.get()
    assert "being made" in page.get(DATA).content.decode()
    services.make_copy(copy.pk)

    link = f"{DATA}copies/{copy.reference}/content/"
    assert link in page.get(DATA).content.decode()
    answer = page.get(link)
    assert answer.status_code == 302 and "X-Amz-Expires=60" in answer["Location"]
    assert browser_of(ada, signed_in_ago=3600).get(link).url.startswith("/accounts/")
    for other in (ann, mei):
        for path in ("content/", "state/"):
            assert browser_of(other).get(f"{DATA}copies/{copy.reference}/{path}").status_code == 404
    with sight.every_client():
        looks = CaseEvent.objects.filter(kind="paper.viewed", by=ada, data__why="copy")
        assert {look.data["document"] for look in looks} == {sent["own"], sent["company"]}
        audits = AuditEvent.objects.filter(kind__startswith="own_data.")
        assert list(audits.order_by("id").values_list("kind", flat=True)) == [
            "own_data.asked",
            "own_data.fetched",
        ]
    with sight.some_clients([case.client_id], user_id=ann.pk):
        assert rows("SELECT id FROM rights_owncopy") == []

    with sight.every_client():
        place = Membership.objects.get(user=ada)
        Membership.objects.create(user=ada, client=make_lotus(), role="contact")
    assert "has changed since" in page.get(link, follow=True).content.decode()
    with sight.every_client():
        Membership.objects.exclude(pk=place.pk).filter(user=ada).update(ended_at=timezone.now())
        OwnCopy.objects.update(made_at=timezone.now() - timedelta(hours=1))
    services.sweep_copies()
    with pytest.raises(storage.Missing):
        storage.get(copy.key)
    assert page.get(link).url == DATA


def make_lotus():
    from clients.models import Client

    return Client.objects.get(name="Lotus Ltd")


def test_a_killed_worker_an_away_store_and_too_many(case, ada, monkeypatch):
    with sight.every_client():
        copy = services.ask_copy(by=ada)
    with sight.every_client():  # one was killed in the middle
        OwnCopy.objects.update(claimed_at=timezone.now() - timedelta(minutes=6), tries=1)
    assert services.waiting_copies() == [copy.pk]
    put = storage.put

    def away(*args, **kwargs):
        raise storage.StorageAway("503")

    monkeypatch.setattr(storage, "put", away)
    services.make_copy(copy.pk)
    assert services.waiting_copies() == [copy.pk]
    monkeypatch.setattr(storage, "put", put)
    services.make_copy(copy.pk)
    services.make_copy(copy.pk)
    with sight.every_client():
        assert OwnCopy.objects.get().made_at and OwnCopy.objects.get().tries == 2
    for _turn in range(2):
        copied(ada)
    answer = browser_of(ada).post(f"{DATA}copies/", follow=True).content.decode()
    assert "3 copies within a day" in answer
    with sight.every_client():
        gone = OwnCopy.objects.create(asked_by=ada)
        Membership.objects.filter(user=ada).update(ended_at=timezone.now())
    services.make_copy(gone.pk)
    with sight.every_client():
        assert OwnCopy.objects.get(pk=gone.pk).problem == "not_yours"
