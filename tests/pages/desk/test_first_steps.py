"""An empty agency is led to its first case; and a demo goes as a whole, where it is one."""

from __future__ import annotations

import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cases.models import Case, CaseEvent
from clients import sight
from clients.models import Agency, Client, User
from clients.services.invitations import make_client
from documents import storage
from rulebook.models import Rule
from tests.conftest import _log_in
from tests.documents.cast import lying
from tests.factories import make_person
from tests.pages.desk.cast import opened


def steps(browser) -> list[tuple[str, str]]:
    """What Today shows of the first steps: state and words."""
    page = browser.get("/").content.decode()
    found = re.findall(r'<li data-state="(\w+)"><p>(.*?)</p>', page, re.S)
    return [(state, re.sub(r"<[^>]*>", "", words).removesuffix(": done")) for state, words in found]


def test_an_empty_agency_is_led_to_its_first_case(agency, as_page, root, lim_less, mei):
    browser = as_page(root)
    names = [
        "Add your first client",
        "Invite its contact",
        "Open the first case",
        "Name and logo of your agency",
    ]
    assert steps(browser) == list(zip(["now", "later", "later", "done"], names, strict=True))

    first = {"name": "First Ltd", "contact_name": "Ann", "contact_email": "ann@first.example"}
    browser.post("/clients/", first | {"contact_language": "en"})
    assert [state for state, _words in steps(browser)] == ["done", "done", "now", "done"]
    with sight.every_client():
        client = Client.objects.get()
    assert f"/cases/new/?client={client.reference}" in browser.get("/").content.decode()
    assert [words for _state, words in steps(as_page(mei))] == names[:3], "settings are the administrator's"
    assert steps(as_page(lim_less)) == [], "whoever makes no clients is not sent to make one"

    opened(client, mei)
    assert steps(browser) == [] and "Mine to do" in browser.get("/").content.decode()


def test_a_client_without_an_invited_contact_leads_there(agency, as_page, root):
    with sight.every_client():
        client = make_client(name="First Ltd", contact=None, by=root)

    browser = as_page(root)

    assert [state for state, _words in steps(browser)] == ["done", "now", "later", "done"]
    assert f'href="/clients/{client.reference}/"' in browser.get("/").content.decode()


@pytest.fixture
def lim_less(db) -> User:
    """A specialist for assigned clients, to whom none is assigned."""
    with sight.every_client():
        return make_person("lim@willow.example", name="Lim", role="limited_specialist")


@pytest.mark.django_db(transaction=True)
def test_a_demo_goes_as_a_whole_and_nothing_else_does(agency, harbour, mei, settings, store, capsys):
    opened(harbour, mei)
    for put in range(2):
        storage.put(f"demo/{put}", b"paper", content_type="image/png")
    _log_in("DATABASE_OWNER_URL")
    try:
        with pytest.raises(CommandError, match="no demo"):
            call_command("wipe_demo")
        settings.DEMO = True
        with sight.every_client():
            real = User.objects.create_user("kim@company.com")
        with pytest.raises(CommandError, match="Somebody real"):
            call_command("wipe_demo")
        with sight.every_client():
            assert Case.objects.count() == 1 and CaseEvent.objects.exists()
            User.objects.filter(pk=real.pk).update(email="kim@company.example")

        for _twice in range(2):
            call_command("wipe_demo")
    finally:
        _log_in("DATABASE_URL")
        connection.close()

    with sight.every_client():
        assert not any(model.objects.exists() for model in (User, Client, Case, CaseEvent))
        assert Agency.objects.get().name == "Filing agency" and Rule.objects.exists()
    assert lying("papers") == lying("quarantine") == []
    assert "The demo is gone" in capsys.readouterr().out
