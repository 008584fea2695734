"""Who else has a case open: seen by colleagues, for a minute, and nobody stays signed in by it."""

from __future__ import annotations

import re

from django.conf import settings
from django.utils import timezone

from cases.here import STAYS
from clients import sight
from clients.keeping import keep, recall


def told(browser, case) -> str:
    answer = browser.get(f"/cases/{case.reference}/here/")
    assert answer.headers["Cache-Control"] == "no-store"
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).strip()


def test_colleagues_see_each_other_at_one_case_for_a_minute(case, lotus_case, desk, as_page, wen, lim, ada):
    colleague, limited = as_page(wen), as_page(lim)
    assert f'hx-get="/cases/{case.reference}/here/"' in desk.get(f"/cases/{case.reference}/").content.decode()
    assert told(desk, case) == ""
    assert "Mei has this open too" in told(colleague, case)
    assert "Wen has this open too" in told(desk, case)
    assert "Mei, Wen have this open too" in told(limited, case)
    assert told(desk, lotus_case) == ""
    assert limited.get(f"/cases/{lotus_case.reference}/here/").status_code == 404
    assert as_page(ada).get(f"/cases/{case.reference}/here/").status_code == 404

    key = f"here:{case.pk}"
    keep(key, {pk: (name, at - STAYS) for pk, (name, at) in recall(key).items()}, STAYS)
    assert told(desk, case) == ""


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(case, desk, ada):
    def seen_at(value: int | None = None) -> int:
        with sight.every_client():
            session = desk.session
            if value is not None:
                session["seen_at"] = value
                session.save()
            return session["seen_at"]

    now = int(timezone.now().timestamp())
    path = f"/cases/{case.reference}/here/"
    seen_at(now - 600)
    assert desk.get(path).status_code == 200 and seen_at() == now - 600
    assert desk.get(f"/cases/{case.reference}/").status_code == 200 and seen_at() >= now

    gone = seen_at(now - settings.STAFF_IDLE_SECONDS - 5)
    assert (
        desk.get(path).status_code == 204 and seen_at() == gone
    )  # what is typed meanwhile is kept by the next press
    assert desk.get(f"/cases/{case.reference}/").status_code == 302
