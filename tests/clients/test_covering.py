"""Somebody stands in: named with days, refused where it leads nowhere, ended where they leave."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from clients import sight
from clients.models import AuditEvent, Cover
from clients.queries import covered_by, stand_ins
from clients.refusals import Invalid
from clients.services.covering import end_cover, name_stand_in
from clients.services.members import change_role, end_membership
from clients.templatetags.look import today
from clients.words import sentence_of

MONDAY, FRIDAY = date(2027, 3, 1), date(2027, 3, 5)
DAY = timedelta(days=1)


@pytest.fixture
def see(agency):
    with sight.every_client():
        yield


def on(day: date) -> dict:
    return {pk: [one.name for one in people] for pk, people in stand_ins(day).items()}


def test_from_the_first_day_to_the_last_and_no_longer(see, mei, wen):
    name_stand_in(mei, wen, from_on=MONDAY, until_on=FRIDAY, by=mei)

    assert [on(day) for day in (MONDAY - DAY, MONDAY, FRIDAY, FRIDAY + DAY)] == [
        {}, {mei.pk: ["Wen"]}, {mei.pk: ["Wen"]}, {},
    ]  # fmt: skip
    assert (covered_by(wen, MONDAY), covered_by(mei, MONDAY)) == ([mei], [])


def test_another_name_ends_the_first_and_both_stay_in_the_history(see, mei, wen, root):
    name_stand_in(mei, wen, by=mei)
    name_stand_in(mei, wen, by=mei)  # twice is once
    name_stand_in(mei, root, from_on=MONDAY, by=root)
    end_cover(mei, by=mei)
    end_cover(mei, by=mei)

    assert [(one.stand_in, one.ended_at is not None) for one in Cover.objects.order_by("id")] == [
        (wen, True), (root, True),
    ]  # fmt: skip
    told = [
        (one.kind, sentence_of(one))
        for one in AuditEvent.objects.filter(kind__startswith="cover.").order_by("id")
    ]
    assert [kind for kind, _words in told] == ["cover.named", "cover.named", "cover.ended"]
    assert told[0][1] == "for Mei, until it is taken back"
    assert "1 Mar 2027" in told[1][1]


def test_what_leads_nowhere_is_refused_beside_its_field(see, mei, wen, root, lim, ada):
    name_stand_in(wen, mei, from_on=MONDAY, until_on=FRIDAY, by=wen)
    name_stand_in(root, wen, by=root)
    refused = {
        "oneself": (mei, {}), "a client": (ada, {}), "some clients": (lim, {}),
        "a circle": (wen, {"from_on": FRIDAY}), "a long circle": (root, {"until_on": MONDAY}),
    }  # fmt: skip
    for why, (stand_in, days) in refused.items():
        with pytest.raises(Invalid) as caught:
            name_stand_in(mei, stand_in, **days, by=mei)
        assert caught.value.errors[0]["field"] == "stand_in", why
    for days in ({"from_on": FRIDAY, "until_on": MONDAY}, {"until_on": today() - DAY}):
        with pytest.raises(Invalid) as caught:
            name_stand_in(mei, root, **days, by=mei)
        assert caught.value.errors[-1]["field"] == "until_on"

    name_stand_in(mei, wen, from_on=FRIDAY + DAY, by=mei)  # after the other's holiday it is no circle
    assert on(FRIDAY + DAY) == {mei.pk: ["Wen"], root.pk: ["Wen"]}
    assert on(MONDAY) == {
        wen.pk: ["Mei"],
        root.pk: ["Wen", "Mei"],
    }  # whose stand-in is away: who follows as well


def test_oneself_and_administrators_name_nobody_else_does(see, mei, wen, root, ada):
    for by in (mei, ada):
        with pytest.raises(PermissionDenied):
            name_stand_in(wen, root, by=by)
        with pytest.raises(PermissionDenied):
            end_cover(wen, by=by)
    assert name_stand_in(wen, mei, by=root).made_by == root


def test_who_leaves_or_sees_less_stands_in_no_more_and_an_administrator_hears(see, mei, wen, root):
    from notifications.recipients import of_audit_event

    name_stand_in(mei, wen, by=mei)
    change_role(wen.memberships.get(), "limited_specialist", by=root)
    assert on(today()) == {}
    fell = AuditEvent.objects.get(kind="cover.fell")
    assert {one.person for one in of_audit_event(fell)} == {root, mei}

    name_stand_in(mei, root, by=mei)
    name_stand_in(wen, mei, by=wen)
    change_role(mei.memberships.get(), "administrator", by=root)
    mei.__dict__.pop("standing", None)
    end_membership(root.memberships.get(), by=mei)
    end_membership(wen.memberships.get(), by=mei)
    assert not Cover.objects.current().exists()
    assert (
        AuditEvent.objects.filter(kind="cover.fell").count() == 2
    )  # whoever left themselves is nobody's loss


def test_who_is_switched_off_is_not_told_though_the_row_stands(see, mei, wen):
    name_stand_in(mei, wen, by=mei)
    type(wen).objects.filter(pk=wen.pk).update(is_active=False)
    assert on(today()) == {}


def test_the_database_keeps_the_history_and_shows_it_to_colleagues_alone(see, mei, wen, ada, lim, harbour):
    name_stand_in(mei, wen, by=mei)
    for statement in ("UPDATE clients_cover SET stand_in_id = person_id", "DELETE FROM clients_cover"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    for person, count in ((lim, 1), (ada, 0)):
        with sight.sight_of(person):
            assert Cover.objects.count() == count


# ── Pages ──


def test_a_page_names_shows_and_takes_back(agency, mei, wen, root, as_page):
    page, address = as_page(mei), f"/people/{mei.reference}/cover/"
    assert "Nobody stands in." in page.get(address).content.decode()
    wrong = page.post(address, {"stand_in": wen.reference, "from_on": "2027-03-05", "until_on": "2027-03-01"})
    assert (wrong.status_code, "before the beginning" in wrong.content.decode()) == (422, True)
    for stand_in in ("", mei.reference, "U-NOBODY"):
        assert page.post(address, {"stand_in": stand_in}).status_code == 422
    assert page.post(address, {"stand_in": wen.reference}).status_code == 302
    shown = page.get(address).content.decode()
    assert "Wen stands in, until it is taken back." in shown
    assert "Wen" in page.get("/me/").content.decode()
    assert "away, Wen stands in" in as_page(root).get("/settings/people/").content.decode()
    assert page.post(address + "ending/").status_code == 302
    assert "Nobody stands in." in page.get(address).content.decode()


def test_only_colleagues_see_it_and_only_oneself_or_an_administrator_may(
    agency, mei, wen, root, ada, as_page
):
    address = f"/people/{mei.reference}/cover/"
    assert as_page(ada).get(address).status_code == 404
    assert as_page(root).get(f"/people/{ada.reference}/cover/").status_code == 404
    seen = as_page(wen)
    assert 'name="stand_in"' not in seen.get(address).content.decode()
    assert seen.post(address, {"stand_in": root.reference}).status_code == 403
    assert seen.post(address + "ending/").status_code == 403
    assert as_page(root).post(address, {"stand_in": wen.reference}).status_code == 302
