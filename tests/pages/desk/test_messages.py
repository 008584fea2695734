"""Reading what the ministry wrote: the right case or none, one click through the one door; no client moves a case."""

from __future__ import annotations

import html
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case, CaseEvent, Deadline, Proposal
from cases.services import progress
from cases.services.listening import AN_HOUR, AT_ONCE, put_aside, report_message
from cases.services.moves import move_case
from clients import sight
from clients.refusals import Conflict
from notifications.models import Notification
from notifications.services import relay_events
from tests.api.filings import FACTS, drive, lotus_facts, make_case, today
from tests.pages.desk.test_list import asked
from trade.results import HIDDEN

pytestmark = pytest.mark.django_db

ICP, PSB = "沪ICP备2026000007号-1", "沪公网安备31010102000001号"
APPROVED = f"【工信部】您的网站harbour.example备案申请已通过审核，备案号为{ICP}，审核通过日期：2026-06-03。"
CODE = "【工信部】您的ICP备案短信核验验证码为246810，请于24小时内登录beian.miit.gov.cn完成短信核验，网站harbour.example。"  # noqa: E501 (a message is one line)


def text(answer) -> str:
    return html.unescape(answer.content.decode())


def now(case: Case) -> Case:
    with sight.every_client():
        return Case.objects.get(pk=case.pk)


def count(model) -> int:
    with sight.every_client():
        return model.objects.count()


def read(browser, message: str, **more):
    return browser.post("/messages/read/", {"text": message, **more})


def click(browser, page) -> object:
    """Presses the button of the proposal as it stands on the page."""
    form = re.search(r'<form class="stack" method="post" action="([^"]+)".*?</form>', text(page), re.DOTALL)
    boxes = re.findall(r'name="([^"]+)"[^>]*?value="([^"]*)"', form[0])
    boxes += [(name, value) for value, name in re.findall(r'value="([^"]*)"[^>]*?name="([^"]+)"', form[0])]
    boxes += re.findall(r'<select name="([^"]+)".*?<option value="([^"]*)" selected', form[0], re.DOTALL)
    return browser.post(form[1], dict(boxes))


@pytest.fixture
def at_ministry(agency, harbour, mei):
    return drive(make_case(harbour, mei), "miit_review", mei)


# ── The right case, and the move with its data ──────────────────────────────────────────────────────────────────────


def test_a_confirmed_approval_moves_exactly_one_case(desk, at_ministry, harbour, lotus, mei):
    others = [
        drive(make_case(harbour, mei, name="second.example"), "miit_review", mei),
        drive(make_case(lotus, mei, **lotus_facts()), "miit_review", mei),
        drive(make_case(harbour, mei, name="third.example"), "photo", mei),
    ]
    before = [(one.stage, one.version) for one in map(now, others)]

    page = read(desk, APPROVED)
    assert now(at_ministry).stage == "miit_review"
    answer = click(desk, page)

    moved = now(at_ministry)
    assert (answer.status_code, answer["Location"]) == (302, at_ministry.get_absolute_url())
    assert (moved.stage, moved.icp_number, moved.licensed_on.isoformat()) == ("licensed", ICP, "2026-06-03")
    assert [(one.stage, one.version) for one in map(now, others)] == before


STEPS = [
    # stage, message, stage after one click
    ("provider_pre_audit", "【阿里云】您的备案订单harbour.example已通过初审，请等待。", "photo"),
    ("provider_pre_audit", "【阿里云】harbour.example 的备案初审未通过：营业执照不清晰。", "draft"),
    ("photo", "【腾讯云】您的备案订单harbour.example已提交至上海市通信管理局。", "miit_review"),
    ("photo", "【阿里云】harbour.example 的备案真实性核验未通过，请重新核验。", "draft"),
    ("miit_review", APPROVED, "licensed"),
    ("miit_review", "【工信部】harbour.example 的备案申请未通过审核，退回原因：域名所有者与主办单位不一致。", "draft"),
    ("miit_review", "harbour.example 的备案因24小时内未完成短信核验已被退回。", "draft"),
    ("licensed", f"公安联网备案平台：harbour.example 的公安联网备案已审核通过，公安备案号：{PSB}。", "psb_filed"),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "message", "after"), STEPS)
