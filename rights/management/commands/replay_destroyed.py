from typing import Any

from django.core.management.base import BaseCommand

from documents import services as papers
from rights import services


class Command(BaseCommand):
    help = (
        "Destroy again what an older copy of the database or the store has brought back, and erase whom it has brought"
        " back, by the lists beside them."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        gone = papers.replay_destroyed(beside=services.copies_with)
        self.stdout.write(f"{gone} papers destroyed again.")
        self.stdout.write(f"{services.replay_erased()} persons erased again.")
