from typing import Any

from django.core.management.base import BaseCommand

from documents import services as papers
from rights import services


class Command(BaseCommand):
    help = "Destroy again what an older copy of the database or the store has brought back, by the list beside them."

    def handle(self, *args: Any, **options: Any) -> None:
        gone = papers.replay_destroyed(beside=services.copies_with)
        self.stdout.write(f"{gone} papers destroyed again.")
