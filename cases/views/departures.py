"""Today: three short lists, each row ending in its next move."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import agenda, columns
from cases.deadlines import BEIJING, beijing_day, working_days_between
from cases.journey import FOOTERS
from cases.models import Case, DeadlineState, Proposal
from cases.models.case import WaitingOn
from cases.queries import cases_for, passed_on, rows_of, to_review
from cases.usual import usual_stays
from cases.words import MEANINGS, party
from cases.workflow import Stage
from clients.models import Agency, Client, Invitation, Membership, User
from clients.permissions import may_make_clients
from clients.queries import covered_by, the_agency
from clients.templatetags.look import clock_time, day, long_day, today
from trade.amounts import amount
from trade.days import due, is_working_day

MINE, DUE, QUIET = 8, 7, 5  # rows of each list: twenty in all
ALL_QUIET = 100  # of those that went quiet, where somebody asks for them alone
PAPERS_LOOKED_AT = 60
PROMISED = 20  # promises in danger are counted no further
NEVER = datetime.max.replace(tzinfo=UTC)

# (stage, whose move) → the words of the button, and the page of the case it leads to.
BUTTONS: dict[tuple[str, str], tuple[Any, str, str]] = {
    (Stage.DRAFT, WaitingOn.AGENCY): (gettext_lazy("Hand in"), "cases:move-make", "submit"),
    (Stage.DRAFT, WaitingOn.CLIENT): (gettext_lazy("Log a call"), "cases:step-take", "call"),
    (Stage.PROVIDER_PRE_AUDIT, WaitingOn.PROVIDER): (
        gettext_lazy("Record the answer"),
        "cases:case-detail",
        "",
    ),
    (Stage.PROVIDER_PRE_AUDIT, WaitingOn.CLIENT): (gettext_lazy("Log a call"), "cases:step-take", "call"),
    (Stage.PHOTO, WaitingOn.CLIENT): (gettext_lazy("Record the photo"), "cases:move-make", "finish_photo"),
    (Stage.PHOTO, WaitingOn.AGENCY): (gettext_lazy("Record the photo"), "cases:move-make", "finish_photo"),
    (Stage.MIIT_REVIEW, WaitingOn.CLIENT): (gettext_lazy("See the clock"), "cases:case-detail", ""),
    (Stage.MIIT_REVIEW, WaitingOn.MIIT): (gettext_lazy("Record the answer"), "cases:case-detail", ""),
    (Stage.LICENSED, WaitingOn.CLIENT): (gettext_lazy("Record the hand-in"), "cases:step-take", "psb-filing"),
    (Stage.LICENSED, WaitingOn.PSB): (gettext_lazy("Record the PSB number"), "cases:move-make", "file_psb"),
    (Stage.PSB_FILED, WaitingOn.CLIENT): (
        gettext_lazy("Record the application"),
        "cases:step-take",
        "application",
    ),
    (Stage.PSB_FILED, WaitingOn.COMMERCIAL_AUTHORITY): (
        gettext_lazy("Record the licence"),
        "cases:move-make",
        "grant_commercial_licence",
    ),
}
# What the client's move is about, stage by stage.
CLIENTS_PART = {
    Stage.DRAFT: gettext_lazy("facts or papers are missing"),
    Stage.PROVIDER_PRE_AUDIT: gettext_lazy("provider's call not answered"),
    Stage.PHOTO: gettext_lazy("face check not done"),
    Stage.MIIT_REVIEW: gettext_lazy("ministry's SMS code not entered"),
    Stage.LICENSED: gettext_lazy("PSB filing not handed in"),
    Stage.PSB_FILED: gettext_lazy("licence not applied for"),
}


def gone_quiet(user: User) -> dict[str, Any]:
    """All that went quiet and nothing else, the quietest first."""
    now, stays = timezone.now(), usual_stays()
    mine = cases_for(user).filter(account_manager=user).exists()
    found = list(
        _quiet_ones(rows_of(user, mine=mine), stays, now).order_by("moved_at", "id")[: ALL_QUIET + 1]
    )
    return {
        "is_whole_agency": not mine,
        "quiet": [_quiet(case, stays, now) for case in found[:ALL_QUIET]],
        "are_more": len(found) > ALL_QUIET,
    }


def board(user: User) -> dict[str, Any]:
    """The three lists; of somebody who answers for no case, those of the whole agency."""
    now = timezone.now()
    mine = cases_for(user).filter(account_manager=user).exists()
    if not mine and (steps := first_steps(user)):
        return {
            "title": long_day(today()),
            "clock": clock_time(now),
            "steps": steps,
            "is_working_day": is_working_day(today()),
        }
    papers: dict[int, list] = {}
    for paper in to_review(user, mine=mine, most=PAPERS_LOOKED_AT):
        papers.setdefault(paper.case_id, []).append(paper)
    stays = usual_stays()
    told = {one.case_id: one for one in passed_on(user, mine=mine, most=MINE)}
    found = _candidates(rows_of(user, mine=mine), [*told, *papers], stays, now)
    waiting = _mine(found["turn"] + found["sent"], papers, told)
    todo = waiting[:MINE]
    listed = {row["pk"] for row in todo}
    soon = _soon(found, listed)
    listed |= {row["pk"] for row in soon}
    quiet = [_quiet(case, stays, now) for case in found["quiet"] if case.pk not in listed][: QUIET + 1]
    return {
        "title": long_day(today()),
        "clock": clock_time(now),
        "is_working_day": is_working_day(today()),
        "is_whole_agency": not mine,
        "covers": covered_by(user, today()),
        "who": user.email if mine else "",
        "todo": todo,
        "is_more_to_do": len(waiting) > MINE,
        "review": next((row["link"] for row in waiting if row["pk"] in papers and row["pk"] not in told), ""),
        "late": sum(1 for row in todo if row["due_at"] and row["due_at"] < now),
        "soon": soon,
        "promises": min(len(found["promised"]), PROMISED),
        "are_more_promises": len(found["promised"]) > PROMISED,
        "untold": sum(not case.lateness_is_told for case in found["promised"][:PROMISED]),
        "quiet": quiet[:QUIET],
        "is_more_quiet": len(quiet) > QUIET,
        "duties": agenda.count_told(user, mine=mine, today=today()),
    }


class FirstStep(NamedTuple):
    """One of the steps by which an empty agency comes to its first case."""

    words: str
    why: str
    link: str
    state: str  # done, now, later


def first_steps(user: User) -> list[FirstStep]:
    """From an empty portal to a first case; empty once there is one, and for whoever makes no clients."""
    if not may_make_clients(user) or Case.objects.exists():
        return []
    client = Client.objects.order_by("pk").first()
    is_invited = client is not None and (
        Invitation.objects.filter(client=client, revoked_at__isnull=True, is_prepared=False).exists()
        or Membership.objects.current().filter(client=client).exists()
    )
    told = [
        (
            _("Add your first client"),
            _("Its name, and who speaks for it."),
            reverse("clients:client-list") + "?add",
            client is not None,
        ),
        (
            _("Invite its contact"),
            _("The contact gets a mail, sees what is needed and sends it from the phone."),
            client_link(client) if client else reverse("clients:client-list"),
            is_invited,
        ),
        (
            _("Open the first case"),
            _("Client and domain are enough; the checklist makes itself."),
            reverse("cases:case-new") + (f"?client={client.reference}" if client else ""),
            False,
        ),
    ]
    if user.standing.is_administrator:
        link, named = reverse("clients:settings"), the_agency().name != Agency._meta.get_field("name").default
        told.append((_("Name and logo of your agency"), _("They stand on every page and mail."), link, named))
    now = next(place for place, one in enumerate(told) if not one[3])
    return [
        FirstStep(words, why, link, "done" if is_done else "now" if place == now else "later")
        for place, (words, why, link, is_done) in enumerate(told)
    ]


def client_link(client: Client) -> str:
    return reverse("clients:client-detail", args=[client.reference])


def _candidates(
    rows: QuerySet[Case], sent: list[int], stays: dict[str, tuple[int, int]], now: datetime
) -> dict[str, list[Case]]:
    """The first rows of every list, each along its own index, fetched in one go."""
    until = due(now, amount("today_working_days"), "working").at
    others = rows.exclude(waiting_on=WaitingOn.AGENCY)
    lists = {
        "turn": (rows.filter(waiting_on=WaitingOn.AGENCY), "due_at", MINE + 1),
        "sent": (rows.filter(pk__in=sent[: MINE + 1]), "due_at", MINE + 1),
        "held": (rows.filter(on_hold=True, hold_until__lte=beijing_day(now)), "hold_until", DUE),
        "soon": (others.filter(due_at__lte=until), "due_at", DUE + MINE),
        "footers": (_footers(rows, until), "footer_due_at", 2 * DUE + MINE),  # a case may have two
        "quiet": (_quiet_ones(rows, stays, now), "moved_at", QUIET + DUE + MINE + 1),
        "promised": (rows.filter(promise_is_late=True), "due_at", PROMISED + 1),
    }
    first, *more = [
        _with_footer(cases).annotate(list=Value(name)).order_by(along, "id")[:most]
        for name, (cases, along, most) in lists.items()
    ]
    found: dict[str, list[Case]] = {name: [] for name in lists}
    for case in first.union(*more, all=True):
        found[case.list].append(case)  # type: ignore[attr-defined]
    return found


def _mine(cases: list[Case], papers: dict[int, list], told: dict[int, Proposal]) -> list[dict[str, Any]]:
    """What clients passed on, then papers to review and cases whose move is the agency's, the next due first."""
    found = {case.pk: case for case in cases}
    chosen = sorted(found.values(), key=lambda case: (case.pk not in told, case.due_at or NEVER, case.pk))
    return [_to_do(case, papers.get(case.pk, []), told.get(case.pk)) for case in chosen[: MINE + 1]]


