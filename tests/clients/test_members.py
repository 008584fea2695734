"""Places end, change and pass on."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied

from clients import sight
from clients.models import ApiToken, AuditEvent, Invitation, Membership
from clients.refusals import Conflict
from clients.services.house import change_agency, make_token, revoke_token
from clients.services.invitations import invite_person
from clients.services.members import (
    assign_clients,
    change_role,
    end_membership,
    let_back_in,
    replace_contact,
)
from clients.words import sentence_of
from notifications.recipients import of_audit_event


@pytest.fixture
def see(db):
    with sight.every_client():
        yield


def place_of(user) -> Membership:
    return user.memberships.current().exclude(role="assigned").get()


def test_leaving_ends_sessions_tokens_and_open_invitations(agency, root, mei, wen, as_page):
    as_page(wen)
    with sight.every_client():
        make_token(wen, by=wen)
        end_membership(place_of(wen), by=mei)

        assert not Session.objects.filter(session_key__in=wen.usersession_set.values("session_key")).exists()
        assert not wen.usersession_set.exists()
        assert not ApiToken.objects.filter(user=wen, revoked_at__isnull=True).exists()
        assert AuditEvent.objects.filter(kind="membership.ended", about=wen, by=mei).exists()


def test_ending_one_client_leaves_the_other_in_sight(see, mei, ada, lotus, harbour):
    Membership.objects.create(user=ada, client=lotus, role="contact")

    end_membership(ada.memberships.get(client=harbour), by=mei)

    ada.__dict__.pop("standing", None)
    assert ada.standing.client_ids == [lotus.pk]


def test_last_administrator_stays(see, root):
    with pytest.raises(Conflict):
        end_membership(place_of(root), by=root)
    with pytest.raises(Conflict):
        change_role(place_of(root), "manager", by=root)


def test_an_administrator_of_two_may_go(see, root, mei):
    change_role(place_of(mei), "administrator", by=root)

    end_membership(place_of(root), by=root)

    assert root.memberships.get().ended_at


@pytest.mark.parametrize("role", ["manager", "administrator"])
def test_manager_raises_nobody_above_a_specialist(see, mei, wen, role):
    with pytest.raises(PermissionDenied):
        change_role(place_of(wen), role, by=mei)


def test_manager_touches_no_administrator(see, mei, root):
    with pytest.raises(PermissionDenied):
        end_membership(place_of(root), by=mei)
    with pytest.raises(PermissionDenied):
        change_role(place_of(root), "specialist", by=mei)


def test_agency_role_is_none_at_a_client(see, root, ada):
    with pytest.raises(PermissionDenied):
        change_role(place_of(ada), "administrator", by=root)


def test_assigned_clients_follow_the_list(see, mei, lim, harbour, lotus):
    assign_clients(lim, [lotus], by=mei)

    lim.__dict__.pop("standing", None)
    assert lim.standing.client_ids == [lotus.pk]


def test_full_specialist_is_assigned_nothing(see, mei, wen, lotus):
    with pytest.raises(Conflict):
        assign_clients(wen, [lotus], by=mei)


def test_new_role_takes_the_assigned_clients_along(see, mei, lim):
    change_role(place_of(lim), "specialist", by=mei)

    assert not lim.memberships.current().filter(role="assigned").exists()


def test_contact_passes_on_in_mid_case(see, mei, ada, harbour):
    replace_contact(harbour, place_of(ada), email="eva@harbour.example", name="Eva", by=mei)

    assert not ada.memberships.current().exists()
    newcomer = Membership.objects.current().get(client=harbour, role="contact").user
    event = AuditEvent.objects.get(kind="contact.replaced")
    assert (event.about, event.client, event.data["old"]) == (newcomer, harbour, ada.reference)
    assert Invitation.objects.get(email="eva@harbour.example").state == "open"


def test_somebody_of_another_client_is_not_replaced_here(see, mei, bo, harbour):
    with pytest.raises(PermissionDenied):
        replace_contact(harbour, place_of(bo), email="eva@harbour.example", by=mei)


def test_only_an_administrator_lets_somebody_back_in(see, mei, root, wen):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=wen, type="totp", data={"secret": "x"})
    make_token(wen, by=wen)
    _, neighbours = make_token(mei, by=mei)
    with pytest.raises(PermissionDenied):
        let_back_in(wen, by=mei)
    let_back_in(wen, by=root)

    assert not Authenticator.objects.filter(user=wen).exists()
    event = AuditEvent.objects.get(kind="person.let_back_in")
    assert (event.data["factors"], event.data["tokens"]) == (1, 1)
    assert sentence_of(event) == "1 factors removed, 0 sessions ended, 1 tokens revoked"
    neighbours.refresh_from_db()
    assert neighbours.revoked_at is None
    assert {(one.kind, one.channels) for one in of_audit_event(event)} == {
        ("person.let_back_in", ("in_app", "mail"))
    }


def test_a_token_from_before_the_loss_opens_nothing(agency, root, ada, as_api):
    caller = as_api(ada)
    assert caller.get("/cases").status_code == 200

    with sight.every_client():
        let_back_in(ada, by=root)

    assert caller.get("/cases").status_code == 401


def test_second_invitation_ends_the_first(see, mei, harbour):
    first = invite_person("eva@harbour.example", role="responsible", client=harbour, by=mei)
    Membership.objects.current().filter(user__email="eva@harbour.example").update(ended_at=first.created_at)

    invite_person("eva@harbour.example", role="contact", client=harbour, by=mei)

    first.refresh_from_db()
    assert first.state == "revoked"


def test_settings_are_the_administrators(agency, see, root, mei):
    with pytest.raises(PermissionDenied):
        change_agency(by=mei, name="Other")

    change_agency(by=root, name="Willow & Sons")

    assert AuditEvent.objects.get(kind="agency.changed").data["changes"] == {
        "name": ["Willow Filing", "Willow & Sons"]
    }


def test_token_is_revoked_by_its_person_or_an_administrator(see, root, mei, wen):
    _, row = make_token(wen, by=wen)
    with pytest.raises(PermissionDenied):
        revoke_token(row, by=mei)

    revoke_token(row, by=root)

    assert AuditEvent.objects.filter(kind="token.revoked", by=root, about=wen).exists()


def test_somebody_limited_makes_their_own_token(ada):
    with sight.every_client():
        seen = sight.sight_of(ada)
    with seen:
        token, _row = make_token(ada, name="script", by=ada)

    assert token.startswith("icp_")
