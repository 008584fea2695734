"""What comes back: a catalogue that says how to mend it, and exactly what is named is open again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.utils import translation

from cases import facts
from cases.models import Case
from cases.services import checklist, progress
from cases.services.changing import change_facts
from cases.workflow import MoveRefused
from clients import sight
from clients.models import User
from documents.examples import picture_of
from notifications.models import Notification
from notifications.services.relaying import relay_events
from tests.api.filings import PERSON, drive, make_case, today
from trade.papers import KINDS
from trade.reasons import REASONS, STAGES

STATIC = Path(__file__).parents[2] / "static"
AGENCYS = {"filing_kind"}


@pytest.fixture
def case(agency, harbour, mei, db):
    return make_case(harbour, mei)


def now(case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().prefetch_related("requirements", "reopenings").get(pk=case.pk)


def states(case) -> dict[str, str]:
    return {f"{one.kind}:{one.of}": one.state for one in now(case).requirements.all()}


def page(browser, path: str) -> str:
    return browser.get(path).content.decode()


# ── The catalogue ──


def test_the_catalogue_knows_pre_audit_bureau_and_police():
    assert len(REASONS) >= 40
    assert {stage for row in REASONS.values() for stage in row.stages} == set(STAGES)


@pytest.mark.parametrize("code", list(REASONS))
def test_each_reason_says_what_it_is_about_and_how_to_mend_it(code):
    row = REASONS[code]

    for words in (row.cause, row.fix):
        assert words.en.isascii() or "“" in words.en
        assert any("\u4e00" <= sign <= "\u9fff" for sign in words.zh)
    assert row.source and row.checked_on and row.stages
    for path in row.fields:
        thing, _dot, name = path.partition(".")
        assert thing in AGENCYS or thing in facts.FACTS["case"] or thing in facts.OBJECTS
        assert not name or name in facts.FACTS[thing]


@pytest.mark.parametrize("kind", sorted({kind for row in REASONS.values() for kind in row.papers}))
def test_each_paper_of_a_reason_has_a_good_example(kind):
    good = KINDS[kind].good
    picture = picture_of(kind)

    assert good.en and good.zh
    assert picture is None or (STATIC / picture["path"]).is_file()


# ── Two reasons on one page ──


@pytest.fixture
def returned(as_page, case, mei):
    """Mei ticks an unclear passport and an unreachable phone, each with a word."""
    drive(case, "provider_pre_audit", mei)
    with sight.every_client():
        passport = case.requirements.get(kind="passport")
        form = case.requirements.get(kind="verification_form")
        case.requirements.filter(pk=form.pk).update(state="waived")
    desk, address = as_page(mei), f"/cases/{case.reference}/moves/return_for_changes/"
    begun = time.monotonic()
    shown = page(desk, address)
    assert 'value="id_unclear"' in shown and passport.reference in shown and "Their own words" in shown
    given = {
        "reason": ["id_unclear", "phone_unreachable"],
        "requirements:id_unclear": passport.reference,
        "note:id_unclear": "The lower edge is cut off",
        "note:phone_unreachable": "Rang at ten and at three",
        "note": "驳回：证件不清晰；电话无法接通",
    }
    assert desk.post(address, given).status_code == 302
    assert time.monotonic() - begun < 60
    return now(case)


def test_exactly_what_is_named_opens_and_the_rest_stays(returned):
    assert (returned.stage, returned.round, returned.waiting_on) == ("draft", 2, "client")
    found = states(returned)
    assert [key for key, state in found.items() if state == "redo"] == ["passport:head"]
    assert found["verification_form:site"] == "waived"
    assert {
        state for key, state in found.items() if key not in ("passport:head", "verification_form:site")
    } <= {
        "accepted",
        "to_do",  # the face check belongs to its stage
    }
    assert [one.path for one in returned.reopenings.all()] == ["head.mobile"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Photograph the original again", "The lower edge is cut off", "Rang at ten"]),
        ("zh-hans", ["请重新拍摄证件原件", "请核对号码并接听来电"]),
    ],
)
def test_the_client_has_two_tasks_in_their_own_language(as_page, ada, returned, language, words):
    with sight.every_client():
        User.objects.filter(pk=ada.pk).update(language=language)
        passport = returned.requirements.get(kind="passport")
    browser = as_page(ada)
    browser.cookies["language"] = language
    filing = page(browser, returned.get_absolute_url())
    assert filing.count('data-state="redo"') == 2

    task = page(browser, f"/tasks/{passport.reference}/")
    answers = page(browser, f"/cases/{returned.reference}/facts/head/")
    assert "img/examples/passport" in task
    assert all(word in task + answers for word in words)


def test_the_mail_says_each_reason_with_fix_and_good_example(returned, ada):
    from clients.queries import the_agency
    from notifications.letters import write

    relay_events()
    with sight.every_client():
        told = Notification.objects.select_related("case", "recipient").get(
            kind="moved.return_for_changes", recipient=ada, channel="mail"
        )
        letters = {}
        for language in ("en", "zh-hans"):
            with translation.override(language):
                letters[language] = write(told, the_agency())
    english = letters["en"].tasks
    assert len(english) == len(letters["zh-hans"].tasks) == 2
    assert english[0].good and english[0].fix and english[0].note == "The lower edge is cut off"
    assert "mobile" in english[1].what.lower() and english[1].fix
    assert "请重新拍摄证件原件" in letters["zh-hans"].tasks[0].fix


def test_only_what_came_back_is_the_clients_to_change(returned, ada):
    with sight.every_client():
        change_facts(returned, {"head": {"mobile": "13900000009"}}, by=ada)
        with pytest.raises(Exception, match="Only what came back"):
            change_facts(returned, {"site": {"name": "Another"}}, by=ada)

    assert all(one.closed_at for one in now(returned).reopenings.all())


def test_round_two_is_seen_by_all(as_page, ada, mei, returned):
    assert "Round 2" in page(as_page(mei), returned.get_absolute_url())
    assert "round 2" in page(as_page(mei), "/cases/")
    assert "Round 2" in page(as_page(ada), returned.get_absolute_url())


def test_waivers_calls_and_their_own_words_stay_in_the_history(as_page, returned, mei):
    with sight.every_client():
        progress.log_call(returned, "They said the edge is missing", by=mei, who="provider")
        paper = returned.requirements.get(kind="domain_certificate")
        checklist.waive(paper, by=mei, note="Seen elsewhere", now=returned.moved_at)
    drive_again(returned, mei)
    shown = page(as_page(mei), returned.get_absolute_url())

    for words in ("驳回：证件不清晰；电话无法接通", "They said the edge is missing", "Seen elsewhere"):
        assert words in shown
    assert states(returned)["domain_certificate:domain"] == "waived"


def drive_again(case, by):
    from cases.services.moves import move_case

    with sight.every_client():
        case.requirements.filter(state="redo").update(state="accepted")
        move_case(case, "submit", by=by)
        move_case(case, "return_for_changes", by=by, reasons=[{"code": "site_name"}])
    assert now(case).round == 3


def test_two_reasons_about_one_person_are_two_tasks(as_page, ada, case, mei):
    from cases.services.moves import move_case

    drive(case, "provider_pre_audit", mei)
    with sight.every_client():
        reasons = [{"code": "phone_unreachable"}, {"code": "email_duplicate"}]
        move_case(case, "return_for_changes", by=mei, reasons=reasons)

    assert page(as_page(ada), case.get_absolute_url()).count('data-state="redo"') == 2


def test_of_a_manager_of_their_own_both_numbers_open(agency, harbour, mei, db):
    from cases.services.moves import move_case

    other = {**PERSON, "name": "Bo Brook", "mobile": "13700000003", "email": "bo@harbour.example"}
    case = drive(make_case(harbour, mei, manager=other), "provider_pre_audit", mei)
    with sight.every_client():
        move_case(case, "return_for_changes", by=mei, reasons=[{"code": "phone_unreachable"}])

    assert [one.path for one in now(case).reopenings.all()] == ["head.mobile", "manager.mobile"]


# ── The police ──


def test_the_police_return_becomes_a_task_with_its_fix(as_page, ada, mei, case):
    drive(case, "licensed", mei)
    desk = as_page(mei)
    desk.post(f"/cases/{case.reference}/steps/psb-filing/", {"on": today()})
    assert now(case).waiting_on == "psb"
    address = f"/cases/{case.reference}/steps/psb-return/"
    assert "Visitors can write on the site" in page(desk, address)

    given = {
        "reason": ["psb_interaction", "psb_site_closed"],
        "note:psb_interaction": "Forum",
        "text": "退回",
    }
    assert desk.post(address, given).status_code == 302
    back = now(case)
    assert (back.stage, back.waiting_on, back.psb_handed_in_on) == ("licensed", "client", None)
    assert page(as_page(ada), case.get_absolute_url()).count('data-state="redo"') == 2
    relay_events()
    with sight.every_client():
        assert Notification.objects.filter(kind="psb.returned", recipient=ada, channel="mail").exists()
    desk.post(f"/cases/{case.reference}/steps/psb-filing/", {"on": today()})
    assert "redo" not in states(case).values() and now(case).waiting_on == "psb"


def test_a_return_of_the_police_needs_a_reason_and_a_filing(as_page, mei, case):
    drive(case, "licensed", mei)
    with sight.every_client(), pytest.raises(MoveRefused):
        progress.return_psb(case, [{"code": "psb_interaction"}], by=mei)
    desk = as_page(mei)
    desk.post(f"/cases/{case.reference}/steps/psb-filing/", {"on": today()})
    answer = desk.post(f"/cases/{case.reference}/steps/psb-return/", {"text": "Kept words"})

    assert answer.status_code == 422
    assert "Give at least one reason" in answer.content.decode() and "Kept words" in answer.content.decode()
