"""Addresses are kept by administrators; each change leaves its trace in the audit."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.fetching import NotFetched, judge
from clients.models import User
from clients.permissions import may_change_settings
from clients.refusals import Conflict, Invalid, error
from clients.services.traces import record
from hooks.events import KINDS, TEST
from hooks.models import Delivery, Hook, State
from hooks.services.delivering import TERMS
from hooks.signing import PREFIX
from hooks.words import sentence_of

MOST = 20  # addresses
CHANGING_OVER = timedelta(days=1)  # for so long the older secret signs too


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


@transaction.atomic
def make_hook(*, name: str, url: str, events: Iterable[str], by: User) -> tuple[Hook, str]:
    """An address and its secret, which is in the answer this once and nowhere else."""
    _ask(by)
    chosen = _checked(url, events)
    if Hook.objects.count() >= MOST:
        raise Conflict(_("There are twenty addresses already. Remove one first."), "enough")
    hook, secret = Hook(name=name, url=url, events=chosen, made_by=by), new_secret()
    hook.secret_sealed = hook.box(secret)
    hook.save()
    record("hook.made", by=by, hook=hook.reference, name=name)
    return hook, secret


@transaction.atomic
def change_hook(hook: Hook, *, name: str, url: str, events: Iterable[str], by: User) -> None:
    """Another name, address or choice of events; what waits goes to the new address."""
    _ask(by)
    chosen = _checked(url, events)
    Hook.objects.filter(pk=hook.pk).update(name=name, url=url, events=chosen)
    _told(hook, by, "changed", name=name)


@transaction.atomic
def renew_secret(hook: Hook, *, by: User) -> str:
    """A new secret, in the answer this once; the older one signs beside it for a day."""
    _ask(by)
    now, secret = timezone.now(), new_secret()
    row = Hook.objects.select_for_update().get(pk=hook.pk)
    row.older_sealed, row.older_until = row.secret_sealed, now + CHANGING_OVER
    row.secret_sealed = row.box(secret)
    row.save(update_fields=["secret_sealed", "older_sealed", "older_until"])
    _told(hook, by, "secret")
    return secret


@transaction.atomic
def hold_hook(hook: Hook, *, by: User) -> None:
    """Nothing goes out; what happens meanwhile waits, for thirty days at most."""
    _ask(by)
    if Hook.objects.filter(pk=hook.pk, is_paused=False).update(is_paused=True):
        _told(hook, by, "paused")


@transaction.atomic
def resume_hook(hook: Hook, *, by: User) -> None:
    """It goes on, with what waited; one that the portal had switched off begins with a clean slate."""
    _ask(by)
    Hook.objects.filter(pk=hook.pk).update(is_paused=False, disabled_at=None, failing_since=None)
    Delivery.objects.filter(hook=hook, state=State.PLANNED).update(next_try_at=timezone.now())
    _told(hook, by, "resumed")


@transaction.atomic
def remove_hook(hook: Hook, *, by: User) -> None:
    """The address with its log; what waited is told to nobody."""
    _ask(by)
    Hook.objects.filter(pk=hook.pk).delete()
    record("hook.removed", by=by, hook=hook.reference, name=hook.name)


@transaction.atomic
def send_test(hook: Hook, *, by: User) -> Delivery:
    """Something that means nothing, to see whether it arrives."""
    _ask(by)
    _ask_that_it_goes_out(hook)
    now = timezone.now()
    waiting = Delivery.objects.filter(hook=hook, event=TEST, state__in=[State.PLANNED, State.CLAIMED]).first()
    return waiting or Delivery.objects.create(
        key=f"test:{secrets.token_hex(12)}:{hook.pk}",
        hook=hook,
        event=TEST,
        data={"hook": hook.reference},
        happened_at=now,
        planned_at=now,
        next_try_at=now,
    )


@transaction.atomic
def send_again(delivery: Delivery, *, by: User) -> None:
    """Once more at once, with the same id and a new signature, whether it had arrived or not."""
    _ask(by)
    _ask_that_it_goes_out(delivery.hook)
    again = Delivery.objects.filter(pk=delivery.pk).exclude(state=State.CLAIMED)
    again.update(state=State.PLANNED, next_try_at=timezone.now(), tries=0, reason="again")


def _ask(by: User) -> None:
    if not may_change_settings(by):
        raise PermissionDenied


def _ask_that_it_goes_out(hook: Hook) -> None:
    if hook.is_held:
        raise Conflict(_("Nothing goes to this address now. Let it go on first."), "held")


def _checked(url: str, events: Iterable[str]) -> list[str]:
    try:
        judge(url, TERMS)
    except NotFetched as refused:
        raise Invalid([error("url", sentence_of(refused.code), refused.code)]) from None
    wanted = set(events)
    chosen = [kind for kind in KINDS if kind in wanted]
    if not chosen or wanted - set(KINDS):
        raise Invalid([error("events", _("Choose at least one."), "missing")])
    return chosen


def _told(hook: Hook, by: User, what: str, *, name: str = "") -> None:
    record("hook.changed", by=by, hook=hook.reference, name=name or hook.name, what=what)
