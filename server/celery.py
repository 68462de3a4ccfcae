"""The Celery application: it carries ids of outbox rows, never content.

Without REDIS_URL nothing here connects to anything; `manage.py drain` does the work instead.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")

app = Celery("doe_het_gewoon")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# By name: it needs Django to be ready, and this module is loaded before that.
app.steps["worker"].add("notifications.worker:Sweeping")
