"""What comes after the handing in, in a real browser: calls, returns, the footer, the commercial licence."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from cases.services import commercial, progress
from cases.services.moves import move_case
from clients import sight
from tests.api.filings import drive, lotus_facts, make_case, today
from tests.pages.desk.test_browser import look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def filings(store, agency, harbour, lotus, mei):
    """One that missed two calls, one that came back, and one with the police's number and an appointment."""
    rung = drive(make_case(harbour, mei, name="rung.example"), "provider_pre_audit", mei)
    back = drive(make_case(harbour, mei, name="back.example"), "provider_pre_audit", mei)
    filed = drive(make_case(harbour, mei, name="filed.example"), "psb_filed", mei)
    make_case(lotus, mei, **lotus_facts())
    with sight.every_client():
        for _n in range(2):
            progress.log_call(rung, "", by=mei, who="provider", is_missed=True, now=timezone.now())
        move_case(
            back,
            "return_for_changes",
            by=mei,
            reasons=[
                {"code": "id_unclear", "requirements": [back.requirements.get(kind="passport").reference]},
                {"code": "phone_unreachable", "note": "Rang at ten and at three"},
            ],
        )
        commercial.decide(filed, needed=True, why="Members pay", foreign_capital=True, by=mei)
        commercial.tick(filed, ["capital", "staff"], by=mei)
        day = dt.date.fromisoformat(today()) + dt.timedelta(days=9)
        commercial.appoint(filed, on=day, office="Counter 3, 10:00", carried="Licence\nSeal", by=mei)
        progress.open_site(filed, by=mei, on=dt.date.fromisoformat(today()))
    return rung, back, filed


@pytest.mark.long
@pytest.mark.parametrize(("width", "language"), [(360, "zh-hans"), (1440, "en")])
def test_every_page_is_readable(new_page, mei, ada, filings, width, language):
    """As these cases show them; as they are of a draft, tests/journeys/test_everywhere.py looks at all pages."""
    rung, back, filed = (f"/cases/{case.reference}/" for case in filings)
    desk, client = (new_page(viewport={"width": width, "height": 900}) for _who in range(2))
    sign_in(desk, mei, language)
    sign_in(client, ada, language)

    for page, name, path in [
        (desk, "rung", rung),
        (desk, "filed", filed),
        (desk, "commercial", f"{filed}commercial/"),
        (client, "client-rung", rung),
        (client, "client-call", f"{rung}call/"),
        (client, "client-back", back),
        (client, "client-filed", filed),
        (client, "client-application", f"{filed}licence-application/"),
    ]:
        assert page.goto(path).status == 200, path
        look(page, f"after-{name}-{language}-{width}")


def test_a_number_in_full_width_is_read_beside_its_box(page, ada, filings):
    _rung, back, _filed = filings
    sign_in(page, ada)
    page.goto(f"/cases/{back.reference}/facts/head/")
    page.get_by_label("Mobile", exact=True).fill("１３９ ００００ ０００１")
    page.keyboard.press("Tab")

    page.get_by_text("We read “１３９ ００００ ０００１” as “13900000001”.").wait_for()


def test_two_reasons_are_recorded_with_a_few_clicks(page, mei, filings):
    """Well within the minute: tick, say which paper, tick, paste the answer, send."""
    rung, _back, _filed = filings
    sign_in(page, mei)
    page.goto(f"/cases/{rung.reference}/")
    page.get_by_role("link", name="Record the return").click()
    row = page.locator(".reason", has=page.locator("[value=id_unclear]"))
    row.locator("[value=id_unclear]").check()
    row.get_by_text("Passport").click()
    page.get_by_label("Their own words").fill("驳回：证件不清晰；电话无法接通")
    page.get_by_role("button", name="Record a return").click()
    page.get_by_text("Round 2").first.wait_for()

    with sight.every_client():
        event = rung.events.get(move="return_for_changes")
    assert [one["code"] for one in event.reasons] == ["id_unclear", "phone_unreachable"]
