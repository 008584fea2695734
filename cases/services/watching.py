"""The watch of the live sites: one look a day at each, and what follows from what it shows.

A row is the promise, the queue its bell. A look is claimed, then made outside any transaction, then weighed; killed in
the middle, its claim goes stale and the plan rings again. Nobody is alarmed by one look: two apart must agree. That a
site is well again needs no second one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import records
from cases.deadlines import beijing_day
from cases.looking import Look, look_at
from cases.models import Audience, Case, Watch
from cases.promise import by_its_rules
from cases.services import clocks, duties, history, waiting
from cases.workflow import ISSUED
from clients.fetching import PUBLIC, Terms
from clients.models import User
from clients.refusals import Conflict, TooMany
from clients.sight import every_client
from trade.amounts import amount
from trade.clocks import CLOCKS

log = structlog.get_logger()

BATCH = 200
RING_AGAIN = timedelta(minutes=10)  # where nobody came for the bell
STALE = timedelta(minutes=5)  # a claim of which nothing was heard for so long is anybody's again
PATIENCE = timedelta(minutes=10)  # between looks that somebody asks for
OTHERS = 5  # sites that all fall silent together speak of our own line
SPREAD = 2_654_435_761  # neighbours' numbers fall far apart


# ── Who is watched, and when ──


def same_day() -> timedelta:
    """Less than this between two looks is the same day's."""
    return timedelta(hours=amount("look_apart_hours"))


def is_watched(case: Case) -> bool:
    """A site that shows its number: licensed, not ended, and a site at all. An app has no home page."""
    return bool(
        case.stage in ISSUED and case.icp_number and case.domain_name and case.service in ("", "website")
    )


def follow(case: Case, *, now: datetime) -> None:
    """Begin to watch, go on, or end it, as the case stands now. The case is held by whoever calls."""
    row = Watch.objects.filter(case=case).first()
    if not is_watched(case):
        if row is not None and row.next_look_at is not None:
            row.next_look_at = row.asked_at = None
            row.save(update_fields=["next_look_at", "asked_at"])
        return
    if row is None:
        row = Watch(case=case, client_id=case.client_id)
    elif row.domain_name == case.domain_name and (row.is_off or row.next_look_at is not None):
        return
    if row.domain_name != case.domain_name:
        row = _anew(row, case)
    if not row.is_off:
        row.next_look_at = next_look(case.pk, now)
    row.save()


def _anew(row: Watch, case: Case) -> Watch:
    """Another domain is another site: what was seen of the old one is nothing."""
    return Watch(
        pk=row.pk,
        case=case,
        client_id=case.client_id,
        domain_name=case.domain_name,
        is_off=row.is_off,
        off_note=row.off_note,
    )


def next_look(pk: int, after: datetime) -> datetime:
    """Each site has its own second of the day, all together spread over it."""
    at = after.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(seconds=pk * SPREAD % 86_400)
    while at < after + same_day():
        at += timedelta(days=1)
    return at


def plan_looks(*, now: datetime | None = None, most: int = BATCH) -> list[int]:
    """The sites to be looked at now, the longest due first; another plan beside this one takes others."""
    now = now or timezone.now()
    with every_client():
        due = Watch.objects.filter(next_look_at__lte=now).order_by("next_look_at", "id")
        ids = list(due.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:most])
        Watch.objects.filter(pk__in=ids).update(next_look_at=now + RING_AGAIN)
    return ids


# ── A look ──


@dataclass(frozen=True)
class Target:
    """What is looked at, as it stood at the claim."""

    watch_id: int
    case_id: int
    domain_name: str
    icp_number: str
    psb_number: str
    psb_is_due: bool
    claimed_at: datetime


def look(watch_id: int, *, now: datetime | None = None, terms: Terms = PUBLIC) -> Look | None:
    """One look, if it is due and nobody else is at it."""
    target = _claim(watch_id, now or timezone.now())
    if target is None:
        return None
    seen = _seen(target, terms)
    log.info("site.looked", watch=watch_id, finding=seen.finding, why=seen.why)
    return seen if _settle(target, seen, now or timezone.now()) else None


