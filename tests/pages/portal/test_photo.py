"""The face check as the client's people meet it: the curtain's way in plain words, the place, the one person's link."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.utils import timezone

from cases.models import Case
from cases.services import arranging
from cases.services.changing import change_facts
from clients import sight
from clients.templatetags.look import today
from tests.api.filings import PERSON, drive
from tests.notifications.cast import told

LINK = "https://face.provider.example/check?task=0001"


@pytest.fixture
def at_photo(case, mei) -> Case:
    return drive(case, "photo", mei)


@pytest.fixture
def arranged(at_photo, mei):
    """`arranged("give_link", LINK)` at the desk."""

    def act(name, *args, **more):
        with sight.every_client():
            return getattr(arranging, name)(Case.objects.get(pk=at_photo.pk), *args, by=mei, **more)

    return act


@pytest.fixture
def face(at_photo, paper) -> str:
    return f"/tasks/{paper(at_photo, 'face_verification').reference}/"


def read(browser, path) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


# ── The curtain ──


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (["ordered"], "Nothing to do until it is on its way"),
        (["ordered", "sent"], "on its way to you"),
        (["ordered", "sent", "arrived"], "Take the photo before it"),
        (["ordered", "sent", "arrived", "returned"], "The curtain went back on"),
    ],
)
def test_the_client_reads_where_the_curtain_is(ada_page, at_photo, arranged, face, steps, words):
    for step in steps:
        arranged("record_curtain", step, on=today(), carrier="SF", tracking_number="SF0000000001")

    assert words in read(ada_page, at_photo.get_absolute_url())
    page = read(ada_page, face)
    assert words in page
    assert ("SF0000000001" in page) == ("sent" in steps)


def test_a_curtain_that_is_owed_is_asked_for(ada_page, at_photo, arranged, mei, as_api):
    for step in ("ordered", "sent", "arrived"):
        arranged("record_curtain", step, on=today(), tracking_number="A1")
    with sight.every_client():
        at_photo.requirements.filter(kind="face_verification").update(state="accepted")
    data = {"photo_way": "curtain", "done_on": today().isoformat()}
    moved = as_api(mei).post(f"/cases/{at_photo.reference}/moves", {"move": "finish_photo", "data": data})
    assert moved.status_code == 200
    ada_page.post(f"/cases/{at_photo.reference}/sms-codes/")

    assert "Please send the curtain back." in read(ada_page, at_photo.get_absolute_url())


# ── The place ──


def test_the_place_has_a_name_an_address_and_hours(ada_page, at_photo, arranged, face):
    at = dt.datetime(2026, 12, 8, 10, 30, tzinfo=timezone.get_default_timezone())
    arranged("choose_place", "example_shanghai", at=at)

    page = read(ada_page, face)

    assert "Example photo place, Shanghai" in page and "9:00–17:00" in page and "Opening hours" in page
    assert "Appointment" in page
    assert "Example photo place, Shanghai" in read(ada_page, at_photo.get_absolute_url())


# ── The link ──


def test_the_link_is_shown_to_the_responsible_person_alone(
    ada_page, ann_page, as_page, bo, mei, agency, at_photo, arranged, face
):
    arranged("give_link", LINK)

    assert f'href="{LINK}"' in read(ann_page, face)
    assert LINK not in read(ada_page, face) and "has the link" in read(ada_page, face)
    assert LINK not in read(ada_page, at_photo.get_absolute_url())
    assert LINK not in as_page(mei).get(face).content.decode()
    assert as_page(bo).get(face).status_code == 404


def test_no_event_no_answer_and_no_mail_holds_the_link(as_api, ada, ann, mei, at_photo, arranged):
    arranged("give_link", LINK)
    mail.outbox.clear()
    told()

    for caller in (as_api(ada), as_api(ann), as_api(mei)):
        assert LINK not in caller.get(f"/cases/{at_photo.reference}").content.decode()
        assert LINK not in caller.get(f"/cases/{at_photo.reference}/events").content.decode()
    about = [one for one in mail.outbox if "face check is ready" in one.subject]
    assert [len(about), ann.email in about[0].to[0]] == [1, True]
    assert all(LINK not in str(one.message()) for one in mail.outbox)


def test_a_new_manager_is_not_shown_the_old_ones_link(ada_page, ann_page, at_photo, arranged, face, mei):
    arranged("give_link", LINK)
    with sight.every_client():
        change_facts(
            Case.objects.get(pk=at_photo.pk), {"head": {**PERSON, "email": "ada@harbour.example"}}, by=mei
        )

    assert LINK not in read(ada_page, face)
    assert ann_page.get(face).status_code == 404


def test_a_link_for_nobody_is_refused(at_photo, arranged, mei):
    from clients.refusals import Invalid

    with sight.every_client():
        change_facts(Case.objects.get(pk=at_photo.pk), {"head": {**PERSON, "email": ""}}, by=mei)

    with pytest.raises(Invalid):
        arranged("give_link", LINK)
