"""All open cases of one person go to another: a leaver's, or those of somebody who is away for long.

It is a run like other acts for many cases, so a killed worker leaves each case either handed over or untouched, and
who asked sees how far it has come. Unlike them it asks each case nothing, and goes batch by batch: one change of the
cases, one line in each history, one message to whoever gets them.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.bulk import HAND_OVER
from cases.models import BulkRow, BulkRun, Case, Deadline, DeadlineState, RowState
from cases.services import history
from cases.services.changing import HAS_ENDED
from cases.workflow import ENDED
from clients import sight
from clients.models import Membership, User
from clients.queries import able_to_stand_in
from clients.refusals import Conflict, Invalid, error
from clients.services.traces import record
from trade.clocks import CLOCKS

BATCH = 500
SMS = "sms_code"


def open_cases(person: User) -> QuerySet[Case]:
    """What this person answers for and has not ended; in the reader's sight."""
    return Case.objects.open().filter(account_manager=person)  # type: ignore[attr-defined]


def running(person: User) -> QuerySet[Deadline]:
    """Their clocks, what ends first before the rest."""
    clocks = Deadline.objects.filter(state=DeadlineState.RUNNING, case__in=open_cases(person))
    return clocks.filter(kind__in=CLOCKS).order_by("due_at", "id")


def takers(person: User) -> QuerySet[User]:
    """Who can take them: the agency's people of today who see every client."""
    return able_to_stand_in().exclude(pk=person.pk)


@transaction.atomic
def hand_over(person: User, to: User, *, by: User, only: BulkRun | None = None) -> BulkRun:
    """All that this person answers for, or what `only` brought them, is the other's from now on; a worker does it.

    The same asked twice is one run, as long as that is not over. Raises `Invalid` for whoever cannot take them,
    `Conflict` where there is nothing to hand over.
    """
    if not by.standing.is_manager:
        raise PermissionDenied
    with sight.every_client(user_id=by.pk):
        # Held, so that the same asked at the same moment waits here and finds the run.
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if not takers(person).filter(pk=to.pk).exists():
            raise Invalid(
                [error("to", _("This person cannot take them: they have left or see some clients only."))]
            )
        told = {"from": person.reference, "to": to.reference, "of": only.reference if only else ""}
        on_its_way = BulkRun.objects.filter(act=HAND_OVER, data=told, finished_at__isnull=True, by=by)
        if run := on_its_way.first():
            return run
        cases = open_cases(person).order_by("due_at", "id")
        if only is not None:
            cases = cases.filter(
                pk__in=BulkRow.objects.filter(run=only, state=RowState.DONE).values("case_id")
            )
        found = list(cases.values_list("pk", "client_id"))
        if not found:
            raise Conflict(_("There is nothing to hand over."), "none")
        run = BulkRun.objects.create(
            by=by,
            act=HAND_OVER,
            data=told,
            query={"account_manager": to.email},
            confirmed_at=timezone.now(),
        )
        rows = [BulkRow(run=run, case_id=pk, client_id=client) for pk, client in found]
        BulkRow.objects.bulk_create(rows, batch_size=5000)
    return run


def hand_back(run: BulkRun, *, by: User) -> BulkRun:
    """What a run handed over and nobody has passed on since goes back to where it was."""
    person, to = _ends(run)
    return hand_over(to, person, by=by, only=run)


def _ends(run: BulkRun) -> tuple[User, User]:
    people = User.objects.in_bulk([run.data["from"], run.data["to"]], field_name="reference")
    return people[run.data["from"]], people[run.data["to"]]


def do_batch(run: BulkRun) -> bool:
    """The next of its cases, in one transaction; False where none is left."""
    with sight.every_client(user_id=run.by_id), translation.override(run.by.language):
        planned = BulkRow.objects.filter(run=run, state=RowState.PLANNED).order_by("id")
        rows = list(planned.select_for_update(skip_locked=True, of=("self",))[:BATCH])
        if not rows:
            return False
        person, to = _ends(run)
        if why := _why_not(run, to):
            BulkRow.objects.filter(pk__in=[row.pk for row in rows]).update(state=RowState.REFUSED, said=why)
            return True
        held = Case.objects.filter(pk__in=[row.case_id for row in rows]).order_by("pk")
        cases = {case.pk: case for case in held.select_for_update(of=("self",)).only(
            "pk", "client_id", "stage", "account_manager_id")}  # fmt: skip
        now = timezone.now()
        mine = [
            one for one in cases.values() if one.account_manager_id == person.pk and one.stage not in ENDED
        ]
        Case.objects.filter(pk__in=[one.pk for one in mine]).update(
            account_manager=to, version=F("version") + 1
        )
        change = {"path": "account_manager", "old": str(person), "new": str(to)}
        history.record_each(
            mine, "facts.changed", by=run.by, data={"changes": [change], "run": run.reference}, at=now
        )
        done = {one.pk for one in mine}
        for row in rows:
            row.state = RowState.DONE if row.case_id in done else RowState.REFUSED
            row.said = "" if row.case_id in done else _said(cases.get(row.case_id), person)
        BulkRow.objects.bulk_update(rows, ["state", "said"])
    return True


def _why_not(run: BulkRun, to: User) -> str:
    """Whoever asked may still ask, and whoever gets them is still there; their place is held meanwhile."""
    run.by.__dict__.pop("standing", None)
    if not run.by.standing.is_manager:
        return _("You may not hand over cases any more.")
    Membership.objects.current().agency().filter(user=to).select_for_update(of=("self",)).first()
    if not able_to_stand_in().filter(pk=to.pk).exists():
        return _("%(person)s cannot take it any more.") % {"person": to}
    return ""


def _said(case: Case | None, person: User) -> str:
    if case is not None and case.stage in ENDED:
        return str(HAS_ENDED)
    return _("%(person)s does not answer for it any more.") % {"person": person}


def finish(run: BulkRun) -> None:
    """The run is over, once; whoever got the cases hears of all of them in one message."""
    with sight.every_client(user_id=run.by_id):
        open_run = BulkRun.objects.filter(pk=run.pk, finished_at__isnull=True)
        if not open_run.update(finished_at=timezone.now()):
            return
        person, to = _ends(run)
        done = BulkRow.objects.filter(run=run, state=RowState.DONE)
        if count := done.count():
            codes = Deadline.objects.filter(
                state=DeadlineState.RUNNING, kind=SMS, case__in=done.values("case_id")
            )
            record(
                "cases.handed_over",
                by=run.by,
                about=to,
                person=person.name or person.email,
                who=person.reference,
                rows=count,
                codes=codes.count(),
            )
