"""Facts change: cleaned, allowed, compared with what the writer had seen, and left in the history without numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import facts, search
from cases.drawn import Page
from cases.models import Case, Part, Person
from cases.promise import by_its_rules
from cases.services import arranging, duties, history, planning, typed
from cases.workflow import ISSUED, Stage
from clients.models import User
from clients.queries import agency_member
from clients.refusals import Conflict
from clients.sealing import mask
from trade import photos

NEEDED = gettext_lazy("This is needed.")
HAS_ENDED = gettext_lazy("This case has ended; its facts stay as they were filed.")
MASKED = {"id_number", "mobile", "landline", "emergency_mobile"}
UNSEEN = {"certificate_address", "contact_address", "note", "platform_email"}


@dataclass(frozen=True)
class Change:
    """One fact to be set."""

    thing: str
    name: str
    value: Any

    @property
    def path(self) -> str:
        return self.name if self.thing == "case" else f"{self.thing}.{self.name}"


def read(given: dict[str, Any], case: Case | None) -> tuple[list[Change], list[dict[str, str]]]:
    """What a body asks to change, cleaned; and the errors beside each field that cannot be taken.

    Objects nest as in the contract; an absent field stays as it was; `manager: null` makes the head the manager.
    """
    changes: list[Change] = []
    errors: list[dict[str, str]] = []
    for key, value in given.items():
        if key == "account_manager":
            try:
                changes.append(Change("case", key, _agency_person(value)))
            except facts.Invalid as refused:
                errors += refused.errors
        elif key in facts.OBJECTS:
            found, wrong = _read_object(key, value, case)
            changes += found
            errors += wrong
        elif key in facts.FACTS["case"]:
            _read_one("case", key, value, {}, changes, errors)
        else:
            errors.append(
                facts.error(key, _("This field is not known here, or not yours to set."), "extra_forbidden")
            )
    return changes, errors


def _agency_person(address: Any) -> User | None:
    if address in ("", None):
        return None
    member = agency_member(address) if isinstance(address, str) else None
    if member is None:
        raise facts.Invalid([facts.error("account_manager", _("Nobody at the agency has this address."))])
    return member


def _read_object(thing: str, value: Any, case: Case | None) -> tuple[list[Change], list[dict[str, str]]]:
    changes: list[Change] = []
    errors: list[dict[str, str]] = []
    if value is None and thing == "manager":
        return [Change("manager", "", None)], []
    if not isinstance(value, dict):
        return [], [facts.error(thing, _("This must be an object."))]
    holder = facts.holder_of(case, thing) if case else None
    context = {"id_kind": getattr(holder, "id_kind", ""), **value}
    for name, one in value.items():
        if name not in facts.FACTS[thing]:
            words = _("This field is not known here, or not yours to set.")
            errors.append(facts.error(f"{thing}.{name}", words, "extra_forbidden"))
        elif name == "id_number" and isinstance(one, str) and one.startswith("****"):
            continue  # the mask that we showed, sent back untouched
        else:
            _read_one(thing, name, one, context, changes, errors)
    return changes, errors


def _read_one(thing: str, name: str, value: Any, context: dict, changes: list, errors: list) -> None:
    try:
        changes.append(Change(thing, name, facts.clean(thing, name, value, context=context)))
    except facts.Invalid as refused:
        errors += refused.errors


@transaction.atomic
@by_its_rules
def change_facts(
    case: Case,
    given: dict[str, Any],
    *,
    by: User,
    version: int | None = None,
    page: Page | None = None,
    now: datetime | None = None,
) -> Case:
    """Set these facts; the checklist, the clocks' owner and the search follow in the same transaction.

    Raises `Conflict` where `version` is not the present one, or where one of these facts is not as `page` knew it;
    `PermissionDenied` where the person may not, and `facts.Invalid` with each field that cannot be taken. Then
    nothing is changed.
    """
    now = now or timezone.now()
    case = Case.objects.with_facts().locked(case)
    may_change(case, given, by=by)
    if version is not None and version != case.version:
        words = _("Somebody else changed this case meanwhile. Look at the new version and decide again.")
        raise Conflict(words, "version", version=case.version)
    if case.is_ended:
        raise Conflict(HAS_ENDED, "ended")
    changes, errors = read(given, case)
    if any(change.path == "domain.name" and not change.value for change in changes):
        errors.append(facts.error("domain.name", NEEDED, "missing"))
    if errors:
        raise facts.Invalid(errors)
    if page is not None:
        changes = typed.still_to_do(case, changes, page=page, by=by)
        typed.remember(case, changes, page=page, by=by)
    rows = {thing: facts.holder_of(case, thing) for thing in facts.FACTS}
    traces = [trace for change in changes if (trace := _apply(case, rows, change))]
    if not traces:
        return case
    paths = [trace["path"] for trace in traces]
    if "promised_on" in paths:
        case.lateness_is_told = False
    if "photo_way" in paths:
        ask_for_open_way(case)
    case.version += 1
    case.domain_name = case.domain.name
    case.filed_under = search.filed_under(case, case.client)
    for row in rows.values():
        if row is not None:
            row.save()
    for opened in case.reopenings.filter(closed_at__isnull=True):
        if any(opened.covers(path) for path in paths):
            opened.closed_at = now
            opened.save(update_fields=["closed_at"])
    history.record(case, "facts.changed", by=by, data={"changes": traces}, at=now)
    if case.stage in ISSUED:
        duties.follow(case, now=now)
    return planning.refresh(case, now=now)


def ask_for_open_way(case: Case) -> None:
    """Raises `facts.Invalid` for a way of the photo that the case's provider or province does not take."""
    if case.photo_way and case.photo_way not in photos.open_ways(case.provider, case.province):
        raise facts.Invalid([facts.error("photo_way", arranging.way_is_closed(case.photo_way))])


