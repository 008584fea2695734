"""A spreadsheet becomes clients and cases: matched, judged row by row, confirmed, brought in, and taken back again.

Judging writes nothing but what it found. Each row comes in, and goes again, in a transaction of its own and through
the services that pages use; a worker that is killed leaves each row either in or not, and the next one goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases import incoming as sheets
from cases.models import Case, CaseEvent, Incoming, IncomingRow, Phase, Verdict
from cases.queries import agency_staff
from cases.services import bringing
from cases.services.opening import open_case
from cases.workflow import ENDED, MoveRefused
from clients.lines import is_plain
from clients.models import AuditEvent, Client, Invitation, Membership, User
from clients.refusals import Conflict, Invalid, Refusal, error
from clients.services.invitations import (
    WORKS_HERE,
    invite_person,
    make_client,
    note_contact,
    revoke_invitation,
)
from clients.services.traces import record
from clients.sight import every_client, sight_of
from clients.templatetags.look import day as day_words

log = structlog.get_logger()

STALE = timedelta(minutes=5)
SECONDS = 200  # of one turn of the worker; what is left is rung for again
BATCH = 500
DEATHS = 3
HERE = (Phase.JUDGING, Phase.COMING, Phase.GOING)  # phases that need no storage
UNUSED = timedelta(days=7)  # what nobody confirmed is forgotten
CELLS_KEPT = timedelta(days=30)  # and of what came in, the cells


# ── From the file to the rows ───────────────────────────────────────────────────────────────────────────────────────


def ask_to_bring_in(by: User) -> None:
    """Whoever brings in an agency's cases answers for all of them."""
    if not by.standing.is_manager:
        raise PermissionDenied


@transaction.atomic
def keep_rows(
    incoming: Incoming, rows: list[tuple[int, list[str]]], *, sheet: str = "", others: int = 0
) -> None:
    """What was read, below its headings; to be judged next. What was kept before goes."""
    place = sheets.heading_row(cells for _number, cells in rows)
    width = max(len(cells) for _number, cells in rows[place:])
    headings = [*rows[place][1], *[""] * (width - len(rows[place][1]))]
    IncomingRow.objects.filter(incoming=incoming).delete()
    IncomingRow.objects.bulk_create(
        (IncomingRow(incoming=incoming, number=number, cells=cells) for number, cells in rows[place + 1 :]),
        batch_size=BATCH,
    )
    incoming.sheet, incoming.sheets_left = sheet, others
    incoming.heading_row = rows[place][0]
    incoming.headings, incoming.columns = headings, sheets.match(headings)
    incoming.phase, incoming.claimed_at, incoming.tries = Phase.JUDGING, None, 0
    incoming.save()


@transaction.atomic
def match_columns(incoming: Incoming, columns: list[str], *, by: User) -> None:
    """Read the columns so and not as they were; all rows are judged anew. Raises `Invalid` beside the column."""
    ask_to_bring_in(by)
    errors = []
    for place, code in enumerate(columns):
        if code and code in columns[:place]:
            errors.append(error(f"column-{place}", _("Another column is this already.")))
    for code in sheets.NEEDED:
        if code not in columns:
            told = {"column": sheets.COLUMNS[code]}
            errors.append(error("", _("Say which column is “%(column)s”.") % told))
    if errors:
        raise Invalid(errors)
    _step(incoming, Phase.JUDGED, Phase.JUDGING, columns=columns, tries=0)


def _step(incoming: Incoming, before: str, after: str, **more: Any) -> None:
    """From one phase to the next, once; raises `Conflict` where somebody was faster."""
    told = {"phase": after, "claimed_at": None, **more}
    if not Incoming.objects.filter(pk=incoming.pk, phase=before).update(**told):
        raise Conflict(_("This has gone on meanwhile. Look at it again."), "phase")


