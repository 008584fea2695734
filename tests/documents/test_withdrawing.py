"""A paper is taken back until somebody looked: the list stands as before, nothing is kept; after a look it stays."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from cases.models import CaseEvent, RequirementState
from clients import sight
from clients.refusals import Conflict
from documents import services, storage
from documents.models import Document, Preview
from notifications.models import Notification
from notifications.services.relaying import relay_events
from tests.documents import samples
from tests.documents.cast import checked, fresh, lying, send

JPEG, OTHER = samples.small_jpeg(), samples.small_jpeg((330, 210))


def state(paper) -> tuple[str, str]:
    return paper.state, paper.document


def test_a_wrong_file_is_taken_back_and_nothing_of_it_is_kept(cast):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    assert lying("papers", cast.harbour.reference)
    # By a worker that was killed, of longer bytes that were posted before.
    storage.put(document.preview_key(17), b"never recorded", content_type="image/jpeg")

    services.withdraw_document(document, by=cast.ada)
    services.destroy_withdrawn(document.pk)
    services.destroy_withdrawn(document.pk)

    assert (fresh(document).state, state(cast.passport)) == ("withdrawn", (RequirementState.TO_DO, ""))
    assert lying("papers", cast.harbour.reference) == []
    assert not Preview.objects.filter(document=document).exists()
    assert CaseEvent.objects.filter(kind="paper.withdrawn").get().by == cast.ada
    with pytest.raises(Conflict, match="taken back"):
        services.open_document(fresh(document), by=cast.mei)
    assert services.withdrawn_documents() == []


def test_a_file_still_being_checked_is_taken_back_and_its_check_ends_in_nothing(cast):
    document = send(cast.passport, JPEG, by=cast.ada)

    services.withdraw_document(document, by=cast.ada)
    services.check_document(document.pk)

    assert (fresh(document).state, state(cast.passport)) == ("withdrawn", (RequirementState.TO_DO, ""))
    assert lying("papers", cast.harbour.reference) == []


def test_what_it_had_replaced_stands_again(cast):
    first = checked(send(cast.passport, JPEG, by=cast.ada))
    services.accept_document(first, by=cast.mei)
    second = checked(send(cast.passport, OTHER, by=cast.ada))
    assert fresh(first).state == "superseded"

    services.withdraw_document(second, by=cast.ada)

    assert fresh(first).state == "accepted"
    assert state(cast.passport) == (RequirementState.ACCEPTED, first.reference)
    assert cast.case.waiting_on == "client"


def test_a_return_is_open_again_with_its_reasons(cast):
    first = checked(send(cast.passport, JPEG, by=cast.ada))
    services.return_document(first, by=cast.mei, reasons=["id_unclear"], note="The flash.")
    second = send(cast.passport, OTHER, by=cast.ada)

    services.withdraw_document(second, by=cast.ada)

    paper = cast.passport
    assert (state(paper), paper.reasons, paper.words) == (
        ("redo", first.reference),
        ["id_unclear"],
        "The flash.",
    )


def test_two_sent_in_a_row_go_back_to_what_stood_before_both(cast):
    """The first was replaced while it was checked, so nothing of it is there to stand again."""
    send(cast.passport, JPEG, by=cast.ada)
    second = send(cast.passport, OTHER, by=cast.ada)

    services.withdraw_document(second, by=cast.ada)

    assert state(cast.passport) == (RequirementState.TO_DO, "")


def test_after_a_look_it_stays(cast):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    services.open_document(document, by=cast.ada)  # one's own look tells nobody anything
    assert services.may_take_back(document, cast.ada)
    services.open_document(document, by=cast.mei)

    assert not services.may_take_back(document, cast.ada)
    with pytest.raises(Conflict, match="looked at it already") as refused:
        services.withdraw_document(document, by=cast.ada)
    assert refused.value.code == "seen"
    assert state(cast.passport) == (RequirementState.SENT, document.reference)


@pytest.mark.parametrize("verdict", ["accept", "return"])
def test_after_a_verdict_it_stays(cast, verdict):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    if verdict == "accept":
        services.accept_document(document, by=cast.mei)
    else:
        services.return_document(document, by=cast.mei, reasons=["id_unclear"])

    with pytest.raises(Conflict):
        services.withdraw_document(document, by=cast.ada)


def test_each_side_takes_back_its_own_and_no_others(cast):
    clients, ours = send(cast.passport, JPEG, by=cast.ada), send(cast.licence, JPEG, by=cast.mei)

    for document, by in ((clients, cast.mei), (clients, cast.ann), (ours, cast.ada)):
        with pytest.raises(PermissionDenied):
            services.withdraw_document(document, by=by)
    services.withdraw_document(ours, by=cast.mei)

    assert fresh(ours).state == "withdrawn"


def test_staff_are_told_and_the_waiting_list_forgets_it(cast):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    services.withdraw_document(document, by=cast.ada)
    relay_events()

    told = Notification.objects.filter(kind="paper.withdrawn")
    assert {(one.recipient, one.channel) for one in told} == {(cast.mei, "in_app")}
    assert not Document.objects.to_review().exists()


def test_by_api_it_is_200_then_409(cast, as_person):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    path = f"/documents/{document.reference}/withdrawal"

    assert as_person(cast.mei)("post", path).status_code == 403
    assert as_person(cast.bo)("post", path).status_code == 404
    answers = [as_person(cast.ada)("post", path) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert (answers[0].json()["state"], answers[1].json()["code"]) == ("withdrawn", "withdrawn")


def test_the_receipt_offers_it_until_somebody_looked(cast, client):
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    cast.ada.refresh_from_db()
    client.force_login(cast.ada)
    page = f"/tasks/{cast.passport.reference}/"
    path = f"/documents/{document.reference}/withdrawal/"
    assert f'action="{path}"' in client.get(page).content.decode()
    services.open_document(document, by=cast.mei)
    assert f'action="{path}"' not in client.get(page).content.decode()

    answer = client.post(path, follow=True)

    assert "Somebody has looked at it already" in answer.content.decode()
    assert fresh(document).state == "available"


def test_the_page_says_that_it_is_gone(cast, client):
    document = send(cast.passport, JPEG, by=cast.ada)

    cast.ada.refresh_from_db()
    client.force_login(cast.ada)

    answer = client.post(f"/documents/{document.reference}/withdrawal/", follow=True)

    assert "Taken back." in answer.content.decode() and "taken back" in answer.content.decode()


# Two at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["look", "withdrawal"])
def test_a_look_and_the_taking_back_see_each_other(lasting_cast, first):
    """Whoever comes second waits for the first, and is told."""
    cast = lasting_cast
    with sight.every_client():
        document = checked(send(cast.passport, JPEG, by=cast.ada))
    acts = {
        "look": lambda: services.open_document(document, by=cast.mei),
        "withdrawal": lambda: services.withdraw_document(fresh(document), by=cast.ada),
    }
    second = next(name for name in acts if name != first)
    told: list[str] = []

    def come_second() -> None:
        try:
            with sight.every_client():
                acts[second]()
            told.append("done")
        except Conflict as refused:
            told.append(refused.code)
        finally:
            connection.close()

    with sight.every_client(), transaction.atomic():
        acts[first]()
        other = threading.Thread(target=come_second)
        other.start()
        other.join(1.0)
        assert other.is_alive(), "the second did not wait"
    other.join(20)

    assert told == ["not_available" if first == "withdrawal" else "seen"]
