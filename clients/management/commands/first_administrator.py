from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from clients.refusals import Conflict
from clients.services.founding import found_house


class Command(BaseCommand):
    help = "Invite the first administrator of a new house by mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, email: str, name: str, **options: Any) -> None:
        try:
            validate_email(email)
            found_house(email.strip().lower(), name=name)
        except ValidationError:
            raise CommandError("This is not an e-mail address.") from None
        except Conflict as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write("The invitation goes out by mail; its link lives seven days.")
