"""The way in, as the real portal serves it. That it is readable, tests/journeys/test_everywhere.py sees."""

import pytest


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
