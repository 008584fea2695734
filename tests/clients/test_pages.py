"""The desk's pages about people, and who finds them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients import sight
from clients.models import Agency, AuditEvent, Client, Invitation, Membership, User
from clients.services.invitations import invite_person
from clients.services.traces import record
from tests.factories import make_client, make_person

DESK = ["/clients/", "/settings/", "/settings/people/"]
MANAGERS = ["/audit/"]
EVERYBODY = ["/me/", "/settings/tokens/"]


def test_strangers_are_sent_to_the_door(db):
    for path in (*DESK, *MANAGERS, *EVERYBODY):
        assert Browser().get(path).url == f"/accounts/login/?next={path}"


def test_piece_of_a_page_is_sent_to_the_door_as_a_whole(db):
    answer = Browser().get("/clients/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/accounts/login/")


def test_each_finds_what_is_theirs(request, agency, as_page):
    for who in ("root", "mei", "wen", "lim", "ada", "ann"):
        browser = as_page(request.getfixturevalue(who))
        theirs = {*EVERYBODY, *(DESK if who not in {"ada", "ann"} else ())}
        theirs |= {*MANAGERS} if who in {"root", "mei"} else set()
        for path in (*DESK, *MANAGERS, *EVERYBODY):
            answer = browser.get(path)

            assert answer.status_code == (200 if path in theirs else 404), (who, path)
            assert "no-store" in answer.headers["Cache-Control"], (who, path)


@pytest.mark.parametrize("who", ["lim", "ada", "bo"])
def test_anothers_client_answers_like_one_that_never_was(request, agency, as_page, who, harbour, lotus):
    other = harbour if who == "bo" else lotus
    browser = as_page(request.getfixturevalue(who))

    real, random = (browser.get(f"/clients/{one}/") for one in (other.reference, "C-0000000000"))

    assert real.status_code == random.status_code == 404
    assert len(real.content) == len(random.content)
    for path in ("invitations/", "members/M-000000000000/replacement/"):
        assert browser.post(f"/clients/{other.reference}/{path}", {}).status_code == 404


def test_list_finds_by_either_name(agency, mei, harbour, lotus, as_page):
    page = as_page(mei)

    assert list(page.get("/clients/").context["rows"]) == [harbour, lotus]
    assert list(page.get("/clients/?q=harb").context["rows"]) == [harbour]
    assert list(page.get("/clients/?q=莲花").context["rows"]) == [lotus]


def test_list_finds_names_by_their_sound_and_the_other_way(agency, mei, lim, harbour, lotus, as_page):
    with sight.every_client():
        latin, both = make_client("Cha Yu Ltd"), make_client("Tea Talk Ltd", "茶语有限公司")
    page = as_page(mei)

    for query in ("chayu", "cha+yu", "Cha+Yu", "茶语"):
        assert list(page.get(f"/clients/?q={query}").context["rows"]) == [latin, both], query
        assert list(as_page(lim).get(f"/clients/?q={query}").context["rows"]) == [], query
    assert list(page.get("/clients/?q=lianhua").context["rows"]) == [lotus]
    assert list(page.get("/clients/?q=gangwan").context["rows"]) == [harbour]
    assert list(as_page(lim).get("/clients/?q=gangwan").context["rows"]) == [harbour]
    assert list(page.get(f"/clients/?q={both.reference.lower()}").context["rows"]) == [both]
    assert list(page.get("/clients/?q=...").context["rows"]) == []


def test_list_asks_as_much_for_a_search_as_for_none(agency, mei, as_page):
    page = as_page(mei)
    asked = []
    for path in ("/clients/", "/clients/?q=chayu", "/clients/?q=茶语"):
        page.get(path)
        with CaptureQueriesContext(connection) as queries:
            page.get(path)
        asked.append(len(queries))

    assert asked == asked[:1] * 3


def test_limited_specialist_lists_assigned_clients_only(agency, lim, harbour, lotus, as_page):
    assert list(as_page(lim).get("/clients/").context["rows"]) == [harbour]


def test_list_goes_on_where_it_ended(agency, mei, wen, as_page):
    with sight.every_client():
        made = [make_client(f"Client {number:03}") for number in range(120)]
    browser, seen, next_ = as_page(mei), [], ""
    while True:
        told = browser.get("/clients/", {"next": next_} if next_ else {}).context
        seen += told["rows"]
        next_ = told["next"]
        if not next_:
            break
        assert "Client" not in next_

    assert seen == made
    first = browser.get("/clients/").context["next"]
    assert as_page(wen).get("/clients/", {"next": first}).context["rows"] == made[:50]


def test_client_is_added_by_form(agency, mei, as_page):
    given = {"name": "Meadow", "name_zh": "", "contact_name": "Eva", "contact_email": "eva@meadow.example"}

    answer = as_page(mei).post("/clients/", given, follow=True)

    assert "Meadow is here" in answer.content.decode()
    assert "eva@meadow.example" in answer.content.decode()


def test_nothing_typed_is_lost_where_the_form_is_wrong(agency, mei, wen, as_page):
    given = {"name": "Meadow", "name_zh": "", "contact_name": "Wen", "contact_email": wen.email}

    answer = as_page(mei).post("/clients/", given)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Meadow"' in page
    assert "somebody at the agency" in page


def test_invitation_is_sent_again_and_taken_back(agency, mei, harbour, as_page):
    browser = as_page(mei)
    browser.post(
        f"/clients/{harbour.reference}/invitations/",
        {"invite-name": "Eva", "invite-email": "eva@harbour.example", "invite-role": "responsible"},
    )
    with sight.every_client():
        reference = Invitation.objects.get().reference

    browser.post(f"/invitations/{reference}/renewal/")
    browser.post(f"/invitations/{reference}/revocation/")

    with sight.every_client():
        assert list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True)) == [
            "invitation.made",
            "invitation.made",
            "invitation.revoked",
        ]


def test_contact_is_replaced_on_the_clients_page(agency, mei, ada, harbour, as_page):
    with sight.every_client():
        place = ada.memberships.get().reference

    answer = as_page(mei).post(
        f"/clients/{harbour.reference}/members/{place}/replacement/",
        {"replace-name": "Eva", "replace-email": "eva@harbour.example"},
        follow=True,
    )

    page = answer.content.decode()
    assert "eva@harbour.example" in page
    assert ada.email not in page


def test_whoever_is_invited_is_named_and_said_to_be_on_the_way(agency, mei, harbour, bo, as_page):
    browser = as_page(mei)
    page = f"/clients/{harbour.reference}/"
    assert "Nobody speaks for this client." in browser.get(page).content.decode()

    given = {"invite-name": "Bo Ray", "invite-email": bo.email, "invite-role": "contact"}
    browser.post(f"{page}invitations/", given)

    shown = browser.get(page).content.decode()
    assert "Invited, not here yet." in shown and "Nobody speaks for this client." not in shown
    assert f'Bo Ray <span class="quiet">{bo.email}' in shown

    with sight.every_client():
        reference = Invitation.objects.get().reference
    browser.post(f"/invitations/{reference}/revocation/")
    assert "Nobody speaks for this client." in browser.get(page).content.decode()


def test_manager_invites_a_colleague_but_no_manager(agency, mei, as_page):
    browser = as_page(mei)
    given = {"name": "Nia", "email": "nia@willow.example"}

    assert browser.post("/settings/people/", {**given, "role": "manager"}).status_code == 422
    assert browser.post("/settings/people/", {**given, "role": "administrator"}).status_code == 422
    assert browser.post("/settings/people/", {**given, "role": "specialist"}).status_code == 302


def test_specialist_reads_the_people_and_changes_nobody(agency, wen, mei, as_page):
    browser = as_page(wen)
    with sight.every_client():
        place = mei.memberships.get().reference

    assert browser.post("/settings/people/", {}).status_code == 403
    assert browser.post(f"/members/{place}/ending/").status_code == 403
    assert browser.post(f"/members/{place}/role/", {"role": "specialist"}).status_code == 403
    assert browser.post(f"/people/{mei.reference}/return/").status_code == 403
    assert browser.post("/settings/", {"name": "Mine"}).status_code == 403


def test_contact_reaches_no_members_door(agency, ada, ann, as_page):
    browser = as_page(ada)
    with sight.every_client():
        place = ann.memberships.get().reference

    for path in (f"/members/{place}/ending/", f"/members/{place}/role/", f"/people/{ann.reference}/return/"):
        assert browser.post(path, {"role": "administrator"}).status_code == 404


def test_administrator_changes_the_house(agency, root, as_page):
    form = as_page(root).get("/settings/").context["form"]
    given = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}

    answer = as_page(root).post("/settings/", {**given, "name": "Willow & Sons"}, follow=True)

    assert "Willow &amp; Sons" in answer.content.decode()
    with sight.every_client():
        assert Agency.objects.get().name == "Willow & Sons"


@pytest.mark.parametrize(
    "change",
    [
        {"sender": "none"},
        {"time_zone": "Mars/One"},
        {"name": "a\r\nb"},
    ],
)
def test_house_takes_no_nonsense(agency, root, as_page, change):
    form = as_page(root).get("/settings/").context["form"]
    given = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}

    assert as_page(root).post("/settings/", {**given, **change}).status_code == 422


def test_limited_specialist_is_assigned_clients(agency, mei, lim, lotus, as_page):
    browser = as_page(mei)
    path = f"/people/{lim.reference}/clients/"

    assert browser.get(path).status_code == 200
    browser.post(path, {"client": [lotus.reference, "C-0000000000"]})

    with sight.every_client():
        assert User.objects.get(pk=lim.pk).standing.client_ids == [lotus.pk]


def test_token_is_shown_once(agency, ada, as_page):
    browser = as_page(ada)

    page = browser.post(
        "/settings/tokens/", {"name": "script", "scope": "read", "days": "30"}
    ).content.decode()

    assert "icp_" in page
    assert "icp_" not in browser.get("/settings/tokens/").content.decode()
    with sight.every_client():
        row = ada.api_tokens.get()
        assert (row.can_write, row.can_reveal) == (False, False)


def test_anothers_token_is_not_there(agency, ada, bo, as_page, as_api):
    as_api(bo)
    with sight.every_client():
        reference = bo.api_tokens.get().reference

    assert as_page(ada).post(f"/settings/tokens/{reference}/revocation/").status_code == 404


def test_audit_narrows_by_kind_person_and_client(agency, mei, ada, bo, harbour, as_page):
    with sight.every_client():
        record("role.changed", by=mei, about=ada, client=harbour, old="contact", new="responsible")
        record("token.made", by=bo, about=bo, name="script")
    browser = as_page(mei)

    def kinds(query: str) -> list[str]:
        return [row["event"].kind for row in browser.get(f"/audit/?{query}").context["rows"]]

    assert kinds("") == ["token.made", "role.changed"]
    assert kinds("kind=token.made") == ["token.made"]
    assert kinds(f"person={ada.email}") == ["role.changed"]
    assert kinds(f"client={harbour.reference}") == ["role.changed"]
    assert kinds("kind=%27%3B--&person=x%24%24") == []
    assert browser.get("/audit/?person=%00").status_code == 400


def test_me_changes_only_what_is_mine(agency, ada, as_page):
    as_page(ada).post(
        "/me/",
        {"name": "Ada W", "name_zh": "", "language": "zh-hans", "is_active": "", "email": "x@y.example"},
    )

    with sight.every_client():
        row = User.objects.get(pk=ada.pk)
    assert (row.name, row.language) == ("Ada W", "zh-hans")
    assert (row.email, row.is_active) == (ada.email, True)


def test_language_follows_the_person(agency, ada, as_page):
    browser = as_page(ada)

    browser.post("/language/", {"language": "zh-hans", "next": "/me/"})

    assert browser.get("/me/").headers["Content-Language"] == "zh-hans"


@pytest.mark.parametrize("after", ["https://evil.example/", "//evil.example", "javascript:x", ""])
def test_language_leads_nowhere_else(db, after):
    answer = Browser().post("/language/", {"language": "zh-hans", "next": after})

    assert answer.url == "/"


def test_lists_ask_the_database_as_often_for_many_as_for_one(agency, mei, harbour, as_page):
    browser = as_page(mei)
    paths = ["/clients/", f"/clients/{harbour.reference}/", "/settings/people/", "/audit/"]

    def counts() -> list[int]:
        asked = []
        for path in paths:
            browser.get(path)
            with CaptureQueriesContext(
                connection,
            ) as caught:
                assert browser.get(path).status_code == 200
            asked.append(sum(" FROM " in one["sql"] for one in caught))
        return asked

    with sight.every_client():
        make_person(client=harbour)
        invite_person("one@harbour.example", role="contact", client=harbour, by=mei)
    few = counts()
    with sight.every_client():
        for number in range(12):
            person = make_person(client=harbour)
            make_person(role="limited_specialist")
            Membership.objects.create(
                user=person, client=Client.objects.create(name=f"X{number}"), role="contact"
            )
            invite_person(f"n{number}@harbour.example", role="contact", client=harbour, by=mei)

    assert counts() == few
    client_page = few.pop(1)  # people, filings, papers, notes and history
    assert max(few) <= 12 and client_page <= 16, (few, client_page)


def test_a_wrong_address_leaves_everybody_where_they_are(as_page, mei, ada):
    desk, portal = as_page(mei).get("/nowhere/"), as_page(ada).get("/nowhere/")

    assert desk.status_code == portal.status_code == 404
    assert 'name="q"' in desk.content.decode() and 'name="q"' not in portal.content.decode()
    assert "/seen/" in portal.content.decode() and "/seen/" not in desk.content.decode()
