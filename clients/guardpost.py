"""What must be so before a web process may listen: no demo door, no known secret, beyond this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ImproperlyConfigured

from clients import sight
from clients.models import User

DEMO_PASSWORD = "portal-demo"  # noqa: S105 (it opens made-up people's rooms, on loopback only)
DEMO_DOMAINS = ("agency.example", "harbour.example", "lotus.example")
KNOWN_SECRETS = ("", "dev-only", "change-me", "changeme", "secret", "insecure")
SHORTEST_SECRET = 32


def is_loopback(host: str) -> bool:
    """This machine and nothing else; a leading dot or a star means many."""
    host = host.strip("[]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_unsafe_start() -> None:
    """Raise with a sentence where this start would open a door to strangers (threats: demo logins left on)."""
    hosts = [*settings.ALLOWED_HOSTS, urlsplit(settings.BASE_URL).hostname or ""]
    strangers = sorted({host for host in hosts if not is_loopback(host)})
    for name, on in (("PORTAL_DEMO", settings.DEMO), ("DEBUG", settings.DEBUG)):
        if on and strangers:
            raise ImproperlyConfigured(
                f"{name} is on, and the portal answers to {', '.join(strangers)}. Turn {name} off, or let "
                "PORTAL_HOSTS and PORTAL_BASE_URL name this machine only (localhost, 127.0.0.1)."
            )
    if settings.DEMO:
        return
    if settings.SECRET_KEY.lower() in KNOWN_SECRETS or (
        strangers and len(settings.SECRET_KEY) < SHORTEST_SECRET
    ):
        raise ImproperlyConfigured(
            "SECRET_KEY is one that anybody could guess. Write a line SECRET_KEY=… of 50 random signs."
        )
    opened = demo_people()
    if opened:
        raise ImproperlyConfigured(
            f"The demo password still opens {', '.join(opened)}. Start with PORTAL_DEMO=1 on this machine only, "
            "or take an empty database for real work."
        )


def demo_people() -> list[str]:
    """Addresses of active people whom the demo password lets in; only demo addresses are tried, hashing is slow."""
    found = []
    with sight.at_the_door():
        for user in User.objects.filter(is_active=True).order_by("email"):
            if user.email.rpartition("@")[2] in DEMO_DOMAINS and check_password(DEMO_PASSWORD, user.password):
                found.append(user.email)
    return found
