from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, departments, roles, teams and their working hours."""

    name = "server.accounts"
    label = "accounts"

    def ready(self) -> None:
        # allauth loads them at the first sign-in; problems and receivers have to be there before.
        from server.accounts import adapters, second_factor  # noqa: F401
