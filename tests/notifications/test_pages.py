"""The list of a person's own messages, the link that ends reminders, and the API's ledger."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client as Browser

from cases.services import phones, progress
from clients import sight
from clients.models import AuditEvent, User
from notifications import services
from notifications.queries import ledger
from notifications.services.delivering import unsubscribe_link
from tests.notifications.cast import rows, told, walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def noted(case, mei):
    with sight.every_client():
        progress.write_note(case, "Could you call me?", by=mei, audience="client")
    told()
    return case


def wants(user: User) -> bool:
    with sight.every_client():
        return User.objects.get(pk=user.pk).wants_reminders


def unsubscribe_path(user: User) -> str:
    with sight.every_client():
        return "/unsubscribe/" + unsubscribe_link(user).partition("/unsubscribe/")[2]


# ── The list ──


def test_a_person_reads_their_own_messages_and_marks_them(noted, as_page, ada, bo):
    browser = as_page(ada)
    page = browser.get("/notifications/")
    assert page.status_code == 200
    assert "a note from your agency" in page.content.decode()
    reference = re.search(r'name="reference" value="(N-\w+)"', page.content.decode())[1]

    assert as_page(bo).post("/notifications/reading/", {"reference": reference}).status_code == 302
    assert rows(reference=reference)[0].read_at is None

    assert browser.post("/notifications/reading/", {"reference": reference}).status_code == 302
    assert rows(reference=reference)[0].read_at is not None
    assert browser.get("/notifications/reading/").status_code == 405
    browser.post("/notifications/reading/")
    assert all(row.read_at for row in rows(recipient=ada, channel="in_app"))
    assert "a note from your agency" not in as_page(bo).get("/notifications/").content.decode()


def test_reading_leads_back_into_the_portal_only(noted, as_page, ada):
    browser = as_page(ada)
    assert browser.post("/notifications/reading/", {"next": "/cases/"})["Location"] == "/cases/"
    away = browser.post("/notifications/reading/", {"next": "https://evil.example/"})["Location"]
    assert away == "/notifications/"


# ── The link that ends reminders ──


def test_looking_changes_nothing_and_only_a_post_ends_reminders(case, ada):
    """A scanner opens every link; a mail program posts once, without a page, a cookie or a token."""
    path = unsubscribe_path(ada)
    browser = Browser(enforce_csrf_checks=True)
    for _turn in range(3):
        assert browser.get(path).status_code == 200
        assert browser.head(path).status_code == 200
    assert wants(ada)

    answer = browser.post(path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not wants(ada)
    with sight.every_client():
        assert AuditEvent.objects.filter(kind="reminders.switched", about=ada).count() == 1

    assert browser.post(path, {"on": "1"}).status_code == 302
    assert wants(ada)


def test_a_bent_link_ends_nothing(ada):
    path = unsubscribe_path(ada)
    assert Browser().post(path[:-4] + "xxx/").status_code == 404
    assert wants(ada)


def test_somebody_elses_sign_in_is_in_nobodys_way(case, ada, bo, as_page):
    assert as_page(bo).post(unsubscribe_path(ada), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not wants(ada)
    assert wants(bo)


def test_what_is_essential_goes_out_all_the_same(case, ada, mei):
    with sight.every_client():
        User.objects.filter(pk=ada.pk).update(wants_reminders=False)
    walk(case, by=mei, until="pass_pre_audit")
    told()

    assert [one.to for one in mail.outbox]
    assert "List-Unsubscribe" not in mail.outbox[0].extra_headers


# ── The API ──


def test_the_agency_sees_what_was_told_and_no_code(case, as_api, ada, mei, bo):
    with sight.every_client():
        phones.ask_code(case, "head", by=ada)
    told()
    code = mail.outbox[0].body.split()[0]

    answer = as_api(mei).get("/notifications")
    assert answer.status_code == 200
    assert code not in answer.content.decode()
    assert "13800000001" not in answer.content.decode()
    (item,) = [one for one in answer.json()["items"] if one["channel"] == "sms"]
    assert set(item) == {
        "id",
        "kind",
        "to",
        "channel",
        "state",
        "case",
        "reason",
        "planned_at",
        "sent_at",
    }
    assert (item["to"], item["state"], item["case"]) == ("****0001", "sent", case.reference)
    assert item["reason"] is None

    assert any(one["channel"] == "sms" for one in as_api(ada).get("/notifications").json()["items"])
    assert as_api(bo).get("/notifications").json() == {"items": [], "next": None}


def test_the_clients_person_sees_what_was_told_to_them(noted, as_api, ada, ann, lim, mei):
    assert {one["to"] for one in as_api(ada).get("/notifications").json()["items"]} == {ada.email}
    assert as_api(ann).get("/notifications").json()["items"] == []
    seen = as_api(lim).get(f"/notifications?case={noted.reference}").json()["items"]
    assert {one["case"] for one in seen} == {noted.reference}


def test_another_clients_case_looks_like_one_that_never_was(noted, as_api, bo):
    theirs = as_api(bo).get(f"/notifications?case={noted.reference}")
    nobodys = as_api(bo).get("/notifications?case=F-00000000")
    assert (theirs.status_code, theirs.json()) == (nobodys.status_code, nobodys.json())


def test_the_list_turns_its_pages_for_its_owner_alone(case, as_api, mei, root):
    with sight.every_client():
        for number in range(60):
            progress.write_note(case, f"Note {number}", by=mei, audience="client")
    services.relay_events()
    caller = as_api(mei)
    first = caller.get("/notifications").json()
    second = caller.get(f"/notifications?cursor={first['next']}").json()

    ids = [one["id"] for one in first["items"] + second["items"]]
    assert len(ids) == len(set(ids)) == 100
    assert as_api(root).get(f"/notifications?cursor={first['next']}").status_code == 422
    assert caller.get("/notifications?cursor=bent").status_code == 422


def test_nobody_without_a_token(case):
    assert Browser().get("/api/v1/notifications").status_code == 401


def test_the_ledger_of_a_case(noted, django_assert_num_queries):
    with sight.every_client(), django_assert_num_queries(1):
        told_so_far = [(row.kind, row.to, row.case.reference) for row in ledger(noted)]
    assert told_so_far == [("note.to_client", "ada@harbour.example", noted.reference)]


def test_the_ledger_of_a_case_shows_each_message_and_sends_it_again(case, mei, bo, ada, as_page):
    walk(case, by=mei, until="submit")
    told()
    address = f"/cases/{case.reference}/messages/"

    page = as_page(mei).get(address)

    assert page.status_code == 200
    sent = rows(case=case, channel="sms")
    assert sent
    assert "****" in page.content.decode()
    again = as_page(mei).post(f"/messages/{sent[0].reference}/sendings/")
    assert again["Location"] == address
    for stranger in (ada, bo):
        assert as_page(stranger).get(address).status_code == 404
        assert as_page(stranger).post(f"/messages/{sent[0].reference}/sendings/").status_code == 404