# ── What is known ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Known:
    """What the portal has already, as far as a row may name it."""

    clients: dict[str, set[int]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    staff: dict[str, set[str]] = field(default_factory=dict)  # by name or address, the addresses
    at_work: set[str] = field(default_factory=set)  # addresses of the agency's people
    domains: dict[str, list[tuple[int, str]]] = field(
        default_factory=dict
    )  # client and reference of open cases
    references: set[str] = field(default_factory=set)

    @classmethod
    def now(cls) -> Known:
        known = cls()
        for pk, name, name_zh in Client.objects.values_list("pk", "name", "name_zh"):
            known.add_client(pk, name, name_zh)
        for one in agency_staff():
            for word in filter(None, (one.name, one.email)):
                known.staff.setdefault(sheets.same_name(word), set()).add(one.email)
        places = Membership.objects.current().filter(client__isnull=True)
        known.at_work = {email.lower() for email in places.values_list("user__email", flat=True)}
        return known

    def add_client(self, pk: int, name: str, name_zh: str) -> None:
        self.names[pk] = name
        for word in {sheets.same_name(one) for one in (name, name_zh, f"{name} {name_zh}") if one}:
            self.clients.setdefault(word, set()).add(pk)

    def look_up(self, rows: Iterable[sheets.Read]) -> None:
        """The cases that these rows may mean."""
        rows = list(rows)
        self.domains, self.references = {}, set()
        found = Case.objects.filter(domain_name__in={row.domain for row in rows if row.domain})
        for domain, client, reference in found.exclude(stage__in=ENDED).values_list(
            "domain_name", "client_id", "reference"
        ):
            self.domains.setdefault(domain, []).append((client, reference))
        named = Case.objects.filter(reference__in={row.reference for row in rows if row.reference})
        self.references = set(named.values_list("reference", flat=True))

    def clients_called(self, row: sheets.Read) -> set[int]:
        """Who is meant: by both names where both are given and known of one."""
        by_name = self.clients.get(sheets.same_name(row.client), set())
        by_zh = self.clients.get(sheets.same_name(row.client_zh), set()) if row.client_zh else set()
        return (by_name & by_zh) or by_name or by_zh


# ── Judging ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Seen:
    """What earlier rows of the same sheet will have brought in."""

    domains: dict[str, tuple[int, str]] = field(default_factory=dict)  # number of the row, and its client
    clients: set[str] = field(default_factory=set)


def judge(incoming: Incoming) -> None:
    """A verdict on each row as things stand; nothing else is written. The same rows give the same verdicts."""
    known, seen = Known.now(), Seen()
    for rows in _batches(IncomingRow.objects.filter(incoming=incoming)):
        reads = [read_row(incoming, row) for row in rows]
        known.look_up(reads)
        for row, read in zip(rows, reads, strict=True):
            _judge(row, read, known, seen, incoming.columns)
        IncomingRow.objects.bulk_update(rows, ["verdict", "said", "wrong", "makes_client"], batch_size=BATCH)


def _batches(rows: Any) -> Iterator[list[IncomingRow]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def read_row(incoming: Incoming, row: IncomingRow) -> sheets.Read:
    cells = zip(incoming.columns, row.cells, strict=False)
    return sheets.read({code: cell for code, cell in cells if code})


def _judge(row: IncomingRow, read: sheets.Read, known: Known, seen: Seen, columns: list[str]) -> None:
    row.verdict, row.said, row.wrong, row.makes_client = Verdict.NEW, "", [], False
    if said := _is_here(read, known):
        row.verdict, row.said = Verdict.KNOWN, said
        return
    wrong = [*read.wrong, *_wrong(read, known)]
    name = sheets.same_name(read.client)
    if not wrong and read.domain in seen.domains:
        number, client = seen.domains[read.domain]
        if client == name:
            row.verdict, row.said = Verdict.KNOWN, _("The same domain as in row %(n)d.") % {"n": number}
            return
        wrong.append((sheets.DOMAIN, _("Row %(n)d has this domain for another client.") % {"n": number}))
    if wrong:
        places = {code: place for place, code in enumerate(columns) if code}
        row.verdict, row.wrong = Verdict.WRONG, [[places.get(code), said] for code, said in wrong]
        return
    seen.domains[read.domain] = row.number, name
    if not known.clients_called(read) and name not in seen.clients:
        row.makes_client = True
        seen.clients.add(name)


def _is_here(read: sheets.Read, known: Known) -> str:
    """Why nothing is to be done: the case is here, whatever else the row says. It is left as it is."""
    if read.reference in known.references:
        return _("This case is here already; it is left as it is.")
    ours = known.clients_called(read)
    if any(client in ours for client, _reference in known.domains.get(read.domain, [])):
        return _("This client has a case of this domain; it is left as it is.")
    return ""


def _wrong(read: sheets.Read, known: Known) -> list[tuple[str, str]]:
    """What does not fit the portal, by column."""
    found: list[tuple[str, str]] = []
    called = known.clients_called(read)
    if len(called) > 1:
        found.append((sheets.CLIENT, _("More than one client has this name.")))
    for code in (sheets.CLIENT, sheets.CLIENT_ZH, sheets.CONTACT):
        if len(text := getattr(read, code)) > (120 if code == sheets.CONTACT else 200) or not is_plain(text):
            found.append((code, _("This is too long, or has signs that no name has.")))
    if elsewhere := [
        client for client, _reference in known.domains.get(read.domain, []) if client not in called
    ]:
        told = {"client": known.names.get(elsewhere[0], "")}
        found.append((sheets.DOMAIN, _("This domain has a case of another client: %(client)s.") % told))
    if read.manager and len(known.staff.get(sheets.same_name(read.manager), ())) != 1:
        found.append(
            (sheets.MANAGER, _("Nobody at the agency, or more than one, is called so. Write the address."))
        )
    if read.email and read.email in known.at_work:
        found.append((sheets.EMAIL, str(WORKS_HERE)))
    broken = {code for code, _said in read.wrong}
    sound = {name: value for name, value in read.results.items() if name not in broken}
    try:
        bringing.clean_results(Case(province=read.province), read.stage, sound, now=timezone.now())
    except Invalid as refused:
        told_of = ((one["field"].removeprefix("data."), one["detail"]) for one in refused.errors)
        found += [(code, said) for code, said in told_of if code not in broken and sound.get(code)]
    return found


# ── Bringing in ─────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def confirm(incoming: Incoming, *, invites: bool, by: User) -> None:
    """What was judged comes in from now on; raises `Conflict` where there is nothing, or somebody was faster."""
    ask_to_bring_in(by)
    if not IncomingRow.objects.filter(incoming=incoming, verdict=Verdict.NEW).exists():
        raise Conflict(_("There is no row that could come in."), "none")
    _step(incoming, Phase.JUDGED, Phase.COMING, invites=invites, confirmed_at=timezone.now())


def _bring_in(incoming: Incoming, row: IncomingRow, known: Known, person: User) -> None:
    """One row, judged once more as things stand now; what does not fit any more says why and changes nothing."""
    read = read_row(incoming, row)
    known.look_up([read])
    _judge(row, read, known, Seen(), incoming.columns)
    row.makes_client = False
    if row.verdict == Verdict.NEW:
        try:
            with transaction.atomic():
                row.client, row.makes_client = _client_of(incoming, read, known, person)
                row.case = _case_of(incoming, row, read, known, person)
        except (Invalid, Refusal, MoveRefused) as refused:
            row.verdict, row.client, row.case, row.makes_client = Verdict.WRONG, None, None, False
            row.wrong = [[None, str(refused)]]
        else:
            known.add_client(row.client.pk, row.client.name, row.client.name_zh)
            row.verdict = Verdict.IN
            row.last_event = (
                CaseEvent.objects.filter(case=row.case).order_by("-id").values_list("id", flat=True)[0]
            )
    row.save()


def _client_of(incoming: Incoming, read: sheets.Read, known: Known, person: User) -> tuple[Client, bool]:
    contact = {"name": read.contact, "email": read.email}
    if called := known.clients_called(read):
        client = Client.objects.get(pk=next(iter(called)))
        if read.email and _is_of(incoming, client):
            _add_contact(incoming, client, contact, person)
        return client, False
    client = make_client(
        name=read.client,
        name_zh=read.client_zh,
        contact=contact if read.email else None,
        by=person,
        is_invited=incoming.invites,
    )
    return client, True


def _is_of(incoming: Incoming, client: Client) -> bool:
    """Whether this sheet made the client; of others it changes nothing."""
    return IncomingRow.objects.filter(incoming=incoming, client=client, makes_client=True).exists()


def _add_contact(incoming: Incoming, client: Client, contact: dict[str, str], person: User) -> None:
    if not incoming.invites:
        note_contact(client, **contact, by=person)
        return
    there = Membership.objects.current().filter(client=client, user__email__iexact=contact["email"])
    if not there.exists():
        invite_person(**contact, role="contact", client=client, by=person)


def _case_of(incoming: Incoming, row: IncomingRow, read: sheets.Read, known: Known, person: User) -> Case:
    manager = next(iter(known.staff.get(sheets.same_name(read.manager), ())), None) if read.manager else None
    given: dict[str, Any] = {"domain": {"name": read.domain}, "account_manager": manager}
    for name in (sheets.PROVIDER, sheets.PROVINCE, sheets.PROMISED):
        if value := getattr(read, name):
            given[name] = value
    told = {"import": incoming.reference, "row": row.number, "stage": read.stage}
    assert row.client is not None
    case = open_case(row.client, by=person, given=given, brought_in=told)
    case = bringing.bring_in(case, read.stage, read.results)
    if read.note:
        bringing.keep_note(case, read.note, by=person)
    return case


# ── Taking back ─────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def take_back(incoming: Incoming, *, by: User) -> None:
    """What nobody has touched since goes again; raises `Conflict` where it does already."""
    ask_to_bring_in(by)
    _step(incoming, Phase.IN, Phase.GOING, back_at=timezone.now())


def _send_back(incoming: Incoming, row: IncomingRow, person: User) -> None:
    assert row.case is not None
    case = Case.objects.with_facts().locked(row.case)
    if said := _touched(case, row.last_event):
        row.verdict, row.said = Verdict.KEPT, said
    else:
        bringing.take_back(case, by=person, data={"import": incoming.reference})
        row.verdict, row.said = Verdict.BACK, ""
    row.save(update_fields=["verdict", "said"])


def _touched(case: Case, since: int) -> str:
    """Who has done something about it since it came in; what the portal did by itself does not count."""
    event = case.events.filter(id__gt=since, by__isnull=False).select_related("by").order_by("-id").first()
    if event is None:
        return ""
    return _("%(who)s worked on it on %(day)s.") % {"who": event.by, "day": day_words(event.at)}


def _send_clients_back(incoming: Incoming, person: User) -> None:
    """Clients that came with it and have no case, and into whose portal nobody has come."""
    made = IncomingRow.objects.filter(
        incoming=incoming, makes_client=True, client__taken_back_at__isnull=True
    )
    for client in Client.objects.filter(pk__in=made.values("client_id")).order_by("pk"):
        with transaction.atomic():
            _send_client_back(client, incoming, person)


def _send_client_back(client: Client, incoming: Incoming, person: User) -> None:
    client = Client.objects.select_for_update().get(pk=client.pk)
    if Case.objects.filter(client=client).exists():
        return
    for invitation in Invitation.objects.filter(
        client=client, accepted_at__isnull=True, revoked_at__isnull=True
    ):
        revoke_invitation(invitation, by=person)
    is_in = Membership.objects.current().filter(client=client).exists()
    if is_in or AuditEvent.objects.filter(client=client, kind="client.renamed").exists():
        return
    Client.objects.filter(pk=client.pk).update(taken_back_at=timezone.now())
    record("client.taken_back", by=person, client=client, sheet=incoming.reference)


# ── The worker ──────────────────────────────────────────────────────────────────────────────────────────────────────


def waiting(phases: Iterable[str] = HERE, *, now: datetime | None = None) -> list[int]:
    """Ids of what nobody is at, oldest first; bells may have been lost."""
    with every_client():
        return list(free(phases, now or timezone.now()).order_by("id").values_list("pk", flat=True)[:50])


def free(phases: Iterable[str], now: datetime) -> Any:
    is_free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - STALE)
    return Incoming.objects.filter(is_free, phase__in=list(phases))


def go_on(incoming_id: int, *, now: datetime | None = None) -> bool:
    """Judge, bring in or take back, row by row; False where time was over before the end.

    Does nothing where somebody else is at it.
    """
    now = now or timezone.now()
    with every_client():
        if not free(HERE, now).filter(pk=incoming_id).update(claimed_at=now):
            return True
        incoming = Incoming.objects.get(pk=incoming_id)
        person = User.objects.get(pk=incoming.by_id)
        is_allowed = person.standing.is_manager
    if not is_allowed:
        _end(incoming, Phase.REFUSED if incoming.phase == Phase.JUDGING else Phase.IN, problem="not_yours")
        return True
    with translation.override(person.language):
        if incoming.phase == Phase.JUDGING:
            with sight_of(person):
                judge(incoming)
            _end(incoming, Phase.JUDGED)
            return True
        return _row_by_row(incoming, person, now)


def _row_by_row(incoming: Incoming, person: User, claimed_at: datetime) -> bool:
    is_coming = incoming.phase == Phase.COMING
    end = monotonic() + SECONDS
    known: Known | None = None
    for count, row_id in enumerate(_left(incoming)):
        if monotonic() > end:
            with every_client():
                Incoming.objects.filter(pk=incoming.pk, claimed_at=claimed_at).update(claimed_at=None)
            return False
        if is_coming and count % BATCH == 0:  # others make clients too
            with sight_of(person):
                known = Known.now()
        _one(incoming, row_id, known, person)
    with sight_of(person):
        if not is_coming:
            _send_clients_back(incoming, person)
        verdict, kind = (Verdict.IN, "cases.imported") if is_coming else (Verdict.BACK, "import.taken_back")
        rows = IncomingRow.objects.filter(incoming=incoming, verdict=verdict).count()
        record(kind, by=person, rows=rows, sheet=incoming.reference)
    _end(
        incoming,
        Phase.IN if is_coming else Phase.BACK,
        **({"finished_at": timezone.now()} if is_coming else {}),
    )
    log.info("import.done", incoming=incoming.reference, phase=incoming.phase, rows=rows)
    return True


def _left(incoming: Incoming) -> list[int]:
    """What comes in goes from the top, what goes from the bottom."""
    is_coming = incoming.phase == Phase.COMING
    verdict, order = (Verdict.NEW, "id") if is_coming else (Verdict.IN, "-id")
    with every_client():
        rows = IncomingRow.objects.filter(incoming=incoming, verdict=verdict)
        return list(rows.order_by(order).values_list("pk", flat=True))


def _one(incoming: Incoming, row_id: int, known: Known | None, person: User) -> None:
    """One row in one transaction; one that cannot be read hurts itself only."""
    verdict = Verdict.NEW if incoming.phase == Phase.COMING else Verdict.IN
    with sight_of(person):
        row = (
            IncomingRow.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=row_id, verdict=verdict)
            .select_related("case")
            .first()
        )
        if row is None:
            return
        try:
            with transaction.atomic():
                _bring_in(incoming, row, known, person) if known else _send_back(incoming, row, person)
        except (OperationalError, InterfaceError):
            raise
        except Exception as trouble:  # noqa: BLE001  whatever a poisonous row raises
            log.error("import.row_failed", row=row_id, error=type(trouble).__name__)
            said = _("This row could not be dealt with; the cause is in the portal's log.")
            told = {"verdict": Verdict.WRONG if known else Verdict.KEPT, "said": said}
            IncomingRow.objects.filter(pk=row_id).update(**told)


