"""The way in: bound to one address, works once, ages out, and nothing happens by looking."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client as Browser
from django.utils import timezone

from clients import sight
from clients.models import AuditEvent, Client, Invitation, Membership, User
from clients.refusals import Conflict, Invalid
from clients.services.invitations import (
    accept_invitation,
    invite_person,
    make_client,
    mint_invitation_token,
    renew_invitation,
    revoke_invitation,
)
from clients.services.members import end_membership, let_back_in

CONFIRM = "/accounts/login/code/confirm/"
EVA = "eva@meadow.example"


@pytest.fixture
def see(db):
    with sight.every_client():
        yield


def invited(by: User, email: str = EVA, *, role: str = "contact", client=None) -> tuple[Invitation, str]:
    with sight.every_client():
        invitation = invite_person(email, name="Eva", role=role, client=client, by=by)
        return invitation, f"/invitations/{mint_invitation_token(invitation.pk)}/"


def answers(client) -> tuple:
    """Everything about an invitation that a visit might change."""
    with sight.every_client():
        return (
            list(Invitation.objects.values_list()),
            list(Membership.objects.values_list()),
            list(User.objects.order_by("pk").values_list("pk", "last_login", "code_count")),
        )


# ── Making ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_new_client_has_its_contact_at_once(see, mei):
    client = make_client(name="Meadow Ltd", contact={"name": "Eva", "email": "Eva@Meadow.example"}, by=mei)

    place = Membership.objects.get(client=client)
    assert (place.user.email, place.role, place.user.has_usable_password()) == (EVA, "contact", False)
    assert list(AuditEvent.objects.order_by("pk").values_list("kind", "about__email")) == [
        ("client.made", None),
        ("invitation.made", EVA),
    ]


def test_known_address_gains_the_client_by_accepting_only(see, mei, ada):
    client = make_client(name="Meadow Ltd", contact={"name": "Ada", "email": ada.email}, by=mei)

    assert not Membership.objects.filter(client=client).exists()
    accept_invitation(ada, client.invitations.get())
    assert ada.standing.is_contact_of(client.pk)


def test_colleague_is_no_clients_contact(see, mei, wen):
    with pytest.raises(Invalid) as refusal:
        make_client(name="Meadow Ltd", contact={"name": "Wen", "email": wen.email}, by=mei)

    assert refusal.value.errors[0]["field"] == "contact.email"


@pytest.mark.parametrize(
    "name", ["Eva\r\nBcc: all@people.example", "a\x00b", "\u202eavE", "\ud800", "x" * 201]
)
def test_name_that_a_header_cannot_carry_is_refused(see, mei, name):
    with pytest.raises(Invalid):
        make_client(name=name, contact={"name": "Eva", "email": EVA}, by=mei)
    with pytest.raises(Invalid):
        make_client(name="Meadow", contact={"name": name, "email": EVA}, by=mei)


def test_token_stands_in_no_row(see, mei, harbour):
    _, path = invited(mei, client=harbour)
    token = path.split("/")[2]

    assert token not in str(list(Invitation.objects.values_list()) + list(AuditEvent.objects.values_list()))


def test_retry_of_the_sender_makes_a_new_token_and_ends_the_first(agency, mei, harbour):
    invitation, first = invited(mei, client=harbour)
    with sight.every_client():
        second = mint_invitation_token(invitation.pk)

    assert Browser().get(first).status_code == 404
    assert Browser().get(f"/invitations/{second}/").status_code == 200


@pytest.mark.parametrize(
    ("who", "role"), [("mei", "manager"), ("mei", "administrator"), ("wen", "specialist")]
)
def test_nobody_gives_a_role_above_their_own(see, request, who, role):
    with pytest.raises(PermissionDenied):
        invite_person(EVA, role=role, by=request.getfixturevalue(who))


def test_limited_specialist_invites_to_assigned_clients_only(lim, harbour, lotus):
    with sight.every_client():
        seen = sight.sight_of(lim)
    with seen:
        assert invite_person(EVA, role="contact", client=harbour, by=lim).client_id == harbour.pk
        with pytest.raises(PermissionDenied):
            invite_person(EVA, role="contact", client=lotus, by=lim)


def test_clients_invite_nobody(see, ada, harbour):
    with pytest.raises(PermissionDenied):
        invite_person(EVA, role="contact", client=harbour, by=ada)


# ── Opening the link ────────────────────────────────────────────────────────────────────────────────────────────────


def test_page_names_agency_client_and_masked_address(agency, mei, harbour):
    _, path = invited(mei, client=harbour)

    page = Browser().get(path).content.decode()

    assert "Willow Filing" in page
    assert "Harbour Ltd" in page
    assert "e***@meadow.example" in page
    assert EVA not in page


def test_scanner_that_fetches_and_submits_changes_nothing_but_mails_a_code(agency, mei, harbour, mailoutbox):
    _, path = invited(mei, client=harbour)
    before = answers(harbour)
    scanner = Browser()

    for _ in range(10):
        scanner.get(path)
        scanner.head(path)
    assert answers(harbour) == before
    assert not mailoutbox
    scanner.post(path)

    assert scanner.get("/me/").status_code == 302
    assert {mail.to[0] for mail in mailoutbox} == {EVA}
    with sight.every_client():
        assert Invitation.objects.get().state == "open"


def test_invited_contact_is_in_by_code_and_the_invitation_is_spent(agency, mei, harbour, code_in):
    invitation, path = invited(mei, client=harbour)
    browser = Browser()

    assert browser.post(path).url == CONFIRM
    answer = browser.post(CONFIRM, {"code": code_in(EVA)})

    assert answer.url == "/"
    assert browser.get("/me/").status_code == 200
    with sight.every_client():
        assert Invitation.objects.get(pk=invitation.pk).state == "accepted"
        assert AuditEvent.objects.filter(kind="invitation.accepted", about__email=EVA).exists()
    assert "used already" in Browser().get(path).content.decode()


def test_invitation_works_once(agency, mei, harbour, code_in):
    _, path = invited(mei, client=harbour)
    browser = Browser()
    browser.post(path)
    browser.post(CONFIRM, {"code": code_in(EVA)})
    second = Browser()

    second.post(path)

    assert second.get(CONFIRM).status_code == 302


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_dead_invitation_says_how_to_get_another(agency, mei, harbour, end, mailoutbox):
    invitation, path = invited(mei, client=harbour)
    with sight.every_client():
        if end == "expired":
            Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        else:
            revoke_invitation(invitation, by=mei)

    page = Browser().get(path).content.decode()
    Browser().post(path)

    assert "How to get another" in page
    assert agency.sender in page
    assert not mailoutbox


def test_revoked_before_the_first_visit_leaves_no_place(agency, mei, harbour):
    invitation, _ = invited(mei, client=harbour)
    with sight.every_client():
        revoke_invitation(invitation, by=mei)

        assert not Membership.objects.current().filter(user__email=EVA).exists()


def test_renewed_one_kills_the_old_link_and_tells_again(agency, mei, harbour):
    invitation, path = invited(mei, client=harbour)
    with sight.every_client():
        renew_invitation(invitation, by=mei)

        assert AuditEvent.objects.filter(kind="invitation.made", data__again=True).count() == 1
    assert Browser().get(path).status_code == 404


def test_somebody_else_signed_in_is_told_so_and_nothing_happens(
    agency, mei, bo, harbour, as_page, mailoutbox
):
    _, path = invited(mei, client=harbour)
    browser = as_page(bo)

    page = browser.get(path).content.decode()
    browser.post(path)

    assert "for somebody else" in page
    assert not mailoutbox
    with sight.every_client():
        assert Invitation.objects.get().state == "open"
        assert not Membership.objects.filter(user=bo, client=harbour).exists()


def test_accepting_anothers_invitation_is_refused(see, mei, bo, harbour):
    invitation, _ = invited(mei, client=harbour)

    with pytest.raises(PermissionDenied):
        accept_invitation(bo, invitation)


def test_member_of_another_client_is_asked_and_then_joins(agency, mei, bo, harbour, code_in):
    _, path = invited(mei, bo.email, client=harbour)
    browser = Browser()
    browser.post(path)

    assert browser.post(CONFIRM, {"code": code_in(bo.email)}).url == "/invitations/"
    assert "Harbour Ltd" in browser.get("/invitations/").content.decode()
    browser.post("/invitations/")

    with sight.every_client():
        assert Membership.objects.current().filter(user=bo, client=harbour, role="contact").exists()


def test_signed_in_person_is_asked_without_a_code(agency, mei, bo, harbour, as_page):
    _, path = invited(mei, bo.email, client=harbour)
    browser = as_page(bo)

    assert browser.get(path).url == "/invitations/"
    browser.post("/invitations/", {"no": "1"})

    with sight.every_client():
        assert not Membership.objects.filter(user=bo, client=harbour).exists()
        assert Invitation.objects.get().state == "open"


# ── Staff ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_staffs_first_entry_leads_to_a_password_and_nowhere_else(agency, root, code_in):
    _, path = invited(root, "new@willow.example", role="specialist")
    browser = Browser()
    browser.post(path)
    browser.post(CONFIRM, {"code": code_in("new@willow.example")})

    for page in ("/", "/me/", "/clients/", "/settings/tokens/", "/accounts/email/"):
        assert browser.get(page).url == "/accounts/password/set/", page
    assert browser.get("/sw.js").status_code == 200  # a script behind a redirect is no worker
    browser.post("/accounts/password/set/", {"password1": "Seven-bridges-9", "password2": "Seven-bridges-9"})
    assert browser.get("/me/").status_code == 200

    again = Browser()
    again.post(path)
    assert again.get(CONFIRM).status_code == 302


def test_staff_who_left_before_the_password_come_again_by_the_link(agency, root, code_in):
    _, path = invited(root, "new@willow.example", role="specialist")
    for _ in range(2):
        browser = Browser()
        browser.post(path)
        browser.post(CONFIRM, {"code": code_in("new@willow.example")})

        assert browser.get("/").url == "/accounts/password/set/"


def test_staff_with_a_password_get_no_code_by_an_invitation(agency, root, wen, harbour, mailoutbox):
    with sight.every_client():
        end_membership(wen.memberships.get(), by=root)
    _, path = invited(root, wen.email, role="specialist")
    with sight.every_client():
        Membership.objects.create(user=wen, role="specialist")

    answer = Browser().post(path)

    assert answer.url == "/accounts/login/"
    assert not mailoutbox


def test_whoever_was_let_back_in_chooses_a_new_password(agency, root, wen, as_page, code_in):
    browser = as_page(wen)
    with sight.every_client():
        let_back_in(wen, by=root)
        invitation = Invitation.objects.get()
        path = f"/invitations/{mint_invitation_token(invitation.pk)}/"
    fresh = Browser()

    assert browser.get("/me/").status_code == 302
    fresh.post(path)
    fresh.post(CONFIRM, {"code": code_in(wen.email)})
    assert fresh.get("/").url == "/accounts/password/set/"


def test_closed_invitation_is_not_accepted_twice(see, mei, harbour):
    invitation, _ = invited(mei, client=harbour)
    user = User.objects.get(email=EVA)
    accept_invitation(user, invitation)

    with pytest.raises(Conflict):
        accept_invitation(user, invitation)


# ── Language ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_newcomer_is_invited_in_the_language_that_was_said(see, mei):
    said = {"name": "Eva", "email": EVA, "language": "zh-hans"}
    make_client(name="Meadow Ltd", contact=said, by=mei)
    invite_person("kim@meadow.example", role="contact", language="tlh", client=Client.objects.get(), by=mei)

    assert User.objects.get(email=EVA).language == "zh-hans"
    assert User.objects.get(email="kim@meadow.example").language == "en"


def test_whoever_comes_for_the_first_time_is_spoken_to_as_on_the_page_they_came_by(mei, harbour, mailoutbox):
    _invitation, path = invited(mei, client=harbour)

    Browser(headers={"accept-language": "zh-CN,zh;q=0.9"}).post(path)

    with sight.every_client():
        assert User.objects.get(email=EVA).language == "zh-hans"
    assert "代码" in mailoutbox[-1].body or "验证码" in mailoutbox[-1].body


def test_whoever_has_been_here_keeps_their_language(mei, bo, harbour):
    with sight.every_client():
        User.objects.filter(pk=bo.pk).update(last_login=timezone.now())
    _invitation, path = invited(mei, bo.email, client=harbour)

    Browser(headers={"accept-language": "zh-CN"}).post(path)

    with sight.every_client():
        assert User.objects.get(pk=bo.pk).language == "en"
