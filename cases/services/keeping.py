"""Views of the list: kept under a name, shown to colleagues, opened with."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from cases import asked
from cases.models import SavedView
from clients.models import User
from clients.refusals import Conflict, Invalid, error
from clients.services.traces import record

MOST = 20  # of one person's own


@transaction.atomic
def keep_view(query: Mapping[str, str], *, name: str, is_shared: bool, by: User) -> SavedView:
    """These filters under this name; raises `Invalid` for a name that is taken."""
    User.objects.select_for_update().get(pk=by.pk)  # two tabs keep one after the other
    if SavedView.objects.filter(user=by).count() >= MOST:
        raise Conflict(_("You have %(n)d views. Remove one first.") % {"n": MOST}, "too_many")
    _ask_for_free_name(name, by)
    view = SavedView.objects.create(
        user=by, name=name, query=asked.said(asked.read(query)), is_shared=is_shared
    )
    if is_shared:
        record("view.shared", by=by, name=name, query=view.query)
    return view


@transaction.atomic
def change_view(view: SavedView, *, name: str, is_shared: bool, by: User) -> SavedView:
    """Another name, or shown to others; its filters stay, for they are what it is."""
    if view.user_id != by.pk:
        raise PermissionDenied
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    _ask_for_free_name(name, by, view.pk)
    if is_shared and not (view.is_shared and view.name == name):
        record("view.shared", by=by, name=name, query=view.query)
    view.name, view.is_shared = name, is_shared
    view.save(update_fields=["name", "is_shared"])
    return view


def may_remove(view: SavedView, by: User) -> bool:
    """One's own; a manager also what somebody shared, who may have left."""
    return view.user_id == by.pk or (view.is_shared and by.standing.is_manager)


@transaction.atomic
def remove_view(view: SavedView, *, by: User) -> None:
    """Whoever opened the list with it sees all cases again."""
    if not may_remove(view, by):
        raise PermissionDenied
    if view.is_shared:
        record("view.removed", by=by, name=view.name, query=view.query)
    view.delete()


def open_with(view: SavedView | None, *, by: User) -> None:
    """The list opens with this view, or with all cases."""
    User.objects.filter(pk=by.pk).update(cases_view=view.reference if view else "")


def show_as(way: str, *, by: User) -> None:
    """The list is a table or a board until this person chooses again."""
    if by.cases_as != way:
        User.objects.filter(pk=by.pk).update(cases_as=way)


def _ask_for_free_name(name: str, by: User, pk: int | None = None) -> None:
    if SavedView.objects.filter(user=by, name__iexact=name).exclude(pk=pk).exists():
        raise Invalid([error("name", _("You have a view of this name. Choose another."))])