def _to_do(case: Case, papers: list, told: Proposal | None) -> dict[str, Any]:
    row = _row(case)
    if told:
        row["why"] = _("the client passed on: %(what)s") % {"what": MEANINGS[told.meaning]}
        row["button"] = _("Look and confirm")
        row["link"] = told.get_absolute_url()
    elif papers:
        n = len(papers)
        row["why"] = ngettext("%(n)d paper to check", "%(n)d papers to check", n) % {"n": n}
        row["button"] = ngettext("Review %(n)d paper", "Review %(n)d papers", n) % {"n": n}
        row["link"] = review_link(papers[0].document, case)
    elif case.stage == Stage.PHOTO:
        row["why"] = _("face check reported done")
    else:
        row["why"] = _("everything is here")
    return row


def review_link(document: str, case: Case) -> str:
    """Where a paper is judged; documents/ lies a floor above, so it is asked for by its name."""
    try:
        return reverse("documents:review", args=[document])
    except NoReverseMatch:
        return case.get_absolute_url()


def _footers(rows: QuerySet[Case], until: datetime) -> QuerySet[Case]:
    """Sites whose foot has to show the number by then. Such a case waits on nobody, so its clock has to be asked."""
    due = rows.filter(
        deadlines__state=DeadlineState.RUNNING, deadlines__kind__in=FOOTERS, deadlines__due_at__lte=until
    )
    return due.annotate(footer_due_at=F("deadlines__due_at"))


