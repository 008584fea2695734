"""Attacks that no single app sees: each was made, went through, and is stopped since."""

from __future__ import annotations

import logging
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from cases.models import PhoneVerification
from cases.services import phones, progress, settling
from cases.workflow import MoveRefused
from clients import sight
from clients.models import Invitation, User
from clients.refusals import TooMany
from clients.services.invitations import accept_invitation, invite_person
from clients.services.members import change_role, let_back_in
from icp_portal.logs import Clean
from notifications.models import Notification
from notifications.services import deliver, relay_events
from runner import ROOT
from tests.api.filings import drive, make_case

pytestmark = pytest.mark.django_db


# ── Roles ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_older_invitation_gives_no_role_back_that_was_taken(agency, root):
    with sight.every_client():
        invitation = invite_person("kim@willow.example", name="Kim", role="administrator", by=root)
        kim = User.objects.get(email="kim@willow.example")
        change_role(kim.memberships.get(), "specialist", by=root)

        accept_invitation(kim, Invitation.objects.get(pk=invitation.pk))

        assert kim.standing.agency_role == "specialist"


def test_nor_does_the_way_back_in(agency, root, mei):
    with sight.every_client():
        let_back_in(mei, by=root)
        change_role(mei.memberships.get(), "specialist", by=root)

        accept_invitation(mei, Invitation.objects.get(email=mei.email))

        assert mei.standing.agency_role == "specialist"


# ── What only the agency reads ──────────────────────────────────────────────────────────────────────────────────────


def test_why_a_paper_is_waived_stays_with_the_agency(as_api, ada, mei, harbour, agency):
    case = make_case(harbour, mei)
    with sight.every_client():
        settling.waive_paper(case.requirements.first(), by=mei, note="They never answer, so be it.")

    assert "They never answer" not in as_api(ada).get(f"/cases/{case.reference}").content.decode()
    assert "They never answer" in as_api(mei).get(f"/cases/{case.reference}").content.decode()


# ── Clocks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def due_of(case, kind: str):
    with sight.every_client():
        return case.deadlines.filter(kind=kind).latest("id").due_at


def test_codes_said_twice_wind_no_clock_anew(ada, mei, harbour, agency):
    case = drive(make_case(harbour, mei), "miit_review", mei)
    with sight.every_client():
        progress.enter_sms_codes(case, by=ada, now=timezone.now())
    before = due_of(case, "miit_review")

    with sight.every_client(), pytest.raises(MoveRefused):
        progress.enter_sms_codes(case, by=ada, now=timezone.now() + timedelta(days=5))

    assert due_of(case, "miit_review") == before


def test_a_contact_says_once_when_the_police_got_it(as_page, ada, mei, harbour, agency):
    case = drive(make_case(harbour, mei), "licensed", mei)
    today = timezone.now().date()
    with sight.every_client():
        progress.hand_in_psb(case, by=ada, on=today - timedelta(days=20))
    before = due_of(case, "psb_review")

    as_page(ada).post(f"/cases/{case.reference}/psb-filing/", {"on": today.isoformat()})

    assert due_of(case, "psb_review") == before


# ── Toll ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_client_of_many_filings_has_no_more_codes_a_day(ada, mei, harbour, agency, monkeypatch):
    monkeypatch.setattr(phones, "PER_CLIENT_AND_DAY", 2)
    cases = [make_case(harbour, mei, name=f"n{n}.example") for n in range(3)]
    with sight.every_client():
        for n, case in enumerate(cases):
            case.people.update(mobile=f"1380000001{n}")
        for case in cases[:2]:
            phones.ask_code(case, "head", by=ada)
        with pytest.raises(TooMany):
            phones.ask_code(cases[2], "head", by=ada)
        assert PhoneVerification.objects.count() == 2


def test_a_code_sent_again_by_hand_keeps_to_the_same_caps(as_page, ada, mei, harbour, agency):
    """Each new message could itself be sent again, with a fresh code and three fresh tries, past every cap."""
    case = make_case(harbour, mei)
    with sight.every_client():
        phones.ask_code(case, "head", by=ada)
        relay_events()
        message = Notification.objects.get(channel="sms")
        deliver(message.pk)

    answer = as_page(mei).post(f"/messages/{message.reference}/sendings/", follow=True)

    assert answer.status_code == 200 and "Ask for another one in a minute" in answer.content.decode()
    with sight.every_client():
        assert Notification.objects.filter(channel="sms").count() == 1

        case.phone_verifications.update(asked_at=timezone.now() - timedelta(minutes=2))
    as_page(mei).post(f"/messages/{message.reference}/sendings/")
    with sight.every_client():
        assert case.phone_verifications.count() == 2