def _seen(target: Target, terms: Terms) -> Look:
    """A page that breaks what reads it hurts itself only, and is not asked for again before tomorrow."""
    try:
        return look_at(
            target.domain_name,
            target.icp_number,
            target.psb_number,
            psb_is_due=target.psb_is_due,
            terms=terms,
        )
    except Exception as broken:  # noqa: BLE001  whatever a stranger's page makes of us
        log.error("site.broke", watch=target.watch_id, error=type(broken).__name__)
        return Look(why="unread")


def _claim(watch_id: int, now: datetime) -> Target | None:
    with every_client():
        found = Watch.objects.filter(pk=watch_id, is_off=False, next_look_at__isnull=False).first()
        if found is None:
            return None
        case = Case.objects.locked(found.case)
        follow(case, now=now)
        if case.on_hold or not is_watched(case):
            Watch.objects.filter(pk=watch_id, next_look_at__isnull=False).update(
                next_look_at=next_look(case.pk, now)
            )
            return None
        fresh = Q(asked_at__isnull=False) | Q(looked_at__isnull=True) | Q(looked_at__lt=now - same_day())
        free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - STALE)
        if not Watch.objects.filter(fresh, free, pk=watch_id, is_off=False).update(claimed_at=now):
            return None
        owed = case.deadlines.filter(kind="psb_footer", state__in=clocks.RUNNING, due_at__gt=now).exists()
        return Target(watch_id, case.pk, case.domain_name, case.icp_number, case.psb_number, not owed, now)


def _settle(target: Target, seen: Look, now: datetime) -> bool:
    """Weigh what was seen; nothing of it where the case moved on meanwhile or another took the claim."""
    with every_client():
        case = Case.objects.with_facts().locked(Case(pk=target.case_id))
        row = Watch.objects.select_for_update().get(pk=target.watch_id)
        if row.claimed_at != target.claimed_at:
            return False
        row.claimed_at = row.asked_at = None
        row.next_look_at = None if row.is_off else next_look(case.pk, now)
        shown = (target.domain_name, target.icp_number, target.psb_number)
        is_same = shown == (case.domain_name, case.icp_number, case.psb_number)
        if row.is_off or not is_same or not is_watched(case):
            row.save()
            return False
        was_away = row.is_away
        told = weigh(row, seen, now, is_open=case.opened_on is not None)
        ends = beijing_day(seen.certificate_until) if seen.certificate_until else row.certificate_until
        is_renewed, row.certificate_until = ends != row.certificate_until, ends
        if row.is_away and not was_away and _is_our_own_line(row):
            row.is_away = False
            told = [one for one in told if one[0] != "site.away"]
            log.warning("site.line_away", watch=row.pk)
        row.save()
        for kind, data in told:
            history.record(case, kind, by=None, data=data, at=now)
        if is_renewed:
            duties.follow(case, now=now)
        if seen.finding == "ok":
            _meet_duties(case, seen, now=now)
    return True


def weigh(row: Watch, seen: Look, now: datetime, *, is_open: bool) -> list[tuple[str, dict[str, Any]]]:
    """What this look changes in the row, and what is to be told of it: events with their data."""
    told: list[tuple[str, dict[str, Any]]] = []
    row.looked_at, row.seen, row.why = now, seen.finding, seen.why
    if seen.is_reached:
        if row.is_away:
            told.append(("site.back", {}))
        row.reached_at, row.away_since, row.is_away = now, None, False
    elif row.away_since is None:
        row.away_since = now
    elif not row.is_away and _are_apart(row.away_since, now) and (is_open or row.reached_at):
        row.is_away = True  # one that was never open is not missed
        told.append(("site.away", {"site_why": seen.why}))
    if not seen.finding:
        return told  # that nobody could look says nothing of the foot
    before = row.finding
    if seen.finding in (before, "ok"):
        row.hint, row.hint_at = "", None
        if seen.finding != before:
            row.finding, row.finding_since = "ok", now
            told += [("site.mended", {})] if before else []
    elif seen.finding != row.hint or row.hint_at is None:
        row.hint, row.hint_at = seen.finding, now
    elif _are_apart(row.hint_at, now):
        row.finding, row.finding_since = row.hint, row.hint_at
        row.hint, row.hint_at = "", None
        told.append(("site.amiss", {"site": row.finding}))
    return told