def _end(incoming: Incoming, phase: str, **told: Any) -> None:
    with every_client():
        Incoming.objects.filter(pk=incoming.pk).update(phase=phase, claimed_at=None, tries=0, **told)


# ── What became of it ───────────────────────────────────────────────────────────────────────────────────────────────


def counts_of(incoming: Incoming) -> dict[str, int]:
    """How many rows have each verdict; `clients` are those that came or will come with it."""
    found = IncomingRow.objects.filter(incoming=incoming).order_by().values_list("verdict")
    made = IncomingRow.objects.filter(incoming=incoming, makes_client=True)
    counts = dict.fromkeys(Verdict.values, 0) | dict(found.annotate(n=Count("pk")))
    return counts | {"clients": made.count(), "all": sum(counts.values())}


def sweep(*, now: datetime | None = None) -> None:
    """Forget what nobody confirmed, and the cells of what came in long ago."""
    now = now or timezone.now()
    with every_client():
        unused = Incoming.objects.filter(confirmed_at__isnull=True, made_at__lt=now - UNUSED)
        forgotten = unused.exclude(phase__in=[Phase.READING, Phase.JUDGING]).values("pk")[:50]
        Incoming.objects.filter(pk__in=forgotten).delete()
        old = IncomingRow.objects.filter(incoming__finished_at__lt=now - CELLS_KEPT).exclude(cells=[])
        old.update(cells=[])
