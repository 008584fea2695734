"""Calendar addresses: whose duties they show, how they end, and that nothing tells them on."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from icalendar import Calendar

from cases.models import Deadline
from cases.services.moves import move_case
from clients import sight
from clients.models import AuditEvent, CalendarFeed, Membership
from clients.services.feeds import end_feed, make_feed
from clients.services.members import end_membership, let_back_in
from icp_portal.logs import Clean
from tests.api.filings import drive, lotus_facts, make_case
from tests.pages.desk.test_list import asked

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_was_counted():
    from django.core.cache import cache

    cache.clear()


def address_of(person) -> str:
    with sight.every_client(user_id=person.pk):
        return f"/feeds/{make_feed(person)}.ics"


def entries(address: str, browser: Browser | None = None) -> dict[str, tuple]:
    """What stands in the calendar: summary and day by the name of the entry."""
    answer = (browser or Browser()).get(address)
    assert answer.status_code == 200
    read = Calendar.from_ical(answer.content)
    return {str(one["uid"]): (str(one["summary"]), one["dtstart"].dt) for one in read.events}


def reviewed(harbour, mei, name="harbour.example", manager=None):
    """A case with the ministry: the hours of its code and the days of its review run."""
    case = drive(make_case(harbour, mei, name=name), "miit_review", mei)
    with sight.every_client():
        type(case).objects.filter(pk=case.pk).update(account_manager=manager or mei)
    return case


# ── Whose ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_staff_read_the_clocks_of_the_cases_they_answer_for(agency, harbour, mei, wen):
    case = reviewed(harbour, mei)
    reviewed(harbour, mei, name="other.example", manager=wen)

    read = entries(address_of(mei))

    assert {summary for summary, _day in read.values()} == {
        f"{case.reference} · Ministry's SMS code",
        f"{case.reference} · Bureau's review",
    }


def test_a_client_reads_what_is_theirs_to_do_in_their_language(agency, harbour, lotus, mei, ada, bo):
    case = reviewed(harbour, mei)
    reviewed(lotus, mei, name="lotus.example")
    with sight.every_client():
        type(ada).objects.filter(pk=ada.pk).update(language="zh-hans")

    assert [summary for summary, _day in entries(address_of(ada)).values()] == [
        f"{case.reference} · 工信部短信核验"
    ]
    assert case.reference not in str(entries(address_of(bo)))


def test_a_responsible_person_reads_what_concerns_them_in_person(agency, harbour, mei, ann):
    """Ann is head and manager of the first site and of no other."""
    case = reviewed(harbour, mei)
    drive(make_case(harbour, mei, name="second.example", head=lotus_facts()["head"]), "miit_review", mei)
    address = address_of(ann)

    assert [summary for summary, _day in entries(address).values()] == [
        f"{case.reference} · Ministry's SMS code"
    ]
    with sight.every_client():
        move_case(
            case,
            "grant_licence",
            by=mei,
            data={"icp_number": "沪ICP备2026000001号-1", "licensed_on": timezone.now().date().isoformat()},
        )
    assert entries(address) == {}  # the police filing is the contact's


def test_a_limited_specialist_reads_no_client_that_was_taken_away(agency, harbour, mei, lim):
    reviewed(harbour, mei, manager=lim)
    address = address_of(lim)
    assert entries(address)

    with sight.every_client():
        Membership.objects.filter(user=lim, role="assigned").update(ended_at=timezone.now())

    assert entries(address) == {}


def test_whoever_is_signed_in_beside_it_changes_nothing(agency, harbour, lotus, mei, ada, bo, as_page):
    reviewed(harbour, mei)
    address = address_of(ada)

    seen = [entries(address, browser) for browser in (Browser(), as_page(bo), as_page(mei), as_page(ada))]

    assert seen[0] and all(one == seen[0] for one in seen)


# ── What ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_keeps_its_name_while_its_day_moves(agency, harbour, mei):
    case = reviewed(harbour, mei)
    address = address_of(mei)
    before = entries(address)
    with sight.every_client():
        Deadline.objects.filter(case=case, kind="miit_review").update(due_at=timezone.now() + timedelta(90))

    after = entries(address)

    name = next(uid for uid in before if "miit_review" in uid)
    assert before.keys() == after.keys()
    assert before[name] != after[name]


def test_hours_end_at_their_minute_and_days_are_whole(agency, harbour, mei):
    case = reviewed(harbour, mei)
    with sight.every_client():
        code = Deadline.objects.get(case=case, kind="sms_code")

    read = {
        uid.partition("@")[0].rpartition("-")[2]: at for uid, (_s, at) in entries(address_of(mei)).items()
    }

    assert read["sms_code"] == code.due_at.replace(microsecond=0)
    assert not hasattr(read["miit_review"], "hour")


def test_no_person_stands_in_it_and_no_text_breaks_out(agency, harbour, mei):
    case = reviewed(harbour, mei)
    with sight.every_client():
        type(case).objects.filter(pk=case.pk).update(domain_name="x.example\r\nBEGIN:VALARM")

    body = Browser().get(address_of(mei)).content.decode()

    assert not any(name in body for name in ("Ada Winter", "Mei", "Harbour", "T12345678"))
    assert "\nBEGIN:VALARM" not in body


def test_what_is_held_or_met_is_in_no_calendar(agency, harbour, mei):
    case = reviewed(harbour, mei)
    address = address_of(mei)
    with sight.every_client():
        move_case(case, "hold", by=mei, data={"until": "2100-01-01"}, note="Waiting.")

    assert entries(address) == {}


def test_it_is_read_again_only_where_something_changed(agency, harbour, mei):
    case = reviewed(harbour, mei)
    address = address_of(mei)
    first = Browser().get(address)

    same = Browser().get(address, headers={"If-None-Match": first["ETag"]})
    with sight.every_client():
        Deadline.objects.filter(case=case).update(due_at=timezone.now() + timedelta(50))
    other = Browser().get(address, headers={"If-None-Match": first["ETag"]})

    assert first["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in first["Cache-Control"]
    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200 and other["ETag"] != first["ETag"]


def test_more_duties_are_no_more_queries(agency, harbour, mei, ada, ann):
    reviewed(harbour, mei)
    addresses = [address_of(person) for person in (mei, ada, ann)]
    few = [asked(Browser(), address)[0] for address in addresses]
    for n in range(3):
        reviewed(harbour, mei, name=f"n{n}.example")

    many = [asked(Browser(), address)[0] for address in addresses]

    assert few == many and max(many) <= 13


# ── How it ends ─────────────────────────────────────────────────────────────────────────────────────────────────────


def renewed(person, root):
    with sight.every_client(user_id=person.pk):
        make_feed(person)


def taken_away(person, root):
    with sight.every_client(user_id=person.pk):
        end_feed(person)


def left(person, root):
    with sight.every_client():
        end_membership(person.memberships.get(), by=root)


def left_behind_our_back(person, root):
    with sight.every_client():
        person.memberships.update(ended_at=timezone.now())


def put_out(person, root):
    with sight.every_client():
        type(person).objects.filter(pk=person.pk).update(is_active=False)


def let_in_again(person, root):
    with sight.every_client():
        let_back_in(person, by=root)


@pytest.mark.parametrize(
    "ended",
    [renewed, taken_away, left, left_behind_our_back, put_out, let_in_again],
    ids=lambda one: one.__name__,
)
@pytest.mark.parametrize("who", ["wen", "ada"])
def test_an_old_address_is_dead_at_once_and_answers_like_one_that_never_was(
    request, agency, root, who, ended
):
    person = request.getfixturevalue(who)
    address = address_of(person)
    first = Browser().get(address)

    ended(person, root)

    old = Browser().get(address, headers={"If-None-Match": first["ETag"]})
    never = Browser().get("/feeds/AAAAAAAAAAAAAAAAAAAAAA.ics")
    assert (first.status_code, old.status_code, never.status_code) == (200, 404, 404)
    assert (old.content, dict(old.headers)) == (never.content, dict(never.headers))
    assert "no-store" in old["Cache-Control"] and b"<html" not in old.content


def test_who_comes_back_has_no_address_from_before(agency, harbour, root, ada):
    address = address_of(ada)
    left(ada, root)
    with sight.every_client():
        Membership.objects.create(user=ada, client=harbour, role="contact")

    assert Browser().get(address).status_code == 404


def test_the_secret_is_kept_nowhere(agency, harbour, mei):
    address = address_of(mei)
    secret = address.removeprefix("/feeds/").removesuffix(".ics")
    with sight.at_the_door():
        row = CalendarFeed.objects.get(user=mei)
    with sight.every_client():
        told = [str(event.data) for event in AuditEvent.objects.filter(kind="feed.made")]

    assert len(secret) >= 22  # 128 bits in letters of six
    assert secret not in str(vars(row)) and told and not any(secret in one for one in told)


@pytest.mark.parametrize("path", ["{}", "{}?a=1", "/feeds/no/such{}"])
def test_the_secret_stands_in_no_log(agency, mei, caplog, path):
    secret = address_of(mei).removeprefix("/feeds/")
    with sight.every_client(user_id=mei.pk):
        end_feed(mei)
    wanted = path.format(f"/feeds/{secret}" if path.startswith("{") else f"/../feeds/{secret}")

    with caplog.at_level(logging.DEBUG):
        Browser().get(wanted)

    lines = []
    for record in caplog.records:
        if record.name.startswith("django.db"):
            continue  # statements are logged by no setting of ours
        Clean().filter(record)
        lines.append(record.getMessage())
    assert not any(secret.removesuffix(".ics") in line for line in lines)


def test_who_asks_too_often_is_asked_to_wait(agency, mei):
    address = address_of(mei)

    answers = [Browser().get(address) for _n in range(61)]

    assert {one.status_code for one in answers[:60]} == {200}
    assert (answers[60].status_code, answers[60]["Retry-After"]) == (429, "60")
    assert Browser().post(address).status_code == 405


# ── The page ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("who", ["root", "wen", "lim", "ada", "ann"])
def test_everybody_makes_renews_and_ends_their_own(request, agency, as_page, who):
    browser = as_page(request.getfixturevalue(who))
    assert "Make an address" in browser.get("/me/calendar/").content.decode()

    addresses = []
    for _n in range(2):
        page = browser.post("/me/calendar/").content.decode()
        addresses.append("/feeds/" + page.split("/feeds/")[1].split(".ics")[0] + ".ics")
    later = browser.get("/me/calendar/")

    assert [Browser().get(one).status_code for one in addresses] == [404, 200]
    assert "hours" in later.content.decode() and "/feeds/" not in later.content.decode()
    assert "no-store" in later["Cache-Control"]
    browser.post("/me/calendar/ending/")
    assert Browser().get(addresses[1]).status_code == 404


def test_a_stolen_cookie_makes_no_address(agency, as_page, ada):
    browser = as_page(ada, signed_in_ago=20 * 60)

    answers = [browser.post(path) for path in ("/me/calendar/", "/me/calendar/ending/")]

    assert {answer.status_code for answer in answers} == {302}
    with sight.at_the_door():
        assert not CalendarFeed.objects.exists()
