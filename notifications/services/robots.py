"""The agency's robots in chat rooms: added, tried, taken away. Their tokens are never shown again."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from clients.models import User
from clients.permissions import may_change_settings
from clients.sealing import mask, seal
from clients.services.traces import record
from notifications import kinds
from notifications.models import Robot
from notifications.services.planning import Occasion, database_now, rows_of_rooms, write


@transaction.atomic
def add_robot(*, kind: str, name: str, language: str, token: str, secret: str = "", by: User) -> Robot:
    """A room that hears from now on what those who choose it are told."""
    if not may_change_settings(by):
        raise PermissionDenied
    robot = Robot(kind=kind, name=name, language=language, token_hint=mask(token), made_by=by)
    robot.token_box = seal(token, row=robot.row)
    robot.secret_box = seal(secret, row=robot.row) if secret else None
    robot.save()
    record("robot.added", by=by, robot=robot.reference, name=robot.name, of=robot.kind)
    return robot


@transaction.atomic
def end_robot(robot: Robot, *, by: User) -> None:
    """It says nothing any more; what waits for it is dropped at its turn."""
    if not may_change_settings(by):
        raise PermissionDenied
    if Robot.objects.filter(pk=robot.pk, ended_at__isnull=True).update(ended_at=timezone.now()):
        record("robot.ended", by=by, robot=robot.reference, name=robot.name)


def try_robot(robot: Robot, *, by: User, now: datetime | None = None) -> list[int]:
    """A line in the room that says where it comes from; the ids of what is to be sent at once."""
    if not may_change_settings(by):
        raise PermissionDenied
    now = now or database_now()
    occasion = Occasion(f"room-test:{robot.pk}:{int(now.timestamp())}", "robot", robot.pk)
    return write(rows_of_rooms(occasion, kinds.ROOM_TEST, {}, now, [robot]), now)
