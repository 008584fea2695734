from django.apps import AppConfig


class RulebookConfig(AppConfig):
    name = "rulebook"

    def ready(self) -> None:
        from trade import book

        book.read_all()  # a wrong row stops the start, and names its place