def _is_our_own_line(row: Watch) -> bool:
    """None of many other sites was reached since then either: it is the portal that stands outside."""
    others = Watch.objects.exclude(pk=row.pk).filter(
        next_look_at__isnull=False, looked_at__gte=row.away_since
    )
    return others.count() >= OTHERS and not others.filter(reached_at__gte=row.away_since).exists()


def _are_apart(first: datetime, second: datetime) -> bool:
    return second >= CLOCKS["second_look"].due(first).at


@by_its_rules
def _meet_duties(case: Case, seen: Look, *, now: datetime) -> None:
    """The numbers are seen: their clocks end, and no reminder of them goes out any more."""
    kinds = ["footer", "psb_footer"] if seen.shows_psb else ["footer"]
    if case.deadlines.filter(kind__in=kinds, state__in=clocks.RUNNING).exists():
        clocks.meet(case, kinds, at=now)
        history.record(case, "footer.seen", by=None, at=now)
        waiting.refresh(case, now=now)


# ── What people say ──


@transaction.atomic
def ask_for_look(case: Case, *, by: User, now: datetime | None = None) -> Watch:
    """Somebody of the agency wants to know now."""
    now = now or timezone.now()
    case, row = _held(case, by)
    if case.on_hold:
        raise Conflict(_("The case is on hold. Resume it first."), "on_hold")
    if row.is_off:
        raise Conflict(_("The watch of this site is switched off."), "off")
    lately = max(filter(None, (row.looked_at, row.asked_at)), default=None)
    if lately and now < lately + PATIENCE:
        words = _("It was looked at, or asked for, a moment ago. Try again in some minutes.")
        raise TooMany(words, wait=int((lately + PATIENCE - now).total_seconds()) + 1)
    row.asked_at = row.next_look_at = now
    row.save(update_fields=["asked_at", "next_look_at"])
    history.record(case, "watch.asked", by=by, audience=Audience.INTERNAL, at=now)
    return row


@transaction.atomic
def switch_off(case: Case, note: str, *, by: User, now: datetime | None = None) -> None:
    """This site is not looked at any more, and why; what was told of it stays in the history."""
    now = now or timezone.now()
    case, row = _held(case, by)
    text = records.words_of(note)
    if row.is_off:
        raise Conflict(_("The watch of this site is switched off already."), "off")
    row = Watch(pk=row.pk, case=case, client_id=case.client_id, domain_name=row.domain_name)
    row.is_off, row.off_note = True, text
    row.save()
    duties.follow(case, now=now)
    history.record(case, "watch.off", by=by, note=text, audience=Audience.INTERNAL, at=now)


@transaction.atomic
def switch_on(case: Case, *, by: User, now: datetime | None = None) -> None:
    """It is looked at again, as if for the first time."""
    now = now or timezone.now()
    case, row = _held(case, by)
    if not row.is_off:
        raise Conflict(_("The watch of this site is on already."), "on")
    row.is_off, row.off_note, row.next_look_at = False, "", next_look(case.pk, now)
    row.save()
    history.record(case, "watch.on", by=by, audience=Audience.INTERNAL, at=now)


def _held(case: Case, by: User) -> tuple[Case, Watch]:
    """The case first and its watch after, here as everywhere."""
    if not by.standing.is_agency:
        raise PermissionDenied
    case = Case.objects.locked(case)
    if not is_watched(case):
        raise Conflict(_("This filing has no live site to look at."), "no_site")
    follow(case, now=timezone.now())
    return case, Watch.objects.select_for_update().get(case=case)
