from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from clients.sections import BESIDE, SECTIONS

        BESIDE[:] = ["cases.views.of_client.beside"]
        SECTIONS[:] = [f"cases.views.of_client.{name}" for name in ("filings", "papers", "notes", "history")]
