"""Celery's shells around the outbox: ids in, nothing out."""

from celery import shared_task

from notifications import drain


@shared_task  # type: ignore[untyped-decorator] # celery has no types
def deliver(delivery_ids: list[str]) -> None:
    drain.send_these(delivery_ids)
