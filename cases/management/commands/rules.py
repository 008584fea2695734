from typing import Any

from django.core.management.base import BaseCommand

from cases.services.catching_up import adopt
from clients import sight
from rulebook.services import load_shipped


class Command(BaseCommand):
    help = (
        "Load the shipped rules into the database; what the agency edited stays. Safe to run again and again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with sight.every_client():
            done = load_shipped()
            adopt(done.edition)
        for row in done.kept:
            self.stdout.write(f"kept, for the agency edited it: {row}")
        told = ", ".join(f"{n} {what}" for what, n in sorted(done.told.items()))
        self.stdout.write(f"Rules of edition {done.edition}: {told}.")
