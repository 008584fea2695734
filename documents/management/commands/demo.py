from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases.models import Case
from cases.services.learning import learn_usual_stays
from clients import sight
from documents.demo.building import build


class Command(BaseCommand):
    help = "Build the demo agency with its cases and papers; does nothing where there are cases already."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo logins are made only where PORTAL_DEMO=1 is set.")
        with sight.every_client():
            if Case.objects.exists():
                self.stdout.write("There are cases already; nothing was added.")
                return
        made = build()
        learn_usual_stays()  # reports and forecasts would be empty until the night
        self.stdout.write(f"{made} cases made.")
