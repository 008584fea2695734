"""A person asks to be erased: what no rule keeps goes, the history keeps its shape, and nothing else opens it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import psycopg
import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.utils import timezone

from cases.models import Case, CaseEvent, Person, Proposal
from cases.services import progress
from cases.services.changing import change_facts
from cases.services.listening import report_message
from cases.services.moves import move_case
from clients import sight
from clients.models import AuditEvent, CalendarFeed, Invitation, Membership, User
from clients.services.feeds import make_feed
from clients.tokens import new_token
from documents import services as papers
from documents.models import Destruction
from letterbox.models import Letter
from notifications.models import Notification
from notifications.services import deliver_due, relay_events
from rights import erased, services
from rights.models import Erasure, Remainder
from rights.services import erasing
from tests import servers
from tests.api.filings import CY, PERSON, drive, make_case
from tests.documents import samples
from tests.documents.cast import checked, fresh, lying, paper, send
from tests.factories import make_person
from tests.fixtures import browser_of
from tests.house.test_locks import refused, rows, tables

DATA, ASK, DESK = "/me/data/", "/me/data/erasures/", "/erasures/"
MARK = "zauberwort"
JPEG = samples.small_jpeg()


@pytest.fixture(autouse=True)
def _list_of_its_own(settings, tmp_path):
    settings.DESTROYED_FOLDER = tmp_path / "destroyed"


@pytest.fixture
def zoe(harbour) -> User:
    """A contact of Harbour's who leaves the mark wherever she may write."""
    with sight.every_client():
        return make_person(
            f"{MARK}@{MARK}.example",
            name="Zoe Zauberwort",
            name_zh="祖伊咒语",
            role="contact",
            client=harbour,
            wechat_id=f"{MARK}-wx",
        )


HERS = {**PERSON, "name": "Zoe Zauberwort", "email": f"{MARK}@{MARK}.example", "address": f"{MARK} Road 1"}


def asked(user: User, root: User) -> Erasure:
    """Asked for and granted, with nothing done yet."""
    with sight.every_client():
        return services.grant_erasure(services.ask_erasure(by=user), by=root)


def carried_out(row: Erasure) -> Erasure:
    """As the rings do it: blanked, the receipt sent, the address gone."""
    services.carry_out(row.pk)
    relay_events()
    deliver_due()
    services.carry_out(row.pk)
    with sight.every_client():
        return Erasure.objects.get(pk=row.pk)


def holding(mark: str) -> list[str]:
    """Tables in which the mark stands in any column."""
    found = []
    for table in sorted(tables()):
        try:
            with transaction.atomic():
                if rows(
                    f'SELECT 1 FROM "{table}" one WHERE to_jsonb(one)::text ILIKE %s LIMIT 1', f"%{mark}%"
                ):
                    found.append(table)
        except ProgrammingError:  # no table of the portal's: nothing of a person is in it
            assert table.startswith(("auth_", "django_")), table
    return found


# ── Asking and deciding ─────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_asked_for_once_taken_back_and_answered_by_an_administrator(agency, harbour, ann, mei, root):
    make_case(harbour, mei)
    page = browser_of(ann)
    shown = page.get(ASK).content.decode()
    assert "What goes" in shown and "Order 33" in shown and "until the filing has ended" in shown
    assert "Ask for it" in shown and browser_of(mei).get(ASK).status_code == 404
    assert "Tick the box first" in page.post(ASK, follow=True).content.decode()
    # Who it is, is asked again after a quarter of an hour.
    assert "/accounts/" in browser_of(ann, signed_in_ago=3600).post(ASK, {"understood": "yes"})["Location"]

    for _twice in range(2):
        assert "Take it back" in page.post(ASK, {"understood": "yes"}, follow=True).content.decode()
    with sight.every_client():
        first = Erasure.objects.get()
    assert first.answer_by > timezone.localdate() + timedelta(days=15)
    relay_events()
    deliver_due()
    assert [one.to[0] for one in mail.outbox] == [f"Root <{root.email}>", f"Ann <{ann.email}>"]

    assert browser_of(mei).get(DESK).status_code == 404
    desk = browser_of(root)
    assert first.reference in desk.get(DESK).content.decode()
    page.post(f"{ASK}{first.reference}/withdrawal/")
    answer = f"{DESK}{first.reference}/decision/"
    assert "meanwhile" in desk.post(answer, {"answer": "grant"}, follow=True).content.decode()

    page.post(ASK, {"understood": "yes"})
    with sight.every_client():
        second = Erasure.objects.get(state="asked")
    answer = f"{DESK}{second.reference}/decision/"
    assert "Grant in part" in desk.get(f"{DESK}{second.reference}/").content.decode()
    assert desk.post(answer, {"answer": "refuse", "reason": " "}).status_code == 422
    desk.post(answer, {"answer": "refuse", "reason": "A court has asked for it."})
    relay_events()
    deliver_due()
    assert ann.email in mail.outbox[-1].to[0] and "A court has asked" in mail.outbox[-1].body
    assert "A court has asked" in page.get(DATA).content.decode()
    with sight.every_client():
        for by in (mei, ann):
            with pytest.raises(PermissionDenied):
                services.grant_erasure(services.ask_erasure(by=ann), by=by)