def test_one_click_records_what_the_message_tells(desk, agency, harbour, mei, stage, message, after):
    case = drive(make_case(harbour, mei, photo_way="app"), stage, mei)

    answer = click(desk, read(desk, message))

    assert answer.status_code == 302, text(answer)
    assert now(case).stage == after


NAMING = {
    "domain": f"您的备案已审核通过，备案号{ICP}，网站 www.harbour.example",
    "server": f"您的备案已审核通过，备案号{ICP}。备案服务号：0000aaaa-1111-bbbb-2222",
    "name": f"【工信部】港湾示例贸易（上海）有限公司：您的ICP备案申请已通过审核，备案号{ICP}",
    "half width": f"【工信部】港湾示例贸易(上海)有限公司：您的ICP备案申请已通过审核，备案号{ICP}",
    "english": f"Dear HARBOUR EXAMPLE TRADING (Shanghai) Co., Ltd.: your ICP filing has been approved, {ICP}",
}


def test_the_case_is_found(desk, at_ministry, lotus, mei):
    subject = {**FACTS["subject"], "name": "Lotus Tea Ltd.", "name_zh": "莲花示例茶业有限公司"}
    server = {**FACTS["server"], "service_number": "other-number", "instance": "i-9"}
    drive(make_case(lotus, mei, **lotus_facts(), subject=subject, server=server), "miit_review", mei)

    for by, message in NAMING.items():
        page = text(read(desk, message))

        assert f"/cases/{at_ministry.reference}/moves/grant_licence/" in page and ICP in page, by
        assert "lotus.example" not in page, by


def test_a_filing_number_finds_its_case(desk, agency, harbour, mei):
    case = drive(make_case(harbour, mei), "licensed", mei)

    page = text(read(desk, f"沪ICP备2026000001号-1 的公安联网备案已审核通过，公安备案号：{PSB}"))

    assert f"/cases/{case.reference}/moves/file_psb/" in page and PSB in page


def test_of_several_that_fit_staff_choose(desk, at_ministry, harbour, mei):
    other = drive(make_case(harbour, mei, name="second.example"), "miit_review", mei)
    message = "【工信部】港湾示例贸易（上海）有限公司：您的ICP备案申请已通过审核。"

    page = text(read(desk, message))
    assert "Which case is it about?" in page and "/moves/" not in page
    assert at_ministry.reference in page and other.reference in page
    chosen = text(read(desk, message, case=other.reference))

    assert f"/cases/{other.reference}/moves/grant_licence/" in chosen and at_ministry.reference not in chosen


UNKNOWN = [
    APPROVED.replace("harbour.example", "nowhere.example"),
    f"【工信部】您的备案申请已通过审核，备案号为{ICP}。",
    f"港湾示例贸易（上海）有限公司：网站 stranger.example 备案已审核通过，备案号{ICP}",
    "【阿里云】验证码864209，您正在填写ICP备案信息，5分钟内有效。",
    "【工信部】您的网站 harbour.example（京ICP备12345678号-2）备案已注销。",
    "【阿里云】harbour.example 备案审核通过后，请在网站底部悬挂备案号。",
    "Hello, how is harbour.example?",
]


def test_unknown_stays_unknown_and_nothing_is_kept(desk, at_ministry):
    before = count(CaseEvent)

    for message in UNKNOWN:
        page = text(read(desk, message))

        assert "/moves/" not in page and "othing was kept" in page, message
    assert now(at_ministry).stage == "miit_review"
    assert count(CaseEvent) == before and count(Proposal) == 0


def test_an_approval_touches_no_case_elsewhere_on_the_road(desk, agency, harbour, mei):
    ended = drive(make_case(harbour, mei), "withdrawn", mei)
    assert "/moves/" not in text(read(desk, APPROVED))

    case = make_case(harbour, mei)
    for stage in ("draft", "provider_pre_audit", "photo", "licensed", "psb_filed"):
        drive(case, stage, mei)

        page = text(read(desk, APPROVED))

        assert "/moves/" not in page and "where no such message is awaited" in page, stage
        assert now(case).stage == stage
    assert now(ended).stage == "withdrawn"


