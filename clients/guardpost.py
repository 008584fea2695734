"""What must be so before a web process may listen: no demo door, no known secret, beyond this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from clients import sight
from clients.models import User

DEMO_PASSWORD = "portal-demo"  # noqa: S105 (it opens made-up people's rooms, on loopback only)
DEMO_DOMAINS = ("agency.example", "harbour.example", "lotus.example")
KNOWN_SECRETS = ("", "dev-only", "change-me", "changeme", "secret", "insecure")
SHORTEST_SECRET = 32
SAFE_MINORS = {15: 14, 16: 10, 17: 6, 18: 0}


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
    refuse_leaky_database()
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


def refuse_leaky_database() -> None:
    """Plans shared over roles leaked rows before these minors (CVE-2023-2455, CVE-2025-8713); a role that may bypass
    row-level security would make it void."""
    with sight.at_the_door(), connection.cursor() as cursor:
        major, minor = divmod(connection.pg_version, 10000)  # type: ignore[attr-defined]
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user")
        may_bypass = cursor.fetchone()[0]
    if major < min(SAFE_MINORS) or minor < SAFE_MINORS.get(major, 0):
        wanted = ", ".join(f"{one}.{least}" for one, least in SAFE_MINORS.items())
        raise ImproperlyConfigured(
            f"PostgreSQL {major}.{minor} can show one client's rows to another. Take {wanted} or later."
        )
    if may_bypass:
        raise ImproperlyConfigured(
            "The role in DATABASE_URL may bypass row-level security. Name the portal's own login role there "
            "(portal_web, without SUPERUSER and BYPASSRLS)."
        )


def demo_people() -> list[str]:
    """Addresses of active people whom the demo password lets in; only demo addresses are tried, hashing is slow."""
    found = []
    with sight.at_the_door():
        for user in User.objects.filter(is_active=True).order_by("email"):
            if user.email.rpartition("@")[2] in DEMO_DOMAINS and check_password(DEMO_PASSWORD, user.password):
                found.append(user.email)
    return found
