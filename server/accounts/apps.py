from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class AccountsConfig(AppConfig):
    """People, departments, roles, teams and their working hours."""

    name = "server.accounts"
    label = "accounts"
    verbose_name = gettext_lazy("Organisation")

    def ready(self) -> None:
        # allauth loads them at the first sign-in; problems and receivers have to be there before.
        from server.accounts import adapters, second_factor  # noqa: F401
