"""The face check is arranged: a link for one person, a curtain on its way, or a place and an hour."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import facts
from cases.deadlines import beijing_day
from cases.models import Case, Photo
from cases.models.photo import CURTAIN
from cases.services import history
from cases.workflow import ROAD, MoveRefused, Stage
from clients.models import User
from clients.refusals import Invalid, error
from trade import kinds, photos

LONGEST_LINK = 600
UP_TO_THE_PHOTO = ROAD[: ROAD.index(Stage.PHOTO) + 1]


def _arranged(case: Case, way: str, by: User, *, also: tuple[str, ...] = ()) -> tuple[Case, Photo]:
    """The case and its arrangement, both held; the way must be open to its provider and province."""
    if not by.standing.is_agency:
        raise PermissionDenied
    case = Case.objects.with_facts().locked(case)
    if case.stage not in (*UP_TO_THE_PHOTO, *also):
        raise MoveRefused(_("The face check of this case is behind it."), "wrong_stage")
    if way not in photos.open_ways(case.provider, case.province):
        raise MoveRefused(way_is_closed(way), "way_closed")
    photo = Photo.objects.filter(case=case).first() or Photo(case=case, client_id=case.client_id)
    if case.photo_way != way and not case.photo_done_on:
        case.photo_way = way
        case.version += 1
        case.save(update_fields=["photo_way", "version"])
    return case, photo


def way_is_closed(way: str) -> str:
    """Why the photo cannot be made this way."""
    return _("This provider and province do not take this way of the photo: %(way)s.") % {
        "way": kinds.PHOTO_WAYS[way].name
    }


@transaction.atomic
def give_link(case: Case, link: str, *, by: User, now: datetime | None = None) -> Photo:
    """The provider's link for the manager of the site: nobody else is shown it, and no event holds it."""
    now = now or timezone.now()
    case, photo = _arranged(case, "app", by)
    link = _clean_link(link)
    person = case.manager_or_head
    if person is None or not person.email:
        raise Invalid(
            [
                error(
                    "link",
                    _("The manager of the site has no e-mail address yet; the link would reach nobody."),
                )
            ]
        )
    photo.link, photo.link_for, photo.link_given_at = link, person.email.lower(), now
    photo.save()
    history.record(case, "photo.link_given", by=by, data={"person": person.part}, at=now)
    return photo


def _clean_link(link: Any) -> str:
    try:
        link = facts.tidy(link, LONGEST_LINK)
        URLValidator(schemes=["https"])(link)
    except ValidationError:
        words = _("Paste the whole link as the provider shows it; it begins with https://.")
        raise Invalid([error("link", words)]) from None
    except ValueError as refused:
        raise Invalid([error("link", refused)]) from None
    return link


@transaction.atomic
def choose_place(
    case: Case, place: str, *, by: User, at: datetime | None = None, now: datetime | None = None
) -> Photo:
    """Where the photo is made, and when if that is agreed."""
    now = now or timezone.now()
    case, photo = _arranged(case, "photo_place", by)
    if place not in {one.code for one in photos.places_for(case.provider, case.province, beijing_day(now))}:
        raise Invalid([error("place", _("Choose a place that serves this provider and province."))])
    photo.place, photo.place_at = place, at
    photo.save()
    data = {"place": place} | ({"place_at": at.isoformat()} if at else {})
    history.record(case, "photo.place_chosen", by=by, data=data, at=now)
    return photo


@transaction.atomic
def record_curtain(
    case: Case,
    step: str,
    *,
    by: User,
    on: date,
    carrier: str = "",
    tracking_number: str = "",
    now: datetime | None = None,
) -> Photo:
    """One step of the curtain's way; ordered once more it begins anew. It may come back after the photo."""
    now = now or timezone.now()
    case, photo = _arranged(case, "curtain", by, also=tuple(Stage) if step == "returned" else ())
    place = CURTAIN.index(step)
    if place and getattr(photo, f"{CURTAIN[place - 1]}_on") is None:
        raise MoveRefused(_("The step before it is not recorded yet."), "out_of_order")
    _fits(photo, place, on, now)
    if step == "sent":
        photo.carrier, photo.tracking_number = _clean_parcel(carrier, tracking_number)
    setattr(photo, f"{step}_on", on)
    if step == "ordered":
        photo.sent_on = photo.arrived_on = photo.returned_on = None
        photo.carrier = photo.tracking_number = ""
    photo.save()
    parcel = {"carrier": photo.carrier, "tracking": photo.tracking_number} if step == "sent" else {}
    history.record(case, f"curtain.{step}", by=by, data={"on": on.isoformat(), **parcel}, at=now)
    return photo


def _fits(photo: Photo, place: int, on: date, now: datetime) -> None:
    """A day that has come, and lies between those of its neighbours."""
    if on > beijing_day(now):
        raise Invalid([error("on", _("This day has not come yet in Beijing."))])
    before = getattr(photo, f"{CURTAIN[place - 1]}_on") if place else None
    after = getattr(photo, f"{CURTAIN[place + 1]}_on") if 0 < place < len(CURTAIN) - 1 else None
    if (before and on < before) or (after and on > after):
        raise Invalid([error("on", _("The steps of the curtain would no longer follow each other."))])


def _clean_parcel(carrier: str, tracking_number: str) -> tuple[str, str]:
    wrong, told = [], []
    for name, value in (("carrier", carrier), ("tracking_number", tracking_number)):
        try:
            told.append(facts.tidy(value, 60))
        except ValueError as refused:
            wrong.append(error(name, refused))
    if not wrong and not told[1]:
        wrong.append(
            error("tracking_number", _("Give the number by which the parcel can be followed."), "missing")
        )
    if wrong:
        raise Invalid(wrong)
    return told[0], told[1]