def may_change(case: Case, given: dict[str, Any], *, by: User) -> None:
    """Agency changes any case; the client's contact in draft only, after a return only what was reopened."""
    if by.standing.is_agency:
        return
    if not by.standing.is_contact_of(case.client_id):
        raise PermissionDenied
    if facts.AGENCY_ONLY & given.keys():
        raise PermissionDenied(
            _(
                "Client, account manager, provider, kind of filing and the day promised are the agency's to set."
            )
        )
    if case.is_ended:
        raise PermissionDenied(HAS_ENDED)
    if case.stage != Stage.DRAFT:
        raise PermissionDenied(_("The papers are with the provider now. Ask your agency to change this."))
    if case.round > 1:
        opened = [one for one in case.reopenings.all() if one.round == case.round]
        for path in _paths(given):
            if not any(one.covers(path) for one in opened):
                words = _("Only what came back is open now. Ask your agency to change anything else.")
                raise PermissionDenied(words)


def _paths(given: dict[str, Any]) -> list[str]:
    paths = []
    for key, value in given.items():
        if key in facts.OBJECTS and isinstance(value, dict):
            paths += [f"{key}.{name}" for name in value]
        else:
            paths.append(key)
    return paths


def _apply(case: Case, rows: dict[str, Any], change: Change) -> dict[str, Any] | None:
    """Set one fact on its row (not saved yet); what the history keeps of it, or None where nothing changed."""
    holder = rows[change.thing]
    if change.path == "filing_kind":
        return _set_kind(case, change.value)
    if change.thing == "manager" and change.name == "":
        if holder is None:
            return None
        holder.delete()
        rows["manager"] = None
        return {"path": "manager", "old": "****", "new": ""}
    if holder is None:
        if not facts.is_given(change.value):
            return None  # an empty form makes nobody
        holder = rows[change.thing] = Person(case=case, client_id=case.client_id, part=Part(change.thing))
    if change.name == "id_number":
        # Compared by its hash: whether it is another number can be told even where no key opens the old one.
        if holder.id_number_hash == holder.hash_of(change.value):
            return None
        old = holder.masked_number
    else:
        old = getattr(holder, change.name)
        if old == change.value:
            return None
    setattr(holder, change.name, change.value)
    if change.thing in ("head", "manager") and change.name == "mobile":
        holder.mobile_verified_at = _verified_elsewhere(rows, holder)
    return {"path": change.path, "old": _kept(change, old), "new": _kept(change, change.value)}


def _set_kind(case: Case, kind: str) -> dict[str, Any] | None:
    """A kind that is given stays, also where the rules find the same; an empty one gives the word back to them."""
    old = case.filing_kind if case.filing_kind_is_set else ""
    if kind == old:
        return None
    case.filing_kind_is_set = bool(kind)
    case.filing_kind = kind or case.filing_kind
    return {"path": "filing_kind", "old": old, "new": kind}


def _verified_elsewhere(rows: dict[str, Any], person: Person) -> datetime | None:
    """One number that serves head and manager is verified once."""
    other = rows["manager" if person.part == Part.HEAD else "head"]
    return other.mobile_verified_at if other and other.mobile and other.mobile == person.mobile else None


def _kept(change: Change, value: Any) -> Any:
    """What the history may hold of a value: numbers masked, of people and free text only that it changed."""
    if not facts.is_given(value):
        return ""
    if change.name in MASKED:
        return value if str(value).startswith("****") else mask(str(value))
    if isinstance(value, bool | int | list):
        return value
    if change.thing in ("head", "manager") or change.name in UNSEEN:
        return "****"
    return str(value)
