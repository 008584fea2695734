"""Run before the web process: says in one sentence why it must not start, and ends with 1."""

import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand

from clients.guardpost import refuse_unsafe_start


class Command(BaseCommand):
    help = "Refuse an unsafe start: demo logins or known secrets where strangers can reach them."
    requires_system_checks: list[str] = []

    def handle(self, **options) -> None:
        try:
            refuse_unsafe_start()
        except ImproperlyConfigured as refusal:
            self.stderr.write(str(refusal))
            sys.exit(1)
