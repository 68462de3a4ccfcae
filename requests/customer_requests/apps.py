from django.apps import AppConfig


class CustomerRequestsConfig(AppConfig):
    """Customer requests: from an employee's phone, through a support team, to a solved question."""

    name = "customer_requests"

    def ready(self) -> None:
        from customer_requests import audited, clock, letters

        audited.register()
        letters.register()
        clock.register()
