from django.apps import AppConfig


class LetterboxConfig(AppConfig):
    name = "letterbox"
