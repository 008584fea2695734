from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from clients import sight
from clients.models import Agency, User
from documents import storage
from rulebook.services import load_shipped

DEMO_ENDING = ".example"  # reserved for examples: no real person has an address there
OF_THE_SCHEMA = {"django_migrations", "django_content_type", "auth_permission"}


class Command(BaseCommand):
    help = "Remove the demo: people, clients, cases, papers and messages, in the database and in storage."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo: PORTAL_DEMO=1 is not set. Nothing was removed.")
        with sight.every_client():
            real = User.objects.exclude(email__endswith=DEMO_ENDING).order_by("pk").first()
        if real is not None:
            words = f"Somebody real works here already ({real.email}); the demo is theirs now. Nothing was removed."
            raise CommandError(words)
        with transaction.atomic():
            # As the owner, and whole tables at once: a history lets nobody delete a row of it.
            with connection.cursor() as cursor:
                names = ", ".join(connection.ops.quote_name(name) for name in sorted(_tables()))
                cursor.execute(f"TRUNCATE {names} RESTART IDENTITY")
            with sight.every_client():
                Agency.objects.create(pk=1)
                load_shipped()
        cache.clear()
        dropped = storage.drop_everything()
        self.stdout.write(
            f"The demo is gone, with {dropped} stored objects. Begin with: first_administrator EMAIL"
        )


def _tables() -> set[str]:
    found = {
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed
    }
    return found - OF_THE_SCHEMA
