from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class AmbassadorsConfig(AppConfig):
    """The social-champions programme: its place in the layers, before its first model."""

    name = "ambassadors"
    verbose_name = gettext_lazy("Ambassadors")

    def ready(self) -> None:
        from ambassadors import (
            counting_clock,
            counting_letters,
            forgetting,
            policy_audited,
            post_audited,
            post_clock,
            post_letters,
            training_audit,
            training_clock,
            training_letters,
        )
        from ambassadors.models import OptIn, OwnPost
        from server import public_answers
        from server.accounts.models import User

        User.on_leaving.append(OptIn.lose_access)
        public_answers.listeners.append(OwnPost.answered)
        policy_audited.register()
        counting_letters.register()
        counting_clock.register()
        post_audited.register()
        post_letters.register()
        post_clock.register()
        forgetting.register()
        training_audit.register()
        training_letters.register()
        training_clock.register()
