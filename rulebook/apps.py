from django.apps import AppConfig


class RulebookConfig(AppConfig):
    name = "rulebook"

    def ready(self) -> None:
        from rulebook import checks  # noqa: F401 (registers the system checks)
        from trade import book

        book.read_all()  # a wrong row stops the start, and names its place
