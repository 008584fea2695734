"""Views of the list under names: one's own, shared, the one it opens with; and what no colleague reads of them."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from cases.models import SavedView
from clients import sight
from clients.models import Membership


def row_of_views(page) -> dict[str, str]:
    nav = re.search(r'<nav class="views".*?</nav>', page.content.decode(), re.S)[0]
    return {
        name: link.replace("&amp;", "&") for link, name in re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)<', nav)
    }


def kept(browser, name: str, query: str, **more) -> SavedView:
    answer = browser.post(f"/cases/views/?{query}", {"name": name, **more})
    assert answer.status_code == 302, answer.content.decode()
    with sight.every_client():
        return SavedView.objects.get(name=name)


def test_filters_are_kept_under_a_name_and_the_address_stays_the_truth(desk, as_page, wen, case):
    assert "Save this view…" in desk.get("/cases/?stage=draft").content.decode()
    view = kept(desk, "Drafts", "stage=draft&cursor=x&nonsense=1")

    page = desk.get("/cases/?stage=draft")

    assert view.query == {"stage": "draft"}
    assert row_of_views(page)["Drafts"] == "?stage=draft"
    assert re.search(r'href="\?stage=draft" aria-current="true">Drafts<', page.content.decode())
    assert "Save this view…" not in page.content.decode()
    assert "Drafts" not in row_of_views(as_page(wen).get("/cases/?stage=draft"))


def test_colleagues_see_what_is_shared_and_only_its_owner_changes_it(desk, as_page, wen, root, case):
    view = kept(desk, "Late ones", "due=overdue", is_shared="on")
    hers = as_page(wen)

    assert row_of_views(hers.get("/cases/"))["Late ones"] == "?due=overdue"
    assert hers.post(f"/cases/views/{view.reference}/", {"name": "Mine now"}).status_code == 403
    assert hers.post(f"/cases/views/{view.reference}/removal/").status_code == 403
    assert desk.post(f"/cases/views/{view.reference}/", {"name": "Late"}).status_code == 302
    assert "Late" not in row_of_views(hers.get("/cases/"))

    desk.post(f"/cases/views/{view.reference}/", {"name": "Late", "is_shared": "on"})
    assert as_page(root).post(f"/cases/views/{view.reference}/removal/").status_code == 302
    with sight.every_client():
        assert not SavedView.objects.exists()


def test_the_list_opens_with_the_view_of_each_person(desk, as_page, wen, case):
    view = kept(desk, "Drafts", "stage=draft", is_first="on", is_shared="on")

    assert desk.get("/cases/").url == "/cases/?stage=draft"
    whole = row_of_views(desk.get("/cases/?stage=draft"))["Whole agency"]
    assert desk.get(f"/cases/{whole}").status_code == 200
    assert as_page(wen).get("/cases/").status_code == 200
    as_page(wen).post("/cases/views/first/", {"view": view.reference})
    assert as_page(wen).get("/cases/").url == "/cases/?stage=draft"

    desk.post(f"/cases/views/{view.reference}/removal/")
    assert desk.get("/cases/").status_code == as_page(wen).get("/cases/").status_code == 200


def test_a_name_is_taken_once_and_nothing_typed_is_lost(desk):
    kept(desk, "Drafts", "stage=draft")

    answer = desk.post("/cases/views/?due=week", {"name": "drafts", "is_shared": "on"})

    page = answer.content.decode()
    assert answer.status_code == 422 and "You have a view of this name" in page
    assert 'value="drafts"' in page and "checked" in page


def test_views_call_people_and_clients_by_their_names(desk, harbour, mei):
    kept(desk, "Theirs", f"client={harbour.reference}&account_manager={mei.email}")

    page = desk.get("/cases/views/").content.decode()

    assert "Client: Harbour Ltd" in page and "Manager: Mei" in page
    assert harbour.reference not in re.sub(r"<[^>]*>", "", page)


@pytest.mark.parametrize("query", ["client=C-0000000000", "q=lotus"])
def test_who_sees_some_clients_reads_no_view_that_names_another(desk, as_page, agency, lim, query):
    """H9: neither on the page, nor past it in the database."""
    kept(desk, "Lotus only", query, is_shared="on")
    kept(desk, "Overdue and shared", "due=overdue", is_shared="on")
    kept(desk, "Not for others", "due=today")

    page = as_page(lim).get("/cases/")

    assert "Overdue and shared" in row_of_views(page)
    assert not {"Lotus only", "Not for others"} & set(row_of_views(page))
    with sight.at_the_door():
        assert lim.standing.is_agency
    with sight.sight_of(lim):
        assert list(SavedView.objects.values_list("name", flat=True)) == ["Overdue and shared"]


def test_the_same_address_shows_each_their_own_sight_and_a_leaver_nothing(
    desk, as_page, agency, lim, ada, case, lotus_case
):
    """H9: as manager, then as a limited specialist, as a client, and after leaving."""
    path = "/cases/?stage=draft"
    browser = as_page(lim)

    shown = [desk.get(path), browser.get(path), as_page(ada).get(path)]

    assert [page.content.decode().count("lotus.example") > 0 for page in shown[:2]] == [True, False]
    assert shown[2].status_code == 404
    with sight.every_client():
        Membership.objects.filter(user=lim).update(ended_at=timezone.now())
    assert b"harbour.example" not in browser.get(path).content
