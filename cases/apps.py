from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from cases.views.of_client import filings, history, notes, papers
        from clients.sections import SECTIONS

        SECTIONS[:] = [filings, papers, notes, history]