def _with_footer(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Lists of one UNION have the same columns."""
    if "footer_due_at" in cases.query.annotations:
        return cases
    return cases.annotate(footer_due_at=Cast(None, DateTimeField()))


def _soon(found: dict[str, list[Case]], listed: set[int]) -> list[dict[str, Any]]:
    """Holds whose day to look again has come, and what others have to do that is late or nearly so."""
    rows = [_waiting(case) for case in found["soon"]] + [_to_show(case) for case in found["footers"]]
    rows.sort(key=lambda row: (row["due_at"], row["pk"]))
    once: dict[int, dict[str, Any]] = {}
    for row in [*map(_held, found["held"]), *rows]:
        once.setdefault(row["pk"], row)
    return [row for row in once.values() if row["pk"] not in listed][:DUE]


def _held(case: Case) -> dict[str, Any]:
    return _row(case) | {
        "due_at": datetime.combine(case.hold_until, time(23, 59, 59), BEIJING),
        "why": _("on hold: look again"),
        "button": _("Resume"),
        "link": reverse("cases:move-make", args=[case.reference, "resume"]),
    }


def _waiting(case: Case) -> dict[str, Any]:
    row = _row(case)
    if case.waiting_on == WaitingOn.CLIENT:
        row["why"] = CLIENTS_PART.get(case.stage, "")
    else:
        row["why"] = _("has had it since %(day)s") % {"day": day(case.waiting_since)}
    return row | {"party": party(case.waiting_on), "waiting_on": case.waiting_on}


def _to_show(case: Case) -> dict[str, Any]:
    return _row(case) | {
        "due_at": case.footer_due_at,  # type: ignore[attr-defined]
        "why": _("number not shown on the site"),
        "button": _("Number shown"),
        "link": reverse("cases:step-take", args=[case.reference, "footer"]),
    }


def _quiet_ones(rows: QuerySet[Case], stays: dict[str, tuple[int, int]], now: datetime) -> QuerySet[Case]:
    """Those without a move for longer than is usual for their stage."""
    too_long = Q()
    for stage, (_usual, days) in stays.items():
        too_long |= Q(stage=stage, moved_at__lt=_working_days_ago(now, days))
    return rows.exclude(waiting_on=WaitingOn.NOBODY).filter(too_long)


def _quiet(case: Case, stays: dict[str, tuple[int, int]], now: datetime) -> dict[str, Any]:
    n = working_days_between(beijing_day(case.moved_at), beijing_day(now))
    usual = stays[case.stage][0]
    if usual < n:
        why = ngettext("usually %(usual)d day, now %(n)d", "usually %(usual)d days, now %(n)d", usual)
    else:  # a rule may tell earlier of a stage that takes long
        why = ngettext("no move for %(n)d working day", "no move for %(n)d working days", n)
    return _row(case) | {
        "why": why % {"usual": usual, "n": n},
        "party": party(case.waiting_on),
        "waiting_on": case.waiting_on,
    }


def _working_days_ago(now: datetime, n: int) -> datetime:
    """A moment at least `n` working days back."""
    moment = now - timedelta(days=n)
    while (lacking := n - working_days_between(beijing_day(moment), beijing_day(now))) > 0:
        moment -= timedelta(days=lacking)
    return moment


def _row(case: Case) -> dict[str, Any]:
    label, name, argument = BUTTONS.get((case.stage, case.waiting_on), (_("Open"), "cases:case-detail", ""))
    return {
        "pk": case.pk,
        "case": case,
        "due_at": case.due_at,
        "stop": columns.stop(case.stage, case.round),
        "button": label,
        "link": reverse(name, args=[case.reference, argument] if argument else [case.reference]),
    }
