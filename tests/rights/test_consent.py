"""A consent is taken back as easily as it was given: nothing more is handed on, and what was filed stays filed."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from cases.models import CaseEvent
from cases.services.moves import move_case
from cases.workflow import MoveRefused, handing_on
from clients import sight
from clients.models import AuditEvent, Client, Membership
from clients.refusals import Conflict
from documents import services
from documents.models import Consent
from documents.services import consenting
from notifications.models import Notification
from notifications.services import relay_events
from tests.api.filings import drive, get_ready, make_case
from tests.documents import samples
from tests.documents.cast import checked, fresh, send
from tests.house.test_locks import refused

DATA = "/me/data/"


@pytest.fixture
def case(agency, harbour, mei):
    return make_case(harbour, mei)


def at(browser, client, what="") -> str:
    return browser.post(
        f"{DATA}consents/{client.reference}/{what}", {"agreed": "yes"}, follow=True
    ).content.decode()


def test_it_is_read_taken_back_and_given_again_on_one_page(as_page, ada, bo, harbour, lotus, case):
    page = as_page(ada)
    shown = page.get(DATA).content.decode()
    assert 'name="agreed"' in shown and "Take it back now" not in shown

    assert "The filing goes on" in at(page, harbour)
    shown = page.get(DATA).content.decode()
    with sight.every_client():
        word = Consent.objects.get()
    assert "You agreed to text" in shown and word.text_version in shown and "Take it back now" in shown
    assert "1 filing that is not with the ministry yet stops at once" in shown
    assert "Willow Filing needs it for one purpose" in word.text and word.text.splitlines()[-1] in shown

    assert "the agency has been told" in at(page, harbour, "withdrawal/")
    at(page, harbour, "withdrawal/")  # a double click
    shown = page.get(DATA).content.decode()
    assert "Taken back on" in shown and "You took it back" in shown and "Agree again" in shown
    assert "Your filing rests" in page.get("/").content.decode()

    at(page, harbour)
    with sight.every_client():
        assert list(Consent.objects.order_by("id").values_list("is_given", flat=True)) == [True, False, True]
        assert Client.objects.get(pk=harbour.pk).consent_withdrawn_at is None
    # Whoever has no place there finds nothing to agree to.
    assert as_page(bo).post(f"{DATA}consents/{harbour.reference}/withdrawal/").status_code == 404


def test_nothing_is_handed_on_while_it_is_taken_back(agency, harbour, lotus, mei, ada, case, store):
    """Every way on is shut, by the service and by raw SQL; back, out and what is licensed go on. So does Lotus."""
    stages = {
        stage: drive(make_case(harbour, mei, name=f"n{n}.example"), stage, mei)
        for n, stage in enumerate(("provider_pre_audit", "photo", "licensed"))
    }
    audited, pictured = stages["provider_pre_audit"], stages["photo"]
    theirs = make_case(lotus, mei, name="lotus.example")
    get_ready(case)
    with sight.every_client():
        passport = case.requirements.get(kind="passport")
        document = checked(send(passport, samples.small_jpeg(), by=ada))
        services.give_consent(harbour, by=ada)
        assert services.withdraw_consent(harbour, by=ada) and not services.withdraw_consent(harbour, by=ada)

        for one, move in ((case, "submit"), (audited, "pass_pre_audit"), (pictured, "finish_photo")):
            with pytest.raises(MoveRefused, match="consent"):
                move_case(one, move, by=mei, data={})
        for (source, target), one in zip(handing_on(), (case, pictured, audited), strict=True):
            assert one.stage == source
            assert refused("UPDATE cases_case SET stage = %s WHERE id = %s", target, one.pk) == "PT004"
        assert fresh(document).is_consent_outstanding
        with pytest.raises(Conflict, match="consent"):
            services.accept_document(fresh(document), by=mei)
        with pytest.raises(Conflict, match="consent"):
            services.ask_pack(case, by=mei)
        services.return_document(fresh(document), by=mei, reasons=["id_unclear"])

        assert not services.has_consent(harbour)
        today = timezone.localdate().isoformat()
        filed = {"psb_number": "沪公网安备31000002999901号", "filed_on": today}
        assert move_case(stages["licensed"], "file_psb", by=mei, data=filed).stage == "psb_filed"
        assert move_case(pictured, "withdraw", by=mei, note="Enough.").stage == "withdrawn"
        get_ready(theirs)
        assert move_case(theirs, "submit", by=mei).stage == "provider_pre_audit"

        services.give_consent(harbour, by=ada)
        assert move_case(audited, "pass_pre_audit", by=mei).stage == "photo"
        assert not fresh(document).is_consent_outstanding


def test_who_answers_for_the_filings_is_told_once(agency, harbour, mei, ada, case):
    make_case(harbour, mei, name="second.example")
    with sight.every_client():
        case.client.cases.update(account_manager=mei)
        services.give_consent(harbour, by=ada)
        services.withdraw_consent(harbour, by=ada)
        services.withdraw_consent(harbour, by=ada)
        services.give_consent(harbour, by=ada)
    relay_events()
    with sight.every_client():
        told = Notification.objects.filter(kind__startswith="consent.").order_by("id")
        assert list(told.values_list("kind", "channel", "recipient__name")) == [
            ("consent.withdrawn", "in_app", "Mei"),
            ("consent.withdrawn", "mail", "Mei"),
            ("consent.given", "in_app", "Mei"),
        ]


def test_what_one_took_back_for_themselves_nobody_else_gives(agency, harbour, ada, ann, mei, as_page):
    with sight.every_client():
        services.give_consent(harbour, by=ada)
        services.withdraw_consent(harbour, by=ann)
        services.give_consent(harbour, by=ada)
        assert not services.has_consent(harbour)
    assert "only they give it again" in as_page(ada).get(DATA).content.decode()
    assert "Agree again" in as_page(ann).get(DATA).content.decode()
    with sight.every_client():
        services.give_consent(harbour, by=ann)
        assert services.has_consent(harbour)
        services.withdraw_consent(harbour, by=ann)
        Membership.objects.filter(user=ann).update(ended_at=timezone.now())
        assert not services.has_consent(harbour)  # their leaving alone lifts nothing
        assert consenting.would_lift(Client.objects.get(pk=harbour.pk), by=ada)
        services.give_consent(harbour, by=ada)
        assert services.has_consent(harbour)
        for person in (mei, ann):
            person.__dict__.pop("standing", None)
            with pytest.raises(PermissionDenied):
                services.withdraw_consent(harbour, by=person)


def test_what_was_said_is_never_rewritten(agency, harbour, ada):
    with sight.every_client():
        services.give_consent(harbour, by=ada)
        for sql in ("UPDATE documents_consent SET is_given = false", "DELETE FROM documents_consent"):
            assert refused(sql) == "42501", sql
        assert AuditEvent.objects.filter(kind="consent.given").count() == 1
        assert not CaseEvent.objects.filter(kind__startswith="consent.").exists()
    with sight.some_clients([harbour.pk], user_id=ada.pk):
        assert refused("UPDATE clients_client SET consent_withdrawn_at = NULL") == "42501"