def test_a_number_of_the_subject_alone_is_not_the_sites(desk, at_ministry):
    page = text(read(desk, "harbour.example 备案已审核通过，主体备案号：沪ICP备2026000007号。"))

    assert "applicant's number only: 沪ICP备2026000007号" in page
    assert 'value="沪ICP备2026000007号"' not in page


def test_a_refused_move_says_why_and_keeps_what_was_filled_in(desk, at_ministry, mei):
    page = read(desk, APPROVED.replace("沪ICP备", "京ICP备"))
    wrong = click(desk, page)
    with sight.every_client():
        move_case(at_ministry, "hold", by=mei, data={"until": "2100-01-01"}, note="Waiting.")
    held = click(desk, read(desk, APPROVED))

    assert wrong.status_code == 422 and "another province" in text(wrong)
    assert "京ICP备2026000007号-1" in text(wrong)
    assert held.status_code == 409 and "on hold" in text(held)
    assert now(at_ministry).stage == "miit_review"


def test_reasons_that_nobody_named_are_chosen_by_people(desk, at_ministry):
    page = text(read(desk, "harbour.example 的备案申请未通过审核，请联系接入服务商。"))

    assert f'href="/cases/{at_ministry.reference}/moves/reject/"' in page
    assert 'class="stack" method="post"' not in page


@pytest.mark.parametrize("is_handed_in", [True, False])
def test_what_the_police_returned_is_recorded_with_reasons_people_choose(
    desk, agency, harbour, mei, is_handed_in
):
    case = drive(make_case(harbour, mei), "licensed", mei)
    if is_handed_in:
        with sight.every_client():
            progress.hand_in_psb(case, by=mei, on=timezone.now().date())

    page = text(read(desk, "harbour.example 的公安联网备案已被退回，原因：IP地址有误。"))

    assert "Returned by the police" in page
    assert (f'href="/cases/{case.reference}/steps/psb-return/"' in page) == is_handed_in
    assert now(case).stage == "licensed"


def test_a_code_of_the_ministry_is_kept_nowhere(desk, at_ministry):
    page = text(read(desk, CODE))

    assert "SMS code came" in page and f"/cases/{at_ministry.reference}/steps/sms-codes/" in page
    with sight.every_client():
        assert not CaseEvent.objects.filter(note__contains="246810").exists()


def test_a_limited_specialist_reads_nothing_of_a_neighbour(as_page, lim, agency, lotus, mei):
    case = drive(make_case(lotus, mei, **lotus_facts()), "miit_review", mei)

    page = text(read(as_page(lim), APPROVED.replace("harbour.example", "lotus.example")))

    assert case.reference not in page and "No case of yours is named in it" in page


def test_what_was_typed_stays_where_it_is_too_long_or_nothing(desk, agency):
    long = read(desk, "a" * 20_001)

    assert (long.status_code, read(desk, " ").status_code) == (422, 422)
    assert "too long" in text(long) and "a" * 1000 in text(long)


def test_more_cases_are_no_more_queries(desk, at_ministry, harbour, mei):
    message = "【工信部】港湾示例贸易（上海）有限公司：您的ICP备案申请已通过审核。"
    read(desk, message)
    counts = []
    for turn in range(2):
        with CaptureQueriesContext(connection) as queries:
            read(desk, message)
        counts.append(len(queries))
        for n in range(3):
            drive(make_case(harbour, mei, name=f"n{turn}{n}.example"), "miit_review", mei)

    assert counts[0] == counts[1]


# ── What a client pastes ────────────────────────────────────────────────────────────────────────────────────────────


def paste(browser, case: Case, message: str):
    return browser.post(f"/cases/{case.reference}/message/", {"text": message})


def only_proposal() -> Proposal:
    with sight.every_client():
        return Proposal.objects.select_related("case", "client").get()


