"""Who is told of what and by which way: one line an event, people by name; what is not listed is told to nobody."""

from __future__ import annotations

import pytest
from django.utils import timezone

from cases.models import Audience, Photo
from cases.services import history
from clients import sight
from clients.models import Membership, User
from notifications import recipients

PAPER = {"kind": "passport", "of": "head", "requirement": "R-0000000000", "document": "D-0000000000"}
HERE, BOTH, NOBODY = ("in_app",), ("in_app", "mail"), {}

# event, by whom, what else → who hears it and how. Ada is the contact, Ann the head in person, Mei answers for it.
TOLD = [
    ("case.opened", "mei", {}, {"ada": HERE}),
    ("paper.sent", "ada", PAPER, NOBODY),  # told once it has been checked
    ("paper.available", None, PAPER, {"mei": HERE}),
    ("paper.accepted", "mei", PAPER, NOBODY),  # the list says it; nothing is to be done
    ("paper.returned", "mei", PAPER, {"ada": BOTH}),
    ("paper.refused", None, PAPER, {"ada": BOTH}),
    ("paper.trouble", None, PAPER, {"mei": HERE}),
    ("paper.withdrawn", "ada", PAPER, {"mei": HERE}),
    ("paper.withdrawn", "mei", PAPER, {"ada": HERE}),
    ("paper.viewed", "mei", PAPER, NOBODY),  # stands under "Who saw my papers"
    ("paper.waived", "mei", PAPER, NOBODY),
    ("task.reported", "ada", PAPER, {"mei": HERE}),
    ("task.done", "mei", PAPER, NOBODY),
    ("sms.entered", "ada", {}, {"mei": HERE}),
    ("sms.entered", "mei", {}, {"ada": HERE}),
    ("sms.missed", None, {}, {"ada": BOTH, "ann": BOTH, "mei": BOTH}),
    ("call.missed", None, {}, {"ada": BOTH, "ann": BOTH, "mei": BOTH}),
    ("call.answered", "ada", {}, {"mei": HERE}),
    ("psb.handed_in", "ada", {}, {"mei": HERE}),
    ("application.handed_in", "mei", {}, {"ada": HERE}),
    ("result.reported", "ada", {}, {"mei": HERE}),
    ("psb.returned", "mei", {}, {"ada": BOTH}),
    ("site.amiss", None, {"site": "missing"}, {"ada": BOTH, "mei": BOTH}),
    ("site.mended", None, {}, {"ada": BOTH, "mei": BOTH}),
    ("site.away", None, {"site_why": "name"}, {"ada": BOTH, "mei": BOTH}),
    ("site.back", None, {}, {"ada": BOTH, "mei": BOTH}),
    ("watch.off", "mei", {}, NOBODY),
    ("watch.asked", "mei", {}, NOBODY),
    ("check.noticed", "wen", {"on": "2026-12-01"}, {"ada": BOTH, "mei": HERE}),
    ("duty.done", "mei", {"duty": "domain"}, NOBODY),
    ("change.reported", "ada", {}, NOBODY),  # the case that it opens is told of
    ("application.refused", "mei", {}, {"ada": BOTH}),
    ("commercial.appointment", "wen", {"on": "2026-12-01"}, {"ada": BOTH, "mei": HERE}),
    ("commercial.appointment", "wen", {}, NOBODY),
    ("photo.place_chosen", "ada", {}, {"mei": HERE}),
    ("curtain.sent", "mei", {}, {"ada": HERE}),
    ("facts.changed", "ada", {}, NOBODY),
    ("numbers.revealed", "mei", {}, NOBODY),
    ("client.reminded", "wen", {}, {"ada": BOTH}),
]
MOVES = [
    ("submit", {"ada": BOTH, "ann": BOTH}),
    ("pass_pre_audit", {"ada": BOTH, "ann": BOTH}),
    ("return_for_changes", {"ada": BOTH}),
    ("finish_photo", {"ada": BOTH, "ann": BOTH}),
    ("reject", {"ada": BOTH}),
    ("grant_licence", {"ada": BOTH}),
    ("file_psb", {"ada": BOTH}),
    ("grant_commercial_licence", {"ada": BOTH}),
    ("withdraw", {"ada": BOTH}),
    ("cancel", {"ada": BOTH}),
    ("hold", {"ada": HERE}),
    ("resume", {"ada": HERE}),
    ("correct", {"ada": BOTH}),
    ("step_back", {"ada": BOTH}),
]
# Not in the table above, for each has a story of its own: here, in test_mails.py or test_delivery.py.
# The last one in tests/cases/test_promises.py.
OWN_STORY = {"case.moved", "note.written", "phone.asked", "photo.link_given", "promise.endangered"}


