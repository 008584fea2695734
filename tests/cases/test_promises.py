"""A launch date promised to a client: staff say it, the client reads it, and the forecast is held against it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.deadlines import beijing_day
from cases.models import Case, CaseEvent
from cases.services import promising
from clients import sight
from notifications.models import Notification
from notifications.services import relay_events
from tests.pages.desk.cast import moved, opened

pytestmark = pytest.mark.django_db


def fresh(case: Case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().get(pk=case.pk)


def promised(api, case: Case, days: int) -> Case:
    on = beijing_day(timezone.now()) + timedelta(days=days)
    assert api.patch(f"/cases/{case.reference}", {"promised_on": on.isoformat()}).status_code == 200
    return fresh(case)


def test_a_manager_finds_the_cases_that_will_be_late_and_the_client_reads_the_day(
    agency, as_api, as_page, mei, wen, ada, harbour, lotus
):
    soon, far, _none, other = (
        opened(harbour, mei, domain=f"{name}.example") for name in ("soon", "far", "none", "other")
    )
    theirs = opened(lotus, mei, domain="lotus.example")
    api, desk = as_api(wen), as_page(mei)
    assert as_api(ada).patch(f"/cases/{far.reference}", {"promised_on": "2099-01-01"}).status_code == 403

    assert promised(api, soon, 1).promise_is_late and promised(api, theirs, 0).promise_is_late
    assert not promised(api, far, 400).promise_is_late

    page = desk.get("/").content.decode()
    assert "2 cases will miss the day promised to their clients" in page and "/cases/?promise=late" in page
    rows = desk.get("/cases/?promise=late").content.decode()
    assert "soon.example" in rows and "lotus.example" in rows and "will be late" in rows
    assert "far.example" not in rows and "none.example" not in rows
    given = desk.get("/cases/?promise=given&stage=draft").content.decode()
    assert "far.example" in given and "none.example" not in given
    assert "it will be late, as things stand" in desk.get(soon.get_absolute_url()).content.decode()

    client = as_page(ada)
    assert "Your agency promised it for" in client.get(far.get_absolute_url()).content.decode()
    assert "promised" not in client.get(other.get_absolute_url()).content.decode()
    told = client.get(soon.get_absolute_url()).content.decode()
    assert "Your agency promised it for" in told and "will be late" not in told, (
        "the agency tells them, no page does"
    )


def test_the_forecast_passing_a_promise_is_told_once_and_the_licence_ends_it(
    agency, as_api, mei, wen, harbour, ada
):
    case = promised(as_api(wen), opened(harbour, mei), 400)
    with sight.every_client():
        Case.objects.filter(pk=case.pk).update(promised_on=beijing_day(timezone.now()))

    for _twice in range(2):
        assert promising.weigh_all() == 1

    assert fresh(case).promise_is_late
    with sight.every_client():
        event = CaseEvent.objects.get(kind="promise.endangered")
        assert (event.audience, event.by) == ("internal", None)
        relay_events()
        found = Notification.objects.filter(kind="promise.endangered").values_list(
            "recipient__email", "channel"
        )
        assert list(found) == [(mei.email, "in_app")]
    held = moved(case, mei, "hold")
    assert not fresh(held).promise_is_late, "of a case on hold nobody can say"
    moved(held, mei, "resume")
    assert fresh(case).promise_is_late
    moved(case, mei, "withdraw")
    assert not fresh(case).promise_is_late and promising.weigh_all() == 0
