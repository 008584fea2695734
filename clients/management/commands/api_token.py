"""`api_token EMAIL`: a new token with all that this person may do, and nothing else on standard output."""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand

from clients import sight, source
from clients.models import User
from clients.services.house import make_token


class Command(BaseCommand):
    help = "Print a new API token of the person with this e-mail address, and nothing else."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="command line", help="what the token is for")

    def handle(self, *, email: str, name: str, **options) -> None:
        with sight.every_client(), source.coming_from("command"):
            person = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
            if person is None or not person.standing.is_member:
                self.stderr.write(f"Nobody at {email} has a place here today. Invite them first.")
                sys.exit(1)
            token, _ = make_token(person, name=name, by=None)
        self.stdout.write(token)