# ── What the database refuses ───────────────────────────────────────────────────────────────────────────────────────


def test_only_a_decided_row_opens_the_history_and_only_of_its_person(
    agency, harbour, lotus, ada, bo, mei, root
):
    mine, theirs = make_case(harbour, mei), make_case(lotus, mei, name="lotus.example")
    with sight.every_client():
        progress.write_note(mine, "My own words.", by=ada, audience="client")
        progress.write_note(mine, "Ada said so; ada@harbour.example", by=mei, audience="client")
        progress.write_note(theirs, "Ada is no word of ours.", by=bo, audience="client")
        # Nobody writes this: a line of Lotus's that claims to be Ada's.
        CaseEvent.objects.create(case=theirs, client=lotus, kind="note.written", by=ada, note="Not hers.")
        row = services.ask_erasure(by=ada)

        assert refused("SELECT rights_blank_history(%s)", row.pk) == "PT006"
        assert refused("SELECT rights_blank_history(%s)", 0) == "PT006"
        as_decided = "UPDATE rights_erasure SET state = 'granted', decided_at = now(), decided_by_id = %s WHERE id = %s"
        for by in (ada, mei, bo):
            assert refused(as_decided, by.pk, row.pk) == "PT005"
        for state in ("blanked", "erased"):
            assert refused("UPDATE rights_erasure SET state = %s WHERE id = %s", state, row.pk) == "PT005"
        assert refused("DELETE FROM rights_erasure") == "42501"
        services.grant_erasure(row, by=root)
        rest = Remainder(erasure=row, client=lotus, case=theirs, of="head", kind="facts", rule="filing")
        with pytest.raises(DatabaseError), transaction.atomic():
            rest.save()

        words = "UPDATE cases_caseevent SET note = ''"
        rows("SELECT set_config('portal.erasing', %s, true)", str(row.pk))
        assert refused(words) == "42501"
        told = json.loads(rows("SELECT rights_blank_history(%s)", row.pk)[0][0])
        assert told["events"] == 1 and refused(words) == "42501"
        said = dict(CaseEvent.objects.filter(kind="note.written").values_list("note", "by__name"))
        assert said == {
            "": "Ada",
            "████ said so; ████": "Mei",
            "Ada is no word of ours.": "Bo",
            "Not hers.": "Ada",
        }
        assert json.loads(rows("SELECT rights_blank_history(%s)", row.pk)[0][0])["events"] == 0
    for place in (lambda: sight.some_clients([harbour.pk], user_id=ada.pk), sight.at_the_door):
        with place():
            assert refused("SELECT rights_blank_history(%s)", row.pk) == "42501"
            assert refused("UPDATE cases_caseevent SET note = ''") == "42501"
            assert refused("UPDATE rights_erasure SET state = 'granted'") in ("42501", "PT005")


def test_nor_the_owner_nor_the_superuser_rewrites_a_line(transactional_db, agency, harbour, ada, mei):
    case = make_case(harbour, mei)
    with sight.every_client():
        progress.write_note(case, "Words.", by=ada, audience="client")
        row = services.ask_erasure(by=ada)
    database = connection.settings_dict["NAME"]
    for name in ("TEST_SUPERUSER_URL", "DATABASE_OWNER_URL"):
        with psycopg.connect(servers.url_of(name, database=database)) as line:
            line.execute("SELECT set_config('portal.erasing', %s, false)", [str(row.pk)])
            with pytest.raises(psycopg.Error, match="never rewritten"):
                line.execute("UPDATE cases_caseevent SET note = ''")
            line.rollback()


