from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "clients"

    def ready(self) -> None:
        from clients import checks, sentences, signs, threads  # noqa: F401 (`checks` registers the system checks)

        threads.keep()
        sentences.keep()
        signs.keep()
