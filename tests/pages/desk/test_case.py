"""One case: its page, its moves, its facts, and who may do what."""

from __future__ import annotations

import re
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case, CaseEvent, Part, PhoneVerification, Requirement
from cases.services import phones, progress
from cases.services.changing import change_facts
from clients import sight
from clients.templatetags.look import tel
from tests.cases.test_road import FACTS, PERSON
from tests.pages.desk.cast import moved, opened, ready
from tests.pages.desk.test_list import asked

NUMBERS = ("T12345678", "91310000MATE5T017D")


def text(answer) -> str:
    return answer.content.decode()


def now(case: Case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().prefetch_related("requirements").get(pk=case.pk)


def events(case: Case, kind: str) -> list[CaseEvent]:
    with sight.every_client():
        return list(CaseEvent.objects.filter(case=case, kind=kind))


# ── The page ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_case_asks_no_more_the_longer_its_history(desk, harbour, mei):
    case = opened(harbour, mei)
    new, _page = asked(desk, case.get_absolute_url())
    counts = []
    for turn in range(2):
        with sight.every_client():
            for n in range(35):
                progress.log_call(case, f"Call {n}", by=mei)
        opened(harbour, mei, domain=f"other{turn}.example")
        n, page = asked(desk, case.get_absolute_url())
        counts.append(n)

    assert new <= counts[0] == counts[1] <= 20
    assert len(page) < 100_000
    assert "Older" in page.decode()


def test_numbers_are_masked_on_the_page(desk, case):
    page = text(desk.get(case.get_absolute_url()))

    assert "****5678" in page and "****017D" in page
    assert not any(number in page for number in NUMBERS)


def test_history_is_read_piece_by_piece(desk, case, mei):
    with sight.every_client():
        for n in range(35):
            progress.write_note(case, f"Note {n:02d}", by=mei, audience="internal")
    first = text(desk.get(case.get_absolute_url()))
    older = re.search(r'href="([^"]*before=[^"]+)"', first)[1].replace("&amp;", "&")

    piece = text(desk.get(older, headers={"HX-Request": "true", "HX-Target": "timeline"}))

    assert "Note 34" in first and "Note 03" not in first
    assert piece.lstrip().startswith('<div id="timeline">') and "Note 03" in piece and "Note 34" not in piece


def test_history_shows_one_kind(desk, case, mei):
    with sight.every_client():
        progress.write_note(case, "Bring tea", by=mei, audience="internal")

    page = text(desk.get(f"{case.get_absolute_url()}?kind=moves"))

    assert "Case opened" in page and "Bring tea" not in page


def test_next_move_is_one_sentence(desk, case, lotus_case, mei):
    road = [
        ("", "The client still owes"),
        ("submit", "Alibaba Cloud looks at the order"),
        ("pass_pre_audit", "still has to do the face check"),
        ("finish_photo", "must enter the ministry&#39;s SMS code"),
        ("grant_licence", "The PSB filing is to be handed in"),
        ("file_psb", "The commercial licence is to be applied for"),
    ]
    for case_of, moves in (
        (case, road),
        (lotus_case, [("hold", "On hold until"), ("withdraw", "Withdrawn on")]),
    ):
        for move, sentence in moves:
            if move == "submit":
                ready(case_of, mei)
            if move:
                moved(case_of, mei, move)
            assert sentence in text(desk.get(case_of.get_absolute_url())), move


def test_a_second_site_on_one_service_number_is_pointed_out(desk, case, harbour, mei):
    second = opened(harbour, mei, domain="second.example")

    page = text(desk.get(f"{second.get_absolute_url()}preflight/"))
    assert "serves another site already. harbour.example" in page


# ── Who ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

DESK = [
    "facts/",
    "reveals/",
    "moves/submit/",
    "moves/hold/",
    "steps/call/",
    "notes/internal/",
    "phones/head/",
    "people/head/",
]


def test_the_desk_is_not_there_for_a_client(request, as_page, case):
    addresses = ["/cases/", "/cases/new/", *(f"/cases/{case.reference}/{path}" for path in DESK)]
    for who in ("ada", "ann", "bo"):
        browser = as_page(request.getfixturevalue(who))
        for address in addresses:
            assert browser.get(address).status_code == 404, (who, address)
            assert browser.post(address, {"text": "x"}).status_code == 404, (who, address)


def test_another_clients_case_is_not_there_for_a_limited_specialist(as_page, lim, lotus_case):
    browser = as_page(lim)
    for path in ("", *DESK):
        assert browser.get(f"/cases/{lotus_case.reference}/{path}").status_code == 404, path
        assert browser.get(f"/cases/F-00000000/{path}").status_code == 404, path


def test_only_managers_step_back(as_page, case, root, mei, wen):
    moved(ready(case, mei), mei, "submit", "pass_pre_audit")
    path = f"/cases/{case.reference}/moves/step_back/"

    assert [as_page(who).get(path).status_code for who in (wen, mei, root)] == [403, 200, 200]


def test_buttons_are_the_moves_open_to_this_person(desk, as_page, wen, case, mei):
    moved(ready(case, mei), mei, "submit")
    mine, wens = (text(one.get(case.get_absolute_url())) for one in (desk, as_page(wen)))

    for move in ("pass_pre_audit", "return_for_changes", "withdraw", "hold"):
        assert f"/moves/{move}/" in mine and f"/moves/{move}/" in wens
    for move in ("submit", "finish_photo", "grant_licence", "resume"):
        assert f"/moves/{move}/" not in mine


# ── Moves ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_whole_road_by_page(desk, case, mei):
    ready(case, mei)
    today = timezone.now().date().isoformat()
    road = [
        ("submit", {}),
        ("pass_pre_audit", {}),
        ("finish_photo", {"photo_way": "app", "done_on": today}),
        ("grant_licence", {"icp_number": "沪ICP备2026000001号-1", "licensed_on": today}),
        ("file_psb", {"psb_number": "沪公网安备31010102000001号", "filed_on": today}),
        ("grant_commercial_licence", {"licence_number": "沪B2-20260001", "granted_on": today}),
    ]
    for move, typed in road:
        answer = desk.post(f"/cases/{case.reference}/moves/{move}/", typed)
        assert answer.status_code == 302, (move, text(answer)[-2000:])

    assert now(case).stage == "commercial_licensed"


def test_a_refused_move_says_why_and_keeps_the_text(desk, case):
    answer = desk.post(f"/cases/{case.reference}/moves/submit/", {"note": "We are in a hurry"})

    assert answer.status_code == 409
    page = text(answer)
    assert "Not every required paper is accepted yet" in page and "We are in a hurry" in page
    assert "Business licence" in page and "Mobiles nobody has answered yet" in page


def test_a_wrong_number_stays_in_its_box(desk, case, mei):
    moved(ready(case, mei), mei, "submit", "pass_pre_audit", "finish_photo")

    answer = desk.post(
        f"/cases/{case.reference}/moves/grant_licence/",
        {"icp_number": "京ICP备2026000001号-1", "licensed_on": "2099-01-01", "note": "By mail"},
    )

    page = text(answer)
    assert answer.status_code == 422
    assert "belongs to another province" in page and "has not come yet in Beijing" in page
    assert "京ICP备2026000001号-1" in page and "By mail" in page and now(case).stage == "miit_review"


def test_a_return_opens_what_its_reasons_name(desk, case, mei):
    case = moved(ready(case, mei), mei, "submit")
    with sight.every_client():
        passport = case.requirements.get(kind="passport").reference

    answer = desk.post(
        f"/cases/{case.reference}/moves/return_for_changes/",
        {
            "reason": ["id_unclear", "domain_owner_mismatch"],
            "requirements:id_unclear": [passport],
            "note:id_unclear": "The corner is cut off",
        },
    )

    assert answer.status_code == 302
    states = {one.kind: one.state for one in now(case).requirements.all()}
    assert (states["passport"], states["domain_certificate"], states["business_licence"]) == (
        "redo",
        "redo",
        "accepted",
    )
    assert "The corner is cut off" in text(desk.get(case.get_absolute_url()))


def test_a_return_without_a_reason_keeps_what_was_ticked_and_typed(desk, case, mei):
    case = moved(ready(case, mei), mei, "submit")

    empty = desk.post(f"/cases/{case.reference}/moves/return_for_changes/", {"note": "They rang"})
    wrong = desk.post(
        f"/cases/{case.reference}/moves/return_for_changes/",
        {"reason": ["id_unclear"], "requirements:id_unclear": ["R-0000000000"], "note:id_unclear": "Cut off"},
    )

    assert empty.status_code == wrong.status_code == 422
    assert "at least one reason" in text(empty) and "They rang" in text(empty)
    assert 'value="id_unclear" checked' in text(wrong) and "Cut off" in text(wrong)


def test_a_correction_names_what_changed_only(desk, case, mei):
    moved(ready(case, mei), mei, "submit", "pass_pre_audit", "finish_photo", "grant_licence")
    page = text(desk.get(f"/cases/{case.reference}/moves/correct/"))
    assert 'value="沪ICP备2026000001号-1"' in page
    today = timezone.now().date().isoformat()

    answer = desk.post(
        f"/cases/{case.reference}/moves/correct/",
        {
            "photo_way": "app",
            "done_on": today,
            "icp_number": "沪ICP备2026000002号-1",
            "licensed_on": today,
            "note": "A digit was wrong",
        },
    )

    assert answer.status_code == 302
    assert events(case, "case.moved")[-1].data["data"] == {"icp_number": "沪ICP备2026000002号-1"}


def test_there_is_no_other_move(desk, case):
    for move in ("nonsense", "delete", "SUBMIT"):
        assert desk.get(f"/cases/{case.reference}/moves/{move}/").status_code == 404, move


def test_a_second_click_is_told(desk, case, mei):
    ready(case, mei)

    first, second = (desk.post(f"/cases/{case.reference}/moves/submit/") for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 409)
    assert "From “Provider pre-audit” the case cannot make this move." in text(second)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_click_together_one_moves_and_the_other_is_told(agency, harbour, mei, wen, as_page):
    case = ready(opened(harbour, mei), mei)
    browsers = [as_page(mei), as_page(wen)]
    gate, answers = threading.Barrier(2), []

    def click(browser) -> None:
        gate.wait()
        answers.append(browser.post(f"/cases/{case.reference}/moves/submit/").status_code)
        connection.close()

    threads = [threading.Thread(target=click, args=[browser]) for browser in browsers]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(answers) == [302, 409]
    assert len(events(case, "case.moved")) == 1


# ── Facts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def typed_of(case: Case, **more: str) -> dict[str, str]:
    """What the boxes of the head send when only `more` was typed over."""
    return (
        {"version": str(now(case).version)}
        | {
            f"head-{name}": {True: "true"}.get(value, value)
            for name, value in PERSON.items()
            if name != "id_number"
        }
        | {"head-id_number": "****5678"}
        | more
    )


def test_facts_are_saved_and_the_untouched_stay(desk, case):
    before = len(events(case, "facts.changed"))

    answer = desk.post(
        f"/cases/{case.reference}/facts/?of=head", typed_of(case, **{"head-mobile": "13900000002"})
    )

    assert answer.status_code == 302
    changed = events(case, "facts.changed")[before:]
    assert [one["path"] for event in changed for one in event.data["changes"]] == ["head.mobile"]


def test_facts_that_cannot_be_taken_stay_in_their_boxes(desk, case):
    answer = desk.post(
        f"/cases/{case.reference}/facts/?of=head",
        typed_of(case, **{"head-mobile": "12", "head-id_valid_until": "soon", "head-name": "Ada Spring"}),
    )

    page = text(answer)
    assert answer.status_code == 422
    assert 'id="id_head-mobile_error"' in page and 'value="12"' in page
    assert 'value="soon"' in page and 'value="Ada Spring"' in page
    with sight.every_client():
        assert now(case).head.name == "Ada Winter"


def test_all_facts_are_one_form(desk, case):
    page = text(desk.get(f"/cases/{case.reference}/facts/"))
    names = set(re.findall(r'name="((?:case|subject|head|manager|domain|server|site)-[a-z_]+)"', page))

    assert {f"subject-{name}" for name in FACTS["subject"]} <= names
    assert not any(number in page for number in NUMBERS)
    assert len(page) < 100_000


def test_whoever_was_slower_sees_the_difference_and_keeps_the_text(desk, case):
    typed = typed_of(case, **{"head-name": "Ada Spring"})
    desk.post(f"/cases/{case.reference}/facts/?of=head", typed_of(case, **{"head-name": "Ada Summer"}))

    answer = desk.post(f"/cases/{case.reference}/facts/?of=head", typed)

    page = text(answer)
    assert answer.status_code == 409
    assert "Somebody else changed this case meanwhile" in page
    assert re.search(r"Ada Summer</td><td[^>]*>Ada Spring", page) and 'value="Ada Spring"' in page
    again = re.search(r'name="version" value="(\d+)"', page)[1]
    assert desk.post(f"/cases/{case.reference}/facts/?of=head", typed | {"version": again}).status_code == 302


def test_a_form_without_its_version_is_stale(desk, case):
    assert desk.post(f"/cases/{case.reference}/facts/?of=head", {"head-name": "X"}).status_code == 409


def test_a_manager_of_his_own_and_back(desk, case):
    typed = {name.replace("head-", "manager-"): value for name, value in typed_of(case).items()}
    typed |= {"manager-name": "Ann Summer", "manager-id_number": "T87654321", "version": typed["version"]}
    assert desk.post(f"/cases/{case.reference}/facts/?of=manager", typed).status_code == 302
    with sight.every_client():
        assert now(case).manager.name == "Ann Summer"

    typed = {"version": str(now(case).version), "manager_is_head": "on"}
    assert desk.post(f"/cases/{case.reference}/facts/?of=manager", typed).status_code == 302
    with sight.every_client():
        assert now(case).manager is None


def test_the_manager_of_a_case_is_set(desk, case, wen):
    form = {"account_manager": wen.email, "version": str(now(case).version)}

    assert desk.post(f"/cases/{case.reference}/manager/", form).status_code == 302

    assert now(case).account_manager_id == wen.pk


# ── Numbers in clear ────────────────────────────────────────────────────────────────────────────────────────────────


def test_numbers_are_shown_after_their_trace(desk, case):
    asks = desk.get(f"/cases/{case.reference}/reveals/")
    mute = desk.post(f"/cases/{case.reference}/reveals/", {"text": " "})
    told = desk.post(f"/cases/{case.reference}/reveals/", {"text": "Typing it into the provider's form"})

    assert not any(number in text(answer) for answer in (asks, mute) for number in NUMBERS)
    assert mute.status_code == 422
    assert all(number in text(told) for number in NUMBERS)
    assert told.headers["Cache-Control"] == "no-store"
    assert [one.note for one in events(case, "numbers.revealed")] == ["Typing it into the provider's form"]


def test_the_thirty_first_reveal_of_an_hour_waits(desk, case, mei):
    with sight.every_client():
        for _ in range(30):
            progress.reveal_numbers(case, by=mei, why="Looking")

    answer = desk.post(f"/cases/{case.reference}/reveals/", {"text": "Once more"})

    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    assert not any(number in text(answer) for number in NUMBERS) and "Once more" in text(answer)


# ── Steps, notes, phones, papers ────────────────────────────────────────────────────────────────────────────────────


def test_codes_hand_ins_and_calls_are_recorded(desk, case, mei):
    moved(ready(case, mei), mei, "submit", "pass_pre_audit", "finish_photo")
    today = timezone.now().date().isoformat()

    assert desk.post(f"/cases/{case.reference}/steps/sms-codes/").status_code == 302
    assert now(case).waiting_on == "miit"
    moved(now(case), mei, "grant_licence")
    assert desk.post(f"/cases/{case.reference}/steps/psb-filing/", {"on": today}).status_code == 302
    moved(now(case), mei, "file_psb")
    assert desk.post(f"/cases/{case.reference}/steps/application/", {"on": today}).status_code == 302
    assert now(case).waiting_on == "commercial_authority"
    assert f"/cases/{case.reference}/steps/footer/" in desk.get(case.get_absolute_url()).content.decode()
    assert desk.post(f"/cases/{case.reference}/steps/footer/").status_code == 302
    with sight.every_client():
        assert now(case).deadlines.get(kind="psb_footer").state == "met"
    assert desk.post(f"/cases/{case.reference}/steps/call/", {"text": "They rang"}).status_code == 302
    assert "They rang" in text(desk.get(case.get_absolute_url()))


@pytest.mark.parametrize(
    ("step", "typed", "status", "words"),
    [
        ("psb-filing", {"on": "2099-01-01"}, 422, "has not come yet"),
        ("psb-filing", {"on": "tomorrow"}, 422, "year-month-day"),
        ("psb-filing", {"on": "2026-01-05"}, 409, "does not stand where"),
        ("sms-codes", {}, 409, "does not stand where"),
        ("call", {"who": "aunt", "text": "They rang twice"}, 422, "Choose one of these."),
    ],
)
def test_a_refused_step_says_why_and_keeps_the_text(desk, case, step, typed, status, words):
    answer = desk.post(f"/cases/{case.reference}/steps/{step}/", typed)

    assert answer.status_code == status and words in text(answer)
    # A choice that does not exist cannot be shown as chosen.
    assert all(value in text(answer) for name, value in typed.items() if name != "who")


@pytest.mark.parametrize("audience", ["internal", "client"])
def test_a_note_says_who_reads_it(desk, case, audience):
    page = text(desk.get(case.get_absolute_url()))
    assert "only colleagues at the agency read this" in page and "they read this in their portal" in page

    desk.post(f"/cases/{case.reference}/notes/{audience}/", {"text": "Tea at four"})

    assert [one.audience for one in events(case, "note.written")] == [audience]
    assert (
        f'data-audience="{audience}"'
        in text(desk.get(case.get_absolute_url())).partition("Tea at four")[0][-300:]
    )


def test_an_empty_note_is_asked_for_again(desk, case):
    assert desk.post(f"/cases/{case.reference}/notes/internal/", {"text": "\u202e "}).status_code == 422
    assert desk.post(f"/cases/{case.reference}/notes/everybody/", {"text": "x"}).status_code == 404
    assert events(case, "note.written") == []


def test_staff_verify_a_mobile(desk, case):
    address = f"/cases/{case.reference}/phones/head/"
    early = desk.post(f"{address}confirmation/", {"code": "123456"})
    sent = desk.post(address)
    twice = desk.post(address)
    with sight.every_client():
        _mobile, code = phones.mint_code(PhoneVerification.objects.get().pk)
    wrong = desk.post(f"{address}confirmation/", {"code": "000000" if code != "000000" else "111111"})
    right = desk.post(f"{address}confirmation/", {"code": code})

    assert [early.status_code, sent.status_code, twice.status_code] == [409, 302, 429]
    assert int(twice.headers["Retry-After"]) > 0
    assert wrong.status_code == 422 and "not the code we sent" in text(wrong)
    assert right.status_code == 302
    with sight.every_client():
        assert now(case).head.mobile_verified_at and PhoneVerification.objects.get().tries == 2


def test_three_wrong_codes_end_it(desk, case):
    address = f"/cases/{case.reference}/phones/{Part.HEAD}/confirmation/"
    with sight.every_client():
        asked_for = phones.ask_code(case, "head", by=case.account_manager)
        _mobile, code = phones.mint_code(asked_for.pk)
    wrong = "000000" if code != "000000" else "111111"

    answers = [desk.post(address, {"code": one}).status_code for one in (wrong, wrong, wrong, code)]

    assert answers == [422, 422, 422, 409]


def test_a_paper_is_waived_with_a_reason(desk, case):
    with sight.every_client():
        paper = Requirement.objects.get(case=case, kind="domain_certificate")
    address = f"/requirements/{paper.reference}/waiver/"

    mute, told, again = (
        desk.post(address, {"text": why}) for why in ("", "The registry shows it", "Once more")
    )

    assert [mute.status_code, told.status_code, again.status_code] == [422, 302, 409]
    with sight.every_client():
        paper.refresh_from_db()
    assert (paper.state, paper.words) == ("waived", "The registry shows it")


def test_the_face_check_is_settled_by_word_and_a_passport_is_not(desk, case):
    with sight.every_client():
        face = Requirement.objects.get(case=case, kind="face_verification")
        passport = Requirement.objects.get(case=case, kind="passport")

    for paper in (face, passport):
        desk.post(f"/requirements/{paper.reference}/settlement/")

    with sight.every_client():
        face.refresh_from_db(), passport.refresh_from_db()
    assert (face.state, passport.state) == ("accepted", "to_do")


def test_a_neighbours_paper_is_not_there(as_page, lim, lotus_case):
    with sight.every_client():
        paper = Requirement.objects.filter(case=lotus_case).first()

    for deed in ("waiver", "settlement"):
        answer = as_page(lim).post(f"/requirements/{paper.reference}/{deed}/", {"text": "x"})
        assert answer.status_code == 404


def test_no_get_changes_anything(desk, case):
    with CaptureQueriesContext(connection) as queries:
        for path in ["", *DESK]:
            desk.get(f"/cases/{case.reference}/{path}")

    written = [one["sql"] for one in queries if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert [sql for sql in written if "django_session" not in sql] == []


def test_the_history_tells_facts_in_words(desk, case, mei):
    """Codes are for programs: what changed is told as the page of facts tells it."""
    with sight.every_client():
        whole = Case.objects.with_facts().get(pk=case.pk)
        change_facts(whole, {"server": {"location": "hong_kong"}, "subject": {"kind": "individual"}}, by=mei)

    page = desk.get(case.get_absolute_url()).content.decode()

    assert "→ Hong Kong" in page and "hong_kong" not in page.partition("Notes and history")[2]
    assert "→ Individual" in page


def test_a_phone_abroad_can_ring_the_agency():
    for number, rung in (
        ("021 5555 0100", "+862155550100"),
        ("138 0000 0000", "+8613800000000"),
        ("+49 30 1", "+49301"),
        ("", ""),
    ):
        assert tel(number) == rung
