"""Staff see a client's pages as one of its logins: the same pages, nothing changed, nothing of the person's own."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.db import InternalError, connection, transaction
from django.urls import get_script_prefix
from django.utils import timezone

from cases.models import CaseEvent, Photo
from clients import seeing, sight
from clients.models import AuditEvent, CalendarFeed, Membership, User
from clients.services.feeds import make_feed
from clients.services.members import change_role, end_membership
from clients.services.traces import record
from clients.tokens import new_token
from tests.api.filings import lotus_facts, make_case
from tests.documents import samples
from tests.documents.cast import checked, send
from tests.journeys.pages import PAGES, address

pytestmark = pytest.mark.django_db


class Place:
    """A login of a client, and where its pages are seen."""

    def __init__(self, user) -> None:
        with sight.every_client():
            row = Membership.objects.select_related("client").get(user=user, client__isnull=False)
        self.reference, self.client = row.reference, row.client.reference
        self.begin = f"/clients/{self.client}/members/{self.reference}/sight/"

    def __call__(self, path: str) -> str:
        return f"/as/{self.reference}{path}"


@pytest.fixture
def case(agency, harbour, mei, ann):
    """With a link for the face check, which is Ann's alone; she is its head."""
    made = make_case(harbour, mei)
    with sight.every_client():
        Photo.objects.create(
            case=made, client=harbour, link="https://face.example/secret", link_for=ann.email
        )
    return made


@pytest.fixture
def as_ada(case, ada, mei, as_page):
    """Mei's browser, in which she has begun to see as Ada; and the place."""
    place, page = Place(ada), as_page(mei)
    assert page.post(place.begin).url == place("/")
    return page, place


def plain(answer, place: Place) -> str:
    """What both read, without what only one of them needs."""
    text = answer.content.decode()
    text = re.sub(r'<aside class="notice seeing".*?</form></aside>', "", text, flags=re.DOTALL)
    text = text.replace(f"/as/{place.reference}/", "/")
    text = re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]*"', "", text)
    return re.sub(r"\s+", " ", text)


def rows() -> dict[str, int]:
    """How many rows each table has, and the newest change of those that are changed in place."""
    with sight.every_client(), connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("cases_", "clients_", "documents_", "notifications_", "mfa_", "account_")):
                cursor.execute(f'SELECT count(*), coalesce(sum(hashtext(t::text)), 0) FROM "{table}" AS t')
                found[table] = cursor.fetchone()
        return found


def paths(case, ada, harbours_paper: str) -> list[str]:
    """Every address of the portal, of Harbour's things."""
    of = {"case": case.reference, "requirement": harbours_paper, "client": case.client.reference}
    return [
        address(route, of.get(page.of, "X-0NEVER0THERE"), "M-0NEVER0THERE") for route, page in PAGES.items()
    ]


def test_the_pages_are_those_of_the_login_and_say_that_they_are_seen(as_ada, case, ada, ann, mei, as_page):
    page, place = as_ada
    with sight.every_client():
        paper = case.requirements.get(kind="passport").reference
    own = as_page(ada)
    shown = ["/", f"/cases/{case.reference}/", f"/cases/{case.reference}/facts/head/", f"/tasks/{paper}/",
             f"/cases/{case.reference}/letters/", f"/cases/{case.reference}/withdrawal/", "/seen/"]  # fmt: skip
    for path in shown:
        seen = page.get(place(path))
        assert (seen.status_code, "You see the pages as Ada (Harbour Ltd) does." in seen.content.decode()) == (
            200, True,
        ), path  # fmt: skip
        assert plain(seen, place) == plain(own.get(path), place), path
        text = seen.content.decode()
        assert not re.search(r'(href|action|hx-\w+)="/(?!as/|static/|logo/)', text), (
            path
        )  # each link stays inside
        assert "/as/" not in own.get(path).content.decode(), path  # and nothing of it is kept for others
    assert get_script_prefix() == "/"
    assert page.get(f"/cases/{case.reference}/").content.decode().count("/as/") == 0  # the desk beside it
    with sight.every_client():
        User.objects.filter(pk=ada.pk).update(language="zh-hans")
    seen = page.get(place("/"))
    assert (seen["Content-Language"], 'lang="zh-Hans"' in seen.content.decode()) == ("zh-hans", True)

    # The responsible person's part, no more.
    anns = Place(ann)
    page.post(anns.begin)
    assert plain(page.get(anns("/")), anns) == plain(as_page(ann).get("/"), anns)
    assert page.get(anns(f"/cases/{case.reference}/letters/")).status_code == 404


def test_nothing_can_be_sent_and_no_look_leaves_a_mark_of_the_client(as_ada, case, ada, mei, lotus, bo):
    page, place = as_ada
    with sight.every_client():
        paper = case.requirements.get(kind="passport").reference
        make_case(lotus, mei, **lotus_facts())
    before = rows()
    for at, path in enumerate(paths(case, ada, paper)):
        for method in ("post", ("put", "delete", "patch")[at % 3]):
            answer = getattr(page, method)(place(path))
            assert answer.status_code == 403, (method, path)
            assert "Nothing was sent, nothing has changed." in answer.content.decode()
        answer = page.get(place(path))
        assert answer.status_code in (200, 302, 403, 404, 405), path
        if answer.status_code == 302:
            assert answer.url.startswith("/as/"), path
    autosaved = page.post(place(f"/cases/{case.reference}/facts/head/"), {"field": "head-name"},
                          headers={"X-Autosave": "1"})  # fmt: skip
    assert (autosaved.status_code, "Nothing was sent" in autosaved.json()["detail"]) == (409, True)
    assert rows() == before


