"""Pages of aftercare: the list, one duty, the calendar, the case as both sides see it, a change that is reported."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from cases.models import Case, Duty
from clients import sight
from clients.services.feeds import make_feed
from clients.templatetags.look import today
from tests.api.filings import drive, lotus_facts, make_case

DAY = timedelta(days=1)


@pytest.fixture
def filed(agency, harbour, mei) -> Case:
    return drive(make_case(harbour, mei), "psb_filed", mei)


@pytest.fixture
def theirs(agency, lotus, mei) -> Case:
    return drive(make_case(lotus, mei, name="lotus.example", head=lotus_facts()["head"]), "psb_filed", mei)


def due(case: Case, **days: int) -> dict[str, str]:
    """Duties set to fall due in so many days; their references by kind."""
    with sight.every_client():
        for kind, left in days.items():
            on = today() + left * DAY
            assert Duty.objects.filter(case=case, kind=kind, state="open").update(
                due_on=on, tell_on=on - 30 * DAY
            )
        return dict(Duty.objects.filter(case=case, state="open").values_list("kind", "reference"))


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_list_shows_what_comes_up_in_order_and_to_each_their_own(
    as_page, desk, filed, theirs, harbour, mei, wen, lim, ada
):
    named = due(filed, domain=20, head_id=-3, server=400, yearly_review=90)
    due(theirs, domain=10, head_id=300, server=300, yearly_review=300)
    with sight.every_client():
        Case.objects.filter(pk=theirs.pk).update(account_manager=wen)

    def listed(browser, query="") -> list[tuple[str, str]]:
        rows = browser.get(f"/cases/aftercare/{query}").content.decode()
        return re.findall(
            r'<a href="/duties/[^"]+">([^<]+)<span class="hidden-visually">, ([^<]+)</span>', rows
        )

    whole = [
        ("ID of the head runs out", "harbour.example"),
        ("Domain expires", "lotus.example"),
        ("Domain expires", "harbour.example"),
        ("Yearly review of the filing", "harbour.example"),
    ]
    assert listed(desk) == whole
    assert listed(desk, "?whose=mine") == [row for row in whole if row[1] == "harbour.example"]
    assert listed(desk, "?kind=domain") == [row for row in whole if row[0] == "Domain expires"]
    assert len(listed(desk, "?until=all")) == 8
    assert listed(as_page(lim)) == [row for row in whole if row[1] == "harbour.example"]
    assert as_page(ada).get("/cases/aftercare/").status_code == 404
    assert listed(desk, "?after=nonsense&kind=no_such") == whole
    assert "Aftercare: 2 come up" in text(desk.get("/"))

    # Fifty a page behind a cursor, and as many questions for many as for few.
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            desk.get("/cases/aftercare/")
        return len(asked)

    few = queries()
    for number in range(54):
        with sight.every_client():
            Duty.objects.create(
                case=filed, client=harbour, kind=f"k{number}", due_on=today() + 50 * DAY, tell_on=today()
            )
    first = desk.get("/cases/aftercare/").content.decode()
    onward = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    pages = [
        re.findall(r'href="(/duties/[^"]+)"', one)
        for one in (first, desk.get(f"/cases/aftercare/{onward}").content.decode())
    ]
    assert [len(one) for one in pages] == [50, 8] and len({*pages[0], *pages[1]}) == 58
    assert queries() <= few
    assert desk.get(f"/duties/{named['domain']}/").status_code == 200


def test_a_duty_is_done_with_its_new_day_or_waived_with_a_note(as_page, desk, filed, theirs, lim, ada):
    named, lotuss = due(filed, domain=20, yearly_review=5), due(theirs, domain=20)
    domain = f"/duties/{named['domain']}/"
    page = text(desk.get(domain))
    assert "Domain expires" in page and "See that the client renews it" in page

    for typed, said in (("", "Say until when"), ("soon", "year-month-day"), (str(today()), "must lie ahead")):
        answer = desk.post(domain, {"until": typed})
        assert answer.status_code == 422 and said in text(answer), typed
    for someone in (as_page(lim), as_page(ada)):
        assert someone.get(f"/duties/{lotuss['domain']}/").status_code == 404
        assert someone.post(f"/duties/{lotuss['domain']}/", {"until": "2040-01-01"}).status_code == 404
        assert someone.post(f"/duties/{lotuss['domain']}/waiver/", {"text": "x"}).status_code == 404
    assert as_page(ada).get(domain).status_code == 404

    assert desk.post(domain, {"until": "2040-01-01"}, follow=True).redirect_chain == [
        (f"/cases/{filed.reference}/", 302)
    ]
    assert desk.post(f"/duties/{named['yearly_review']}/").status_code == 302
    assert desk.post(domain, {"until": "2041-01-01"}).status_code == 409
    assert "done" in text(desk.get(domain))
    waiver = f"/duties/{named['head_id']}/waiver/"
    assert desk.post(waiver, {"text": " "}).status_code == 422
    assert desk.post(waiver, {"text": "Leaves us."}).status_code == 302

    case = text(desk.get(f"/cases/{filed.reference}/?kind=aftercare"))
    assert (
        "Done: Domain expires" in case
        and "Not needed: ID of the head runs out" in case
        and "Leaves us." in case
    )
    with sight.every_client():
        assert str(Case.objects.with_facts().get(pk=filed.pk).domain.expires_on) == "2040-01-01"
        assert Duty.objects.get(case=theirs, kind="domain").state == "open"


def test_case_calendar_and_feed_show_them_and_the_client_reads_plain_words(
    as_page, desk, filed, theirs, mei, ada, ann, harbour
):
    due(filed, domain=3, head_id=200, server=5, yearly_review=12)
    due(theirs, domain=3)
    case = text(desk.get(f"/cases/{filed.reference}/"))
    assert "Aftercare Something has changed Domain expires" in case and "working day" in case

    on = today() + 3 * DAY
    month = desk.get(f"/calendar/?month={on:%Y-%m}").content.decode()
    assert month.count("Domain expires") == 2
    day = text(desk.get(f"/calendar/?day={on}&kind=aftercare"))
    assert day.count("Domain expires") == 2 and "Footer" not in day
    assert "Domain expires" not in text(desk.get(f"/calendar/?day={on}&kind=psb_footer"))

    with sight.every_client(user_id=ada.pk):
        feeds = {one.email: f"/feeds/{make_feed(one)}.ics" for one in (ada, ann, mei)}
    told = {
        who: {str(one["summary"]) for one in Calendar.from_ical(desk.get(feed).content).events}
        for who, feed in feeds.items()
    }
    mine = {
        f"{filed.reference} · {name}"
        for name in ("Domain expires", "ID of the head runs out", "Server is paid until")
    }
    assert mine <= told[ada.email] and mine <= told[mei.email]
    assert told[ann.email] == {f"{filed.reference} · ID of the head runs out"}  # she is the head
    assert f"{theirs.reference} · Domain expires" in told[mei.email] and theirs.reference not in str(
        told[ada.email]
    )
    assert "Ada Winter" not in str(told)

    page = text(as_page(ada).get(f"/cases/{filed.reference}/"))
    assert "What we keep in mind for you" in page and "Renew the domain at its registrar." in page
    hers = text(as_page(ann).get(f"/cases/{filed.reference}/"))
    assert "Have the ID renewed in time" in hers and "Renew the domain" not in hers and "Tell us" not in hers


def test_the_api_says_what_it_said(as_api, filed, ada):
    told = as_api(ada).get(f"/cases/{filed.reference}").json()

    assert {one["kind"] for one in told["deadlines"]} <= {
        "provider_pre_audit", "photo", "sms_code", "miit_review", "psb_filing", "psb_footer", "footer",
    }  # fmt: skip
    assert told["waiting_on"] == "client" and "duties" not in told


def test_both_sides_report_a_change_and_the_neighbour_none(as_page, desk, filed, theirs, mei, ada, ann, lim):
    path = f"/cases/{filed.reference}/changes/"
    page = as_page(ada)
    assert "within 30 days" in text(page.get(path))
    assert page.get(f"/cases/{theirs.reference}/changes/").status_code == 404
    assert (
        page.post(f"/cases/{theirs.reference}/changes/", {"about": "site", "on": today()}).status_code == 404
    )
    assert as_page(ann).get(path).status_code == 404
    answer = page.post(path, {"on": str(today() + DAY), "text": "We moved to the port."})
    assert answer.status_code == 422 and "We moved to the port." in answer.content.decode()
    answer = page.post(path, {"about": ["address"], "on": str(today() + DAY)})
    assert answer.status_code == 422 and "has not come yet" in text(answer)

    answer = page.post(
        path, {"about": ["address"], "on": str(today() - DAY), "text": "We moved."}, follow=True
    )

    with sight.every_client():
        new = Case.objects.get(intent="change")
    assert answer.redirect_chain == [(f"/cases/{new.reference}/", 302)]
    assert "is a filing of its own now" in text(answer)
    assert new.reference in desk.get(path).content.decode()
    assert desk.post(path, {"about": ["site"], "on": str(today())}).status_code == 409
    history = text(desk.get(f"/cases/{new.reference}/"))
    assert (
        "Something has changed" in history
        and filed.reference in history
        and "Duty to file a change" in history
    )


def test_a_check_of_the_provider_is_recorded(desk, as_page, filed, ada):
    path = f"/cases/{filed.reference}/checks/"
    assert 'type="date"' in desk.get(path).content.decode()
    assert desk.post(path, {"on": str(today() - DAY), "text": "Phone."}).status_code == 422
    assert desk.post(path, {"on": str(today() + DAY), "text": "Phone was not answered."}).status_code == 302
    assert desk.post(path, {"on": str(today() + DAY), "text": "Again."}).status_code == 409
    assert "Phone was not answered." in text(as_page(ada).get(f"/cases/{filed.reference}/"))
