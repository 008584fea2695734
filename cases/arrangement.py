"""How the face check is arranged, in words: for the desk, and for each person only what is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import words
from cases.models import Case, Photo
from cases.models.photo import CURTAIN
from cases.workflow import ROAD, Stage
from clients.models import User
from clients.templatetags.look import day, moment
from trade import photos

STEPS: dict[str, Any] = {
    "ordered": gettext_lazy("Curtain ordered"),
    "sent": gettext_lazy("Curtain sent"),
    "arrived": gettext_lazy("Curtain arrived"),
    "returned": gettext_lazy("Curtain returned"),
}


@dataclass(frozen=True)
class Step:
    """A step of the curtain's way as a line: what, when, and with which parcel."""

    name: str
    label: Any
    on: date | None
    parcel: str = ""


def photo_of(case: Case) -> Photo | None:
    """The arrangement of this case, if anything is arranged; read it ahead by `prefetch_related("photo")`."""
    return getattr(case, "photo", None)


def curtain_steps(photo: Photo | None) -> list[Step]:
    """All four steps, those to come without a day."""
    return [
        Step(
            step,
            STEPS[step],
            getattr(photo, f"{step}_on") if photo else None,
            _parcel(photo) if photo and step == "sent" and photo.sent_on else "",
        )
        for step in CURTAIN
    ]


def next_step(photo: Photo | None) -> str:
    """The step of the curtain that comes next; after the last one a new curtain would be ordered."""
    return next(
        (step for step in CURTAIN if photo is None or getattr(photo, f"{step}_on") is None), CURTAIN[0]
    )


def _parcel(photo: Photo) -> str:
    return " ".join(filter(None, (photo.carrier, photo.tracking_number)))


def curtain_words(photo: Photo | None) -> str:
    """Where the curtain is, and whose turn that makes it; said to the client."""
    step = photo.curtain_step if photo else ""
    if photo is None or not step:
        return _("We order the curtain for you and tell you as soon as it is on its way.")
    on = day(getattr(photo, f"{step}_on"))
    if step == "ordered":
        return _("The curtain was ordered on %(day)s. Nothing to do until it is on its way.") % {"day": on}
    if step == "sent":
        return _("The curtain is on its way to you since %(day)s: %(parcel)s.") % {
            "day": on,
            "parcel": _parcel(photo),
        }
    if step == "arrived":
        return _("The curtain arrived on %(day)s. Take the photo before it, and send it here.") % {"day": on}
    return _("The curtain went back on %(day)s.") % {"day": on}


def said(case: Case) -> str:
    """How the face check is arranged, in a sentence for everybody at the client; empty where nothing is yet."""
    photo, person = photo_of(case), case.manager_or_head
    if photo is None:
        return ""
    if case.photo_way == "curtain":
        return curtain_words(photo)
    if case.photo_way == "photo_place" and (place := place_of(photo)):
        return _("The place: %(place)s, %(address)s%(appointment)s.") % {
            "place": place.name,
            "address": place.address,
            "appointment": _appointment(photo.place_at),
        }
    if case.photo_way == "app" and photo.link and person and photo.link_for == person.email.lower():
        return _("%(person)s has the link for it.") % {"person": words.whose("manager", case)}
    return ""


def curtain_is_owed(case: Case) -> bool:
    """The photo is done, and the curtain has not gone back yet."""
    photo = photo_of(case)
    return bool(photo and case.photo_done_on and photo.arrived_on and not photo.returned_on)


def place_of(photo: Photo | None) -> photos.Place | None:
    return photos.PLACES.get(photo.place) if photo and photo.place else None


def link_of(case: Case, user: User) -> str:
    """The link of the face check, for the one person whom it was given for, as long as they are the manager."""
    photo, person = photo_of(case), case.manager_or_head
    is_near = case.stage in ROAD[: ROAD.index(Stage.PHOTO) + 1] and not case.on_hold
    if photo is None or person is None or not photo.link or not is_near:
        return ""
    mine = user.email.lower() == photo.link_for == person.email.lower()
    return photo.link if mine and case.client_id in user.standing.by_client else ""


def told(case: Case, user: User) -> dict[str, Any]:
    """What the page of the face check says to this person."""
    photo, person = photo_of(case), case.manager_or_head
    is_current = bool(photo and photo.link and person and photo.link_for == person.email.lower())
    return {
        "way": case.photo_way or "app",
        "link": link_of(case, user),
        "link_is_out": is_current,
        "who": words.whose("manager", case),
        "curtain": curtain_words(photo),
        "steps": curtain_steps(photo),
        "place": place_of(photo),
        "place_at": photo.place_at if photo else None,
    }


def on_the_desk(case: Case) -> dict[str, Any] | None:
    """What staff see of it beside the case: each open way, and how far it is; None where the stage is not near."""
    photo = photo_of(case)
    is_out = bool(photo and photo.sent_on and not photo.returned_on)
    if case.is_ended or (case.stage not in (Stage.PROVIDER_PRE_AUDIT, Stage.PHOTO) and not is_out):
        return None
    ways = photos.open_ways(case.provider, case.province)
    return {
        "ways": [
            {
                "code": way,
                "name": words.code_words("photo_way", way),
                "here": way == case.photo_way,
                "state": _state(way, photo),
            }
            for way in ways
            if case.stage in (Stage.PROVIDER_PRE_AUDIT, Stage.PHOTO) or way == "curtain"
        ]
    }


def _state(way: str, photo: Photo | None) -> str:
    """How far this way is arranged, in a line."""
    if photo is None:
        return ""
    if way == "app" and photo.link_given_at:
        return _("link given to %(person)s, %(when)s") % {
            "person": photo.link_for,
            "when": moment(photo.link_given_at),
        }
    if way == "photo_place" and (place := place_of(photo)):
        return f"{place.name}{_appointment(photo.place_at)}"
    if way == "curtain" and (step := photo.curtain_step):
        parcel = f" · {_parcel(photo)}" if step == "sent" else ""
        return f"{STEPS[step]}, {day(getattr(photo, f'{step}_on'))}{parcel}"
    return ""


def _appointment(at: datetime | None) -> str:
    return f", {moment(at)}" if at else ""
