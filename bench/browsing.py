"""The pages that people open most, on a client's phone and at the desk, each held to what a page may cost."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import sync_playwright

from bench.budgets import DESK, PHONE, Cost, Screen, look, together
from bench.house import SEEN, SMALL, House
from bench.pages import DJANGO
from runner import environment
from runner.words import Trouble

STORIES = [  # of the demo: a client with a filing at three stops, and another whose papers wait for a look
    ("harbour", "harbour.example", "miit_sms", 24, False),
    ("harbour", "harbour-shop.example", "draft_redo", 12, True),
    ("harbour", "harbour-news.example", "psb_filed", 120, False),
    ("lotus", "lotus.example", "draft_sent", 6, False),
]
LOOKS = 3  # at the most, at a page that misses something


class Place(NamedTuple):
    """A page, who stands there and before what."""

    name: str
    path: str
    screen: Screen
    cookie: str = ""


def measure(house: House, *, quick: bool = False) -> Iterator[tuple[Place, Cost]]:
    """Each page as soon as it was looked at; `quick` takes some of them, and one look at each."""
    environment.have_browser(house.terminal)
    house.have_store()
    house.copy(SMALL, SEEN)
    places = furnish(house)
    port, _pid = house.serve("seen", DJANGO, SEEN)
    base = f"http://localhost:{port}"
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*flags, "--disable-dev-shm-usage"])
        for one in places[::6] if quick else places:
            pairs = (pair.partition("=") for pair in one.cookie.split("; ") if pair)
            cookies = [{"name": name, "value": value, "url": base} for name, _is, value in pairs]
            cost = look(browser, base + one.path, one.screen, cookies=cookies)
            for _again in range(LOOKS - 1):
                if quick or not cost.missed():
                    break
                cost = together(cost, look(browser, base + one.path, one.screen, cookies=cookies))
            yield one, cost
        browser.close()


def furnish(house: House) -> list[Place]:
    """What a filled database has none of: papers with pictures, notes, messages, an invitation."""
    with house.as_django(SEEN):
        import logging

        import structlog

        from cases.models import Case
        from cases.models.requirement import FACE, TASK
        from cases.services.progress import write_note
        from clients import sight
        from clients.models import Client, User
        from clients.services.invitations import invite_person, mint_invitation_token
        from documents.demo.building import Building
        from documents.models import Document
        from notifications.services import relay_events

        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        with tempfile.TemporaryDirectory(prefix="icp-bench-papers-") as folder:
            Building(Path(folder), cases=STORIES, password=secrets.token_hex(16)).run()
        with sight.every_client():
            mei, ada = (
                User.objects.get(email=address)
                for address in ("manager@agency.example", "client@harbour.example")
            )
            harbour = Client.objects.get(memberships__user=ada)
            case, draft = (Case.objects.get(domain_name=STORIES[place][1]) for place in (0, 1))
            for number in range(3):
                write_note(case, f"Question {number}: could you call me?", by=ada, audience="client")
                write_note(case, f"Answer {number}: we called this morning.", by=mei, audience="client")
            invitation = invite_person("new@harbour.example", role="contact", client=harbour, by=mei)
            relay_events()
            returned = draft.requirements.filter(state="redo").first()
            waiting = draft.requirements.filter(state="to_do").exclude(kind__in=(FACE, TASK)).first()
            paper = Document.objects.filter(case__domain_name=STORIES[3][1], state="available").first()
            token = mint_invitation_token(invitation.pk)
        if not (returned and waiting and paper):
            raise Trouble("The demo's stories leave no paper for each page.")
        hers, ours = house.session(ada), house.session(mei)
    phone = {
        "sign-in": "/accounts/login/",
        "invitation": f"/invitations/{token}/",
    }
    client = {
        "home": "/",
        "a filing": f"/cases/{case.reference}/",
        "questions": f"/cases/{draft.reference}/facts/subject/",
        "a paper to send": f"/tasks/{waiting.reference}/",
        "a paper to send again": f"/tasks/{returned.reference}/",
        "messages": "/notifications/",
        "notes": f"/cases/{case.reference}/letters/",
        "who saw my papers": "/seen/",
        "my data": "/me/data/",
    }
    desk = {
        "Today": "/",
        "cases": "/cases/?as=table",
        "board": "/cases/?as=board",
        "a case": f"/cases/{draft.reference}/",
        "its facts": f"/cases/{draft.reference}/facts/",
        "review": f"/documents/{paper.reference}/review/",
        "a client": f"/clients/{harbour.reference}/",
        "reports": "/reports/",
    }
    return [
        *(Place(name, path, PHONE) for name, path in phone.items()),
        *(Place(name, path, PHONE, hers) for name, path in client.items()),
        *(Place(name, path, DESK, ours) for name, path in desk.items()),
    ]
