"""What is mailed at once, to whom, in which words."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.utils import timezone

from cases.models import CaseEvent
from cases.services import phones, progress
from cases.services.changing import change_facts
from cases.services.moves import move_case
from cases.services.opening import open_case
from clients import sight
from clients.models import User
from clients.services.invitations import make_client
from notifications import letters, services
from notifications.models import Notification
from tests.notifications.cast import rows, to, told, walk

pytestmark = pytest.mark.django_db


def html_of(message) -> str:
    return next(content for content, kind in message.alternatives if kind == "text/html")


def test_an_invitation_goes_out_with_a_link_that_is_nowhere_kept(mei):
    with sight.every_client():
        make_client(name="Willow Tea", contact={"name": "Cy", "email": "cy@tea.example"}, by=mei)
    told()

    (letter,) = to("cy@tea.example")
    token = re.search(r"/invitations/([\w-]{40,})/", letter.body)[1]
    assert token in html_of(letter)
    assert "Willow Filing" in letter.from_email
    assert "List-Unsubscribe" not in letter.extra_headers
    (row,) = rows(kind="invitation.made")
    assert (row.state, row.to) == ("sent", "cy@tea.example")
    assert token not in str(row.__dict__)


def test_a_code_goes_to_the_phone_and_is_in_no_row(case, ada):
    with sight.every_client():
        phones.ask_code(case, "head", by=ada)
    told()

    (sms,) = to("13800000001@sms.invalid")
    (code,) = re.findall(r"\b\d{6}\b", sms.body)
    with sight.every_client():
        phones.confirm_code(case, "head", code, by=ada)
        for row in (*Notification.objects.all(), *CaseEvent.objects.all()):
            assert code not in str(row.__dict__)
            assert "13800000001" not in str(row.__dict__)
    (row,) = rows(channel="sms")
    assert (row.to, row.state) == ("****0001", "sent")


def test_a_return_is_told_with_each_reason_its_fix_and_a_good_example(case, mei, ada):
    with sight.every_client():
        User.objects.filter(pk=ada.pk).update(language="zh-hans")
    walk(case, by=mei, until="submit")
    told()
    mail.outbox.clear()
    with sight.every_client():
        paper = case.requirements.get(kind="passport")
        move_case(
            case,
            "return_for_changes",
            by=mei,
            reasons=[
                {"code": "id_unclear", "requirements": [paper.reference], "note": "The corner is cut."},
                {"code": "domain_expiring"},
            ],
            note="Almost there.",
        )
    told()

    (letter,) = to(ada.email)
    assert "请续费域名" in letter.body
    assert "The corner is cut." in letter.body
    assert "Almost there." in letter.body
    assert "四角完整" in letter.body
    assert "请续费域名" in html_of(letter)


@pytest.mark.parametrize("beside", ["", "The picture is your brother's."])
def test_a_paper_sent_back_as_written_is_told_by_what_was_written(case, mei, ada, beside):
    with sight.every_client():
        passport = case.requirements.get(kind="passport")
        type(passport).everything.filter(pk=passport.pk).update(state="redo")
        own = "" if beside else "The picture is your brother's."
        CaseEvent.objects.create(
            case=case,
            client=case.client,
            kind="paper.returned",
            by=mei,
            note=beside,
            reasons=[{"code": "other", "note": own}],
            data={"kind": "passport", "requirement": passport.reference},
        )
    told()

    (letter,) = to(ada.email)
    assert letter.body.count("The picture is your brother's.") == 1
    assert "As written by the reviewer" not in letter.body


def test_the_whole_road_is_told_at_once(case, mei, ada):
    walk(case, by=mei, until="grant_commercial_licence")
    services.relay_events()
    services.deliver_due()

    kinds = [row.kind for row in rows(channel="mail", recipient=ada)]
    assert kinds == [
        "moved.submit",
        "moved.pass_pre_audit",
        "moved.finish_photo",
        "moved.grant_licence",
        "moved.file_psb",
        "moved.grant_commercial_licence",
    ]
    licence = next(one for one in mail.outbox if "one line to add" in one.subject)
    assert '<a href="https://beian.miit.gov.cn/">沪ICP备2026000001号-1</a>' in licence.body
    assert "&lt;a href=" in html_of(licence)


def test_nobody_is_told_of_a_face_check_or_a_code_that_will_not_come(case, mei, ada):
    with sight.every_client():
        change_facts(case, {"filing_kind": "cancel_access"}, by=mei)
    walk(case, by=mei, until="finish_photo")
    told()

    subjects = [one.subject for one in to(ada.email)]
    assert not [one for one in subjects if "face check" in one or "SMS" in one]
    assert [one for one in subjects if "with the ministry" in one]
    (row,) = rows(kind="moved.finish_photo", channel="mail", recipient=ada)
    with sight.every_client():
        assert "SMS" not in letters.headline(row)


def test_what_was_overtaken_is_not_sent(case, mei, ada):
    walk(case, by=mei, until="grant_licence")
    with sight.every_client():
        move_case(case, "step_back", by=mei, note="Wrong case.")
    told()

    assert not [one for one in mail.outbox if "one line to add" in one.subject]
    (row,) = rows(kind="moved.grant_licence", channel="mail")
    assert (row.state, row.reason) == ("suppressed", "overtaken")
    assert [one for one in to(ada.email) if "Wrong case." in one.body]


def test_each_mail_about_a_case_stands_in_its_history(case, mei, ada):
    walk(case, by=mei, until="pass_pre_audit")
    told()

    with sight.every_client():
        events = list(CaseEvent.objects.filter(kind="message.sent", case=case, audience="client"))
    assert len(events) == 2  # handed in, and through
    assert {event.data["to"] for event in events} == {ada.reference}
    assert all(event.relayed_at for event in events)


def test_a_note_to_the_client_is_mailed_and_an_internal_one_is_not(case, mei, ada):
    with sight.every_client():
        progress.write_note(case, "Between us.", by=mei, audience="internal")
        progress.write_note(case, "Could you call me?", by=mei, audience="client")
    told()

    (letter,) = to(ada.email)
    assert "Could you call me?" in letter.body
    assert not [one for one in mail.outbox if "Between us." in one.body]


def test_a_new_filing_says_what_is_asked_to_a_contact_who_has_been_in(harbour, mei, ada):
    """The home of a client without a filing promises that mail."""
    with sight.every_client():
        User.objects.filter(pk=ada.pk).update(last_login=timezone.now())
        case = open_case(harbour, by=mei, given={"domain": {"name": "harbour.example"}})
    told()

    (letter,) = to(ada.email)
    assert "harbour.example: a new filing begins" in letter.subject
    assert "Passport" in letter.body or "answers in the form" in letter.body
    assert case.get_absolute_url() in letter.body


def test_addresses_come_from_the_setting(case, mei, ada, settings):
    settings.BASE_URL = "https://portal.willow.example"
    walk(case, by=mei, until="pass_pre_audit")
    told()

    (_handed_in, letter) = to(ada.email)
    assert set(re.findall(r"https?://[^/\s]+", letter.body)) == {"https://portal.willow.example"}


def test_a_mail_carries_no_number_of_a_paper(case, mei, ada):
    walk(case, by=mei, until="grant_commercial_licence")
    told()

    for one in mail.outbox:
        for secret in ("T12345678", "91310000MATE5T017D", "13800000001"):
            assert secret not in one.body + html_of(one)


def test_what_somebody_typed_is_text_and_nothing_else(case, mei, ada):
    with sight.every_client():
        progress.write_note(case, "<script>alert(1)</script> {{ secret }}", by=mei, audience="client")
    told()

    (letter,) = to(ada.email)
    assert "<script>" not in html_of(letter)
    assert "&lt;script&gt;" in html_of(letter)
    assert "{{ secret }}" in letter.body


def test_whoever_was_told_hears_of_a_correction(case, mei, ada, ann):
    case = walk(case, by=mei, until="grant_licence")
    told()
    mail.outbox.clear()
    with sight.every_client():
        move_case(case, "correct", by=mei, data={"licensed_on": "2026-01-19"}, note="Misread.")
    told()

    (letter,) = to(ada.email)
    assert "Mon 19 Jan" in letter.body
    assert "Misread." in letter.body
    assert not to(ann.email)


def test_the_manager_of_the_site_hears_of_the_coming_sms(case, mei, ada, ann):
    with sight.every_client():
        case.people.filter(part="head").update(email=ann.email)
    walk(case, by=mei, until="finish_photo")
    told()

    assert [one for one in to(ann.email) if "24 hours to answer" in one.subject]
    assert [one for one in to(ada.email) if "24 hours to answer" in one.subject]
