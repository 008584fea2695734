"""The desk in a real browser."""

from __future__ import annotations

import os

from tests.pages.desk.cast import moved, opened, ready

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}}
SHOTS = os.environ.get("DESK_SHOTS", "")


def enter(page, browser) -> None:
    """The browser's session becomes the page's."""
    cookie = browser.cookies["session"]
    base = page.context._options["base_url"] if hasattr(page.context, "_options") else ""
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": base}])


def test_shots(transactional_db, new_page, live_server, agency, harbour, lotus, mei, as_page):
    a = opened(harbour, mei)
    b = moved(
        ready(opened(harbour, mei, domain="shop.example"), mei),
        mei,
        "submit",
        "pass_pre_audit",
        "finish_photo",
    )
    c = moved(ready(opened(lotus, mei, domain="lotus.example"), mei), mei, "submit", "return_for_changes")
    d = ready(opened(lotus, mei, domain="tea.example"), mei)
    moved(opened(lotus, mei, domain="held.example"), mei, "hold")
    moved(
        ready(opened(lotus, mei, domain="done.example"), mei),
        mei,
        "submit",
        "pass_pre_audit",
        "finish_photo",
        "grant_licence",
    )
    session = as_page(mei).cookies["session"].value
    for width in (1440, 360):
        page = new_page(viewport={"width": width, "height": 900})
        page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
        for name, path in {
            "today": "/",
            "cases": "/cases/",
            "new": "/cases/new/",
            "draft": a.get_absolute_url(),
            "miit": b.get_absolute_url(),
            "returned": c.get_absolute_url(),
            "submit": f"/cases/{a.reference}/moves/submit/",
            "reject": f"/cases/{b.reference}/moves/reject/",
            "licence": f"/cases/{b.reference}/moves/grant_licence/",
            "facts": f"/cases/{a.reference}/facts/",
            "phone": f"/cases/{a.reference}/phones/head/",
            "reveal": f"/cases/{a.reference}/reveals/",
            "call": f"/cases/{a.reference}/steps/call/",
            "note": f"/cases/{a.reference}/notes/client/",
        }.items():
            answer = page.goto(path)
            assert answer.status == 200, path
            wide = page.evaluate("document.documentElement.scrollWidth")
            print(width, name, wide, len(answer.body()))
            page.screenshot(path=f"/tmp/desk-shots/{name}-{width}.png", full_page=True)
