from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class AmbassadorsConfig(AppConfig):
    """The social-champions programme: its place in the layers, before its first model."""

    name = "ambassadors"
    verbose_name = gettext_lazy("Ambassadors")

    def ready(self) -> None:
        from ambassadors import post_audited, post_clock, post_letters

        post_audited.register()
        post_letters.register()
        post_clock.register()
