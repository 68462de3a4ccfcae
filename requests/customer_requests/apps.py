from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class CustomerRequestsConfig(AppConfig):
    """Customer requests: from an employee's phone, through a support team, to a solved question."""

    name = "customer_requests"
    verbose_name = gettext_lazy("Questions of customers")

    def ready(self) -> None:
        from customer_requests import audited, clock, letters
        from customer_requests.models import CustomerRequest
        from server import public_answers

        audited.register()
        letters.register()
        clock.register()
        public_answers.sources.append(CustomerRequest.answered_in_public)
