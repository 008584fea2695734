"""Warnings of `manage.py check`, each with an id and a hint."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from clients.guardpost import KNOWN_SECRETS, is_loopback


@register()
def demo_stays_here(app_configs, **kwargs) -> list[CheckMessage]:
    """The demo's logins are known to everybody."""
    if settings.DEMO and not all(is_loopback(host) for host in settings.ALLOWED_HOSTS):
        return [
            Error(
                "PORTAL_DEMO is on while PORTAL_HOSTS names more than this machine.",
                hint="Unset PORTAL_DEMO, or set PORTAL_HOSTS=localhost,127.0.0.1.",
                id="clients.E001",
            )
        ]
    return []


@register(deploy=True)
def secret_is_secret(app_configs, **kwargs) -> list[CheckMessage]:
    """Signed cookies and cursors hang on it."""
    if settings.SECRET_KEY.lower() in KNOWN_SECRETS:
        return [
            Warning(
                "SECRET_KEY is one that anybody could guess.",
                hint="Write a line SECRET_KEY=… of 50 random signs into the environment.",
                id="clients.W001",
            )
        ]
    return []
