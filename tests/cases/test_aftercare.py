"""Aftercare: which duties follow from the facts, who does them, and how a change of a fact begins its own filing."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from cases import tasks
from cases.aftercare import Known, wanted
from cases.looking import Look
from cases.models import Case, CaseEvent, Duty, DutyRound, Watch
from cases.services import aftercare, altering, duties, watching
from cases.services.changing import change_facts
from cases.services.moves import move_case
from cases.workflow import MoveRefused
from clients import sight
from clients.refusals import Conflict, Invalid
from rulebook.services import load_shipped
from tests.api.filings import CY, FACTS, drive, make_case, today
from tests.rulebook.editing import edit

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def on(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


# ── Facts → duties ──

PERSON = SimpleNamespace(id_valid_until=on("2031-05-01"))


def filed(**facts) -> SimpleNamespace:
    """A filing as the reckoning reads it; paths of facts with two underscores."""
    case = SimpleNamespace(
        province="SH",
        licensed_on=on("2026-02-10"),
        granted_on=None,
        head=None,
        manager=None,
        subject=SimpleNamespace(licence_valid_until=None),
        domain=SimpleNamespace(expires_on=None),
        server=SimpleNamespace(paid_until=None, prepaid_months=None),
    )
    for path, value in facts.items():
        thing, _dot, name = path.rpartition("__")
        setattr(getattr(case, thing) if thing else case, name, value)
    return case


YEAR = ("yearly_review", "2027-02-10", "2027-01-11", False)
TABLE = [
    ({}, {}, [YEAR]),
    ({"licensed_on": None}, {}, []),
    ({"head": PERSON}, {}, [("head_id", "2031-05-01", "2031-01-31", False), YEAR]),
    ({"head": PERSON, "manager": PERSON}, {}, [("head_id", "2031-05-01"), ("manager_id", "2031-05-01"), YEAR]),
    ({"subject__licence_valid_until": on("2026-12-31")}, {}, [("licence", "2026-12-31", "2026-10-02", False), YEAR]),
    ({"domain__expires_on": on("2026-03-01")}, {}, [("domain", "2026-03-01", "2025-12-01", False), YEAR]),
    ({}, {"certificate": on("2026-06-01")}, [("certificate", "2026-06-01", "2026-05-18", False), YEAR]),
    # A lease is reckoned from the licence where nobody has said its day, and says so; the last day of a month holds.
    ({"server__prepaid_months": 12}, {}, [("server", "2027-02-10", "2027-01-11", True), YEAR]),
    (
        {"licensed_on": on("2026-01-31"), "server__prepaid_months": 1},
        {},
        [("server", "2026-02-28", "2026-01-29", True), ("yearly_review", "2027-01-31")],
    ),
    (
        {"server__prepaid_months": 12, "server__paid_until": on("2027-08-01")},
        {},
        [("server", "2027-08-01", "2027-07-02", False), YEAR],
    ),
    ({"server__prepaid_months": 0}, {}, [YEAR]),
    # Leap day.
    ({"licensed_on": on("2024-02-29")}, {"today": on("2025-01-01")}, [("yearly_review", "2025-02-28")]),
    ({"licensed_on": on("2024-02-29")}, {"today": on("2027-03-01")}, [("yearly_review", "2028-02-29")]),
    # A filing from before the portal knew duties owes this year's, not all those of the past.
    ({"licensed_on": on("2019-05-05")}, {}, [("yearly_review", "2026-05-05")]),
    # What is open stays though it is late; once done, the next year's follows.
    (
        {"licensed_on": on("2019-05-05")},
        {"open_on": {"yearly_review": on("2025-05-05")}},
        [("yearly_review", "2025-05-05")],
    ),
    (
        {"licensed_on": on("2019-05-05")},
        {"closed_on": {"yearly_review": on("2025-05-05")}},
        [("yearly_review", "2026-05-05")],
    ),
    # Open by another rule's day: it moves.
    ({}, {"open_on": {"yearly_review": on("2027-06-30")}}, [YEAR]),
    # Done or waived for this day; another day is another duty.
    ({"domain__expires_on": on("2026-03-01")}, {"closed_on": {"domain": on("2026-03-01")}}, [YEAR]),
    (
        {"domain__expires_on": on("2027-03-01")},
        {"closed_on": {"domain": on("2026-03-01")}},
        [("domain", "2027-03-01"), YEAR],
    ),
    # The commercial licence: a report until 31 March each year, renewal applied for 90 days before five years end.
    (
        {"granted_on": on("2026-02-01")},
        {},
        [
            YEAR,
            ("commercial_report", "2027-03-31", "2026-12-31", False),
            ("commercial_renewal", "2030-11-03", "2030-08-05", False),
        ],
    ),
    (
        {"granted_on": on("2026-02-01")},
        {"closed_on": {"commercial_report": on("2027-03-31"), "commercial_renewal": on("2030-11-03")}},
        [YEAR, ("commercial_report", "2028-03-31")],
    ),
    # A newer filing of the same site answers for it, the old server aside.
    (
        {"head": PERSON, "server__paid_until": on("2027-08-01")},
        {"only": frozenset({"server"})},
        [("server", "2027-08-01")],
    ),
    ({"head": PERSON}, {"only": frozenset()}, []),
]  # fmt: skip


def test_duties_follow_from_the_facts():
    for facts, more, expected in TABLE:
        known = Known(
            more.get("certificate"), more.get("open_on", {}), more.get("closed_on", {}), more.get("only")
        )
        found = wanted(filed(**facts), known, today=more.get("today", on("2026-02-16")))
        told = [
            (kind, str(one.due_on), str(one.tell_on), one.is_assumed)[: len(row)]
            for (kind, one), row in zip(found.items(), expected, strict=True)
        ]
        assert told == expected, (facts, more)


# ── Kept in the transaction of the deed ──


@pytest.fixture
def case(agency, harbour, mei, ada) -> Case:
    return drive(make_case(harbour, mei), "psb_filed", mei)


def state(case) -> dict[str, tuple]:
    """What is open, by its kind."""
    with sight.every_client():
        rows = Duty.objects.filter(case=case, state="open")
        return {row.kind: row.due_on.isoformat() for row in rows}


def duty(case, kind) -> Duty:
    with sight.every_client():
        return Duty.objects.get(case=case, kind=kind, state="open")


def test_they_come_with_the_licence_move_with_the_facts_and_end_with_the_filing(case, harbour, mei, ada):
    year = str(on(today()).replace(year=on(today()).year + 1)) if today()[5:] != "02-29" else None
    first = state(case)
    assert first["head_id"] == "2031-05-01" and first["domain"] == "2029-01-01"
    assert set(first) == {"head_id", "domain", "server", "yearly_review"}
    assert year is None or first["yearly_review"] == first["server"] == year
    with sight.every_client():
        before = Case.objects.get(pk=case.pk)

        change_facts(case, {"domain": {"expires_on": "2030-06-01"}, "manager": CY}, by=mei)

    assert state(case)["domain"] == "2030-06-01" and "manager_id" in state(case)
    with sight.every_client():
        after = Case.objects.get(pk=case.pk)
        # Whose move it is and what is due hang on clocks alone.
        for name in ("waiting_on", "due_at", "waiting_since", "nudge_at"):
            assert getattr(after, name) == getattr(before, name)
        assert not case.deadlines.exclude(kind__in=["psb_filing", "psb_footer"]).filter(state="running")
        assert Duty.objects.filter(case=case, kind="domain").count() == 1

        move_case(after, "step_back", by=mei, note="Wrong site.")
        move_case(after, "step_back", by=mei, note="Wrong site.")
        assert not Duty.objects.filter(case=case, state="open")
        move_case(
            after,
            "grant_licence",
            by=mei,
            data={"icp_number": "沪ICP备2026000001号-1", "licensed_on": today()},
        )
        assert set(state(case)) == {"head_id", "manager_id", "domain", "server", "yearly_review"}
        move_case(after, "cancel", by=mei, note="Wound up.")
    assert state(case) == {}


def test_done_with_a_new_day_changes_the_fact_and_waived_says_why(case, mei, wen, ada):
    for until in (None, on("2029-01-01"), timezone.now().date()):
        with pytest.raises(Invalid), sight.every_client():
            aftercare.finish(duty(case, "domain"), by=mei, until=until)
    with pytest.raises(PermissionDenied), sight.every_client():
        aftercare.finish(duty(case, "domain"), by=ada, until=on("2031-01-01"))
    old, server, year = duty(case, "domain"), duty(case, "server"), duty(case, "yearly_review")

    with sight.every_client():
        aftercare.finish(old, by=mei, until=on("2031-01-01"))
        aftercare.finish(server, by=wen, until=on("2030-03-03"))
        aftercare.finish(year, by=mei)
        aftercare.waive(duty(case, "head_id"), "She leaves us; another one follows.", by=mei)
        with pytest.raises(Conflict):
            aftercare.finish(old, by=mei, until=on("2032-01-01"))

    now = state(case)
    assert (now["domain"], now["server"]) == ("2031-01-01", "2030-03-03")
    assert now["yearly_review"] > year.due_on.isoformat() and "head_id" not in now
    with sight.every_client():
        whole = Case.objects.with_facts().get(pk=case.pk)
        assert whole.domain.expires_on == on("2031-01-01")
        told = {
            (one.kind, one.data.get("duty", ""), one.audience) for one in CaseEvent.objects.filter(case=case)
        }
        assert {("duty.done", "domain", "client"), ("duty.waived", "head_id", "internal")} <= told
        assert "2031-05-01" not in str(list(CaseEvent.objects.filter(case=case).values()))  # a person's paper
        assert not Duty.objects.get(case=case, kind="server", state="open").is_assumed

        change_facts(whole, {"head": {"id_valid_until": "2035-05-05"}}, by=mei)  # another day, another duty
    assert state(case)["head_id"] == "2035-05-05"


def test_the_certificate_is_what_the_watch_has_seen(case, mei):
    with sight.every_client():
        row = Watch.objects.get(case=case)
    at = timezone.now() + DAY

    def see(until: str | None, after: int) -> str | None:
        """A look at the site that many days on; what is open of its certificate then."""
        now = at + after * DAY
        target = watching._claim(row.pk, now)
        ends = dt.datetime.fromisoformat(f"{until}T12:00+08:00") if until else None
        assert watching._settle(target, Look("ok", certificate_until=ends), now)
        return state(case).get("certificate")

    assert see(None, 0) is None  # a site without one, or nobody could look: nothing is guessed
    assert see("2037-01-01", 1) == "2037-01-01"
    assert see(None, 2) == "2037-01-01"  # not seen this time
    with sight.every_client():
        aftercare.finish(duty(case, "certificate"), by=mei)
    assert see("2037-01-01", 3) is None
    assert see("2037-04-01", 4) == "2037-04-01"


def test_a_providers_check_stands_until_it_is_done(case, harbour, mei, ada):
    soon = timezone.now().date() + 6 * DAY
    with sight.every_client():
        aftercare.note_check(case, by=mei, on=soon, note="Phone was not answered.")
        with pytest.raises(Conflict):
            aftercare.note_check(case, by=mei, on=soon, note="Again.")
        duties.follow(case, now=timezone.now())
        assert state(case)["provider_check"] == str(soon)
        aftercare.finish(duty(case, "provider_check"), by=mei)
        duties.follow(case, now=timezone.now())
    assert "provider_check" not in state(case)
    with pytest.raises(MoveRefused), sight.every_client():
        aftercare.note_check(make_case(harbour, mei, name="new.example"), by=mei, on=soon, note="x")


# ── The walk ──


def test_the_walk_fills_what_is_missing_goes_on_after_a_kill_and_follows_the_rules(
    agency, harbour, lotus, mei, monkeypatch
):
    cases = [drive(make_case(harbour, mei, name=f"n{n}.example"), "licensed", mei) for n in range(3)]
    cases.append(drive(make_case(lotus, mei, name="n0.example"), "licensed", mei))
    now = timezone.now()
    with sight.every_client():
        load_shipped()
        duties_then = {one.pk: state(one) for one in cases}
        Duty.objects.update(state="stopped", closed_at=now)
        assert not any(state(one) for one in cases)
    assert duties.walk(now=now, most=2) == 2
    assert [bool(state(one)) for one in cases] == [True, True, False, False]
    keep = duties.keep

    def killed(*which, **more):
        keep(*which, **more)
        raise RuntimeError

    with monkeypatch.context() as cut:
        cut.setattr(duties, "keep", killed)
        with pytest.raises(RuntimeError):
            duties.walk(now=now, most=2)
    assert [bool(state(one)) for one in cases] == [True, True, False, False]

    tasks.keep_duties()
    tasks.keep_duties()

    assert {one.pk: state(one) for one in cases} == duties_then
    with sight.every_client():
        assert DutyRound.objects.count() == 1 and Duty.objects.filter(state="open").count() == 16

        # An edition of the rules is a walk of its own, at once.
        edit("aftercare.duty", "yearly_review", by=mei, month=6)
    tasks.keep_duties()
    assert {state(one)["yearly_review"][5:] for one in cases} == {"06-30"}
    with sight.every_client():
        assert Duty.objects.filter(kind="yearly_review").count() == 8  # moved, not written anew


def test_a_newer_filing_of_the_site_answers_for_it(case, harbour, lotus, mei):
    elsewhere = drive(make_case(lotus, mei), "licensed", mei)
    newer = drive(make_case(harbour, mei), "licensed", mei)

    assert state(case) == {} and state(newer) and state(elsewhere)
    with sight.every_client():
        change_facts(newer, {"provider": "tencent"}, by=mei)
    assert set(state(case)) == {"server"}  # its lease at the other provider
    with sight.every_client():
        move_case(newer, "cancel", by=mei, note="A mistake.")
    assert set(state(case)) == {"head_id", "domain", "server", "yearly_review"}


# ── Something has changed ──


def test_a_reported_change_begins_a_filing_with_its_facts_and_its_clock(case, harbour, mei, wen, ada):
    since = timezone.now().date() - 3 * DAY
    with sight.every_client():
        assert ada.standing.is_contact_of(harbour.pk)
    with sight.sight_of(ada):
        new = altering.report_change(case, ["address", "head_phone"], by=ada, on=since, note="We moved.")
    with sight.every_client():
        new, old = (Case.objects.with_facts().get(pk=one.pk) for one in (new, case))
        assert (new.stage, new.intent, new.change_of, new.filing_kind) == (
            "draft",
            "change",
            ["subject"],
            "change_subject",
        )
        assert (new.account_manager, new.provider, new.province, new.domain_name) == (
            mei,
            "aliyun",
            "SH",
            "harbour.example",
        )
        assert new.head.id_number == old.head.id_number and new.subject.id_number == old.subject.id_number
        assert {*new.missing_facts} == {
            "subject.certificate_address", "subject.contact_address", "head.mobile", "head.landline", "head.email",
        }  # fmt: skip
        clock = new.deadlines.get(kind="change_duty")
        assert (clock.state, timezone.localtime(clock.due_at).date()) == ("running", since + 30 * DAY)
        assert (new.waiting_on, new.due_at) == ("client", clock.due_at)
        told = [one.case_id for one in CaseEvent.objects.filter(kind="change.reported").order_by("id")]
        assert told == [old.pk, new.pk]
        assert state(old)  # nothing of the old one ends before the new one is through

        with pytest.raises(Conflict):
            altering.report_change(case, ["site"], by=mei)
        # Handed in, the clock is met; come back, it runs on from the day of the change.
        head = {"mobile": "13800000009", "landline": "021-55550109", "email": "ann@harbour.example"}
        change_facts(
            new,
            {"subject": {"certificate_address": "1 New Road", "contact_address": "1 New Road"}, "head": head},
            by=mei,
        )
        new = drive(new, "provider_pre_audit", mei)
        assert new.deadlines.get(kind="change_duty").state == "met"
        new = move_case(new, "return_for_changes", by=mei, reasons=[{"code": "contact_address", "note": ""}])
        assert new.deadlines.get(kind="change_duty", state="running").due_at == clock.due_at
        move_case(new, "withdraw", by=mei, note="Not so.")
        altering.report_change(case, ["site"], by=mei)


def test_a_new_manager_or_head_is_asked_for_as_a_person(case, harbour, mei, ada, ann, bo):
    for person in (ann, bo):
        with pytest.raises(PermissionDenied), sight.every_client():
            altering.report_change(case, ["site"], by=person)
    for about, given in [([], {}), (["nonsense"], {}), (["site"], {"on": timezone.now().date() + 2 * DAY})]:
        with pytest.raises(Invalid), sight.every_client():
            altering.report_change(case, about, by=ada, **given)
    with pytest.raises(MoveRefused), sight.every_client():
        altering.report_change(make_case(harbour, mei, name="new.example"), ["site"], by=ada)

    with sight.every_client():
        new = altering.report_change(case, ["company_name", "new_manager"], by=mei)
        new = Case.objects.with_facts().get(pk=new.pk)
        assert (new.filing_kind, new.change_of, new.new_name) == ("change_all", ["subject", "service"], True)
        assert new.manager is not None and not new.manager.name and new.head.name == FACTS["head"]["name"]
        assert {"subject.name", "subject.name_zh", "manager.id_number"} <= {*new.missing_facts}
        move_case(new, "withdraw", by=mei, note="Not so.")
        new = altering.report_change(case, ["new_head"], by=mei)
        new = Case.objects.with_facts().get(pk=new.pk)
        assert (
            new.change_of == ["subject", "service"] and not new.head.name
        )  # who heads it manages the site too
