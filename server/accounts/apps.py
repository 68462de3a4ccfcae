from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, departments, roles, teams and their working hours."""

    name = "server.accounts"
    label = "accounts"

    def ready(self) -> None:
        # allauth loads it at the first sign-in; its problems belong in the catalogue before that.
        from server.accounts import adapters  # noqa: F401
