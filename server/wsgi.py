"""The WSGI entry point that the web server loads."""

import os

import server  # noqa: F401 - puts the source root requests/ on the path before Django starts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from ambassadors.models import clicks  # noqa: E402 - tables are there once Django has started

# Only what answers short links has clicks to count.
clicks.run()
