from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from clients.sections import SECTIONS

        SECTIONS[:] = [f"cases.views.of_client.{name}" for name in ("filings", "papers", "notes", "history")]