# ── Carrying out ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_afterwards_nothing_names_them_anywhere(agency, harbour, lotus, mei, root, zoe, store):
    """The mark stands in all that she may write, and afterwards where the page says that it stays."""
    over = make_case(harbour, mei, name="over.example", head=HERS)
    stands = drive(make_case(harbour, mei, name="stands.example"), "miit_review", mei)
    drafted = make_case(harbour, mei, name="draft.example", head=CY)
    theirs = make_case(lotus, mei, name="lotus.example", head={**PERSON, "name": "祖伊咒语"})
    with sight.every_client():
        passport = checked(send(paper(over, "passport"), JPEG, by=zoe, name=f"{MARK}.jpg"))
        licence = checked(send(paper(drafted, "business_licence"), JPEG, by=zoe, name=f"{MARK}.jpg"))
        papers.give_consent(harbour, by=zoe)
        progress.write_note(over, f"I am {MARK}.", by=zoe, audience="client")
        progress.write_note(stands, f"I am {MARK}.", by=zoe, audience="client")
        progress.write_note(over, "Zoe Zauberwort (祖伊咒语) rang, 13800000001.", by=mei, audience="internal")
        progress.write_note(theirs, "祖伊咒语 of Lotus.", by=mei, audience="internal")
        change_facts(drafted, {"site": {"name": f"{MARK} Tea"}}, by=zoe)
        said = "【工信部】您的网站备案已审核通过，备案号为沪ICP备2026000001号-1。"
        report_message(stands, said + MARK, by=zoe)
        move_case(over, "withdraw", by=zoe, note=f"{MARK} wants no more.")
        Case.objects.filter(pk=stands.pk).update(hold_note=f"waits for {zoe.email}")
        Invitation.objects.create(
            email=zoe.email, name=zoe.name, client=harbour, role="contact", expires_at=timezone.now()
        )
        letter = Letter(key="k" * 64, client=harbour, person=zoe, sender=zoe.email)
        letter.write(MARK, f"{MARK} writes")
        letter.save()
        make_feed(zoe)
        new_token(zoe, name=MARK)
    visitor = browser_of(zoe)
    assert visitor.get(DATA).status_code == 200
    relay_events()
    deliver_due()
    mail.outbox.clear()
    with sight.every_client():
        shape = rows("SELECT rights_shape(ARRAY[%s]::bigint[])", harbour.pk)[0][0]

    row = asked(zoe, root)
    assert services.carry_out(row.pk) == "blanked"
    with sight.every_client():
        # The name of the company's site; and the address for the receipt.
        assert holding(MARK) == ["cases_site", "clients_user"]
    assert services.carry_out(row.pk) == "blanked"  # nothing goes before the receipt is out
    relay_events()
    deliver_due()
    assert [one.to for one in mail.outbox] == [[zoe.email]]
    receipt = mail.outbox[0].subject + mail.outbox[0].body
    assert row.reference in receipt and "an erased person" in receipt and "1 filing that is over" in receipt
    assert services.carry_out(row.pk) == services.carry_out(row.pk) == "erased"

    with sight.every_client():
        assert holding(MARK) == ["cases_site"] and holding("13800000001") == ["cases_person"]
        # Lotus's and the filing that stands, where it is the head's.
        assert set(Person.objects.filter(mobile="13800000001").values_list("case", flat=True)) == {
            stands.pk,
            theirs.pk,
        }
        assert CaseEvent.objects.filter(client=lotus, note="祖伊咒语 of Lotus.").exists()
        assert CaseEvent.objects.filter(case=over, note="████ (████) rang, ████.", by=mei).exists()
        assert rows("SELECT rights_shape(ARRAY[%s]::bigint[])", harbour.pk)[0][0] == shape
        assert (Erasure.objects.get().record["shape"], Erasure.objects.get().record["papers"]) == (shape, 1)
        assert Proposal.objects.get().text == "" and Letter.objects.get().words == ("", "")
        gone = User.objects.get(pk=zoe.pk)
        assert (str(gone), gone.name, gone.is_active, gone.has_usable_password()) == (
            "an erased person",
            "",
            False,
            False,
        )
        assert not Membership.objects.current().filter(user=gone).exists()
        assert not CalendarFeed.objects.exists()
        assert papers.destroy_due() == 1
        assert (Destruction.objects.get().erasure, fresh(licence).filename) == (row.reference, "paper")
        assert fresh(passport).destroyed_at is not None and fresh(licence).is_viewable
    assert not [key for key in lying("papers") if passport.token in key or MARK in key]
    assert visitor.get(DATA)["Location"].startswith("/accounts/login/")
    desk = browser_of(root)
    for page in (
        "/audit/",
        f"/clients/{harbour.reference}/",
        f"/cases/{over.reference}/",
        f"{DESK}{row.reference}/",
    ):
        shown = desk.get(page).content.decode()
        assert MARK not in shown.lower() and "an erased person" in shown.lower(), page
    assert "These words were erased" in desk.get(f"/cases/{over.reference}/").content.decode()


