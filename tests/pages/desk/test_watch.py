"""The live site on the case page: what was seen, a look now, off with a note; and who may."""

from __future__ import annotations

import html

import pytest
from django.utils import timezone

from cases.models import Watch
from cases.services import watching
from clients import sight
from tests.api.filings import drive
from tests.strangers import page as says
from tests.strangers import stranger


def text(answer) -> str:
    return html.unescape(answer.content.decode())


@pytest.fixture
def filed(case, mei):
    return drive(case, "licensed", mei)


@pytest.fixture
def watched(settings):
    """A portal that looks; the look itself is a worker's."""
    settings.WATCH = True


def row_of(case) -> Watch:
    with sight.every_client():
        return Watch.objects.get(case=case)


def test_the_card_stands_where_there_is_a_number_and_says_what_was_seen(desk, case, mei, watched):
    assert 'id="watch"' not in text(desk.get(case.get_absolute_url()))
    drive(case, "licensed", mei)
    assert "none yet" in text(desk.get(case.get_absolute_url()))

    with stranger() as server:
        server.paths["/"] = says("<p>Nothing of a number here, only words.</p>")
        watching.look(row_of(case).pk, terms=server.terms())
        shown = text(desk.get(case.get_absolute_url()))
        assert "The filing number is not to be found." in shown and "another look, a day on" in shown

        with sight.every_client():
            Watch.objects.update(looked_at=None)
        watching.look(row_of(case).pk, terms=server.terms(names={}))
    shown = text(desk.get(case.get_absolute_url()))
    assert "Could not look. Its name leads nowhere." in shown
    assert "is not to be found" not in shown


def test_a_look_is_asked_for_once_in_a_while(desk, filed, watched):
    path = f"/cases/{filed.reference}/watch/looks/"
    assert f'action="{path}"' in text(desk.get(filed.get_absolute_url()))

    answer = desk.post(path, follow=True)
    assert "A look is on its way" in text(answer)
    assert row_of(filed).asked_at is not None
    again = desk.post(path)
    assert again.status_code == 429 and int(again["Retry-After"]) > 0
    assert "Try again in some minutes" in text(again)
    assert desk.get(path).status_code == 405


def test_where_the_portal_does_not_look_it_says_so(desk, filed):
    shown = text(desk.get(filed.get_absolute_url()))
    assert "This portal looks at no live sites" in shown and "Look now" not in shown

    answer = desk.post(f"/cases/{filed.reference}/watch/looks/")
    assert answer.status_code == 409 and row_of(filed).asked_at is None


def test_it_is_switched_off_with_a_note_and_on_again(desk, filed, watched):
    path = f"/cases/{filed.reference}/watch/"
    empty = desk.post(path, {"text": " "})
    assert empty.status_code == 422 and "This field is required." in text(empty)
    long = desk.post(path, {"text": "x" * 3000})
    assert long.status_code == 422 and "x" * 3000 in text(long)

    assert desk.post(path, {"text": "They watch it themselves."}).status_code == 302
    shown = text(desk.get(filed.get_absolute_url()))
    assert "They watch it themselves." in shown and "Look now" not in shown
    assert desk.post(path, {"text": "Again"}).status_code == 409
    assert desk.post(f"{path}looks/").status_code == 409

    assert desk.post(path, {"on": "1"}).status_code == 302
    assert row_of(filed).is_off is False
    assert desk.post(path, {"on": "1"}).status_code == 409


def test_before_the_licence_there_is_nothing_to_watch(desk, case, watched):
    path = f"/cases/{case.reference}/watch/"
    assert "The watch begins with the licence" in text(desk.get(path))
    assert desk.post(path, {"text": "No"}).status_code == 409
    assert desk.post(f"{path}looks/").status_code == 409


def test_every_role_at_both_doors(request, as_page, filed, lotus_case, mei, watched):
    drive(lotus_case, "licensed", mei)
    statuses = {"root": 302, "mei": 302, "wen": 302, "lim": 302, "ada": 404, "ann": 404, "bo": 404}
    for who, status in statuses.items():
        browser = as_page(request.getfixturevalue(who))
        with sight.every_client():
            Watch.objects.update(asked_at=None, looked_at=None)
        base = f"/cases/{filed.reference}/watch/"
        assert browser.get(base).status_code == (200 if status == 302 else 404), who
        assert browser.post(f"{base}looks/").status_code == status, who
        assert browser.post(base, {"text": f"{who} says so"}).status_code == status, who
        assert browser.post(base, {"on": "1"}).status_code == status, who
        if who in ("lim", "ada", "ann", "bo"):
            other = f"/cases/{lotus_case.reference}/watch/"
            assert browser.get(other).status_code == 404, who
            assert browser.post(f"{other}looks/").status_code == 404, who
    assert row_of(lotus_case).asked_at is None


def test_the_client_reads_what_was_seen_and_nothing_of_the_notes(as_page, as_api, filed, ada, mei, watched):
    now = timezone.now()
    with stranger() as server:
        server.paths["/"] = says("<p>Nothing of a number here, only words.</p>")
        for days in (0, 1):
            watching.look(row_of(filed).pk, now=now + timezone.timedelta(days=days), terms=server.terms())
    with sight.every_client():
        watching.switch_off(filed, "Their webmaster is slow.", by=mei)

    events = as_api(ada).get(f"/cases/{filed.reference}/events").json()["items"]
    kinds = {one["kind"] for one in events}
    assert "site.amiss" in kinds and not {kind for kind in kinds if kind.startswith("watch.")}
    assert "is slow" not in text(as_page(ada).get(filed.get_absolute_url()))
