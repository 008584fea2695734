"""The plan of a case at the desk: its kind of filing with the why, and how its face check is arranged."""

from __future__ import annotations

import dataclasses

import pytest

from cases.models import Case, Photo
from clients import sight
from clients.models import Invitation
from tests.api.filings import drive, today
from trade import kinds, photos

LINK = "https://face.provider.example/check?task=0001"


def fresh(case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().get(pk=case.pk)


def arranged(case) -> Photo:
    with sight.every_client():
        return Photo.objects.get(case=case)


def events(case, prefix) -> list:
    with sight.every_client():
        return list(case.events.filter(kind__startswith=prefix))


@pytest.fixture
def at_photo(case, mei) -> Case:
    return drive(case, "photo", mei)


def page_of(case, way) -> str:
    return f"/cases/{case.reference}/photo/{way}/"


# ── The kind of filing ──


def test_the_case_says_its_kind_and_why(desk, case):
    page = desk.get(case.get_absolute_url()).content.decode()

    assert "First filing" in page
    assert "set by hand" in page  # the filings of the tests give their kind
    assert "Neither the applicant nor the domain is filed yet." in page


def test_staff_overrule_the_kind_with_a_note(desk, case):
    path = f"/cases/{case.reference}/filing-kind/"
    assert "The rules find" in desk.get(path).content.decode()

    refused = desk.post(path, {"kind": "migrate", "text": ""})
    assert refused.status_code == 422 and "required" in refused.content.decode()
    unknown = desk.post(path, {"kind": "<script>", "text": "Why not."})
    assert unknown.status_code == 422 and "<script>" not in unknown.content.decode()
    assert desk.post(path, {"kind": "migrate", "text": "Moved from the mother company."}).status_code == 302

    page = desk.get(case.get_absolute_url()).content.decode()
    assert "Move to another subject" in page and "Moved from the mother company." in page
    assert fresh(case).filing_kind == "migrate"


def test_the_word_is_given_back_to_the_rules(desk, case):
    desk.post(f"/cases/{case.reference}/filing-kind/", {"kind": "", "text": "Nothing special."})

    assert (fresh(case).filing_kind, fresh(case).filing_kind_is_set) == ("first", False)
    assert "Kind of filing left to the rules again" in desk.get(case.get_absolute_url()).content.decode()


def test_the_page_of_all_facts_leaves_a_found_kind_to_the_rules(desk, case):
    from cases.forms import FactsForm

    desk.post(f"/cases/{case.reference}/filing-kind/", {"kind": "", "text": "Nothing special."})
    now = fresh(case)
    form = FactsForm(now)
    typed = {name: value for name, value in form.initial.items() if value not in (None, False)}

    desk.post(
        f"/cases/{case.reference}/facts/", {**typed, "version": now.version, "domain-name": "b.example"}
    )

    assert (fresh(case).domain_name, fresh(case).filing_kind_is_set) == ("b.example", False)


# ── The curtain ──


def test_the_curtain_is_followed_step_by_step(desk, at_photo):
    path = page_of(at_photo, "curtain")
    assert "Curtain ordered" in desk.get(path).content.decode()

    for step, more in (
        ("ordered", {}),
        ("sent", {"carrier": "SF", "tracking_number": "SF0000000001"}),
        ("arrived", {}),
        ("returned", {}),
    ):
        assert desk.post(path, {"step": step, "on": today(), **more}).status_code == 302, step

    assert arranged(at_photo).curtain_step == "returned"
    assert [event.kind for event in events(at_photo, "curtain.")] == [
        "curtain.ordered",
        "curtain.sent",
        "curtain.arrived",
        "curtain.returned",
    ]
    assert fresh(at_photo).photo_way == "curtain"
    assert "SF0000000001" in desk.get(at_photo.get_absolute_url()).content.decode()


def test_a_step_that_cannot_be_is_refused_with_a_sentence(desk, at_photo):
    for typed, told in (
        ({"step": "sent", "on": today(), "tracking_number": "1"}, "Choose a step"),
        ({"step": "ordered", "on": "2099-01-01"}, "not come yet"),
        ({"step": "ordered", "on": "soon"}, "year-month-day"),
        ({"step": "ordered", "on": ""}, "required"),
        ({"step": "<script>", "on": today()}, "Choose a step"),
    ):
        answer = desk.post(page_of(at_photo, "curtain"), typed)

        assert (answer.status_code, told in answer.content.decode()) == (422, True), typed
    assert events(at_photo, "curtain.") == []


def test_a_parcel_needs_its_number_and_what_was_typed_stays(desk, at_photo):
    path = page_of(at_photo, "curtain")
    desk.post(path, {"step": "ordered", "on": today()})

    answer = desk.post(path, {"step": "sent", "on": today(), "carrier": "SF Express", "tracking_number": ""})

    assert answer.status_code == 422
    assert "SF Express" in answer.content.decode()
    assert "parcel can be followed" in answer.content.decode()


def test_a_lost_curtain_is_ordered_anew(desk, at_photo):
    path = page_of(at_photo, "curtain")
    for step, more in (("ordered", {}), ("sent", {"tracking_number": "A1"}), ("ordered", {})):
        desk.post(path, {"step": step, "on": today(), **more})

    assert (arranged(at_photo).curtain_step, arranged(at_photo).tracking_number) == ("ordered", "")


def test_the_curtain_comes_back_after_the_photo(desk, case, mei, paper_accepted):
    at_photo = drive(case, "photo", mei)
    path = page_of(at_photo, "curtain")
    for step, more in (("ordered", {}), ("sent", {"tracking_number": "A1"}), ("arrived", {})):
        desk.post(path, {"step": step, "on": today(), **more})
    paper_accepted(at_photo, "face_verification")
    moves = f"/cases/{case.reference}/moves/finish-photo/"
    assert desk.post(moves, {"photo_way": "curtain", "done_on": today()}).status_code == 302

    assert "curtain" in desk.get(case.get_absolute_url()).content.decode().lower()
    assert desk.post(path, {"step": "returned", "on": today()}).status_code == 302
    assert desk.post(path, {"step": "ordered", "on": today()}).status_code == 409


@pytest.fixture
def paper_accepted(mei):
    from django.utils import timezone

    from cases.services import checklist

    def accept(case, kind):
        with sight.every_client():
            checklist.paper_accepted(case.requirements.get(kind=kind), "", by=mei, now=timezone.now())

    return accept


# ── The link ──


def test_the_link_is_kept_for_the_manager_and_in_no_event(desk, at_photo, ann):
    assert desk.post(page_of(at_photo, "app"), {"link": LINK}).status_code == 302

    assert (arranged(at_photo).link, arranged(at_photo).link_for) == (LINK, fresh(at_photo).head.email)
    assert LINK not in str([event.data for event in events(at_photo, "")])
    assert LINK not in desk.get(at_photo.get_absolute_url()).content.decode()


NO_LINKS = [
    "",
    "http://face.provider.example/",
    "javascript:alert(1)",
    "//x.example",
    "https://",
    "x" * 10_000,
    "<script>",
]


def test_what_is_no_link_is_refused_with_a_sentence(desk, at_photo):
    for link in NO_LINKS:
        answer = desk.post(page_of(at_photo, "app"), {"link": link})

        assert answer.status_code == 422, link
        assert "field-error" in answer.content.decode(), link
    with sight.every_client():
        assert not Photo.objects.exists()


def test_whom_the_filing_names_is_invited_to_their_part_from_the_case(desk, case, ann, mailoutbox):
    """Once; whoever has a place is not invited again, and without an address the page says what is missing."""
    with sight.every_client():
        case.people.filter(part="head").update(email="dan@harbour.example")
    path = f"/cases/{case.reference}/people/head/"
    assert path in desk.get(case.get_absolute_url()).content.decode()

    assert "none yet" in desk.get(path).content.decode()
    assert desk.post(path).status_code == 302
    twice = desk.post(path)

    with sight.every_client():
        invitation = Invitation.objects.get(email="dan@harbour.example")
        assert (invitation.role, invitation.client) == ("responsible", case.client)
        case.people.filter(part="head").update(email="")
    assert twice.status_code == 409 and "has this place already" in twice.content.decode()
    assert "gives no e-mail address" in desk.get(path).content.decode()
    assert desk.get(f"/cases/{case.reference}/people/manager/").status_code in (200, 404)
    assert desk.get(f"/cases/{case.reference}/people/nobody/").status_code == 404


def test_who_has_no_way_in_is_invited(desk, at_photo, mailoutbox):
    address = fresh(at_photo).head.email

    page = desk.post(page_of(at_photo, "app"), {"link": LINK}, follow=True).content.decode()

    assert "invited by mail" in page
    with sight.every_client():
        assert Invitation.objects.get(email=address).role == "responsible"


# ── The place ──


def test_a_place_is_chosen_with_its_hour(desk, at_photo):
    path = page_of(at_photo, "photo-place")
    assert "Example photo place, Shanghai" in desk.get(path).content.decode()
    assert "Example photo place, Beijing" not in desk.get(path).content.decode()

    typed = {"place": "example_shanghai", "place_at": "2026-12-08T10:30"}
    assert desk.post(path, typed).status_code == 302

    page = desk.get(at_photo.get_absolute_url()).content.decode()
    assert "Example photo place, Shanghai" in page and "10:30" in page


def test_a_place_that_does_not_serve_is_refused(desk, at_photo):
    for typed in (
        {"place": "example_beijing"},
        {"place": "nowhere"},
        {"place": ""},
        {"place": "example_shanghai", "place_at": "tomorrow"},
        {"place": "example_shanghai", "place_at": "9" * 10_000},
    ):
        assert desk.post(page_of(at_photo, "photo-place"), typed).status_code == 422, typed


# ── Ways that are closed ──


@pytest.fixture
def without_curtain(monkeypatch):
    """A book in which this province takes no curtain."""
    real = photos.open_ways
    monkeypatch.setattr(
        photos,
        "open_ways",
        lambda provider, province: tuple(w for w in real(provider, province) if w != "curtain"),
    )


def test_a_closed_way_is_offered_nowhere_and_refused_with_a_sentence(
    desk, at_photo, without_curtain, as_api, mei
):
    page = desk.get(at_photo.get_absolute_url()).content.decode()
    assert page_of(at_photo, "curtain") not in page and page_of(at_photo, "app") in page
    move = f"/cases/{at_photo.reference}/moves/finish-photo/"
    assert 'value="curtain"' not in desk.get(move).content.decode()

    assert desk.post(page_of(at_photo, "curtain"), {"step": "ordered", "on": today()}).status_code == 409
    answer = as_api(mei).post(
        f"/cases/{at_photo.reference}/moves",
        {"move": "finish_photo", "data": {"photo_way": "curtain", "done_on": today()}},
    )

    assert (answer.status_code, answer.json()["field"]) == (422, "data.photo_way")
    assert "do not take this way" in answer.json()["detail"]


def test_a_closed_way_is_no_fact_either(case, without_curtain, as_api, ada):
    answer = as_api(ada).patch(f"/cases/{case.reference}", {"photo_way": "curtain"})

    assert (answer.status_code, answer.json()["field"]) == (422, "photo_way")
    assert as_api(ada).patch(f"/cases/{case.reference}", {"photo_way": "app"}).status_code == 200


@pytest.mark.parametrize(
    ("provider", "province"),
    [(provider, "SH") for provider in kinds.PROVIDERS] + [("aliyun", "BJ"), ("", "")],
)
def test_where_no_source_says_otherwise_all_ways_are_open(provider, province):
    assert photos.open_ways(provider, province) == tuple(kinds.PHOTO_WAYS)


def test_both_provider_and_province_must_take_a_way(monkeypatch):
    rows = {"aliyun": dataclasses.replace(kinds.PROVIDERS["aliyun"], photo_ways=("app", "curtain"))}
    homes = {"SH": dataclasses.replace(photos.PROVINCES["SH"], photo_ways=("app", "photo_place"))}
    monkeypatch.setattr(kinds, "PROVIDERS", rows)
    monkeypatch.setattr(photos, "PROVINCES", homes)

    assert photos.open_ways("aliyun", "SH") == ("app",)
    assert photos.open_ways("aliyun", "") == ("app", "curtain")
    assert photos.open_ways("", "SH") == ("app", "photo_place")
