from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, departments, roles, teams and their working hours."""

    name = "server.accounts"
    label = "accounts"