def test_what_is_the_persons_own_stays_shut(as_ada, case, ada, ann, mei):
    page, place = as_ada
    with sight.every_client():
        make_feed(ada)
        new_token(ada, name="Adas key")
    for path in ("/me/", "/me/calendar/", "/me/ways/", "/settings/tokens/", "/notifications/", "/accounts/email/",
                 "/accounts/2fa/", "/accounts/sessions/", "/accounts/password/set/", "/audit/", "/settings/",
                 "/clients/", f"/clients/{place.client}/", "/api/v1/cases", "/api/v1/openapi.json", "/feeds/x.ics",
                 "/healthz", f"/as/{place.reference}/"):  # fmt: skip
        answer = page.get(place(path))
        assert answer.status_code in (403, 404), path
        assert "Adas key" not in answer.content.decode()
    anns = Place(ann)
    page.post(anns.begin)
    assert "face.example/secret" not in "".join(
        page.get(anns(f"/tasks/{one.reference}/")).content.decode() for one in _tasks(case)
    )
    # Below the pages: the database is told of Mei, and shows nothing of Ada's own.
    with sight.at_the_door(), sight.as_client([case.client_id], user_id=mei.pk):
        assert not ada.api_tokens.exists() and not CalendarFeed.objects.filter(user=ada).exists()
        with pytest.raises(InternalError), transaction.atomic():
            record("signed_in", by=mei)
    with sight.every_client():
        record("signed_in", by=mei)  # and it may write again


def _tasks(case):
    with sight.every_client():
        return list(case.requirements.all())


def test_neither_another_clients_rows_nor_another_clients_login(as_ada, case, lotus, bo, mei, lim, as_page):
    page, place = as_ada
    theirs = make_case(lotus, mei, **lotus_facts())
    with sight.every_client():
        paper = theirs.requirements.get(kind="passport").reference
    for path in (f"/cases/{theirs.reference}/", f"/tasks/{paper}/", f"/cases/{theirs.reference}/letters/"):
        assert page.get(place(path)).status_code == 404
    assert "lotus" not in page.get(place("/")).content.decode().lower()
    # Begun for one login is not begun for another, and not in another session.
    bos = Place(bo)
    assert page.get(bos("/")).url == f"/clients/{lotus.reference}/sights/"
    assert as_page(mei).get(place("/")).status_code == 302
    # Whoever sees Harbour alone.
    limited = as_page(lim)
    assert limited.post(place.begin).status_code == 302 and limited.get(place("/")).status_code == 200
    for answer in (limited.post(bos.begin), limited.get(bos("/")), limited.post(bos("/ending/")),
                   page.post(f"/clients/{lotus.reference}/members/{place.reference}/sight/")):  # fmt: skip
        assert answer.status_code == 404
    for person in (bo,):
        own = as_page(person)
        assert own.post(place.begin).status_code == own.get(place("/")).status_code == 404
        assert own.get(f"/clients/{place.client}/sights/").status_code == 404


def test_it_ends_by_itself_by_hand_and_with_either_place(as_ada, case, ada, mei, root, as_page, harbour):
    page, place = as_ada
    sights = f"/clients/{harbour.reference}/sights/"
    with time_machine.travel(timezone.now() + timezone.timedelta(seconds=seeing.LASTS + 1), tick=False):
        over = page.get(place("/"))
        assert over.url == sights
        assert page.post(place("/"), {"text": "x"}).url == sights
    assert page.get(place("/")).status_code == 200
    assert page.post(place("/ending/")).url == sights
    assert page.get(place("/")).url == sights
    assert "not see the client" in page.get(sights).content.decode()

    page.post(place.begin)
    with sight.every_client():
        change_role(mei.memberships.get(), "limited_specialist", by=root)
    assert page.get(place("/")).status_code == 404  # no client of hers any more
    with sight.every_client():
        change_role(mei.memberships.get(), "manager", by=root)
    assert page.get(place("/")).status_code == 200
    with sight.every_client():
        User.objects.filter(pk=ada.pk).update(is_active=False)
    assert page.get(place("/")).status_code == 302
    with sight.every_client():
        User.objects.filter(pk=ada.pk).update(is_active=True)
        end_membership(ada.memberships.get(), by=root)
    assert page.get(place("/")).status_code == 302 and page.post(place.begin).status_code == 404
    with sight.every_client():
        end_membership(mei.memberships.get(), by=root)
    assert page.get(place("/")).url.startswith("/accounts/login/")


def test_each_look_stands_in_the_audit_and_an_opened_paper_under_the_name_of_who_opened_it(
    as_ada, case, ada, mei, store, as_page
):
    page, place = as_ada
    with sight.every_client():
        document = checked(send(case.requirements.get(kind="passport"), samples.small_jpeg(), by=ada))
        before = CaseEvent.objects.filter(by=ada).count()
    row = page.get(place(f"/tasks/{document.requirement.reference}/")).content.decode()
    assert "thumbnail" not in row  # without a trace only whoever sent it sees it
    assert page.get(place(f"/documents/{document.reference}/content/")).status_code == 302
    with sight.every_client():
        look = CaseEvent.objects.get(kind="paper.viewed")
        assert (look.by, look.data["why"]) == (mei, "seen_as")
        assert CaseEvent.objects.filter(by=ada).count() == before
        begun = AuditEvent.objects.get(kind="client.seen_as")
        assert (begun.by, begun.about, begun.client_id) == (mei, ada, case.client_id)
    text = as_page(ada).get("/seen/").content.decode()
    assert "Mei" in text and "to see the pages as you do" in text
    assert "Mei as Ada" in page.get(f"/clients/{place.client}/sights/").content.decode()
    begun = page.post(place.begin, {"case": case.reference})
    assert begun.url == place(f"/cases/{case.reference}/")
    assert page.post(place.begin, {"case": "//evil.example"}).url == place("/")
