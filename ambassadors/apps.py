from django.apps import AppConfig


class AmbassadorsConfig(AppConfig):
    """The social-champions programme: its place in the layers, before its first model."""

    name = "ambassadors"