# ── Logs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_broke_is_logged_without_the_row_it_broke_on():
    """PostgreSQL and libraries tell whole rows in their errors: names, addresses, passports."""
    row, key = "(7, Ada Winter, T12345678)", "(email)=(ada@harbour.example)"
    try:
        try:
            raise ValueError(f"Failing row contains {row}")
        except ValueError as error:
            raise RuntimeError(f"Key {key} already exists") from error
    except RuntimeError as error:
        record = logging.LogRecord(
            "celery", logging.ERROR, __file__, 1, "raised: %r %s", (error, error), sys.exc_info()
        )

    assert Clean().filter(record)
    line = logging.Formatter("%(message)s").format(record)

    assert not any(told in line for told in ("ada@harbour", "Ada Winter", "T12345678"))
    assert "RuntimeError" in line and "ValueError" in line and "test_attacks.py" in line


def test_the_database_logs_no_row_either():
    """The detail of a broken key is the row itself; the portal says what was wrong in its own words."""
    with sight.at_the_door(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('log_error_verbosity'), current_setting('log_min_error_statement')"
        )
        assert cursor.fetchone() == ("terse", "panic")
    compose = (ROOT / "docker-compose.yml").read_text()
    assert "log_error_verbosity=terse" in compose and "log_min_error_statement=panic" in compose


# ── Addresses ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "no-such-name", "\\\\evil"])
def test_after_reading_nobody_is_led_elsewhere(as_page, ada, agency, onward):
    answer = as_page(ada).post("/notifications/reading/", {"next": onward})

    assert (answer.status_code, answer["Location"]) == (302, "/notifications/")


# ── Headers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

FORM = b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\na\r\n--x--\r\n'


def test_a_key_that_no_database_can_ask_for_is_no_session(agency, client):
    answer = client.get("/accounts/login/", headers={"Cookie": r'session="aaaaaaaa\000b"'})

    assert answer.status_code == 200


@pytest.mark.parametrize("codec", ["hex", "zlib", "rot13", "utf-16", "idna"])
def test_a_form_in_a_codec_for_no_text_breaks_nothing(agency, client, codec):
    kind = f"multipart/form-data; boundary=x; charset={codec}"

    answers = [
        client.generic("POST", "/accounts/login/", FORM, content_type=kind),
        client.generic("GET", "/accounts/login/?next=%2Fme%2F", content_type=f"text/plain; charset={codec}"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


# ── What the rules of the trade cannot read ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        {"site": {"content": ["Company"]}},
        {"site": {"content": ["zh-hans"]}},
        {"site": {"approvals": ["A-1"]}},
        {"domain": {"verified_on": "1950-01-01"}},
    ],
    ids=str,
)
def test_a_fact_that_no_rule_can_read_is_refused_by_its_name(as_api, ada, mei, harbour, agency, body):
    case = make_case(harbour, mei)

    answer = as_api(ada).patch(f"/cases/{case.reference}", body)

    ((thing, fields),) = body.items()
    assert (answer.status_code, answer.json()["field"]) == (422, f"{thing}.{next(iter(fields))}")


@pytest.mark.parametrize("day", ["2100-12-31", "1990-01-01"])
def test_a_far_day_breaks_nothing(as_api, ada, mei, harbour, agency, day):
    case = make_case(harbour, mei)
    facts = {"domain": {"verified_on": day, "expires_on": day}, "head": {"id_valid_until": day}}

    assert as_api(ada).patch(f"/cases/{case.reference}", facts).status_code == 200
    assert as_api(ada).get(f"/cases/{case.reference}").status_code == 200


def test_a_day_before_all_calendars_moves_no_case(as_api, as_page, ada, mei, harbour, agency):
    case = drive(make_case(harbour, mei), "miit_review", mei)
    data = {"icp_number": "沪ICP备2026000001号-1", "licensed_on": "1950-01-01"}
    moves = f"/cases/{case.reference}/moves"

    answer = as_api(mei).post(moves, {"move": "grant_licence", "data": data})

    assert (answer.status_code, answer.json()["field"]) == (422, "data.licensed_on")
    assert as_api(mei).post(
        moves, {"move": "hold", "data": {"until": "2100-12-31"}, "note": "Long."}
    ).status_code in (200, 422)

    filed = drive(make_case(harbour, mei, name="second.example"), "licensed", mei)
    page = as_page(ada).post(f"/cases/{filed.reference}/psb-filing/", {"on": "1950-01-01"})
    assert page.status_code == 200


def test_answers_that_hang_together_are_refused_together(as_page, ada, mei, harbour, agency):
    """Without the kind of paper, which is wrong, its number is wrong as well."""
    case = make_case(harbour, mei)
    typed = {"head-id_kind": "no_such_kind", "head-id_number": "-1", "head-name": "Ada Summer"}

    answer = as_page(ada).post(f"/cases/{case.reference}/facts/head/", typed)

    assert answer.status_code == 200
    with sight.every_client():
        assert case.people.get(part="head").name == "Ada Summer"
