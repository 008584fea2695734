"""An address of another system, and ways to have it told."""

from __future__ import annotations

from clients import sight
from clients.models import User
from hooks import services
from hooks.events import KINDS
from hooks.models import Delivery, Hook

HERE = "https://crm.example/hooks"


def make_hook(root: User, url: str = HERE, events=tuple(KINDS), name: str = "CRM") -> tuple[Hook, str]:
    with sight.every_client():
        return services.make_hook(name=name, url=url, events=events, by=root)


def told_to_hook(root: User) -> dict[str, str]:
    """References of one address and of one thing told to it."""
    hook, _secret = make_hook(root)
    with sight.every_client():
        return {"hook": hook.reference, "delivery": services.send_test(hook, by=root).reference}


def held_hook(root: User) -> str:
    """The reference of an address to which nothing goes now."""
    hook, _secret = make_hook(root, name="Accounts")
    with sight.every_client():
        services.hold_hook(hook, by=root)
    return hook.reference


def deliveries(**narrowed) -> list[Delivery]:
    with sight.every_client():
        return list(Delivery.objects.filter(**narrowed).select_related("hook").order_by("id"))
