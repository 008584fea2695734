"""Who stands in for whom: named with its days, taken back, and ended where the stand-in leaves.

Like members, each service takes the sight of the whole agency for its own length, after the check of who may.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from clients import sight
from clients.models import WHOLE_AGENCY_ROLES, Agency, Cover, Membership, User
from clients.permissions import may_name_stand_in
from clients.refusals import Conflict, Invalid, error
from clients.services.traces import record
from trade.days import BEIJING


def name_stand_in(
    person: User,
    stand_in: User,
    *,
    from_on: date | None = None,
    until_on: date | None = None,
    by: User,
) -> Cover:
    """From the one day to the other, in Beijing, this person stands in; whoever did before does no more.

    Raises `Invalid` beside what cannot be, `Conflict` where the person has left.
    """
    if not may_name_stand_in(by, person):
        raise PermissionDenied
    with sight.every_client(user_id=by.pk):
        # One at a time: two names at once could close a circle that neither of them sees.
        Agency.objects.select_for_update().get(pk=1)
        roles = _roles_of(person, stand_in)
        if person.pk not in roles:
            raise Conflict(_("This person's place has ended already."), "membership_ended")
        if errors := list(_faults(person, stand_in, roles, from_on, until_on)):
            raise Invalid(errors)
        now = Cover.objects.current().filter(person=person).first()
        if now and (now.stand_in_id, now.from_on, now.until_on) == (stand_in.pk, from_on, until_on):
            return now
        if now:
            _end(now)
        cover = Cover.objects.create(
            person=person, stand_in=stand_in, from_on=from_on, until_on=until_on, made_by=by
        )
        record("cover.named", by=by, about=stand_in, **_told(cover))
    return cover


def _roles_of(*people: User) -> dict[int, str]:
    """Their roles at the agency; held, so that nobody leaves meanwhile."""
    places = Membership.objects.current().agency().filter(user__in=people, user__is_active=True)
    return dict(places.order_by("pk").select_for_update(of=("self",)).values_list("user_id", "role"))


def _faults(person, stand_in, roles, from_on: date | None, until_on: date | None):
    role = roles.get(stand_in.pk)
    if stand_in.pk == person.pk:
        yield error("stand_in", _("Nobody stands in for themselves."))
    elif role is None:
        yield error("stand_in", _("This person is not at the agency any more."))
    elif role not in WHOLE_AGENCY_ROLES:
        yield error("stand_in", _("This person sees some clients only, and could not answer for the others."))
    elif _leads_back(stand_in.pk, person.pk, from_on, until_on):
        yield error(
            "stand_in", _("They would stand in for each other at the same time: nobody would be there.")
        )
    if until_on and from_on and until_on < from_on:
        yield error("until_on", _("The end lies before the beginning."))
    elif until_on and until_on < timezone.now().astimezone(BEIJING).date():
        yield error("until_on", _("This day is over in Beijing."))


def _leads_back(start: int, to: int, from_on: date | None, until_on: date | None) -> bool:
    """Whether who stands in is away in the same days, and the line of who does so then ends where it began."""
    by = {row.person_id: row for row in Cover.objects.current()}
    first, last = from_on or date.min, until_on or date.max
    seen: set[int] = set()
    while start not in seen and (row := by.get(start)) is not None:
        seen.add(start)
        first, last = max(first, row.from_on or date.min), min(last, row.until_on or date.max)
        if first > last:
            return False
        if row.stand_in_id == to:
            return True
        start = row.stand_in_id
    return False


def end_cover(person: User, *, by: User) -> None:
    """Nobody stands in for this person any more; once is enough."""
    if not may_name_stand_in(by, person):
        raise PermissionDenied
    with sight.every_client(user_id=by.pk):
        cover = Cover.objects.current().filter(person=person).select_for_update(of=("self",)).first()
        if cover is not None:
            _end(cover)
            record("cover.ended", by=by, about=cover.stand_in, **_told(cover))


def drop_covers_of(user: User, *, by: User | None) -> None:
    """This person can answer for nobody any more: an administrator hears of each whom they stood in for.

    In the caller's sight and transaction. What they were covered by themselves ends, too, where they have left.
    """
    today = timezone.now().astimezone(BEIJING).date()
    left = Cover.objects.current().filter(stand_in=user).select_related("person")
    for cover in left.select_for_update(of=("self",)):
        _end(cover)
        if cover.until_on is None or cover.until_on >= today:
            record("cover.fell", by=by, about=cover.person, **_told(cover), stand_in=user.name or user.email)
    if not Membership.objects.current().agency().filter(user=user).exists():
        Cover.objects.current().filter(person=user).update(ended_at=timezone.now())


def _end(cover: Cover) -> None:
    cover.ended_at = timezone.now()
    cover.save(update_fields=["ended_at"])


def _told(cover: Cover) -> dict[str, Any]:
    person = cover.person
    return {
        "who": person.reference,
        "person": person.name or person.email,
        "from": cover.from_on.isoformat() if cover.from_on else "",
        "until": cover.until_on.isoformat() if cover.until_on else "",
    }