def test_a_false_approval_pasted_by_a_client_moves_nothing(as_page, desk, ada, at_ministry):
    before = now(at_ministry)

    answer = paste(as_page(ada), at_ministry, APPROVED)

    after, told = now(at_ministry), only_proposal()
    assert answer.status_code == 302
    assert (after.stage, after.icp_number, after.version) == (before.stage, "", before.version)
    assert (told.state, told.meaning, told.client_id) == ("open", "approved", at_ministry.client_id)
    assert "passed on" in text(desk.get("/")) and told.get_absolute_url() in text(desk.get("/"))
    assert told.get_absolute_url() in text(desk.get(at_ministry.get_absolute_url()))
    page = text(desk.get(told.get_absolute_url()))
    assert ICP in page and "Ada pasted this message" in page

    desk.post(f"{told.get_absolute_url()}dismissal/")

    assert (only_proposal().state, now(at_ministry).stage) == ("dismissed", "miit_review")
    assert told.get_absolute_url() not in text(desk.get("/")) + text(desk.get(at_ministry.get_absolute_url()))


def test_staff_confirm_it_by_the_move_and_the_client_reads_so(as_page, desk, ada, at_ministry):
    paste(as_page(ada), at_ministry, APPROVED)

    answer = click(desk, desk.get(only_proposal().get_absolute_url()))

    assert answer.status_code == 302 and now(at_ministry).stage == "licensed"
    assert only_proposal().state == "confirmed"
    assert now(at_ministry).open_proposals == 0
    assert "confirmed" in text(as_page(ada).get(f"/cases/{at_ministry.reference}/message/"))
    assert "/moves/" not in text(desk.get(only_proposal().get_absolute_url()))


def test_another_move_leaves_a_claim_behind(as_page, ada, mei, at_ministry):
    paste(as_page(ada), at_ministry, APPROVED)
    with sight.every_client():
        move_case(at_ministry, "reject", by=mei, reasons=[{"code": "id_unclear"}])

    assert only_proposal().state == "dismissed" and now(at_ministry).open_proposals == 0


@pytest.mark.parametrize("message", [CODE, CODE.replace("246810", "２４６８１０")])
def test_of_a_code_only_that_it_came_is_kept(as_page, desk, ann, ada, at_ministry, message):
    answer = as_page(ann).post(f"/cases/{at_ministry.reference}/message/", {"text": message}, follow=True)

    told = only_proposal()
    assert (told.meaning, told.text) == ("code", "")
    page = text(desk.get(told.get_absolute_url()))
    assert (
        "The ministry's SMS code came" in page and f"/cases/{at_ministry.reference}/steps/sms-codes/" in page
    )
    with sight.every_client():
        relay_events()
        kept = [
            str(vars(row)) for model in (CaseEvent, Notification, Proposal) for row in model.objects.all()
        ]
    for shown in (page, text(answer), *kept):
        assert "246810" not in shown and "２４６８１０" not in shown


def test_the_database_takes_no_text_beside_a_code(at_ministry, ada):
    with sight.every_client(), pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.create(
            case=at_ministry, client_id=at_ministry.client_id, meaning="code", text="code 246810", by=ada
        )


def test_a_code_beside_a_result_is_taken_out(as_page, desk, ada, at_ministry):
    paste(as_page(ada), at_ministry, f"{APPROVED}\n【测试】验证码 135 790，身份证号11010119900307002X")

    kept = only_proposal().text
    assert HIDDEN in kept and ICP in kept
    assert not re.search(
        r"135 ?790|11010119900307002X", kept + text(desk.get(only_proposal().get_absolute_url()))
    )


def test_staff_are_told_in_the_portal(as_page, ada, mei, at_ministry):
    with sight.every_client():
        Case.objects.filter(pk=at_ministry.pk).update(account_manager=mei)
    paste(as_page(ada), at_ministry, APPROVED)
    with sight.every_client():
        relay_events()
        told = Notification.objects.filter(kind="result.reported")
        assert [one.recipient_id for one in told] == [mei.pk]
    assert "the client passed on a message" in text(as_page(mei).get("/notifications/"))


def test_nothing_is_kept_of_what_is_no_result(as_page, ada, at_ministry):
    answer = paste(as_page(ada), at_ministry, "【阿里云】备案专享：云服务器续费优惠。")

    assert answer.status_code == 422 and "nothing was kept" in text(answer) and "续费优惠" in text(answer)
    assert count(Proposal) == 0


