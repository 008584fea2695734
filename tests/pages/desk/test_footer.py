"""The foot of the site: what to paste, a page judged, and the day the site opens."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from cases.models import Case, CaseEvent, Site
from cases.services import progress
from cases.services.moves import move_case
from clients import sight
from tests.api.filings import drive, today
from trade.clocks import CLOCKS

ICP, PSB = "沪ICP备2026000001号-1", "沪公网安备31000002999901号"
LINKED = f'<a href="https://beian.miit.gov.cn/">{ICP}</a>'


def now(case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().get(pk=case.pk)


def running(case) -> set[str]:
    with sight.every_client():
        return set(case.deadlines.filter(state="running").values_list("kind", flat=True))


def page(answer) -> str:
    return answer.content.decode()


def test_the_case_shows_what_to_paste_once_there_is_a_number(desk, case, mei):
    assert "For the foot of the site" not in page(desk.get(case.get_absolute_url()))

    drive(case, "psb_filed", mei)
    shown = page(desk.get(case.get_absolute_url()))

    assert "&lt;a href=&quot;https://beian.miit.gov.cn/&quot;" in shown
    assert "webSearch?code=31000002999901" in shown and "beian.png" in shown


def test_a_pasted_page_is_judged_by_the_parsed_document(desk, case, mei):
    drive(case, "licensed", mei)
    for html, says in (
        (LINKED, "The page shows its number as it must."),
        (f"<p>{ICP}</p>", "The number is there, without its link."),
        (f"<!-- {LINKED} -->", "The number is not to be found."),
        (f"<div hidden>{LINKED}</div>", "nobody sees it"),
        ("<script>alert(1)</script>", "The number is not to be found."),
    ):
        answer = desk.post(f"/cases/{case.reference}/footer/", {"html": html})

        assert answer.status_code == 200, html
        assert says in page(answer), html
        assert "<script>alert(1)" not in page(answer), html


def test_a_page_that_cannot_be_read_keeps_what_was_pasted(desk, case, mei):
    drive(case, "licensed", mei)
    answer = desk.post(f"/cases/{case.reference}/footer/", {"html": "<i>" * 2_500})

    assert answer.status_code == 422
    assert "nested too deep" in page(answer) and "&lt;i&gt;&lt;i&gt;" in page(answer)


def test_before_the_licence_there_is_nothing_to_look_for(desk, case):
    assert "It comes with the licence" in page(desk.get(f"/cases/{case.reference}/footer/"))
    assert desk.post(f"/cases/{case.reference}/footer/", {"html": "x"}).status_code == 200


def test_the_duty_begins_when_the_site_is_open_and_not_before(desk, case, mei):
    drive(case, "licensed", mei)
    licensed = now(case)
    assert running(case) == {"psb_filing"}

    assert "Record: site is open" in page(desk.get(case.get_absolute_url()))
    assert desk.post(f"/cases/{case.reference}/steps/site-open/", {"on": today()}).status_code == 302

    opened = now(case)
    assert running(case) == {"psb_filing", "footer"}
    assert str(opened.opened_on) == today()
    # Whose move it is and until when stay those of the police filing.
    assert (opened.waiting_on, opened.due_at.date()) == ("client", licensed.due_at.date())
    with sight.every_client():
        clock = case.deadlines.get(kind="footer")
        assert (clock.waiting_on, clock.amount, clock.unit) == ("agency", CLOCKS["footer"].n, "calendar")
    desk.post(f"/cases/{case.reference}/steps/footer/")
    assert running(case) == {"psb_filing"}


def test_the_thirty_days_begin_again_with_the_opening(case, mei):
    with sight.every_client():
        drive(case, "miit_review", mei)
        before = (dt.date.fromisoformat(today()) - dt.timedelta(days=10)).isoformat()
        move_case(case, "grant_licence", by=mei, data={"icp_number": ICP, "licensed_on": before})
        first = now(case).due_at
        progress.open_site(case, by=mei, on=dt.date.fromisoformat(today()))

        assert now(case).due_at - first == dt.timedelta(days=10)
        move_case(case, "correct", by=mei, data={"licensed_on": today()}, note="Misread")
        assert now(case).due_at - first == dt.timedelta(days=10)


def test_a_site_does_not_open_before_its_licence(desk, case, mei):
    for stage in ("draft", "miit_review"):
        drive(case, stage, mei)
        answer = desk.post(f"/cases/{case.reference}/steps/site-open/", {"on": today()})

        assert answer.status_code == 409, stage
        assert now(case).opened_on is None, stage


def test_a_day_before_the_licence_is_refused_beside_its_box(desk, case, mei):
    drive(case, "licensed", mei)
    early = (dt.date.fromisoformat(today()) - dt.timedelta(days=3)).isoformat()
    answer = desk.post(f"/cases/{case.reference}/steps/site-open/", {"on": early})

    assert answer.status_code == 422
    assert "the site may not open" in page(answer) and early in page(answer)


def test_stepping_back_takes_the_duty_along_only_where_the_number_goes(case, mei):
    drive(case, "psb_filed", mei)
    with sight.every_client():
        progress.open_site(case, by=mei, on=dt.date.fromisoformat(today()))
        move_case(case, "step_back", by=mei, note="Too early")
        assert running(case) == {"footer", "psb_filing"}
        move_case(case, "step_back", by=mei, note="Not granted")
        assert running(case) == {"miit_review"}
        assert now(case).opened_on is None
        assert CaseEvent.objects.filter(case=case, kind="site.opened").count() == 1


def test_the_pages_are_the_agencys(as_page, case, ada, ann, bo):
    for person in (ada, ann, bo):
        browser = as_page(person)
        for path in ("footer/", "steps/site-open/"):
            answer = browser.get(f"/cases/{case.reference}/{path}")
            assert answer.status_code == 404, (person.name, path)


def test_another_clients_footer_is_not_there_for_a_limited_specialist(as_page, lim, lotus_case):
    assert as_page(lim).get(f"/cases/{lotus_case.reference}/footer/").status_code == 404


def test_a_page_that_shows_its_number_leads_on_to_what_is_to_be_recorded(desk, case, mei):
    drive(case, "licensed", mei)
    path = f"/cases/{case.reference}/footer/"

    before = page(desk.post(path, {"html": LINKED}))
    desk.post(f"/cases/{case.reference}/steps/site-open/", {"on": today()})
    after = page(desk.post(path, {"html": LINKED}))

    assert "/steps/site-open/" in before and "/steps/footer/" not in before
    assert "/steps/footer/" in after and "/steps/site-open/" not in after


def test_a_road_that_ended_says_that_the_number_is_still_to_be_shown(desk, case, mei):
    """The duty waits on nobody, so the next move is the one sentence that can say it."""
    drive(case, "commercial_licensed", mei)
    shown = page(desk.get(case.get_absolute_url()))
    assert "Licensed for business. The footer must show the number by" in shown
    assert "nothing is left to do" not in shown

    _make_late(case)
    late = "Licensed for business. The footer should have shown the number by"
    assert late in page(desk.get(case.get_absolute_url()))
    _speak(mei, "zh-hans")
    assert "已取得经营许可证。网站底部本应在" in page(desk.get(case.get_absolute_url()))
    _speak(mei, "en")

    assert desk.post(f"/cases/{case.reference}/steps/footer/").status_code == 302
    assert "Licensed for business: nothing is left to do." in page(desk.get(case.get_absolute_url()))


def test_a_site_that_opened_after_its_filings_shows_the_number_too(desk, case, mei):
    """The footer's own clock counts beside the one of the police."""
    drive(case, "psb_filed", mei)
    with sight.every_client():
        Site.objects.filter(case=case).update(revenue=False)
        progress.show_footer(now(case), by=mei)
    assert "Filed with ministry and police: nothing is left to do." in page(desk.get(case.get_absolute_url()))

    with sight.every_client():
        progress.open_site(now(case), by=mei, on=dt.date.fromisoformat(today()))
    filed = "Filed with ministry and police. The footer must show the number by"
    assert filed in page(desk.get(case.get_absolute_url()))

    _make_late(case)
    filed = "Filed with ministry and police. The footer should have shown the number by"
    assert filed in page(desk.get(case.get_absolute_url()))


def _speak(person, language: str) -> None:
    with sight.every_client():
        type(person).objects.filter(pk=person.pk).update(language=language)


def _make_late(case) -> None:
    with sight.every_client():
        case.deadlines.filter(state="running").update(due_at=timezone.now() - dt.timedelta(days=9))