def test_what_a_rule_keeps_goes_on_its_day(agency, harbour, mei, root, ann, ada, store):
    case = make_case(harbour, mei)
    with sight.every_client():
        passport = checked(send(paper(case, "passport"), JPEG, by=ann))
        hold = papers.hold_papers(harbour, by=mei, reason="A dispute.")
    row = carried_out(asked(ann, root))
    assert row.state == "erased" and "until the legal hold ends" in mail.outbox[-1].body
    now = timezone.now()

    with sight.every_client():
        assert set(Remainder.objects.values_list("kind", "rule", "until")) == {
            ("facts", "held", None),
            ("papers", "held", None),
        }
        assert Person.objects.get(case=case).email == ann.email and fresh(passport).is_viewable
        papers.end_hold(hold, by=mei)
    assert services.sweep_remainders() == 0
    with sight.every_client():
        assert set(Remainder.objects.values_list("rule", flat=True)) == {"filing", "papers"}
        progress.write_note(case, "Ada Winter has moved.", by=mei, audience="internal")
        move_case(case, "withdraw", by=mei, note="Over.")
    assert services.sweep_remainders() == 1
    with sight.every_client():
        assert Person.objects.get(case=case).name == "" and holding("ann@harbour") == []
        assert CaseEvent.objects.filter(note="████ has moved.").exists()
        assert papers.destroy_due() == 1
    assert services.sweep_remainders(now=now + timedelta(days=1)) == 1
    with sight.every_client():
        assert set(Remainder.objects.values_list("mark", flat=True)) == {""}
        assert Destruction.objects.get().erasure == row.reference


def test_administrators_are_reminded_when_the_day_of_the_answer_is_near_and_on_it(agency, harbour, root, ann):
    with sight.every_client():
        row = services.ask_erasure(by=ann)
    relay_events()
    deliver_due()
    mail.outbox.clear()
    noon = datetime.combine(row.answer_by, time(4), tzinfo=UTC)
    days = [
        noon - timedelta(days=9),
        *[noon - timedelta(days=back) for back in (2, 1)],
        noon,
        noon + timedelta(days=1),
    ]

    assert services.remind_of_answers(now=noon - timedelta(hours=6)) == 0  # at six nobody is woken
    told = [services.remind_of_answers(now=day) for day in days]
    relay_events()
    deliver_due()

    assert told == [0, 1, 0, 1, 0]
    assert [one.to for one in mail.outbox] == [[f"Root <{root.email}>"]] * 2
    with sight.every_client():
        services.refuse_erasure(row, by=root, reason="Not yet.")
    assert services.remind_of_answers(now=noon + timedelta(days=30)) == 0


@pytest.mark.parametrize("ticked", [{}, {"understood": "on"}, {"alone": "on"}])
def test_nothing_is_granted_unread(agency, harbour, mei, root, ada, ticked):
    make_case(harbour, mei)
    with sight.every_client():
        row = services.ask_erasure(by=ada)
    desk = browser_of(root)
    assert (
        "Harbour Ltd will have nobody who speaks for it."
        in desk.get(f"{DESK}{row.reference}/").content.decode()
    )

    answer = desk.post(f"{DESK}{row.reference}/decision/", {"answer": "grant", **ticked})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert ("Read what goes and tick this first" in page) == ("understood" not in ticked)
    assert ("Tick this too" in page) == ("alone" not in ticked)
    with sight.every_client():
        assert Erasure.objects.get(pk=row.pk).is_open


