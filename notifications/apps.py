from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import bell, texts
        from rulebook.forms import OFFERED

        bell.hang()
        OFFERED["reminders.reminder", "own_text"] = texts.own_choices
