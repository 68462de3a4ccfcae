"""The WSGI entry point that the web server loads."""

import gc
import os

import server  # noqa: F401 - puts the source root requests/ on the path before Django starts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

application = get_wsgi_application()

from ambassadors.models import clicks  # noqa: E402 - tables are there once Django has started

# Only what answers short links has clicks to count.
clicks.run()

# What is loaded by now, views included, stays for as long as the process does. Else the collector
# looks through all of it again while a large answer is made (docs/decisions/0005).
_views = get_resolver().url_patterns
gc.collect()
gc.freeze()
