"""The way in, as the real portal serves it: nothing foreign, nothing unreadable."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.look.test_pages import RULES

DOORS = ["login/", "login/code/", "password/reset/", "password/reset/done/", "signup/", "inactive/"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("locale", "width"),
    [
        ("zh-CN", 360),
        *(
            pytest.param(*way, marks=pytest.mark.long)
            for way in [("en-GB", 360), ("en-GB", 1440), ("zh-CN", 1440)]
        ),
    ],
)
def test_the_doors_are_readable_by_everybody(new_page, locale, width):
    page = new_page(locale=locale, viewport={"width": width, "height": 740})
    for door in DOORS:
        page.goto(f"/accounts/{door}")

        assert Axe().run(page, options=RULES).response["violations"] == [], door
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), door
        assert page.locator("html").get_attribute("lang") == {"en-GB": "en", "zh-CN": "zh-Hans"}[locale]


@pytest.mark.django_db(transaction=True)
def test_a_number_for_a_name_gets_the_code_and_no_passkey(new_page, live_server):
    page = new_page()

    page.goto("/accounts/login/")
    assert page.locator("#passkey_login").is_visible()

    page.goto(live_server.url.replace("localhost", "127.0.0.1") + "/accounts/login/")
    assert not page.locator("#passkey_login").is_visible()


@pytest.mark.django_db(transaction=True)
def test_without_a_line_the_browser_says_what_to_do(new_page):
    page = new_page()
    page.goto("/accounts/login/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    page.context.set_offline(True)
    page.goto("/accounts/login/code/")

    assert page.locator("h1").inner_text() == "There is no connection."
