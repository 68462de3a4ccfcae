from django.apps import AppConfig


class ServerConfig(AppConfig):
    """The project itself: its commands, templates and static files."""

    name = "server"

    def ready(self) -> None:
        from server import checks  # noqa: F401 - registers them