@pytest.fixture
def filing(case, ada, ann, mei, wen, bo):
    """Ann is its head in person; Bo of Lotus could be told by mistake."""
    with sight.every_client():
        case.people.filter(part="head").update(email=ann.email.upper())
        case.account_manager = mei
        case.save(update_fields=["account_manager"])
    return case


def heard(case, kind: str, by: User | None, **event) -> dict[str, tuple[str, ...]]:
    with sight.every_client():
        made = history.record(case, kind, by=by, **event)
        told = recipients.of_case_event(made)
    return {one.person.name.lower(): tuple(one.channels) for one in told}


def test_each_event_is_told_to_these_and_nobody_else(request, filing):
    for kind, by, data, told in TOLD:
        person = request.getfixturevalue(by) if by else None

        assert heard(filing, kind, person, data=data) == told, (kind, by, data)


def test_each_move_is_told_to_the_client_and_whoever_answers_for_it(filing, wen):
    """Mailed is what opens tasks, what must not be missed and what was granted; the one who moved hears nothing."""
    for move, told in MOVES:
        assert heard(filing, "case.moved", wen, move=move) == told | {"mei": HERE}, move


def test_a_new_filing_is_mailed_to_a_contact_who_has_been_in(filing, ada, mei):
    """Whoever has not is on the way in by the invitation."""
    with sight.every_client():
        User.objects.filter(pk=ada.pk).update(last_login=timezone.now())

    assert heard(filing, "case.opened", mei) == {"ada": BOTH}


def test_every_kind_that_is_told_stands_in_these_tables():
    missing = set(recipients._OF_CASE) - {kind for kind, *_ in TOLD} - OWN_STORY

    assert not missing, f"say in tests/notifications/test_recipients.py who hears of {missing}, and how"


@pytest.mark.parametrize(
    ("by", "audience", "told"),
    [
        ("mei", Audience.CLIENT, {"ada": BOTH}),
        ("ada", Audience.CLIENT, {"mei": HERE}),
        ("mei", Audience.INTERNAL, {}),
    ],
)
def test_a_note_is_told_to_the_other_side_and_an_internal_one_to_nobody(request, filing, by, audience, told):
    assert (
        heard(filing, "note.written", request.getfixturevalue(by), note="Hello.", audience=audience) == told
    )


def test_a_link_to_the_face_check_is_told_to_its_person_alone(filing, ann, mei):
    with sight.every_client():
        Photo.objects.update_or_create(
            case=filing,
            defaults={"client": filing.client, "link": "https://provider.example/x", "link_for": ann.email},
        )

    assert heard(filing, "photo.link_given", mei) == {"ann": BOTH}


def test_every_contact_of_the_client_hears_and_none_of_another(filing, harbour, mei):
    with sight.every_client():
        other = User.objects.create_user("eve@harbour.example", name="Eve")
        Membership.objects.create(user=other, client=harbour, role="contact")

    assert heard(filing, "paper.returned", mei, data=PAPER) == {"ada": BOTH, "eve": BOTH}


def test_who_left_hears_nothing_and_the_managers_stand_in(filing, mei, root, wen):
    """The account manager is gone: whoever manages hears it, so that no paper lies unseen."""
    with sight.every_client():
        User.objects.filter(pk=mei.pk).update(is_active=False)
        filing.account_manager.refresh_from_db()
        filing.account_manager.__dict__.pop("standing", None)

    assert heard(filing, "paper.available", None, data=PAPER) == {"root": HERE}


def test_the_one_who_did_it_is_not_told_of_it(filing, ada):
    assert heard(filing, "paper.returned", ada, data=PAPER) == {}
