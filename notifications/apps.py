from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from clients.jinja import MASTHEAD
        from notifications import bell, queries, texts
        from rulebook.forms import OFFERED

        bell.hang()
        MASTHEAD.append(queries.unread_ahead)
        OFFERED["reminders.reminder", "own_text"] = texts.own_choices
