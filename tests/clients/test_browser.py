"""The way in and the pages about people, in a real browser."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from clients import sight
from clients.services.house import make_token
from clients.services.invitations import invite_person, mint_invitation_token
from clients.services.traces import record
from tests.factories import PASSWORD
from tests.fixtures import browser_of

pytestmark = pytest.mark.django_db(transaction=True)
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}}


def sign_in(page, user) -> None:
    """By the cookie of a browser that has signed in already."""
    cookie = browser_of(user).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "domain": "localhost", "path": "/"}]
    )


def speak(page, language: str) -> None:
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "domain": "localhost", "path": "/"}]
    )


def look(page, name: str) -> None:
    """Readable by everybody, and no wider than the screen; pictures for a person where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    assert Axe().run(page, options=RULES).response["violations"] == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_invited_contact_is_in_within_a_minute(new_page, agency, mei, harbour, mailoutbox):
    with sight.every_client():
        invitation = invite_person("eva@harbour.example", name="Eva", role="contact", client=harbour, by=mei)
        token = mint_invitation_token(invitation.pk)
    page = new_page(viewport={"width": 360, "height": 740})

    page.goto(f"/invitations/{token}/")
    look(page, "invitation-en-360")
    page.get_by_role("button", name="Send me the code").click()
    code = re.search(r"[A-Z]{4}-[A-Z]{4}", mailoutbox[-1].body).group()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Continue").click()
    page.goto("/me/")

    assert page.locator("h1").inner_text() == "About me"


def test_staff_add_a_passkey_and_come_in_by_it(new_page, agency, mei):
    page = new_page()
    helper = page.context.new_cdp_session(page)
    helper.send("WebAuthn.enable")
    helper.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(mei.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto("/accounts/2fa/webauthn/add/")
    if page.locator("[name=password]").count():  # shows once more that it is her
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main button").first.click()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda url: "/webauthn/add/" not in url)
    page.wait_for_load_state()
    page.context.clear_cookies()

    page.goto("/accounts/login/")
    page.locator("#passkey_login").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    page.goto("/me/")

    assert page.locator("h1").inner_text() == "About me"


EVERY_WAY = [
    ("zh", "zh-hans", 360),
    pytest.param("en", "en", 1440, marks=pytest.mark.long),
]


@pytest.mark.parametrize(("tongue", "code", "width"), EVERY_WAY)
def test_pages_about_people_are_readable_by_everybody(
    new_page, agency, root, mei, lim, ada, ann, bo, harbour, width, tongue, code
):
    """With open invitations, a token and all kinds of traces on them; the rest is looked at as the demo has it, by
    tests/journeys/test_everywhere.py.
    """
    with sight.every_client():
        type(root).objects.update(language=code)
        invite_person("eva@harbour.example", name="Eva", role="contact", client=harbour, by=mei)
        invite_person("nia@willow.example", name="Nia", role="specialist", by=mei)
        make_token(root, name="Nightly export", by=root)
        record("role.changed", by=root, about=lim, old="specialist", new="limited_specialist")
        record("sign_in.failed", by=None, about=ada, address="a***@harbour.example")
        record("agency.changed", by=root, changes={"name": ["A", "B"], "phone": ["", "1"]})
    page = new_page(viewport={"width": width, "height": 900})
    sign_in(page, root)
    paths = {
        "client": f"/clients/{harbour.reference}/",
        "people": "/settings/people/",
        "assigned": f"/people/{lim.reference}/clients/",
        "tokens": "/settings/tokens/",
        "audit": "/audit/",
    }

    for name, path in paths.items():
        page.goto(path)
        look(page, f"{name}-{tongue}-{width}")


@pytest.mark.parametrize(("tongue", "code", "width"), EVERY_WAY)
def test_clients_own_pages_are_readable_by_everybody(new_page, agency, mei, ada, lotus, width, tongue, code):
    with sight.every_client():
        type(ada).objects.update(language=code)
        invitation = invite_person(ada.email, name="Ada", role="contact", client=lotus, by=mei)
        token = mint_invitation_token(invitation.pk)
        other = invite_person("eva@lotus.example", name="Eva", role="contact", client=lotus, by=mei)
        others = mint_invitation_token(other.pk)
    page = new_page(viewport={"width": width, "height": 900}, locale="en-GB" if tongue == "en" else "zh-CN")
    speak(page, code)
    page.goto("/invitations/nothing-at-all/")
    look(page, f"invitation-dead-{tongue}-{width}")
    page.goto(f"/invitations/{others}/")
    look(page, f"invitation-{tongue}-{width}")
    sign_in(page, ada)

    for name, path in {
        "joining": f"/invitations/{token}/",
        "somebody": f"/invitations/{others}/",
    }.items():
        page.goto(path)
        look(page, f"{name}-{tongue}-{width}")