def test_with_both_boxes_ticked_it_is_granted_and_who_answers_for_the_filings_is_told(
    agency, harbour, lotus, mei, wen, root, ada
):
    make_case(harbour, mei)
    make_case(harbour, mei, name="second.example")
    make_case(lotus, wen, name="lotus.example")
    with sight.every_client():
        row = services.ask_erasure(by=ada)

    browser_of(root).post(
        f"{DESK}{row.reference}/decision/", {"answer": "grant", "understood": "on", "alone": "on"}
    )
    assert carried_out(row).state == "erased"

    with sight.every_client():
        (told,) = Notification.objects.filter(kind="erasure.done.desk")
        assert (told.recipient, told.channel) == (mei, "in_app")
    line = browser_of(mei).get("/notifications/").content.decode()
    assert "Somebody of Harbour Ltd was erased" in line
    assert f'/clients/{harbour.reference}/"' in line


def test_another_who_took_their_place_is_left_alone(agency, harbour, mei, root, ann, ada):
    case = make_case(harbour, mei)
    carried_out(asked(ann, root))
    with sight.every_client():
        change_facts(case, {"head": CY}, by=mei)
    assert services.sweep_remainders() == 1
    with sight.every_client():
        move_case(case, "withdraw", by=mei, note="Over.")
    assert services.sweep_remainders() == 0
    with sight.every_client():
        assert Person.objects.get(case=case).email == CY["email"]


def test_broken_off_it_is_as_if_it_had_not_begun_and_an_older_copy_brings_nobody_back(
    agency, harbour, mei, root, ann, ada, settings, tmp_path
):
    case = make_case(harbour, mei)
    with sight.every_client():
        progress.write_note(case, "My words.", by=ann, audience="client")
        move_case(case, "withdraw", by=mei, note="Over.")
    copy = transaction.savepoint()
    with sight.every_client():
        row = services.grant_erasure(services.ask_erasure(by=ann), by=root)
    (tmp_path / "full").write_text("no folder")
    there, settings.DESTROYED_FOLDER = settings.DESTROYED_FOLDER, tmp_path / "full"
    with pytest.raises(FileExistsError):
        services.carry_out(row.pk)
    with sight.every_client():
        assert User.objects.get(pk=ann.pk).name == "Ann" and Erasure.objects.get().state == "granted"
    settings.DESTROYED_FOLDER = there
    assert services.waiting_erasures() == [row.pk]
    assert carried_out(row).state == "erased" and len(list(erased.entries())) == 1
    assert services.waiting_erasures() == []
    mail.outbox.clear()

    transaction.savepoint_rollback(copy)
    with sight.every_client():
        assert User.objects.get(pk=ann.pk).name == "Ann" and not Erasure.objects.exists()
    assert services.replay_erased() == 1 and services.replay_erased() == 0
    relay_events()
    deliver_due()
    with sight.every_client():
        again = Erasure.objects.get()
        assert (again.reference, again.state, again.user_id) == (row.reference, "erased", ann.pk)
        assert again.replayed_at is not None and holding("My words") == [] and holding(ann.email) == []
        assert not AuditEvent.objects.filter(kind="erasure.done").exists()
    assert [one for one in mail.outbox if ann.email in one.to[0]] == []


def test_killed_after_the_list_has_its_line_it_goes_on_with_its_receipt(
    agency, harbour, root, ann, ada, monkeypatch
):
    """The next start holds the list against the database, and takes the row for no restored copy."""

    def killed(*args, **more):
        raise KeyboardInterrupt

    row = asked(ann, root)
    relay_events()
    deliver_due()
    mail.outbox.clear()
    monkeypatch.setattr(erasing, "blank_history", killed)
    with pytest.raises(KeyboardInterrupt):
        services.carry_out(row.pk)
    monkeypatch.undo()
    assert [one["reference"] for one in erased.entries()] == [row.reference]

    assert services.replay_erased() == 0
    with sight.every_client():
        assert Erasure.objects.get().state == "granted" and User.objects.get(pk=ann.pk).name == "Ann"
    assert carried_out(row).state == "erased"

    assert [one.to for one in mail.outbox] == [[ann.email]] and services.replay_erased() == 0
    with sight.every_client():
        assert AuditEvent.objects.filter(kind="erasure.done").count() == 1
        assert Erasure.objects.get().replayed_at is None
