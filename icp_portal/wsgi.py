"""What the web server calls; loaded once, before its processes part (`--preload`)."""

import os
import time

from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, connections
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icp_portal.settings")

application = get_wsgi_application()


def _ask_the_guard() -> None:
    """Before the first request; a database that is just coming up is waited for."""
    from clients.guardpost import refuse_unsafe_start

    for wait in (1, 2, 4, 8, 0):
        try:
            return refuse_unsafe_start()
        except OperationalError:
            connections.close_all()
            if not wait:
                raise
            time.sleep(wait)
        finally:
            connections.close_all()
    return None


_ask_the_guard()
# Addresses and what answers them are read now and once, not by each process while its first visitor waits.
get_resolver().url_patterns  # noqa: B018