def test_another_sites_message_offers_no_move(as_page, desk, ada, at_ministry):
    paste(as_page(ada), at_ministry, APPROVED.replace("harbour.example", "other.example"))

    page = text(desk.get(only_proposal().get_absolute_url()))

    assert "names another domain: other.example" in page and "/moves/" not in page


def test_twice_is_told_once_and_too_much_is_refused(as_page, ada, at_ministry):
    browser = as_page(ada)
    for _n in range(2):
        assert paste(browser, at_ministry, APPROVED).status_code == 302
    assert count(Proposal) == 1

    answers = [paste(browser, at_ministry, f"{APPROVED} ({n})").status_code for n in range(AT_ONCE)]
    assert answers == [302] * (AT_ONCE - 1) + [409]
    with sight.every_client():
        Proposal.objects.update(state="dismissed", settled_at=timezone.now())
        for _n in range(AN_HOUR - AT_ONCE):
            row = Proposal.objects.create(
                case=at_ministry, client_id=at_ministry.client_id, meaning="other", by=ada
            )
            Proposal.objects.filter(pk=row.pk).update(state="dismissed", settled_at=timezone.now())
    assert paste(browser, at_ministry, f"{APPROVED} (new)").status_code == 429


def test_every_act_leaves_its_event(as_page, ada, mei, at_ministry):
    with sight.every_client():
        first = report_message(at_ministry, APPROVED, by=ada)
        put_aside(first, by=mei)
        with pytest.raises(Conflict):
            put_aside(first, by=mei)
        report_message(at_ministry, f"{APPROVED}!", by=ada)
        move_case(at_ministry, "grant_licence", by=mei, data={"icp_number": ICP, "licensed_on": today()})
        told = CaseEvent.objects.filter(case=at_ministry, kind__startswith="result.")
        assert [(one.kind, one.by_id, one.audience) for one in told.order_by("id")] == [
            ("result.reported", ada.pk, "client"),
            ("result.dismissed", mei.pk, "internal"),
            ("result.reported", ada.pk, "client"),
            ("result.confirmed", mei.pk, "internal"),
        ]


def test_only_a_clients_people_report_and_only_staff_settle(as_page, ada, mei, at_ministry):
    with sight.every_client():
        with pytest.raises(PermissionDenied):
            report_message(at_ministry, APPROVED, by=mei)
        told = report_message(at_ministry, APPROVED, by=ada)
        with pytest.raises(PermissionDenied):
            put_aside(told, by=ada)


@pytest.mark.parametrize("who", ["ada", "ann", "bo", "lim"])
def test_a_proposal_is_there_for_staff_in_sight_and_nobody_else(
    request, as_page, ada, mei, lotus, agency, who
):
    case = drive(make_case(lotus, mei, **lotus_facts()), "miit_review", mei)
    bo = request.getfixturevalue("bo")
    with sight.every_client():
        told = report_message(case, APPROVED.replace("harbour.example", "lotus.example"), by=bo)
    browser = as_page(request.getfixturevalue(who))

    assert browser.get(told.get_absolute_url()).status_code == 404
    assert browser.post(f"{told.get_absolute_url()}dismissal/").status_code == 404
    if who != "bo":
        assert paste(browser, case, APPROVED).status_code == 404
    if who != "lim":
        assert browser.get("/messages/read/").status_code == 404
        assert browser.post("/messages/read/", {"text": APPROVED}).status_code == 404


def test_a_case_page_asks_once_more_for_its_messages_and_no_more(desk, as_page, ada, at_ministry):
    without, _page = asked(desk, at_ministry.get_absolute_url())
    for n in range(3):
        paste(as_page(ada), at_ministry, f"{APPROVED} ({n})")

    several, _page = asked(desk, at_ministry.get_absolute_url())
    board, _page = asked(desk, "/")

    assert several <= without + 2 and several <= 20 and board <= 13


def test_the_clock_of_the_code_goes_on(as_page, ada, at_ministry):
    paste(as_page(ada), at_ministry, CODE)

    with sight.every_client():
        assert Deadline.objects.filter(case=at_ministry, kind="sms_code", state="running").exists()
