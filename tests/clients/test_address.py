"""A person's address: theirs only after our own code to it; the old one is told."""

from __future__ import annotations

import re

import pytest

from clients import sight
from clients.models import User

EMAIL, CONFIRM = "/accounts/email/", "/accounts/confirm-email/"
NEW = "ada.new@harbour.example"


def ask(browser, address: str):
    return browser.post(EMAIL, {"action_add": "", "email": address}, follow=True)


def code_of(mail) -> str:
    return re.search(r"\b[A-Z0-9]{3,4}-[A-Z0-9]{3,4}\b", mail.body).group()


def address_of(user) -> str:
    with sight.every_client():
        return User.objects.get(pk=user.pk).email


def test_new_address_counts_after_its_code_and_the_old_one_is_told(agency, ada, as_page, mailoutbox):
    browser = as_page(ada)
    ask(browser, NEW)
    assert (mailoutbox[-1].to, address_of(ada)) == ([NEW], "ada@harbour.example")

    browser.post(CONFIRM, {"code": code_of(mailoutbox[-1])})

    assert address_of(ada) == NEW
    assert "ada@harbour.example" in {mail.to[0] for mail in mailoutbox}


def test_wrong_code_changes_nothing(agency, ada, as_page):
    browser = as_page(ada)
    ask(browser, NEW)

    browser.post(CONFIRM, {"code": "BBB-BBB"})

    assert address_of(ada) == "ada@harbour.example"


@pytest.mark.parametrize("who", ["bo", "mei"])
def test_taken_address_shows_the_same_page_and_mails_no_code(request, agency, ada, who, as_page, mailoutbox):
    other = request.getfixturevalue(who)
    browser = as_page(ada)

    answer = ask(browser, other.email)

    assert answer.request["PATH_INFO"] == CONFIRM
    assert mailoutbox[-1].to == [other.email]
    assert not re.search(r"\b[A-Z0-9]{3,4}-[A-Z0-9]{3,4}\b", mailoutbox[-1].body)
    assert address_of(ada) == "ada@harbour.example"


def test_sessions_are_seen_and_the_others_ended(agency, ada):
    from django.test import Client as Browser

    from tests.factories import PASSWORD

    here, there = Browser(), Browser()
    for browser in (here, there):
        browser.post("/accounts/login/", {"login": ada.email, "password": PASSWORD})

    assert len(here.get("/accounts/sessions/").context["sessions"]) == 2
    here.post("/accounts/sessions/")

    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302
